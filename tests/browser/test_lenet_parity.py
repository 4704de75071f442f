"""LeNet's forward pass, ablations and sums in Chromium against torch with the same weights."""

import json
import random
import re

import pytest
import torch
from torch.nn import functional as F

from d2lmini import data, weights
from d2lmini.explorers.lenet import OWN, LeNetLive, packed
from d2lmini.explorers.pixels import encode
from d2lmini.explorers.unit import Unit
from d2lmini.nets import LeNet
from d2lmini.widgets import STATIC

from .test_parity import js, load

pytestmark = pytest.mark.browser

IMAGES, DEEP = 1000, 12  # compared by their scores, and in every value of every layer
ENDS = (2, 3, 5, 6, 9, 11, 12)  # of the layers among torch's modules
OPEN = "text => { globalThis.stored = kit.net.open(text); }"
RUN = """json => { const { name, pictures, deep } = JSON.parse(json);
  return JSON.stringify(pictures.map(picture => {
    const acts = kit.net.run(stored.nets[name], kit.net.input(picture));
    return acts.slice(deep ? 0 : 6).map(a => [[a.maps, a.rows, a.cols], [...a.values]]); })); }"""
CUTS = """json => { const { name, picture, cuts } = JSON.parse(json), x = kit.net.input(picture);
  return JSON.stringify(cuts.map(([layer, map]) =>
    [...kit.net.run(stored.nets[name], x, { layer, map })[6].values])); }"""
BOTH = pytest.mark.parametrize("name", weights.NAMES)

# What one slip in the arithmetic does to the bundle.
MUTATIONS = {
    "a row left out": (js(r"(Math\.max\(0,@-@)(\);@<Math\.min)"), r"\1+1\2"),
    "convolution without bias": (js(r"\.fill\((@)\[(@)\],"), r".fill(0*\1[\2],"),
    "mean for maximum": (js(r'==="max"\?(@):(@)/@\*\*2'), r'==="max"?\2/4:\2/4'),
    "leaky activation": (js(r"relu:(@)=>Math\.max\(0,\1\)"), r"relu:\1=>Math.max(-.01,\1)"),
    "weights not in float32": (js(r"Math\.fround\((@)\*(@)\.scale\)"), r"\1*1.001*\2.scale"),
    "sigmoid of twice the sum": (js(r"Math\.exp\(-(@)\)\),none"), r"Math.exp(-2*\1)),none"),
}  # fmt: skip


@pytest.fixture(scope="module")
def bundle() -> str:
    """Return the bundle of a kernel; the page's own script holds the same modules."""
    return (STATIC / "explorers.mjs").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def images() -> torch.Tensor:
    """Return test pictures, uint8."""
    return data.fashion_mnist("subset").test.X[:IMAGES]


def opened(page, source: str, text: str | None = None) -> None:
    """Load a bundle and let it open the stored networks."""
    load(page, source)
    page.evaluate(OPEN, text or packed())


def layers(net: LeNet, X: torch.Tensor) -> list[torch.Tensor]:
    """Return what every layer of the course gives, (N, maps, rows, columns)."""
    found, now = [], X
    with torch.no_grad():
        for at, module in enumerate(net, start=1):
            now = module(now)
            if at in ENDS:
                found.append(now if now.dim() == 4 else now[:, :, None, None])
    return found


def differences(page, name: str, X: torch.Tensor, deep: bool = True) -> list[str]:
    """Compare the page with torch in float32; return a sentence for each layer that differs."""
    pictures = X.flatten(1).tolist()
    asked = json.dumps({"name": name, "pictures": pictures, "deep": deep})
    got = json.loads(page.evaluate(RUN, asked))
    net, wrong = weights.stored(name).module(), []
    wanted = layers(net, data.to_float(X))[0 if deep else 6 :]
    for at, want in enumerate(wanted):
        shapes = {tuple(answer[at][0]) for answer in got}
        if shapes != {tuple(want.shape[1:])}:
            wrong.append(f"{name}: layer {at} has shape {shapes}, torch has {want.shape[1:]}")
            continue
        values = torch.tensor([answer[at][1] for answer in got]).reshape(want.shape)
        if (far := (values - want).abs().max().item()) > 1e-4:
            wrong.append(f"{name}: layer {at} differs by {far:.2g}")
    winners = torch.tensor([answer[-1][1] for answer in got]).argmax(1)
    if others := int((winners != wanted[-1].flatten(1).argmax(1)).sum()):
        wrong.append(f"{name}: {others} of {len(X)} pictures get another answer")
    return wrong


@BOTH
def test_a_thousand_pictures_get_the_scores_and_the_answers_of_torch(page, bundle, images, name):
    opened(page, bundle)
    assert len(images) == IMAGES
    assert differences(page, name, images, deep=False) == []


@BOTH
def test_every_value_of_every_layer_equals_torch(page, bundle, images, name):
    edges = torch.stack([torch.zeros(1, 28, 28), torch.full((1, 28, 28), 255)]).byte()
    off_centre = F.pad(images[:2], (12, -12, -12, 12))
    opened(page, bundle)
    assert differences(page, name, torch.cat([images[:DEEP], edges, off_centre])) == []


@pytest.mark.parametrize("slip", MUTATIONS)
def test_a_network_that_is_off_is_named(page, bundle, images, slip):
    pattern, change = MUTATIONS[slip]
    mutant, found = re.subn(pattern, change, bundle, count=1)
    assert found == 1, f"the pattern for {slip!r} finds nothing in the bundle"
    opened(page, mutant)
    wrong = [said for name in weights.NAMES for said in differences(page, name, images[:DEEP])]
    assert wrong, f"{slip}: no layer shows it"


@BOTH
def test_every_map_can_be_switched_off_as_a_hook_of_torch_does(page, bundle, images, name):
    opened(page, bundle)
    cuts = [(i, m) for i, count in ((0, 6), (2, 16), (4, 120), (5, 84)) for m in range(count)]
    picture = images[7]
    asked = json.dumps({"name": name, "picture": picture.flatten().tolist(), "cuts": cuts})
    got = torch.tensor(json.loads(page.evaluate(CUTS, asked)))
    net = weights.stored(name).module()
    for (i, m), scores in zip(cuts, got, strict=True):

        def silent(_, __, Y, m=m):
            Y = Y.clone()
            Y[:, m] = 0
            return Y

        hook = net[ENDS[i] - 1].register_forward_hook(silent)
        with torch.no_grad():
            want = net(data.to_float(picture)[None])[0]
        hook.remove()
        assert (scores - want).abs().max() <= 1e-4, f"{name} without map {m} of layer {i}"


def test_temperature_divides_the_scores_before_softmax(page, bundle):
    load(page, bundle)
    draw = random.Random(1)
    scores = [[draw.uniform(-30, 30) for _ in range(10)] for _ in range(40)]
    for t in (0.1, 0.5, 1, 2, 5, 10):
        run = "json => JSON.parse(json).map(([s, t]) => kit.net.softmax(s, t))"
        got = page.evaluate(run, json.dumps([[s, t] for s in scores]))
        want = F.softmax(torch.tensor(scores, dtype=torch.float64) / t, dim=1)
        assert torch.allclose(torch.tensor(got, dtype=torch.float64), want, atol=1e-12)


def test_pixels_reach_the_network_as_in_training(page, bundle, images):
    load(page, bundle)
    greys = torch.arange(256, dtype=torch.uint8)
    run = "greys => [...kit.net.input(greys).values]"
    got = torch.tensor(page.evaluate(run, greys.tolist()), dtype=torch.float64)
    assert torch.equal(got, data.to_float(greys).double())
    run = "([picture, dy, dx]) => [...kit.net.moved(picture, dy, dx)]"
    picture = images[3, 0]
    for dy, dx in ((0, 0), (3, -5), (-8, 8), (8, 8), (-8, -8), (0, 1)):
        got = page.evaluate(run, [picture.flatten().tolist(), dy, dx])
        assert got == F.pad(picture, (dx, -dx, dy, -dy)).flatten().tolist(), (dy, dx)


def test_the_picture_that_a_unit_sees_is_where_its_gradient_is(page, bundle):
    opened(page, bundle)
    run = """() => [0, 1, 2, 3].map(i => Array.from({length: [28, 14, 10, 5][i]}, (_, r) =>
      kit.net.field(stored.nets.modern, i, r)))"""
    net = weights.stored("classic").module()  # sigmoids and means let every gradient through
    X = torch.rand(1, 1, 28, 28, requires_grad=True)
    for act, fields in zip(layers_with_grad(net, X)[:4], page.evaluate(run), strict=True):
        for r, (low, high) in enumerate(fields):
            (grad,) = torch.autograd.grad(act[0, :, r].sum(), X, retain_graph=True)
            rows = grad[0, 0].abs().sum(dim=1).nonzero().flatten()
            assert [low, high] == [rows.min().item(), rows.max().item()], (tuple(act.shape), r)
    assert page.evaluate("() => kit.net.field(stored.nets.modern, 4, 0)") is None


def layers_with_grad(net: LeNet, X: torch.Tensor) -> list[torch.Tensor]:
    """Return what the layers give, with gradients."""
    found = []
    for at, module in enumerate(net, start=1):
        X = module(X)
        if at in ENDS:
            found.append(X)
    return found


def units(count: int, seed: int) -> list[tuple[dict, Unit]]:
    """Return states with a unit of their chosen layer; all layers come equally often."""
    draw, found = random.Random(seed), []
    sizes = {0: (6, 28), 1: (6, 14), 2: (16, 10), 3: (16, 5), 4: (120, 1), 5: (84, 1), 6: (10, 1)}
    for at in range(count):
        i = at % 7
        maps, side = sizes[i]
        state = {
            "g": draw.choice([*data.LABELS, OWN]),
            "which": draw.choice(weights.NAMES),
            "dy": draw.randint(-8, 8),
            "dx": draw.randint(-8, 8),
            "cut": draw.choice(["nothing", "conv 1", "conv 2", "dense 1", "dense 2"]),
            "o": draw.randint(0, 119),
            "x": encode(torch.randint(256, (28, 28), generator=torch.Generator().manual_seed(at))),
        }
        found.append((state, Unit(i, draw.randrange(maps), *(draw.randrange(side) for _ in "rc"))))
    return found


SUMS = """json => JSON.stringify(JSON.parse(json).map(({ name, picture, off, unit }) => {
  const layers = stored.nets[name], x = kit.net.input(picture), acts = kit.net.run(layers, x, off);
  const way = kit.unit.path(layers, acts, x, unit), text = u => u.i < 0 ?
    kit.unit.pixelWords(u, picture) :
    kit.unit.sum(layers, acts, x, u, picture).replace(/<[^>]*>/g, '');
  const value = ({ i, m, r, c }) => acts[i]?.values[(m * acts[i].rows + r) * acts[i].cols + c];
  return way.map(u => [u, text(u), value(u)]); }))"""


def test_sums_and_the_way_down_to_a_pixel_equal_those_of_torch(page, bundle):
    opened(page, bundle)
    live, asked, wanted = LeNetLive("it"), [], []
    for state, unit in units(140, 5):
        for field, value in state.items():
            live.set_trait(field, value)
        shown = live.lenet_picture()
        run, off = shown.run, shown.off and {"layer": shown.off[0], "map": shown.off[1]}
        picture = run.picture.flatten().tolist()
        asked.append(
            {"name": state["which"], "picture": picture, "off": off, "unit": unit._asdict()}
        )
        wanted.append((run, run.path(unit), shown.off))
    for (run, way, off), got in zip(
        wanted, json.loads(page.evaluate(SUMS, json.dumps(asked))), strict=True
    ):
        assert [Unit(**step[0]) for step in got] == way
        for unit, (_, said, *value) in zip(way, got, strict=True):
            if unit.i < 0:
                grey = run.picture[unit.r, unit.c]
                assert said == f"picture, row {unit.r}, column {unit.c}: grey {grey} of 255"
                continue
            assert said == run.sum(unit)
            exact = run.acts[unit.i][unit.m, unit.r, unit.c].item()
            assert value[0] == pytest.approx(exact, abs=1e-12)
            shown = float(re.split(" [=≈] ", said)[-1].replace("−", "-"))
            if off == (unit.i, unit.m):
                assert exact == 0
            else:
                assert shown == pytest.approx(exact, abs=2e-4), said


def test_a_network_of_ones_own_takes_the_place_of_its_kind(page, bundle, images):
    torch.manual_seed(3)
    live = LeNetLive("it", net=LeNet(torch.nn.ReLU, torch.nn.AvgPool2d), t="2")
    assert (live.own, live.which) == ("modern", "modern")
    opened(page, bundle, live.weights)
    asked = json.dumps(
        {"name": "modern", "pictures": images[:3].flatten(1).tolist(), "deep": False}
    )
    got = torch.tensor([a[0][1] for a in json.loads(page.evaluate(RUN, asked))])
    net = live.networks["modern"].module()
    assert isinstance(net[2], torch.nn.AvgPool2d)
    with torch.no_grad():
        assert torch.allclose(got, net(data.to_float(images[:3])), atol=1e-4)
    assert page.evaluate("() => stored.own") == "modern"
