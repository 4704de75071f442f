"""Convolution as a matrix in Chromium against torch, over every setting that the controls reach."""

import functools
import itertools
import json
import random
import re
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F

from d2lmini.explorers import ConvMatrix
from d2lmini.ops import size_problem
from d2lmini.widgets import STATIC
from tools import small_page, states

from .test_parity import js, load

pytestmark = pytest.mark.browser

SOURCE = Path(__file__).resolve().parents[2] / "assets" / "js" / "explorers" / "conv_matrix.json"
FIELDS = json.loads(SOURCE.read_text(encoding="utf-8"))
limits = functools.partial(states.reach, FIELDS)  # every value that a control reaches
RUN = """json => { const { settings, x, w } = JSON.parse(json), c = kit.convmat;
  return JSON.stringify(settings.map((q) => {
    const bad = c.verdict(q);
    return bad ? [bad] : [null, c.outSize(q), c.stamped(q, x, w), c.overlaps(q)]; })); }"""
MATRIX = """json => { const { settings, w } = JSON.parse(json);
  return JSON.stringify(settings.map((q) => kit.convmat.matrix(q, w))); }"""
NAMES = "nkspdo"
COUNTS = {"forward": 720, "transposed": 2_880}
EMPTY = 9  # settings in which torch's default path gives an empty tensor instead of a refusal

MUTATIONS = {
    "no plus one": (js(r"(\(@\.n-1\)\*@\.s-2\*@\.p\+@\.d\*\(@\.k-1\)\+@\.o)\+1"), r"\1"),
    "no output padding": (js(r"\+@\.o\+1"), "+1"),
    "output padding up to the stride": (js(r"@\.o>=Math\.max"), "0>=Math.max"),
    "an empty output is shown": (js(r"(@\(@\))>=1(\?null:`padding)"), r"\1>=0\2"),
    "the first place is left out": (js(r"(@)>=0&&(@)<(@)&&"), r"\1>0&&\2<\3&&"),
    "no padding": (js(r"(\*@\.s\+@\*@\.d)-@\.p"), r"\1"),
    "the kernel is transposed": (js(r"(\+=@\(@\)\*@)\((@),(@)\)"), r"\1(\3,\2)"),
    "one place of the kernel for rows and columns": (js(r"u:(@),v:@\}"), r"u:\1,v:\1}"),
}


def every(direction: str) -> list[dict]:
    """Return all settings of one direction; output padding has no meaning forward."""
    values = [[0] if name == "o" and direction == "forward" else limits(name) for name in NAMES]
    found = itertools.product(*values)
    return [{"dir": direction} | dict(zip(NAMES, q, strict=True)) for q in found]


SETTINGS = {direction: every(direction) for direction in COUNTS}


def numbers(size: int, seed: int) -> list[list[int]]:
    """Return a square of whole numbers from -9 to 9."""
    draw = random.Random(seed)
    return [[draw.randint(-9, 9) for _ in range(size)] for _ in range(size)]


X_ROWS, W_ROWS = numbers(FIELDS["x"]["rows"], 1), numbers(FIELDS["w"]["rows"], 2)


def torch_conv(q: dict, X: torch.Tensor, W: torch.Tensor) -> torch.Tensor:
    """Return torch's output for a batch of inputs."""
    more = {"stride": q["s"], "padding": q["p"], "dilation": q["d"]}
    if q["dir"] == "forward":
        return F.conv2d(X, W, **more)
    return F.conv_transpose2d(X, W, output_padding=q["o"], **more)


def tensors(q: dict, dtype=torch.float64) -> tuple[torch.Tensor, torch.Tensor]:
    """Return input and kernel of a setting, with axes for batch and channel."""
    X, W = (torch.tensor([[rows]], dtype=dtype) for rows in (X_ROWS, W_ROWS))
    return X[:, :, : q["n"], : q["n"]], W[:, :, : q["k"], : q["k"]]


def expected(q: dict) -> tuple[str | None, int, list[int], list[int]]:
    """Return torch's refusal, or size, values and counts of products."""
    X, W = tensors(q)
    try:
        Y = torch_conv(q, X, W)
        counts = torch_conv(q, torch.ones_like(X), torch.ones_like(W))
    except RuntimeError as refusal:
        return str(refusal), 0, [], []
    return None, Y.shape[-1], *(Z.flatten().to(torch.int64).tolist() for Z in (Y, counts))


def empty(q: dict) -> bool:
    """Say whether torch's default path, float32, gives an empty tensor instead of a refusal."""
    try:
        return torch_conv(q, *tensors(q, torch.float32)).numel() == 0
    except RuntimeError:
        return False


@functools.cache
def empty_ones() -> list[dict]:
    """Return the transposed settings in which torch gives an empty tensor."""
    return [q for q in SETTINGS["transposed"] if empty(q)]


def torch_matrix(q: dict) -> list[list[int]]:
    """Return the matrix, row by row: its columns are torch's outputs for one bright pixel each."""
    _, W = tensors(q)
    one_each = torch.eye(q["n"] ** 2, dtype=torch.float64).reshape(-1, 1, q["n"], q["n"])
    return torch_conv(q, one_each, W).flatten(1).T.to(torch.int64).tolist()


def disagreements(page, source: str, settings) -> list[str]:
    """Run a bundle over the settings and return a sentence for each that torch sees otherwise."""
    load(page, source)
    sent = json.dumps({"settings": settings, "x": X_ROWS, "w": W_ROWS})
    wrong = []
    for q, (bad, *answer) in zip(settings, json.loads(page.evaluate(RUN, sent)), strict=True):
        refusal, *right = expected(q)
        if (bad is None) != (refusal is None):
            wrong.append(f"{q}: the explorer says {bad or 'valid'}, torch {refusal or 'valid'}")
        elif bad is None and answer != right:
            wrong.append(f"{q}: the explorer gives {answer}, torch {right}")
    return wrong


def matrices(page, settings, w=W_ROWS) -> list[torch.Tensor]:
    """Return the explorer's matrices."""
    got = json.loads(page.evaluate(MATRIX, json.dumps({"settings": settings, "w": w})))
    return [
        torch.tensor([v or 0 for v in flat]).reshape(-1, q["n"] ** 2)
        for q, flat in zip(settings, got, strict=True)
    ]


@pytest.fixture(scope="module")
def bundle() -> str:
    """Return the bundle that a kernel and, in another wrapping, the site use."""
    return (STATIC / "explorers.mjs").read_text(encoding="utf-8")


@pytest.mark.parametrize("direction", COUNTS)
def test_size_values_counts_and_refusals_equal_torch_in_all_settings(page, bundle, direction):
    settings = SETTINGS[direction]
    assert len(settings) == COUNTS[direction], "the limits changed: is every state still tested?"
    wrong = disagreements(page, bundle, settings)
    assert not wrong, f"{len(wrong)} of {len(settings)} settings differ; first: {wrong[0]}"


def test_both_legal_and_refused_settings_and_the_empty_ones_are_among_them(page, bundle):
    settings = SETTINGS["transposed"]
    refused = [q for q in settings if expected(q)[0] is not None]
    assert 500 < len(refused) < len(settings) - 500
    nothing = empty_ones()
    assert len(nothing) == EMPTY, "torch changed: what does its default path give now?"
    assert all(q in refused for q in nothing)
    load(page, bundle)
    said = page.evaluate("settings => settings.map(kit.convmat.verdict)", nothing)
    assert all(re.search("crops everything: the output size would be 0$", words) for words in said)


@pytest.mark.parametrize("direction", COUNTS)
def test_the_columns_of_the_matrix_are_what_torch_makes_of_single_pixels(page, bundle, direction):
    load(page, bundle)
    legal = [q for q in SETTINGS[direction] if expected(q)[0] is None]
    legal = random.Random(3).sample(legal, 250)
    for q, A in zip(legal, matrices(page, legal), strict=True):
        assert A.tolist() == torch_matrix(q), q
        X, W = tensors(q)
        y = A @ X.flatten().to(torch.int64)
        assert y.tolist() == torch_conv(q, X, W).flatten().tolist(), q


def back(q: dict) -> dict:
    """Return the transposed setting that leads from the outputs of `q` back to its inputs."""
    m = (q["n"] + 2 * q["p"] - q["d"] * (q["k"] - 1) - 1) // q["s"] + 1
    least = (m - 1) * q["s"] - 2 * q["p"] + q["d"] * (q["k"] - 1) + 1
    return {**q, "dir": "transposed", "n": m, "o": q["n"] - least}


def test_forward_and_transposed_matrices_are_transposed_and_adjoint_in_whole_numbers(page, bundle):
    load(page, bundle)
    legal = [q for q in SETTINGS["forward"] if size_problem(*(q[name] for name in "nkpsd")) is None]
    there, home = matrices(page, legal), matrices(page, [back(q) for q in legal])
    made = torch.Generator().manual_seed(4)
    for q, A, B in zip(legal, there, home, strict=True):
        assert B.equal(A.T), q
        x = torch.randint(-9, 10, (A.shape[1],), generator=made)
        y = torch.randint(-9, 10, (A.shape[0],), generator=made)
        assert (A @ x) @ y == x @ (B @ y), q
    assert len(legal) > 500


def test_stamps_add_up_one_input_after_the_other(page, bundle):
    load(page, bundle)
    q = {"dir": "transposed", "n": 3, "k": 3, "s": 2, "p": 1, "d": 1, "o": 1}
    run = "([q, x, w, t]) => JSON.stringify(kit.convmat.stamped(q, x, w, t))"
    X, W = tensors(q)
    for t in range(10):
        first = (torch.arange(9) < t).reshape(1, 1, 3, 3)
        got = json.loads(page.evaluate(run, [q, X_ROWS, W_ROWS, t]))
        assert got == torch_conv(q, X * first, W).flatten().tolist(), t


@pytest.mark.parametrize("slip", MUTATIONS)
def test_an_explorer_that_is_off_is_named(page, bundle, slip):
    pattern, change = MUTATIONS[slip]
    part = bundle.index("crops everything") - 400  # the matrix arithmetic begins there
    mutant, found = re.subn(pattern, change, bundle[part:], count=1)
    assert found == 1, f"the pattern for {slip!r} finds nothing in the bundle"
    draw = random.Random(1)
    sample = draw.sample(SETTINGS["transposed"], 600) + draw.sample(SETTINGS["forward"], 100)
    sample += empty_ones()
    assert disagreements(page, bundle[:part] + mutant, sample), f"{slip}: nothing shows it"


def test_a_large_matrix_says_its_entries_by_keyboard_and_marks_what_they_join(page):
    live = small_page.show(page, "?it.n=6&it.k=3", small_page.box(ConvMatrix))
    matrix = live.locator("[data-grid=matrix] [role=application]")
    matrix.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    weight = ConvMatrix("it").w[0][0]
    said = matrix.get_attribute("aria-description")
    assert said == f"matrix row 1 column 1: {weight}, weight row 0 column 0"
    assert live.locator("[data-grid=kernel] td.rel").all_inner_texts() == [str(weight)]
    assert live.locator(".d2lx-sum").inner_text().startswith("Y[0, 1] = ")
    page.keyboard.press("Home")
    assert matrix.get_attribute("aria-description") == "matrix row 1 column 0: no weight"
