"""Pooling in Chromium against torch, over every setting that the explorer's controls reach."""

import functools
import itertools
import json
import random
import re
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F

from d2lmini.explorers import Pool
from d2lmini.widgets import STATIC
from tools import small_page, states

from .test_parity import js, load

pytestmark = pytest.mark.browser

SOURCE = Path(__file__).resolve().parents[2] / "assets" / "js" / "explorers" / "pool.json"
FIELDS = json.loads(SOURCE.read_text(encoding="utf-8"))
limits = functools.partial(states.reach, FIELDS)  # every value that a control reaches
RUN = """json => { const { settings, x } = JSON.parse(json), p = kit.pooling;
  return JSON.stringify(settings.map((q) => {
    const bad = p.verdict(q);
    if (bad) return [bad];
    const out = p.run(q, x);
    return [null, p.outSize(q), out.map((o) => String(o.top / o.size)),
      out.map(({ winner }) => (winner ? winner[0] * q.n + winner[1] : -1)), out.map((o) => o.ties)];
  })); }"""
COUNT = 7_420  # 3,600 of each kind of sliding window, 20 global and 200 adaptive ones
SIDE = FIELDS["x"]["rows"]

# What one slip in the arithmetic does to the bundle.
MUTATIONS = {
    "ceil for floor": (js(r'Math\[@\.ceil\?"ceil":"floor"\]'), "Math.ceil"),
    "the last window is kept": (js(r"-Number\(@\(@\)\)"), ""),
    "the last of equal values wins": (js(r"\.indexOf\((@)\)\]"), r".lastIndexOf(\1)]"),
    "zeros win": (js(r"Math\.max\(\.\.\.(@)\)"), r"Math.max(0,...\1)"),
    "padding up to the window": (js(r"Math\.floor\((@)\.k/2\)"), r"\1.k"),
    "padding is counted the other way": (js(r"(@)\.pad\?"), r"!\1.pad?"),
    "the divisor is cut at the input": (js(r"(\.pad\?@<@)\+@\.p"), r"\1"),
    "adaptive windows rounded down": (js(r"Math\.ceil\(\((@)\+1\)"), r"Math.floor((\1+1)"),
    "a stride of one by default": (js(r"(Number\(@\.s\)\|\|)@\.k"), r"\g<1>1"),
    "an average dilates": (js(r'@\.op==="max"\?(@)\.d:1'), r"\1.d"),
}


def every(**fixed) -> list[dict]:
    """Return all settings; a field that has no effect stands at one value, given here."""
    names = ["op", "how", "n", "k", "s", "p", "d", "ceil", "pad", "m"]
    values = [[fixed[name]] if name in fixed else limits(name) for name in names]
    return [dict(zip(names, value, strict=True)) for value in itertools.product(*values)]


WINDOW = {"k": 2, "s": "k", "p": 0, "d": 1, "ceil": False, "pad": True}
SETTINGS = [
    *every(op="max", how="sliding", pad=True, m=1),
    *every(op="average", how="sliding", d=1, m=1),
    *every(how="global", m=1, **WINDOW),
    *every(how="adaptive", **WINDOW),
]

DILATED_AVERAGES = [{**q, "d": 2} for q in SETTINGS if q["op"] == "average"][:200]


def numbers(low: int, high: int, seed: int) -> list[list[int]]:
    """Return a square of whole numbers from low to high."""
    draw = random.Random(seed)
    return [[draw.randint(low, high) for _ in range(SIDE)] for _ in range(SIDE)]


def torch_pool(q: dict, X: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor | None]:
    """Return torch's output and, of a maximum, its winners."""
    if q["how"] != "sliding":
        m = 1 if q["how"] == "global" else q["m"]
        if q["op"] == "max":
            return F.adaptive_max_pool2d(X, m, return_indices=True)
        return F.adaptive_avg_pool2d(X, m), None
    stride = None if q["s"] == "k" else int(q["s"])
    more = {"stride": stride, "padding": q["p"], "ceil_mode": q["ceil"]}
    if q["op"] == "max":
        return F.max_pool2d(X, q["k"], dilation=q["d"], return_indices=True, **more)
    return F.avg_pool2d(X, q["k"], count_include_pad=q["pad"], **more), None


def expected(q: dict, X: torch.Tensor) -> tuple:
    """Return torch's refusal, or size, values and winners; a window of padding has no winner."""
    try:
        Y, places = torch_pool(q, X[:, :, : q["n"], : q["n"]])
    except RuntimeError as refusal:
        return str(refusal), 0, [], []
    values = Y.flatten().tolist()
    won = [-1] * len(values) if places is None else places.flatten().tolist()
    won = [-1 if v == -torch.inf else w for v, w in zip(values, won, strict=True)]
    return None, Y.shape[-1], values, won


def disagreements(page, source: str, x, settings=SETTINGS) -> list[str]:
    """Run a bundle over the settings and return a sentence for each that torch sees otherwise."""
    load(page, source)
    got = json.loads(page.evaluate(RUN, json.dumps({"settings": settings, "x": x})))
    X = torch.tensor([[x]], dtype=torch.float64)
    wrong = []
    for q, (bad, *answer) in zip(settings, got, strict=True):
        refusal, size, values, won = expected(q, X)
        if (bad is None) != (refusal is None):
            wrong.append(f"{q}: the explorer says {bad or 'valid'}, torch {refusal or 'valid'}")
        elif bad is None:
            seen = [float(text.replace("Infinity", "inf")) for text in answer[1]]
            same = answer[0] == size and len(seen) == len(values)
            same = same and all(
                a == b or abs(a - b) < 1e-6 for a, b in zip(seen, values, strict=True)
            )
            if not same or answer[2] != won:
                wrong.append(f"{q}: the explorer gives {answer[:3]}, torch {size, values, won}")
    return wrong


@pytest.fixture(scope="module")
def bundle() -> str:
    """Return the bundle that a kernel and, in another wrapping, the site use."""
    return (STATIC / "explorers.mjs").read_text(encoding="utf-8")


@pytest.mark.parametrize("low, high", [(-9, 9), (-1, 1), (-9, -1)])
def test_size_values_winners_and_refusals_equal_torch_in_all_settings(page, bundle, low, high):
    assert len(SETTINGS) == COUNT, "the controls' limits changed: is every state still tested?"
    wrong = disagreements(page, bundle, numbers(low, high, seed=high))
    assert not wrong, f"{len(wrong)} of {COUNT} settings differ; first: {wrong[0]}"


def test_both_legal_and_refused_settings_are_among_them():
    X = torch.zeros(1, 1, SIDE, SIDE, dtype=torch.float64)
    refused = sum(expected(q, X)[0] is not None for q in SETTINGS)
    assert 1000 < refused < COUNT - 1000


def test_a_field_that_is_not_shown_as_relevant_changes_nothing(page, bundle):
    draw = random.Random(5)
    settings = [{name: draw.choice(limits(name)) for name in SETTINGS[0]} for _ in range(600)]
    wrong = disagreements(page, bundle, numbers(-9, 9, 6), settings)
    assert not wrong, wrong[0]


@pytest.mark.parametrize("slip", MUTATIONS)
def test_an_explorer_that_is_off_is_named(page, bundle, slip):
    pattern, change = MUTATIONS[slip]
    part = re.search(js(r"Number\(@\.s\)\|\|@\.k"), bundle).start()  # the arithmetic begins there
    mutant, found = re.subn(pattern, change, bundle[part:], count=1)
    assert found == 1, f"the pattern for {slip!r} finds nothing in the bundle"
    sample = random.Random(1).sample(SETTINGS, 800) + SETTINGS[-200:] + DILATED_AVERAGES
    wrong = disagreements(page, bundle[:part] + mutant, numbers(-2, 1, 1), sample)
    assert wrong, f"{slip}: no setting shows it"


def test_a_window_of_padding_alone_has_no_winner(page, bundle):
    load(page, bundle)
    q = {**SETTINGS[0], "n": 1, "k": 2, "s": "1", "p": 1, "d": 2}
    got = json.loads(page.evaluate(RUN, json.dumps({"settings": [q], "x": [[5]]})))
    assert got == [[None, 1, ["-Infinity"], [-1], [0]]]
    assert torch_pool(q, torch.tensor([[[[5.0]]]]))[0].item() == -torch.inf


def test_ties_count_how_many_cells_share_the_maximum(page, bundle):
    load(page, bundle)
    q = {**SETTINGS[0], "n": 4, "k": 2, "s": "k", "p": 0, "d": 1}
    x = [[4, 4, 0, 0], [1, 4, 0, 1], [2, 3, 5, 6], [3, 2, 6, 6]]
    got = json.loads(page.evaluate(RUN, json.dumps({"settings": [q], "x": x})))[0]
    assert got[4] == [3, 1, 2, 3] and got[3] == [0, 7, 9, 11]


def test_members_are_where_the_gradient_of_an_average_is(page, bundle):
    load(page, bundle)
    settings = [q for q in SETTINGS if q["op"] == "average" and q["n"] > 2]
    run = """json => JSON.stringify(JSON.parse(json).map((q) => {
      const p = kit.pooling; if (p.verdict(q)) return null;
      const axis = p.windows(q), last = axis.length - 1;
      return axis.map((down, i) => p.members(q, down.at, axis[last - i].at)); }))"""
    settings = random.Random(2).sample(settings, 300)
    for q, found in zip(
        settings, json.loads(page.evaluate(run, json.dumps(settings))), strict=True
    ):
        if found is None:
            continue
        X = torch.zeros(1, 1, q["n"], q["n"], dtype=torch.float64, requires_grad=True)
        Y = torch_pool(q, X)[0][0, 0]
        assert len(Y) == len(found)
        for i, cells in enumerate(found):
            (grad,) = torch.autograd.grad(Y[i, len(Y) - 1 - i], X, retain_graph=True)
            assert grad[0, 0].nonzero().tolist() == cells, (q, i)


@pytest.mark.parametrize("t", limits("t"))
def test_the_moved_input_is_that_of_the_chapter(page, bundle, t):
    load(page, bundle)
    x = numbers(-9, 9, 8)
    got = json.loads(page.evaluate("([x, t]) => JSON.stringify(kit.pooling.moved(x, t))", [x, t]))
    assert got == F.pad(torch.tensor(x), (t, -t)).tolist()


def test_a_cell_says_its_winner_or_its_windows(page):
    live = small_page.show(page, "?it.n=4&it.k=2&it.s=1", small_page.box(Pool))
    pool = Pool("it", n=4, k=2, s="1")
    output = live.locator("[data-grid=output] td").first
    place = torch.nn.functional.max_pool2d(
        torch.tensor(pool.x)[None, :4, :4].double(), 2, 1, return_indices=True
    )[1][0, 0, 0]
    winner = f"winner row {place // 4} column {place % 4}"
    assert output.get_attribute("aria-label").endswith(winner)
    live.locator("[data-grid=input] td").first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    label = live.locator("[data-grid=input] td:focus").get_attribute("aria-label")
    assert re.fullmatch(r"row 1 column 1: (minus )?\d, windows: 4", label), label
    related = live.locator("[data-grid=output] td.rel, [data-grid=output] td.cur").count()
    assert related == 4, "the four outputs that read this cell are marked"
