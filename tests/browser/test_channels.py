"""Channels in Chromium against torch, over every layer that the sliders reach."""

import functools
import itertools
import json
import random
import re

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from d2lmini.explorers import Channels
from d2lmini.widgets import STATIC, page_box
from tools import states

from .test_parity import js, load
from .test_shape_machine import show

pytestmark = pytest.mark.browser

FIELDS = json.loads((STATIC / "channels.json").read_text(encoding="utf-8"))
NAMES = ("ci", "co", "g", "k", "n")
limits = functools.partial(states.reach, FIELDS)  # every value that a control reaches
SIDE = 5
RUN = """json => { const { settings, x, w, b } = JSON.parse(json), c = kit.channels;
  return JSON.stringify(settings.map(([ci, co, g, k, n, bias]) => {
    const q = { ci, co, g, k, n, bias }, bad = c.verdict(q);
    if (bad) return [bad];
    try {
      const all = Array.from({ length: co }, (_, o) => c.output(q, x, w, b, o));
      return [null, all.map(a => a.out), all.map(a => a.parts),
        Array.from({ length: co }, (_, o) => c.read(q, o)), c.bill(q)];
    } catch (error) { return [null, String(error)]; } })); }"""


SETTINGS = [(*q, bias) for q in itertools.product(*map(limits, NAMES)) for bias in (False, True)]
LEGAL = [q for q in SETTINGS if q[0] % q[2] == 0 and q[1] % q[2] == 0 and q[3] <= q[4]]
# What one slip in the arithmetic does to the bundle.
MUTATIONS = {
    "bias added for every input channel": (
        js(r"(@)\.reduce\(\((@),(@)\)=>\2\+\3\[(@)\],(@\.bias\?@\[0\]\[@\]:0)\)"),
        r"\1.reduce((\2,\3)=>\2+\3[\4]+(\5),0)",
    ),
    "groups dealt in turns": (js(r"Math\.floor\((@)\*(@)/@\)\*\((@/@)\)"), r"(\1%\2)*(\3)"),
    "slice of the next input channel": (
        js(r"map\((@)=>\1\.slice\((@)\*(@),\2\*\3\+(@\.k)\)\)"),
        r"map(\1=>\1.slice(\2*(\3^1),\2*(\3^1)+\4))",
    ),
    "groups may divide the outputs alone": (
        js(r"\[\[\"input\",@\.ci\],(\[\"output\",@\.co\])\]"),
        r"[\1]",
    ),
    "weights not divided by groups": (js(r"(@)\*(@)\*(@)\*\3/@,\1\)"), r"\1*\2*\3*\3,\1)"),
    "biases of the depthwise part left out": (
        js(r"(@\*@\*@\+@\*@,)@\+(@\))"),
        r"\1\2",
    ),
}


def numbers(rows: int, cols: int, most: int, seed: int) -> list[list[int]]:
    """Return a table of whole numbers from -most to most."""
    draw = random.Random(seed)
    return [[draw.randint(-most, most) for _ in range(cols)] for _ in range(rows)]


def tables(seed: int) -> dict[str, list[list[int]]]:
    """Return the numbers of input, weights and biases."""
    return {
        "x": numbers(8 * SIDE, SIDE, 9, seed),
        "w": numbers(8 * SIDE, 8 * SIDE, 9, seed + 1),
        "b": numbers(1, 8, 99, seed + 2),
    }


def tensors(q, x, w, b):
    """Return input, weights and bias of a setting for torch, whole numbers in float64."""
    ci, co, g, k, n, bias = q
    deep = ci // g
    X = torch.tensor(x, dtype=torch.float64).reshape(8, SIDE, SIDE)[None, :ci, :n, :n]
    W = torch.tensor(w, dtype=torch.float64).reshape(8, SIDE, 8, SIDE).transpose(1, 2)
    first = [o // (co // g) * deep for o in range(co)]
    K = torch.stack([W[o, c : c + deep, :k, :k] for o, c in enumerate(first)])
    return X, K, torch.tensor(b[0][:co], dtype=torch.float64) if bias else None


def refused(q) -> bool:
    """Say whether torch has no such layer, or the layer no output."""
    ci, co, g, k, n, bias = q
    try:
        layer = nn.Conv2d(ci, co, k, groups=g, bias=bias, device="meta")
        layer(torch.empty(1, ci, n, n, device="meta"))
    except (ValueError, RuntimeError):
        return True
    return False


def count(*layers: nn.Module) -> int:
    """Return how many numbers layers learn."""
    return sum(p.numel() for layer in layers for p in layer.parameters())


def bill(ci, co, g, k, n, bias) -> dict[str, dict[str, int]]:
    """Return parameters and multiplications of the three layers, from layers of torch."""
    with torch.device("meta"):
        layers = {
            "layer": [nn.Conv2d(ci, co, k, groups=g, bias=bias)],
            "dense": [nn.Conv2d(ci, co, k, bias=bias)],
            "separable": [
                nn.Conv2d(ci, ci, k, groups=ci, bias=bias),
                nn.Conv2d(ci, co, 1, bias=bias),
            ],
        }
        places = layers["dense"][0](torch.empty(1, ci, n, n))[0, 0].numel()
    made = {}
    for name, parts in layers.items():
        weights = sum(part.weight.numel() for part in parts)
        made[name] = {
            "weights": weights,
            "parameters": count(*parts),
            "products": weights * places,
        }
    return made


BILLS = {q: bill(*q) for q in LEGAL}


def expected(q, x, w, b) -> list:
    """Return outputs, partial maps, channels read and the bill, all from torch."""
    ci, co, g, *_ = q
    X, K, bias = tensors(q, x, w, b)
    Y = F.conv2d(X, K, bias, groups=g)[0]
    deep = ci // g
    read = [[o // (co // g) * deep + c for c in range(deep)] for o in range(co)]
    # one output for every pair of a slice and its channel: nothing is added
    stacked = torch.cat([X[:, channels] for channels in read], 1)
    parts = F.conv2d(stacked, K.flatten(0, 1)[:, None], groups=co * deep)[0]
    return [
        None,
        Y.flatten(1).long().tolist(),
        parts.reshape(co, deep, -1).long().tolist(),
        read,
        BILLS[q],
    ]


def disagreements(page, source: str, seed: int, settings=SETTINGS) -> list[str]:
    """Run a bundle over settings and return a sentence for each that torch sees otherwise."""
    load(page, source)
    given = tables(seed)
    got = json.loads(page.evaluate(RUN, json.dumps({"settings": settings} | given)))
    legal, wrong = set(LEGAL), []
    for q, answer in zip(settings, got, strict=True):
        said = " ".join(f"{name}={value}" for name, value in zip(NAMES, q, strict=False))
        if (answer[0] is None) != (q in legal):
            wrong.append(f"{said}: the explorer says {answer[0] or 'valid'}")
        elif q in legal and answer != expected(q, **given):
            parts = ("verdict", "output", "partial maps", "channels read", "bill")
            what = [
                p for p, a, e in zip(parts, answer, expected(q, **given), strict=True) if a != e
            ]
            wrong.append(f"{said} bias={q[-1]}: {', '.join(what)} differ from torch's")
    return wrong


@pytest.fixture(scope="module")
def bundle() -> str:
    """Return the bundle that a kernel and, in another wrapping, the site use."""
    return (STATIC / "explorers.mjs").read_text(encoding="utf-8")


def test_torch_refuses_what_this_test_leaves_out():
    assert len(SETTINGS) == 15_360 and len(LEGAL) == 2_208
    legal = set(LEGAL)
    one_bias = [q for q in SETTINGS if not q[-1]]
    assert all(refused(q) == (q not in legal) for q in one_bias)


@pytest.mark.parametrize("seed", [1, 2])
def test_every_layer_in_reach_equals_torch(page, bundle, seed):
    wrong = disagreements(page, bundle, seed)
    assert not wrong, f"{len(wrong)} of {len(SETTINGS)} settings differ; first: {wrong[0]}"


@pytest.mark.parametrize("slip", MUTATIONS)
def test_an_explorer_that_is_off_is_named(page, bundle, slip):
    pattern, change = MUTATIONS[slip]
    mutant, found = re.subn(pattern, change, bundle, count=1)
    assert found == 1, f"the pattern for {slip!r} finds nothing in the bundle"
    wrong = disagreements(page, mutant, 1, random.Random(5).sample(SETTINGS, 1500))
    assert wrong, f"{slip}: no setting shows it"
    assert re.match(r"ci=\d co=\d g=\d k=\d n=\d", wrong[0]), wrong[0]


LAYER = {"ci": 6, "co": 4, "g": 2, "k": 3, "n": 5, "o": 2, "bias": 1}
TAPS = """box => [...box.querySelectorAll('[data-grid^=x]')].map(grid => [
  Number(grid.dataset.grid.slice(1)),
  [...grid.querySelectorAll('.tap')].map(td => [td.parentNode.rowIndex, td.cellIndex])])"""


def explorer_at(page, **values):
    """Open the explorer at an address."""
    start = Channels("c")
    box = page_box("c", start.kind, start.label, start.state(), start.still())
    live = show(page, "?" + "&".join(f"c.{name}={value}" for name, value in values.items()), box)
    if (table := live.get_by_label("show as table")).is_visible():
        table.check()
    return live


def test_an_output_is_linked_to_the_windows_that_autograd_finds_and_to_no_other_input(page):
    live, layer = explorer_at(page, **LAYER), Channels("c", **LAYER | {"bias": True})
    X = layer.input().requires_grad_()
    Y = F.conv2d(X, layer.weights(), groups=2)[0, 2]
    for r, c in itertools.product(range(3), repeat=2):
        live.locator(f"[data-grid=output] tr:nth-child({r + 1}) td").nth(c).hover()
        (gradient,) = torch.autograd.grad(Y[r, c], X, retain_graph=True)
        found = {
            (channel, *cell) for channel, cells in live.evaluate(TAPS) for cell in map(tuple, cells)
        }
        # weights of zero have no gradient, but are taps
        window = itertools.product((3, 4, 5), range(r, r + 3), range(c, c + 3))
        assert {tuple(t) for t in gradient[0].nonzero().tolist()} <= found == set(window)


RELATED = """(box, name) => [...box.querySelectorAll(`[data-grid=${name}] .rel`)].map(
  td => [td.parentNode.rowIndex, td.cellIndex])"""


def test_an_input_and_a_weight_point_back_to_the_outputs_that_they_feed(page):
    live, k = explorer_at(page, **LAYER), LAYER["k"]
    ones = torch.ones(1, 1, k, k)
    for r, c in ((0, 0), (2, 2), (1, 4)):
        live.locator(f"[data-grid=x4] tr:nth-child({r + 1}) td").nth(c).hover()
        X = torch.zeros(1, 1, LAYER["n"], LAYER["n"])
        X[0, 0, r, c] = 1
        fed = F.conv2d(X, ones)[0, 0].nonzero().tolist()
        assert live.evaluate(RELATED, "output") == live.evaluate(RELATED, "p4") == fed
        assert not live.evaluate(RELATED, "p3"), "another channel's part"
        used = [[r, c]] if max(r, c) < k else []  # of the output at row 0, column 0
        assert live.evaluate(RELATED, "w4") == used
    live.locator("[data-grid=w4] tr:nth-child(3) td").nth(1).hover()
    every = [list(cell) for cell in itertools.product(range(3), repeat=2)]
    assert live.evaluate(RELATED, "output") == live.evaluate(RELATED, "p4") == every
    assert live.evaluate(RELATED, "x4") == [[r + 2, c + 1] for r, c in every]


def test_a_refused_number_of_groups_is_explained_and_repaired(page):
    live = explorer_at(page, ci=6, co=4, g=4)
    said = live.locator(".d2lx-error p").first.inner_text()
    assert said == f"⚠ No output: {Channels.problem(_state(ci=6, co=4, g=4))}."
    live.locator(".d2lx-error button").first.click()
    groups = live.locator("input[data-field=g]").input_value()
    assert 6 % int(groups) == 0 == 4 % int(groups) and live.locator(".d2lx-error").is_hidden()


def _state(**values):
    made = Channels("c")
    for name, value in values.items():
        setattr(made, name, value)
    return made


def test_a_changed_number_changes_its_own_part_alone(page):
    live = explorer_at(page, ci=2, co=1, k=2)
    read = """(box, name) => [...box.querySelectorAll(`[data-grid=${name}] td`)].map(
      td => Number(td.textContent.replace('−', '-')))"""
    before = {name: live.evaluate(read, name) for name in ("p0", "p1", "output")}
    live.locator("[data-grid=w1] td").first.focus()
    page.keyboard.press("+")
    after = {name: live.evaluate(read, name) for name in before}
    assert after["p0"] == before["p0"]
    gained = [b - a for a, b in zip(before["p1"], after["p1"], strict=True)]
    assert gained == [1, 2, 4, 5], "one more on a weight adds the number that it meets"
    assert gained == [b - a for a, b in zip(before["output"], after["output"], strict=True)]
