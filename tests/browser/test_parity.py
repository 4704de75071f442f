"""The explorers' arithmetic in Chromium against torch, over every setting in reach of a reader."""

import base64
import functools
import itertools
import json
import random
import re
from collections import Counter

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from d2lmini.explorers.conv_shape import FIELDS
from d2lmini.explorers.setting import Setting
from d2lmini.widgets import STATIC
from tools import states

pytestmark = [
    pytest.mark.browser,
    pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel"),
]

LOAD = """async source => {
  globalThis.kit = await import('data:text/javascript;charset=utf-8;base64,' + source); }"""
RUN = """json => { const { settings, x, w } = JSON.parse(json);
  return JSON.stringify(settings.map(q => {
    try {
      const { bad, shape, out } = kit.ops.run(q, x, w);
      return bad ? [bad] : [null, shape, out];
    } catch (error) { return [String(error)]; } })); }"""
COUNTS = {"per side": 15_680, "same": 2_240, "valid": 2_240}  # in each of the four modes
RECTANGLES = 2_500
limits = functools.partial(states.reach, FIELDS)  # every value that a control reaches


def js(pattern: str) -> str:
    """Return a pattern in which ``@`` stands for any name that the minifier may choose."""
    return pattern.replace("@", r"[\w$]+")


# What one slip in the arithmetic does to the bundle.
MUTATIONS = {
    "ceil": (js(r"m:Math\.floor\((@/@\.s)\)\+1"), r"m:Math.ceil(\1)+1"),
    "no plus one": (js(r"(m:Math\.floor\(@/@\.s\))\+1"), r"\1"),
    "padding on one side": (js(r":2\*(@\.p)\b"), r":\1"),
    "the larger half before": (js(r"Math\.floor\((@)/2\)"), r"Math.ceil(\1/2)"),
    "kernel read from the wrong end": (js(r"\+=(@\[[^]]+\])\*(@)\[(@)\]"), r"+=\1*\2[0*\3]"),
    "verdict off by one": (js(r"(@)<0\)return`kernel"), r"\1<-1)return`kernel"),
    "height for width": (js(r"@&&(@\.square)===!1"), r"!1&&\1===!1"),
    "edge reflected twice": (js(r"(@)<0\?-\1:"), r"\1<0?-1-\1:"),
    "reflect one too far": (js(r'"reflect"\?(@)-1:'), r'"reflect"?\1:'),
    "circular one too short": (js(r'"circular"\?(@):'), r'"circular"?\1-1:'),
    "circular turned round": (js(r"\((@)\+(@)\)%\2"), r"(2*\2-\1)%\2"),
    "replicate from the other end": (js(r"(@)<0\?0:(@)-1"), r"\1<0?\2-1:0"),
    "same at any stride": (js(r'"same"&&(@\.s)>1'), r'"same"&&\1>9'),
}


def paddings() -> list[tuple[str, int]]:
    """Return every way to give the padding; p counts only per side."""
    return [(pad, p) for pad in limits("pad") for p in (limits("p") if pad == "per side" else [0])]


def squares(mode: str) -> list[dict]:
    """Return every square setting with a padding mode."""
    return [
        {"n": n, "k": k, "p": p, "s": s, "d": d, "pad": pad, "mode": mode}
        for n, k, (pad, p), s, d in itertools.product(
            limits("n"), limits("k"), paddings(), limits("s"), limits("d")
        )
    ]


def rectangles(count: int, seed: int) -> list[dict]:
    """Return settings drawn from everything that the controls reach, height and width apart."""
    draw = random.Random(seed)
    names = ["n", "nw", "k", "s", "d", "mode"]
    found = []
    while len(found) < count:
        pad, p = draw.choice(paddings())
        drawn = {name: draw.choice(limits(name)) for name in names}
        found.append(drawn | {"pad": pad, "p": p, "square": False})
    return found


# As (n, k, p, s, d): the settings with p zeros per side.
SETTINGS = list(itertools.product(*map(limits, "nkpsd")))


def numbers(size: int, seed: int) -> list[list[int]]:
    """Return a square of whole numbers from -9 to 9."""
    draw = random.Random(seed)
    return [[draw.randint(-9, 9) for _ in range(size)] for _ in range(size)]


def load(page, source: str) -> None:
    """Make the exports of a bundle available on a blank page."""
    page.evaluate(LOAD, base64.b64encode(source.encode()).decode())


@functools.cache
def layer(k, padding, s, d, mode) -> nn.Conv2d:
    """Return torch's own layer, or raise as torch does."""
    return nn.Conv2d(1, 1, k, s, padding, d, bias=False, padding_mode=mode, dtype=torch.float64)


@torch.no_grad()
def expected(q: dict, X, W) -> tuple[str | None, list[int], list[int]]:
    """Return torch's refusal, or shape and values of its output."""
    padding = q["p"] if q["pad"] == "per side" else q["pad"]
    k = q["k"]
    try:
        conv = layer(k, padding, q["s"], q["d"], q["mode"])
        conv.weight.copy_(W[:, :, :k, :k])
        Y = conv(X[:, :, : q["n"], : q.get("nw", q["n"])])
    except (RuntimeError, ValueError) as refusal:
        return str(refusal), [], []
    return None, list(Y.shape[2:]), Y.flatten().to(torch.int64).tolist()


def disagreements(page, source: str, seed: int, settings: list[dict]) -> list[str]:
    """Run a bundle over the settings and return a sentence for each that torch sees otherwise."""
    load(page, source)
    x, w = numbers(16, seed), numbers(7, seed + 1)
    got = json.loads(page.evaluate(RUN, json.dumps({"settings": settings, "x": x, "w": w})))
    X, W = (torch.tensor([[rows]], dtype=torch.float64) for rows in (x, w))
    wrong = []
    for setting, (bad, *answer) in zip(settings, got, strict=True):
        refusal, shape, values = expected(setting, X, W)
        said = " ".join(f"{name}={value}" for name, value in setting.items())
        problem = Setting(**setting).problem()
        if (bad is None) != (refusal is None):
            wrong.append(f"{said}: the explorer says {bad or 'valid'}, torch {refusal or 'valid'}")
        elif bad != problem:
            wrong.append(f"{said}: the explorer says {bad!r}, Python {problem!r}")
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


@pytest.mark.parametrize("mode", limits("mode"))
def test_every_value_equals_that_of_torch_in_all_square_settings(page, bundle, mode):
    settings = squares(mode)
    counts = Counter(q["pad"] for q in settings)
    assert counts == COUNTS, "the controls' limits changed: is every state still tested?"
    wrong = disagreements(page, bundle, 1, settings)
    assert not wrong, f"{len(wrong)} of {len(settings)} settings differ; first: {wrong[0]}"


def test_rectangles_equal_torch(page, bundle):
    wrong = disagreements(page, bundle, 4, rectangles(RECTANGLES, 4))
    assert not wrong, f"{len(wrong)} of {RECTANGLES} settings differ; first: {wrong[0]}"


def test_both_legal_and_refused_settings_are_among_them():
    for settings in (*map(squares, limits("mode")), rectangles(RECTANGLES, 4)):
        refused = sum(Setting(**q).problem() is not None for q in settings)
        assert 0.1 < refused / len(settings) < 0.9


@pytest.mark.parametrize("slip", MUTATIONS)
def test_an_explorer_that_is_off_is_named(page, bundle, slip):
    pattern, change = MUTATIONS[slip]
    mutant, found = re.subn(pattern, change, bundle, count=1)
    assert found == 1, f"the pattern for {slip!r} finds nothing in the bundle"
    wrong = disagreements(page, mutant, 1, rectangles(800, 5))
    assert wrong, f"{slip}: no setting shows it"
    assert re.match(r"n=\d+ nw=\d+ k=\d .*: the explorer", wrong[0]), wrong[0]


def legal(count: int, seed: int) -> list[dict]:
    """Return settings that have an output: half of them square, half not."""
    pool = [*rectangles(4 * count, seed), *rectangles(4 * count, seed + 1)]
    pool[1::2] = [q | {"square": True} for q in pool[1::2]]
    return [q for q in pool if Setting(**q).problem() is None][:count]


def test_the_usage_counts_equal_those_of_torch(page, bundle):
    load(page, bundle)
    settings = legal(1000, 3)
    run = """json => JSON.stringify(JSON.parse(json).map(
      q => [false, true].map(across => kit.ops.reads(q, across))))"""
    answers = json.loads(page.evaluate(run, json.dumps(settings)))
    for q, counts in zip(settings, answers, strict=True):
        sizes = [axis.room for axis in Setting(**q).axes()]
        X = torch.zeros(1, 1, *sizes, requires_grad=True)
        K = torch.ones(1, 1, q["k"], q["k"])
        F.conv2d(X, K, stride=q["s"], dilation=q["d"]).sum().backward()
        assert X.grad is not None
        assert torch.equal(X.grad[0, 0], torch.outer(*map(torch.tensor, counts)).float()), q


def test_taps_are_where_the_gradient_is_and_their_inverse_is_the_transpose(page, bundle):
    load(page, bundle)
    settings = legal(400, 4)
    run = """json => JSON.stringify(JSON.parse(json).map(q => {
      const { axis, places, readers, taps } = kit.ops, high = axis(q), wide = axis(q, true);
      const i = high.m >> 1, j = wide.m >> 1, rows = places(q), cols = places(q, true);
      const down = [], up = [];
      for (const { r, c, u, v } of taps(q, i, j))
        if (rows[r] >= 0 && cols[c] >= 0) down.push([rows[r], cols[c], u, v].join());
      for (let y = 0; y < high.n; y++) for (let x = 0; x < wide.n; x++)
        for (const a of readers(q, y + high.before))
          for (const b of readers(q, x + wide.before, true))
            if (a.i === i && b.i === j) up.push([y, x, a.u, b.u].join());
      return [i, j, down, up]; }))"""
    for q, (i, j, down, up) in zip(
        settings, json.loads(page.evaluate(run, json.dumps(settings))), strict=True
    ):
        assert sorted(down) == sorted(up), f"{q}: links differ from their inverse"
        assert {tuple(map(int, t.split(",")[:2])) for t in down} == footprint(q, i, j), q


def test_padding_is_read_by_the_outputs_whose_taps_lie_on_it(page, bundle):
    load(page, bundle)
    run = """json => JSON.stringify(JSON.parse(json).map(q => {
      const { axis, readers, taps } = kit.ops, { before, n, room, m } = axis(q);
      const seen = [], said = [], padding = r => r < before || r >= before + n;
      for (let i = 0; i < m; i++) for (const { r, u, v } of taps(q, i, 0))
        if (v === 0 && padding(r)) seen.push([r, i, u].join());
      for (let r = 0; r < room; r++) if (padding(r))
        for (const { i, u } of readers(q, r)) said.push([r, i, u].join());
      return [seen.sort(), said.sort()]; }))"""
    for seen, said in json.loads(page.evaluate(run, json.dumps(legal(200, 6)))):
        assert seen == said


def footprint(q: dict, i: int, j: int) -> set[tuple[int, int]]:
    """Return (y, x) of the input places that output (i, j) of torch's layer depends on."""
    setting = Setting(**q)
    high, wide = setting.axes()
    X = torch.zeros(1, 1, high.n, wide.n, dtype=torch.float64, requires_grad=True)
    padding = q["p"] if q["pad"] == "per side" else q["pad"]
    conv = layer(q["k"], padding, q["s"], q["d"], q["mode"])
    with torch.no_grad():
        conv.weight.fill_(1)
    conv(X)[0, 0, i, j].backward()
    assert X.grad is not None
    return {tuple(place) for place in X.grad[0, 0].nonzero().tolist()}


def footprints(n, k, p, s, d) -> set[tuple[int, int, int, int]]:
    """Return (i, j, y, x) for the outputs on the second diagonal, from autograd."""
    X = torch.zeros(1, 1, n, n, requires_grad=True)
    Y = F.conv2d(X, torch.ones(1, 1, k, k), padding=p, stride=s, dilation=d)[0, 0]
    found, m = set(), len(Y)
    for i in range(m):
        (grad,) = torch.autograd.grad(Y[i, m - 1 - i], X, retain_graph=True)
        found |= {(i, m - 1 - i, y, x) for y, x in grad[0, 0].nonzero().tolist()}
    return found
