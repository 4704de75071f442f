"""The Receptive field explorer's walk along taps, in Chromium, against torch and autograd."""

import json
import random
import re
from functools import cache

import pytest
import torch
from torch import nn

from d2lmini.explorers.stack import Layer, gradients, parse, reach, sizes, stack_problem
from d2lmini.widgets import STATIC

from .test_parity import js, load

pytestmark = pytest.mark.browser

FIELDS = json.loads((STATIC / "receptive_field.json").read_text(encoding="utf-8"))
LIMITS = FIELDS["layers"]
PRESETS = [(values["n"], values["layers"]) for values in LIMITS["presets"].values()]
COUNT = 4000
RUN = """json => JSON.stringify(JSON.parse(json).map(([n, text]) => {
  const { layersOf, problem, sizes, down, up, one, reach } = kit.stack;
  const layers = layersOf(text), all = sizes(n, layers), level = all.length - 1;
  const bad = level < layers.length ? [level + 1, problem(layers[level], all[level])] : null;
  if (bad) return { bad, sizes: all };
  const units = [...Array(all[level]).keys()], pixels = [...Array(n).keys()];
  return { bad, sizes: all, reach: reach(layers).map(Object.values),
    down: units.map(i => down(all, layers, one(all[level], i), level)),
    up: pixels.map(i => up(all, layers, 0, i)) }; }))"""
# let place = unit * s + u * d - p; place >= 0 && place < n && join(unit, place)
WALK = js(r"let (@)=(@)\*(@)\+(@)\*(@)-(@);\1>=0&&\1<(@)&&")
MUTATIONS = {
    "stride forgotten": (WALK, r"let \1=\2+\4*\5-\6;\1>=0&&\1<\7&&"),
    "dilation forgotten": (WALK, r"let \1=\2*\3+\4-\6;\1>=0&&\1<\7&&"),
    "padding forgotten": (WALK, r"let \1=\2*\3+\4*\5;\1>=0&&\1<\7&&"),
    "the first place left out": (WALK, r"let \1=\2*\3+\4*\5-\6;\1>0&&\1<\7&&"),
    "the last place left out": (WALK, r"let \1=\2*\3+\4*\5-\6;\1>=0&&\1<\7-1&&"),
    "paths counted once": (js(r"(@\[@\])\+=(@\[@\]\}\),@\.unshift)"), r"\1=\2"),
    "jump multiplied too early": (js(r"(r:@\+@\*\(@-1\)\*@)(,jump:@)(\*@)"), r"\1\3\2\3"),
    "start without padding": (js(r"\((@\*\(@-1\)/2)-@\)"), r"(\1)"),
    "half the window rounded up": (js(r"Math\.floor\((@)\.k/2\)"), r"Math.ceil(\1.k/2)"),
}


def draw_layer(dice: random.Random) -> str:
    """Return a layer from the whole range of the controls."""
    k, s, p, d = (dice.randint(*LIMITS[name]) for name in "kspd")
    return f"{dice.choice('cm')}{k}s{s}p{p}d{d}"


def draw_net(dice: random.Random) -> tuple[int, str]:
    """Return input size and layers; a layer that cannot follow is mostly drawn again."""
    n, layers = dice.randint(FIELDS["n"]["min"], FIELDS["n"]["max"]), []
    for _ in range(dice.randint(1, LIMITS["most"])):
        for _ in range(dice.choice((1, 40, 40))):
            layer = draw_layer(dice)
            if stack_problem(n, parse("-".join([*layers, layer]), LIMITS)) is None:
                break
        layers.append(layer)
    return n, "-".join(layers)


@cache
def nets(count: int = COUNT) -> list[tuple[int, str]]:
    """Return the presets, whatever their size of input, and random nets."""
    dice = random.Random(6)
    return [*PRESETS, *(draw_net(dice) for _ in range(count))]


def modules(layers: list[Layer]) -> list[nn.Module]:
    """Return PyTorch's own layers."""
    return [
        nn.MaxPool2d(la.k, la.s, la.p, la.d)
        if la.pool
        else nn.Conv2d(1, 1, la.k, la.s, la.p, la.d, device="meta")
        for la in layers
    ]


def run_through(n: int, layers: list[Layer]) -> list[int]:
    """Return the sizes that PyTorch's layers give, up to the first that refuses."""
    X, found = torch.zeros(1, 1, n, n, device="meta"), [n]
    for module in modules(layers):
        try:
            X = module(X)
        except RuntimeError:
            break
        found.append(X.shape[-1])
    return found


def jacobians(n: int, layers: list[Layer], m: int) -> list[torch.Tensor]:
    """Return for each level the paths from its places to each of the m units on top."""
    given = torch.eye(m, dtype=torch.float64)[:, None]
    return [g[:, 0] for g in gradients(n, layers, len(layers), given)]


def differs(n: int, text: str, got: dict) -> str | None:
    """Say in which respect the explorer's answer for one net is not that of torch."""
    layers = parse(text, LIMITS)
    wanted = run_through(n, layers)
    if got["sizes"] != wanted:
        return f"the sizes are {got['sizes']}, torch's layers give {wanted}"
    bad = stack_problem(n, layers)
    if bad:
        place, why = got["bad"]
        said = f"layer {place} ({layers[place - 1]}): {why}"
        return None if said == bad else f"the explorer says {said!r}, Python {bad!r}"
    if got["bad"]:
        return f"the explorer refuses layer {got['bad'][0]}, torch does not"
    levels = jacobians(n, layers, wanted[-1])
    for level, theirs in enumerate(levels):
        mine = [counts[level] for counts in got["down"]]
        if mine != theirs.long().tolist():
            return f"the paths from level {level} to the units on top are not the gradients"
    if [counts[-1] for counts in got["up"]] != levels[0].T.long().tolist():
        return "paths forward from the pixels are not the transpose"
    if [tuple(row) for row in got["reach"]] != reach(layers):
        return f"field, jump and start are {got['reach']}, should be {reach(layers)}"
    return None


def disagreements(page, source: str, some: list[tuple[int, str]]) -> list[str]:
    """Run a bundle over nets and return a sentence for each that torch sees otherwise."""
    load(page, source)
    answers = json.loads(page.evaluate(RUN, json.dumps(some)))
    found = ((n, text, differs(n, text, got)) for (n, text), got in zip(some, answers, strict=True))
    return [f"n={n} {text}: {why}" for n, text, why in found if why]


@pytest.fixture(scope="module")
def bundle() -> str:
    """Return the bundle that a kernel and, in another wrapping, the site use."""
    return (STATIC / "explorers.mjs").read_text(encoding="utf-8")


def test_sizes_footprints_and_paths_of_all_units_equal_torch_and_autograd(page, bundle):
    wrong = disagreements(page, bundle, nets())
    assert not wrong, f"{len(wrong)} of {len(nets())} nets differ; first: {wrong[0]}"


def test_the_sample_holds_thousands_of_legal_nets_and_every_depth_and_number():
    legal = [parse(text, LIMITS) for n, text in nets() if not stack_problem(n, parse(text, LIMITS))]
    assert len(legal) >= 2000 and len(nets()) - len(legal) >= 500
    assert {len(layers) for layers in legal} == set(range(1, LIMITS["most"] + 1))
    for name in "kspd":
        low, high = LIMITS[name]
        assert {getattr(la, name) for layers in legal for la in layers} == set(
            range(low, high + 1)
        ), name


def small_nets(count: int) -> list[tuple[int, list[Layer], int]]:
    """Return legal nets with few places: input size, layers, units on top along one axis."""
    found = []
    for n, text in nets():
        layers = parse(text, LIMITS)
        if n <= 16 and not stack_problem(n, layers) and (m := sizes(n, layers)[-1]) <= 7:
            found.append((n, layers, m))
    return found[:count]


def counts_of(page, bundle, n, layers, m) -> torch.Tensor:
    """Return what the explorer counts along one axis, shape (units, pixels)."""
    load(page, bundle)
    text = "-".join(layer.text() for layer in layers)
    got = json.loads(page.evaluate(RUN, json.dumps([(n, text)])))[0]
    return torch.tensor([counts[0] for counts in got["down"]], dtype=torch.float64)


def test_counts_over_rows_and_columns_are_products_for_all_units(page, bundle):
    for n, layers, m in small_nets(150):
        given = torch.eye(m * m, dtype=torch.float64).reshape(m * m, 1, m, m)
        both = gradients(n, layers, len(layers), given)[0].reshape(m, m, n, n)
        one = counts_of(page, bundle, n, layers, m)
        assert torch.equal(both, torch.einsum("ir,jc->ijrc", one, one)), (n, layers)


def test_a_lit_pixel_reaches_through_real_max_pooling_just_the_units_that_see_it(page, bundle):
    tried = 0
    for n, layers, m in small_nets(400):
        X = torch.cat([torch.zeros(1, n * n), torch.eye(n * n)]).double().reshape(-1, 1, n, n)
        for layer in layers:
            pool = nn.MaxPool2d(layer.k, layer.s, layer.p, layer.d)
            X = pool(X) if layer.pool else layer.sum(X)
        if not any(layer.pool for layer in layers) or not X.isfinite().all():
            continue  # no pooling, or a window with nothing but padding: minus infinity
        tried += 1
        lit = (X[1:, 0] > 0).reshape(n, n, m, m)
        seen = counts_of(page, bundle, n, layers, m) > 0
        assert torch.equal(lit, torch.einsum("ir,jc->rcij", seen, seen)), (n, layers)
        if tried == 100:
            return
    pytest.fail(f"only {tried} nets with pooling")


@pytest.mark.parametrize("slip", MUTATIONS)
def test_a_walk_that_is_off_is_named(page, bundle, slip):
    pattern, change = MUTATIONS[slip]
    mutant, found = re.subn(pattern, change, bundle)
    assert found, f"the pattern for {slip!r} finds nothing in the bundle"
    wrong = disagreements(page, mutant, nets()[:150])
    assert wrong, f"{slip}: no net shows it"
    assert re.match(r"n=\d+ [cm]\d", wrong[0]), wrong[0]
