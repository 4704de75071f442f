"""Dense, local and shared layers in Chromium against torch; what is claimed about moves."""

import functools
import itertools
import json
import random
import re
from fractions import Fraction

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from d2lmini.explorers import WhyConv
from d2lmini.widgets import STATIC, page_box
from tools import states

from .test_channels import numbers
from .test_parity import js, load
from .test_shape_machine import minus, show

pytestmark = pytest.mark.browser

FIELDS = json.loads((STATIC / "why_conv.json").read_text(encoding="utf-8"))
NAMES = ("layer", "n", "k", "s", "mode", "pool", "down", "right")
limits = functools.partial(states.reach, FIELDS)  # every value that a control reaches
RUN = """json => { const { settings, x, w } = JSON.parse(json), e = kit.equivariance;
  return JSON.stringify(settings.map(([layer, n, k, s, mode, pool, down, right]) => {
    const q = { layer, n, k, s, mode, pool, down, right }, got = e.orders(q, x, w);
    const { moved, first, second, gaps } = got;
    return { moved, first, second, gaps, safe: [e.safe(q, down), e.safe(q, right)] }; })); }"""
CHAIN = """json => { const { settings, w } = JSON.parse(json), e = kit.equivariance;
  return JSON.stringify(settings.map(([layer, n, k, s, mode, i, j]) =>
    e.connections({ layer, n, k, s, mode, pool: 'none' }, w, i, j)
      .map(c => [c.y, c.x, c.weight]))); }"""
MUTATIONS = {
    "an even kernel pads more in front": (js(r"=(@)=>\1-1>>1"), r"=\1=>\1>>1"),
    "averages divided by three": (js(r"(reduce\(\(@,@\)=>@\+@\))/4"), r"\1/3"),
    "the last unit is not counted": (
        js(r"Math\.floor\(\((@)-1\)/(@)\)\+1"),
        r"Math.floor((\1-1)/\2)",
    ),
    "local layers share their weights": (js(r"===\"local\"\?1:0"), '==="local"?0:0'),
    "a move cut away from zero": (js(r"Math\.trunc\((@\.down)/"), r"Math.floor(\1/"),
    "a picture moved the other way": (
        js(r"Math\.floor\((@)/(@)\)-(@),(@)=\1%\2-(@);return (@)\?"),
        r"Math.floor(\1/\2)+\3,\4=\1%\2-\5;return \6?",
    ),
    "windows that touch the border are called safe": (js(r"(@)>=Math\.max\(0,@\)"), r"\1>=-1"),
}


ALL = list(itertools.product(*map(limits, NAMES)))
SMALL = [q for q in ALL if q[1] in (4, 5, 6) and q[2] in (1, 2, 3, 6) and q[6] in (-4, -1, 0, 2, 3)]


@functools.cache
def sampled() -> list[tuple]:
    """Return states: every layer with one move each, small images with many moves."""
    draw = random.Random(3)
    moves = list(itertools.product(limits("down"), limits("right")))
    layers = list(itertools.product(*map(limits, NAMES[:6])))
    return [(*q, *draw.choice(moves)) for q in draw.sample(layers, 2500)] + draw.sample(SMALL, 3500)


X28, TABLE = numbers(28, 28, 9, 11), numbers(7, 7, 9, 12)
IMAGE = (torch.tensor(X28).abs()).tolist()


@functools.cache
def picture(n: int) -> Tensor:
    """Return the stored picture at n×n pixels: the pixel under the middle of each new one."""
    # what F.interpolate calls "nearest-exact", without its rounding: at n=23 that misses a pixel
    at = [int(Fraction(2 * r + 1, 2) * Fraction(28, n)) for r in range(n)]
    return torch.tensor(IMAGE, dtype=torch.float64)[at][:, at][None, None]


def move(Z: Tensor, down: int, right: int, mode: str) -> Tensor:
    """Move pictures; what leaves is lost or comes back."""
    if mode == "circular":
        return Z.roll((down, right), (2, 3))
    return F.pad(Z, (right, -right, down, -down))


@functools.cache
def dense(n: int, m: int) -> nn.Linear:
    """Return the fully connected layer: unit (i, j) begins to read the table at its own place."""
    T = torch.tensor(TABLE, dtype=torch.float64)
    i, j, y, x = torch.meshgrid(*map(torch.arange, (m, m, n, n)), indexing="ij")
    layer = nn.Linear(n * n, m * m, bias=False, dtype=torch.float64)
    layer.weight.data = T[(y + 3 * i + j) % 7, (x + i + 3 * j) % 7].reshape(m * m, n * n)
    return layer


@functools.cache
def local(k: int, m: int) -> nn.Conv2d:
    """Return a layer with a kernel for each of m·m windows: one group for each window."""
    T = torch.tensor(TABLE, dtype=torch.float64)
    layer = nn.Conv2d(m * m, m * m, k, groups=m * m, bias=False, dtype=torch.float64)
    i, j, u, v = torch.meshgrid(*map(torch.arange, (m, m, k, k)), indexing="ij")
    layer.weight.data = T[(u + i) % 7, (v + j) % 7].reshape(m * m, 1, k, k)
    return layer


@functools.cache
def shared(k: int, s: int) -> nn.Conv2d:
    """Return the convolution layer."""
    layer = nn.Conv2d(1, 1, k, stride=s, bias=False, dtype=torch.float64)
    layer.weight.data = torch.tensor(TABLE, dtype=torch.float64)[None, None, :k, :k]
    return layer


def layer_of(kind: str, n: int, k: int, s: int) -> nn.Module:
    """Return torch's layer of a kind."""
    m = (n + s - 1) // s
    if kind == "dense":
        return dense(n, m)
    return local(k, m) if kind == "local" else shared(k, s)


@torch.no_grad()
def forward(q, X: Tensor) -> Tensor:
    """Return the answer of torch's layer, pooled."""
    kind, n, k, s, mode, pool, *_ = q
    layer, m = layer_of(kind, n, k, s), (n + s - 1) // s
    if kind == "dense":
        Y = layer(X.flatten(1)).reshape(1, 1, m, m)
    else:
        front = (k - 1) // 2
        sides = (front, k - 1 - front) * 2
        padded = F.pad(X, sides, mode="constant" if mode == "zeros" else mode)
        if kind == "local":
            windows = F.unfold(padded, k, stride=s)[0].T.reshape(1, m * m, k, k)
            Y = layer(windows).reshape(1, 1, m, m)
        else:
            Y = layer(padded)
    if pool == "none":
        return Y
    return F.max_pool2d(Y, 2) if pool == "max" else F.avg_pool2d(Y, 2)


@functools.cache
def expected(q) -> tuple[Tensor, Tensor, Tensor]:
    """Return the moved picture, move-then-layer and layer-then-move, all from torch."""
    *_, s, mode, pool, down, right = q
    X, step = picture(q[1]), s * (1 if pool == "none" else 2)
    moved = move(X, down, right, mode)
    # torch.fix cuts towards zero
    a, b = (int(torch.tensor(by / step).fix()) for by in (down, right))
    return moved, forward(q, moved), move(forward(q, X), a, b, mode)


def disagreements(page, source: str, settings) -> list[str]:
    """Run a bundle over states and return a sentence for each that torch sees otherwise."""
    load(page, source)
    given = {"settings": settings, "x": IMAGE, "w": TABLE}
    got = json.loads(page.evaluate(RUN, json.dumps(given)))
    wrong = []
    for q, answer in zip(settings, got, strict=True):
        moved, first, second = expected(q)
        pairs = {"moved": moved, "first": first, "second": second, "gaps": first - second}
        said = " ".join(f"{name}={value}" for name, value in zip(NAMES, q, strict=True))
        for name, values in pairs.items():
            if answer[name] != values.flatten().tolist():
                wrong.append(f"{said}: {name} differs from torch's")
                break
        else:
            if problem := claim(q, answer, first - second):
                wrong.append(f"{said}: {problem}")
    return wrong


def claim(q, answer, gaps: Tensor) -> str | None:
    """Say which promise about moves is broken, judged by torch's numbers."""
    kind, n, _, s, mode, pool, down, right = q
    step = s * (1 if pool == "none" else 2)
    rows, cols = answer["safe"]
    if kind == "shared" and down % step == 0 and right % step == 0:
        inside = gaps[0, 0][rows][:, cols]
        if inside.abs().sum():
            return "a difference where there should be none"
        if mode == "circular" and n % step == 0 and gaps.abs().sum():
            return "a difference although nothing is lost"
    return None


@pytest.fixture(scope="module")
def bundle() -> str:
    """Return the bundle that a kernel and, in another wrapping, the site use."""
    return (STATIC / "explorers.mjs").read_text(encoding="utf-8")


def test_answers_moves_and_claims_equal_torch(page, bundle):
    settings = sampled()
    assert len(set(settings)) >= 5_900
    wrong = disagreements(page, bundle, settings)
    assert not wrong, f"{len(wrong)} of {len(settings)} states differ; first: {wrong[0]}"


@pytest.mark.parametrize("slip", MUTATIONS)
def test_an_explorer_that_is_off_is_named(page, bundle, slip):
    pattern, change = MUTATIONS[slip]
    mutant, found = re.subn(pattern, change, bundle, count=1)
    assert found == 1, f"the pattern for {slip!r} finds nothing in the bundle"
    wrong = disagreements(page, mutant, sampled()[::8])
    assert wrong, f"{slip}: no state shows it"
    assert re.match(r"layer=\w+ n=\d+ k=\d", wrong[0]), wrong[0]


def test_the_weights_are_counted_as_torch_counts_them(page, bundle):
    load(page, bundle)
    sizes = list(itertools.product(limits("n"), limits("k"), limits("s")))
    run = "qs => qs.map(([n, k, s]) => kit.equivariance.free({ n, k, s }))"
    for (n, k, s), free in zip(sizes, page.evaluate(run, sizes), strict=True):
        m = (n + s - 1) // s
        with torch.device("meta"):
            layers = {
                "dense": nn.Linear(n * n, m * m, bias=False),
                "local": nn.Conv2d(m * m, m * m, k, groups=m * m, bias=False),
                "shared": nn.Conv2d(1, 1, k, stride=s, bias=False),
            }
        count = {name: sum(p.numel() for p in layer.parameters()) for name, layer in layers.items()}
        assert free == count, (n, k, s)


def test_the_connections_of_a_unit_are_its_gradient(page, bundle):
    load(page, bundle)
    draw, settings = random.Random(6), []
    for _ in range(300):
        kind, n, k, s, mode = (draw.choice(limits(name)) for name in NAMES[:5])
        m = (n + s - 1) // s
        settings.append((kind, n, k, s, mode, draw.randrange(m), draw.randrange(m)))
    got = json.loads(page.evaluate(CHAIN, json.dumps({"settings": settings, "w": TABLE})))
    for (kind, n, k, s, mode, i, j), found in zip(settings, got, strict=True):
        X = torch.zeros(1, 1, n, n, dtype=torch.float64, requires_grad=True)
        with torch.enable_grad():
            forward.__wrapped__((kind, n, k, s, mode, "none"), X)[0, 0, i, j].backward()
        lit = torch.zeros(n, n, dtype=torch.float64)
        for y, x, weight in found:  # around the edge one pixel may be met twice
            lit[y, x] += weight
        assert X.grad is not None and torch.equal(X.grad[0, 0], lit), (kind, n, k, s, mode, i, j)


PROMISES = {
    "a stride breaks it for other moves": ("shared", 12, 3, 2, "circular", "none", 0, 1),
    "zeros at the border break it": ("shared", 12, 3, 1, "zeros", "none", 0, 1),
    "pooling is a stride of two": ("shared", 12, 3, 1, "circular", "max", 1, 0),
    "local weights break it": ("local", 12, 3, 1, "circular", "none", 0, 1),
    "dense weights break it": ("dense", 12, 3, 1, "circular", "none", 0, 1),
}


@pytest.mark.parametrize("promise", PROMISES)
def test_where_equivariance_ends_torch_sees_a_difference(promise):
    _, first, second = expected(PROMISES[promise])
    assert not torch.equal(first, second)


def test_circular_padding_at_stride_one_gives_exactly_zero():
    for n, k, down, right in itertools.product((4, 9, 28), limits("k"), (-4, -1, 3), (-2, 0, 4)):
        _, first, second = expected(("shared", n, k, 1, "circular", "none", down, right))
        assert torch.equal(first, second)


def test_pointing_at_an_answer_shows_its_unit_and_the_parameters_are_printed(page):
    start = WhyConv("w", mode="circular")
    box = page_box("w", start.kind, start.label, start.state(), start.still())
    live = show(page, "?w.layer=local&w.n=6&w.s=2", box)
    said = live.locator(".d2lx-lines").inner_text()
    assert "dense 9·36 = 324, local 9·9 = 81, shared 9." in said
    live.locator("[data-grid=output] canvas").click(position={"x": 2 * 24 + 12, "y": 12})
    assert live.locator("[data-grid=unit] figcaption").inner_text() == "Weights of unit (0, 2)"
    one = WhyConv("w", layer="local", n=6, s=2, mode="circular")
    first, second, gap = (float(Y[0, 2]) for Y in one.orders())
    label, total, result = minus(live.locator(".d2lx-sum").inner_text()).split(" = ")
    assert (label, eval(total), float(result)) == ("D[0, 2]", first - second, gap)
    bars = live.locator("[data-grid=bars] .d2lx-canvas")
    bars.focus()
    assert bars.get_attribute("aria-description").startswith("Weights: dense, local, shared")


def test_the_copied_code_gives_the_difference_that_the_colours_show(page):
    page.add_init_script(
        "Object.defineProperty(navigator, 'clipboard',"
        " {value: {writeText: text => { window.got = text; }}})"
    )
    start, draw = WhyConv("w"), random.Random(9)
    box = page_box("w", start.kind, start.label, start.state(), start.still())
    for kind in (*limits("layer"), *limits("layer")) * 3:
        values = {name: draw.choice(limits(name)) for name in NAMES} | {"layer": kind}
        live = show(page, "?" + "&".join(f"w.{name}={v}" for name, v in values.items()), box)
        live.get_by_role("button", name="Copy torch code").click()
        names: dict = {}
        exec(page.evaluate("window.got"), names)
        assert torch.equal(names["Y"][0, 0], WhyConv("w", **values).orders()[2]), values
