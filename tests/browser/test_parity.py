"""The explorers' arithmetic in Chromium against torch, over every setting in reach of a reader."""

import base64
import itertools
import json
import random
import re

import pytest
import torch
import torch.nn.functional as F

from d2lmini.explorers.conv_shape import FIELDS
from d2lmini.ops import size_problem
from d2lmini.widgets import STATIC

pytestmark = pytest.mark.browser

LOAD = """async source => {
  globalThis.kit = await import('data:text/javascript;charset=utf-8;base64,' + source); }"""
RUN = """json => { const { settings, x, w } = JSON.parse(json);
  return JSON.stringify(settings.map(([n, k, p, s, d]) => {
    const { bad, shape, out } = kit.ops.run({ n, k, p, s, d }, x, w);
    return bad ? [bad] : [null, shape, out]; })); }"""
COUNT = 15_680


def js(pattern: str) -> str:
    """Return a pattern in which ``@`` stands for any name that the minifier may choose."""
    return pattern.replace("@", r"[\w$]+")


# What one slip in the arithmetic does to the bundle.
SIZE = js(r"Math\.floor\((\(@\+2\*@-@\*\(@-1\)-1\)/@)\)\+1")
MUTATIONS = {
    "ceil": (SIZE, r"Math.ceil(\1)+1"),
    "no plus one": (SIZE, r"Math.floor(\1)"),
    "padding on one side": (js(r"(@\+)2\*(@)(-@\*\(@-1\)-1\)/@\)\+1)"), r"\1\2\3"),
    "kernel read from the wrong end": (js(r"\+=(@\[@\])\*(@)\[(@)\]"), r"+=\1*\2[0*\3]"),
    "verdict off by one": (js(r"if\((@)<=(@)\)return null"), r"if(\1<=\2+1)return null"),
}


def limits(name: str) -> range:
    """Return every value that the slider of ``name`` reaches."""
    return range(FIELDS[name]["min"], FIELDS[name]["max"] + 1)


SETTINGS = list(itertools.product(*map(limits, "nkpsd")))


def numbers(size: int, seed: int) -> list[list[int]]:
    """Return a square of whole numbers from -9 to 9."""
    draw = random.Random(seed)
    return [[draw.randint(-9, 9) for _ in range(size)] for _ in range(size)]


def load(page, source: str) -> None:
    """Make the exports of a bundle available on a blank page."""
    page.evaluate(LOAD, base64.b64encode(source.encode()).decode())


def expected(n, k, p, s, d, X, W) -> tuple[str | None, list[int], list[int]]:
    """Return torch's refusal, or shape and values of its output."""
    try:
        Y = F.conv2d(X[:, :, :n, :n], W[:, :, :k, :k], padding=p, stride=s, dilation=d)
    except RuntimeError as refusal:
        return str(refusal), [], []
    return None, list(Y.shape[2:]), Y.flatten().to(torch.int64).tolist()


def disagreements(page, source: str, seed: int, settings=SETTINGS) -> list[str]:
    """Run a bundle over all settings and return a sentence for each that torch sees otherwise."""
    load(page, source)
    x, w = numbers(16, seed), numbers(7, seed + 1)
    got = json.loads(page.evaluate(RUN, json.dumps({"settings": settings, "x": x, "w": w})))
    X, W = (torch.tensor([[rows]], dtype=torch.float64) for rows in (x, w))
    wrong = []
    for setting, (bad, *answer) in zip(settings, got, strict=True):
        refusal, shape, values = expected(*setting, X, W)
        said = " ".join(f"{name}={value}" for name, value in zip("nkpsd", setting, strict=True))
        if (bad is None) != (refusal is None):
            wrong.append(f"{said}: the explorer says {bad or 'valid'}, torch {refusal or 'valid'}")
        elif bad and bad != size_problem(*setting):
            wrong.append(f"{said}: the explorer says {bad!r}, Python {size_problem(*setting)!r}")
        elif not bad and answer != [shape, values]:
            wrong.append(
                f"{said}: the explorer's output has size {answer[0]} and starts {answer[1][:3]}, "
                f"torch's has size {shape} and starts {values[:3]}"
            )
    return wrong


@pytest.fixture(scope="module")
def bundle() -> str:
    """Return the bundle that a kernel and, in another wrapping, the site use."""
    return (STATIC / "explorers.mjs").read_text(encoding="utf-8")


@pytest.mark.parametrize("seed", [1, 2])
def test_verdict_size_and_every_value_equal_torch_in_all_settings(page, bundle, seed):
    assert len(SETTINGS) == COUNT, "the sliders' limits changed: is every state still tested?"
    wrong = disagreements(page, bundle, seed)
    assert not wrong, f"{len(wrong)} of {COUNT} settings differ; first: {wrong[0]}"


def test_both_legal_and_refused_settings_are_among_them():
    refused = sum(size_problem(*setting) is not None for setting in SETTINGS)
    assert 1000 < refused < COUNT - 1000


@pytest.mark.parametrize("slip", MUTATIONS)
def test_an_explorer_that_is_off_is_named(page, bundle, slip):
    pattern, change = MUTATIONS[slip]
    mutant, found = re.subn(pattern, change, bundle, count=1)
    assert found == 1, f"the pattern for {slip!r} finds nothing in the bundle"
    wrong = disagreements(page, mutant, 1)
    assert wrong, f"{slip}: no setting shows it"
    assert re.match(r"n=\d+ k=\d p=\d s=\d d=\d: the explorer", wrong[0]), wrong[0]


def test_the_usage_counts_equal_those_of_torch(page, bundle):
    load(page, bundle)
    legal = [q for q in random.Random(3).sample(SETTINGS, 2500) if size_problem(*q) is None]
    run = """json => JSON.stringify(JSON.parse(json).map(([n, k, p, s, d]) => kit.ops.reads({
      n, k, p, s, d})))"""
    for setting, rows in zip(legal, json.loads(page.evaluate(run, json.dumps(legal))), strict=True):
        n, k, p, s, d = setting
        X = torch.zeros(1, 1, n + 2 * p, n + 2 * p, requires_grad=True)
        F.conv2d(X, torch.ones(1, 1, k, k), stride=s, dilation=d).sum().backward()
        counts = torch.tensor(rows)
        assert X.grad is not None
        assert torch.equal(X.grad[0, 0], torch.outer(counts, counts).float()), setting


def test_taps_are_where_the_gradient_is_and_their_inverse_is_the_transpose(page, bundle):
    load(page, bundle)
    legal = [q for q in random.Random(4).sample(SETTINGS, 400) if size_problem(*q) is None]
    run = """json => JSON.stringify(JSON.parse(json).map(([n, k, p, s, d]) => {
      const q = {n, k, p, s, d}, m = kit.ops.outSize(q), down = [], up = [];
      for (let i = 0; i < m; i++) for (const t of kit.ops.taps(q, i, m - 1 - i))
        if (!t.pad) down.push([i, m - 1 - i, t.y, t.x, t.u, t.v].join());
      for (let y = 0; y < n; y++) for (let x = 0; x < n; x++)
        for (const a of kit.ops.readers(q, y)) for (const b of kit.ops.readers(q, x))
          if (a.i + b.i === m - 1) up.push([a.i, b.i, y, x, a.u, b.u].join());
      return [down, up]; }))"""
    answers = json.loads(page.evaluate(run, json.dumps(legal)))
    for setting, (down, up) in zip(legal, answers, strict=True):
        assert sorted(down) == sorted(up), f"{setting}: links differ from their inverse"
        assert {tuple(map(int, t.split(",")[:4])) for t in down} == footprints(*setting), setting


def footprints(n, k, p, s, d) -> set[tuple[int, int, int, int]]:
    """Return (i, j, y, x) for the outputs on the second diagonal, from autograd."""
    X = torch.zeros(1, 1, n, n, requires_grad=True)
    Y = F.conv2d(X, torch.ones(1, 1, k, k), padding=p, stride=s, dilation=d)[0, 0]
    found, m = set(), len(Y)
    for i in range(m):
        (grad,) = torch.autograd.grad(Y[i, m - 1 - i], X, retain_graph=True)
        found |= {(i, m - 1 - i, y, x) for y, x in grad[0, 0].nonzero().tolist()}
    return found
