"""Gradient descent in Chromium against autograd and torch.optim.SGD, over every choice."""

import itertools
import json
import random
import re
from fractions import Fraction
from functools import partial

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from d2lmini.explorers.descent import CAP
from d2lmini.explorers.learn import FIELDS, Learn
from d2lmini.train import learn
from d2lmini.widgets import STATIC, page_box

from .test_parity import js, load
from .test_shape_machine import minus, show

pytestmark = pytest.mark.browser

SHAPES = list(itertools.product(FIELDS["n"]["of"], FIELDS["k"]["of"], (1, 2)))
RUNS = list(itertools.product(FIELDS["lr"]["of"], FIELDS["m"]["of"], FIELDS["w0"]["of"]))
STEPS = FIELDS["t"]["max"]
SEEN = [0, 1, 2, 3, 5, 10, 20, 35, 50]  # every update builds on all before it

# One shape at a time: x, target and all its runs come in, losses and weights at SEEN go out.
RUN = """json => { const { size, x, target, runs, seen } = JSON.parse(json), { descent } = kit;
  const windows = descent.windows(descent.sizes(...size), x), y = descent.output(windows, target);
  return JSON.stringify(runs.map(([lr, m, w]) => {
    const path = descent.descend(windows, y, w,
      { rate: descent.ratio(lr), momentum: Number(m), steps: seen.at(-1) });
    return [path.length - 1, seen.filter(t => t < path.length).map(t => [path[t].loss, path[t].w])];
  })); }"""
GRADIENTS = """json => JSON.stringify(JSON.parse(json).map(({ size, x, target, w }) => {
  const { descent } = kit, g = descent.sizes(...size), windows = descent.windows(g, x);
  const [{ made, error, loss, gradient }] = descent.descend(windows,
    descent.output(windows, target), w, { rate: 1, momentum: 0, steps: 0 });
  return { made, error, loss, gradient, input: descent.inputGradient(g, w, error),
    curvatures: descent.curvatures(windows) }; }))"""


@pytest.fixture(scope="module")
def bundle() -> str:
    """Return the bundle that a kernel and, in another wrapping, the site use."""
    return (STATIC / "explorers.mjs").read_text(encoding="utf-8")


def pair(text: str) -> tuple[int, int]:
    """Return rows and columns of a choice such as 6x8."""
    rows, cols = map(int, text.split("x"))
    return rows, cols


def start(text: str, a: int, b: int) -> Tensor:
    """Return the starting kernel of a choice: one number everywhere, but 0.001 stands alone."""
    w = torch.full((a, b), 0.0 if text == "0.001" else float(text), dtype=torch.float64)
    w[0, 0] = float(text)
    return w


def whole(rows: int, cols: int, low: int, high: int, draw: random.Random) -> Tensor:
    """Return whole numbers as float64."""
    rows_ = [[draw.randint(low, high) for _ in range(cols)] for _ in range(rows)]
    return torch.tensor(rows_, dtype=torch.float64)


def case(shape: tuple[str, str, int], seed: int) -> tuple[list[int], Tensor, Tensor]:
    """Return the sizes of a shape, a picture and a target kernel for it."""
    draw = random.Random(f"{shape}{seed}")
    (rows, cols), (a, b) = pair(shape[0]), pair(shape[1])
    x = whole(rows, cols, FIELDS["x"]["min"], FIELDS["x"]["max"], draw)
    return [rows, cols, a, b, shape[2]], x, whole(a, b, -9, 9, draw)


def convolved(x: Tensor, w: Tensor, stride: int) -> Tensor:
    """Return the outputs of kernels ``w`` (..., a, b) for one picture."""
    Y = F.conv2d(x[None, None], w.reshape(-1, 1, *w.shape[-2:]), stride=stride)
    return Y[0].reshape(*w.shape[:-2], *Y.shape[-2:])


def sgd(cases: list[tuple[list[int], Tensor, Tensor]]) -> list[tuple[Tensor, Tensor]]:
    """Return for each case the losses (51, runs) and weights (51, runs, a, b) of torch's SGD.

    One parameter for each rate and momentum holds the kernels of all starts and cases. They never
    meet in a sum, so each learns as if it were alone.
    """
    starts = FIELDS["w0"]["of"]
    begin = [torch.stack([start(w0, *size[2:4]) for w0 in starts]) for size, *_ in cases]
    flat = torch.cat([kernels.flatten() for kernels in begin])
    groups = [
        {"params": [flat.clone().requires_grad_()], "lr": float(Fraction(lr)), "momentum": float(m)}
        for lr, m in itertools.product(FIELDS["lr"]["of"], FIELDS["m"]["of"])
    ]
    optimizer = torch.optim.SGD(groups)
    answers = [convolved(x, target, size[4]) for size, x, target in cases]
    seen: list[list[tuple[Tensor, Tensor]]] = [[] for _ in cases]
    for _ in range(STEPS + 1):
        optimizer.zero_grad()
        parts = torch.stack([g["params"][0] for g in groups]).split(
            [k.numel() for k in begin], dim=1
        )
        total = torch.zeros((), dtype=torch.float64)
        for place, (size, x, _) in enumerate(cases):
            kernels = parts[place].reshape(-1, *size[2:4])
            loss = ((convolved(x, kernels, size[4]) - answers[place]) ** 2).sum((1, 2))
            seen[place].append((loss.detach(), kernels.detach()))
            total = total + loss.sum()
        total.backward()
        optimizer.step()
    return [(torch.stack([l for l, _ in s]), torch.stack([w for _, w in s])) for s in seen]


def disagreements(page, source: str, shapes, seed: int) -> list[str]:
    """Run a bundle over every rate, momentum and start; say where torch's SGD is elsewhere."""
    load(page, source)
    cases = [case(shape, seed) for shape in shapes]
    wrong = []
    for shape, (size, x, target), (losses, weights) in zip(shapes, cases, sgd(cases), strict=True):
        given = {
            "size": size, "x": x.flatten().tolist(), "target": target.flatten().tolist(),
            "runs": [(lr, m, start(w0, *size[2:4]).flatten().tolist()) for lr, m, w0 in RUNS],
            "seen": SEEN,
        }  # fmt: skip
        answers = json.loads(page.evaluate(RUN, json.dumps(given)))
        want = torch.cat([losses[SEEN].unsqueeze(2), weights[SEEN].flatten(2)], 2).transpose(0, 1)
        wrong += [f"{' '.join(map(str, shape))}: {said}" for said in compare(answers, losses, want)]
    return wrong


def compare(answers, losses: Tensor, want: Tensor):
    """Yield what is wrong about the runs of one shape; ``want`` is (run, time, loss + weights)."""
    got = torch.full_like(want, torch.nan)
    for run, (last, seen) in enumerate(answers):
        lost = (losses[:, run] > CAP).nonzero().flatten().tolist()
        if last != (lost[0] if lost else STEPS):
            yield f"{RUNS[run]} ends after {last} updates, torch passes the cap at {lost[:1]}"
        for place, (loss, w) in enumerate(seen):
            got[run, place] = torch.tensor([loss, *w], dtype=want.dtype)
    done = ~got.isnan()
    size = want[..., 1:].abs().amax(2, keepdim=True).clamp(min=1)
    off = (got - want).abs() / torch.cat(
        [want[..., :1].clamp(min=1e-3), size.expand_as(want[..., 1:])], 2
    )
    for run, place, what in ((off > 1e-6) & done).nonzero().tolist():
        yield (
            f"{RUNS[run]} after {SEEN[place]} updates, number {what} (0 is the loss): "
            f"{got[run, place, what]}, torch has {want[run, place, what]}"
        )


def test_every_trajectory_equals_torch_optim_sgd(page, bundle):
    assert len(SHAPES) * len(RUNS) == 18_816, "the choices changed: is every run still tested?"
    wrong = disagreements(page, bundle, SHAPES, 1)
    assert not wrong, f"{len(wrong)} numbers of 18,816 runs: {wrong[0]}"


def test_lost_runs_and_settled_ones_are_among_them():
    losses, _ = sgd([case(("6x8", "1x2", 1), 1)])[0]
    lost = (losses > CAP).any(0).sum().item()
    assert 50 < lost < len(RUNS) - 50


# What one slip in the arithmetic does to the bundle.
MUTATIONS = {
    "momentum forgotten": (js(r"(\(@,@\)=>)@(\*@\+@\[@\])"), r"\g<1>0\2"),
    "gradient not doubled": (js(r"(\.map\(@=>)2\*(@\))"), r"\1\2"),
    "stride forgotten": (js(r"(\(Math\.floor\(@/@\))\*@(\+Math\.floor)"), r"\1\2"),
    "update uphill": (js(r"(\(@,@\)=>@)-(@\*@\[@\])"), r"\1+\2"),
}


@pytest.mark.parametrize("slip", MUTATIONS)
def test_an_explorer_that_is_off_is_named(page, bundle, slip):
    pattern, change = MUTATIONS[slip]
    mutant, found = re.subn(pattern, change, bundle, count=1)
    assert found == 1, f"the pattern for {slip!r} finds nothing in the bundle"
    assert disagreements(page, mutant, [("5x5", "2x2", 2)], 2), slip


def gradient_cases() -> list[dict]:
    """Return for every shape ten random settings, with kernels that are no whole numbers."""
    draw, made = random.Random(5), []
    for shape in SHAPES * 10:
        size, x, target = case(shape, draw.randrange(10**6))
        w = [draw.uniform(-3, 3) for _ in range(target.numel())]
        numbers = {"x": x.flatten().tolist(), "target": target.flatten().tolist(), "w": w}
        made.append({"size": size} | numbers)
    return made


def loss_at(size: list[int], x: Tensor, target: Tensor, w: Tensor) -> Tensor:
    """Return the loss of one kernel as torch computes it."""
    rows, cols, a, b, stride = size
    made, answer = (
        F.conv2d(x.reshape(1, 1, rows, cols), kernel.reshape(1, 1, a, b), stride=stride)
        for kernel in (w, target)
    )
    return ((made - answer.detach()) ** 2).sum()


def test_gradients_and_curvatures_equal_autograd_and_differences(page, bundle):
    load(page, bundle)
    cases = gradient_cases()
    answers = json.loads(page.evaluate(GRADIENTS, json.dumps(cases)))
    for given, got in zip(cases, answers, strict=True):
        x, target, w = (torch.tensor(given[n], dtype=torch.float64) for n in ("x", "target", "w"))
        loss = partial(loss_at, given["size"])
        dx, dw = torch.autograd.grad(
            loss(x.requires_grad_(), target, w.requires_grad_()), (x, w), create_graph=True
        )
        rows = [torch.autograd.grad(d, w, retain_graph=True)[0] for d in dw]
        x, w = x.detach(), w.detach()
        steps = 1e-4 * torch.eye(len(w), dtype=torch.float64)
        slopes = [(loss(x, target, w + h) - loss(x, target, w - h)) / 2e-4 for h in steps]
        close = {"rel": 1e-9, "abs": 1e-9}
        assert got["loss"] == pytest.approx(loss(x, target, w).item(), **close)
        assert got["gradient"] == pytest.approx(dw.tolist(), **close)
        assert got["gradient"] == pytest.approx([s.item() for s in slopes], rel=1e-5, abs=1e-5)
        curved = torch.linalg.eigvalsh(torch.stack(rows)).tolist()
        assert got["curvatures"] == pytest.approx(curved, rel=1e-7, abs=1e-7)
        assert got["input"] == pytest.approx(dx.tolist(), **close)


# ---------------------------------------------------------------- on a page


def box(**values) -> str:
    """Return the page part of an explorer, as Python writes it."""
    made = Learn("learn", **values)
    return page_box("learn", made.kind, made.label, made.state(), made.still())


def words(live) -> str:
    """Return the sentence that an explorer speaks."""
    return live.locator(".d2lx-verdict").inner_text()


def settled(said: str) -> tuple[float, float]:
    """Return both sides of a sentence that says about what a sum is."""
    label, sides = minus(said).split(" = ", 1)
    total, result = sides.split(" ≈ ")
    assert re.fullmatch(r"(next W|gradient of [WX]|output|E)\[\d, \d\]", label), said
    return eval(total), float(result)


def test_a_step_is_one_update_and_play_ends_with_the_run(page):
    page.clock.install()
    live = show(page, "?learn.lr=1/36&learn.t=1", box())
    assert words(live) == (
        "After 1 update at rate 1/36 with momentum 0 the loss is 12; at the start it was 27."
    )
    live.get_by_role("button", name="Step ▶").click()
    assert "After 2 updates" in words(live) and "the loss is 5.3333" in words(live)
    live.get_by_role("button", name="First").click()
    page.clock.run_for(60_000)
    assert words(live) == "After 0 updates at rate 1/36 with momentum 0 the loss is 27."
    live.get_by_role("button", name="Play").click()
    page.clock.run_for(50 * 250)
    assert words(live).startswith("After 50 updates")
    assert live.get_by_role("button", name="Play").is_visible()
    page.wait_for_function("location.search.includes('learn.t=50')")


def test_a_lost_run_stops_at_the_cap_and_says_so(page):
    live = show(page, "?learn.lr=0.05&learn.t=50", box())
    losses = learn(0.05, (0.5, 0.5), 50)[0]
    last = next(t for t, loss in enumerate(losses) if loss > CAP)
    assert words(live) == (
        f"After {last} updates at rate 0.05 with momentum 0 the loss is {losses[last]:.3e}: "
        "the run has diverged and stops here."
    ).replace("e+09", "e9")
    assert "lies beyond it" in live.locator(".d2lx-lines").inner_text()
    live.get_by_role("button", name="Step ▶").click()
    page.wait_for_function(
        "e => e.textContent === 'This is the last update.'",
        arg=live.locator(".d2lx-live").element_handle(),
    )
    live.get_by_role("button", name="◀ Back").click()
    assert f"After {last - 1} updates" in words(live)
    live.locator("summary").click()
    rows = live.locator(".d2lx-plot td").all_inner_texts()
    assert [float(minus(text)) for text in rows] == pytest.approx(losses[:last], rel=1e-3)


def test_every_sum_of_a_run_adds_up_to_what_torch_computes(page):
    live = show(page, "?learn.t=3&learn.m=0.9&learn.n=5x5&learn.k=2x2&learn.s=2", box())
    run = Learn("x", t=3, m="0.9", n="5x5", k="2x2", s=2)
    state = run.state()
    x = torch.tensor(state["x"], dtype=torch.float64)[None, None, :5, :5].requires_grad_()
    target = torch.tensor(state["g"], dtype=torch.float64)[None, None, :2, :2]
    answer = F.conv2d(x, target, stride=2).detach()
    W = torch.full_like(target, 0.5).requires_grad_()
    optimizer = torch.optim.SGD([W], lr=0.03, momentum=0.9)
    for t in range(4):
        optimizer.zero_grad()
        x.grad = None
        Y = F.conv2d(x, W, stride=2)
        ((Y - answer) ** 2).sum().backward()
        if t == 3:
            break
        optimizer.step()
    now = {"slope": W.grad.clone(), "pixels": x.grad.clone(), "output": Y, "error": Y - answer}
    optimizer.step()
    now["learned"] = W
    for grid, values in now.items():
        for place, value in enumerate(values.flatten().tolist()):
            live.locator(f"[data-grid={grid}] td").nth(place).hover()
            total, said = settled(live.locator(".d2lx-sum").inner_text())
            assert total == pytest.approx(said, abs=6e-5)
            assert said == pytest.approx(value, abs=3e-3), (grid, place)


def test_links_of_a_pixel_and_of_an_error_are_where_the_gradient_is(page):
    live = show(page, "?learn.n=6x6&learn.k=3x3&learn.s=2", box())
    mark = """(box, [grid, css]) => [...box.querySelectorAll(`[data-grid=${grid}] td`)]
      .map(td => Number(td.classList.contains(css)))"""
    X = torch.zeros(1, 1, 6, 6, requires_grad=True)
    Y = F.conv2d(X, torch.ones(1, 1, 3, 3), stride=2).flatten()
    seen = torch.stack([torch.autograd.grad(y, X, retain_graph=True)[0].flatten() for y in Y]).int()
    for place in range(len(Y)):
        live.locator("[data-grid=error] td").nth(place).hover()
        assert live.evaluate(mark, ["input", "tap"]) == seen[place].tolist()
    for place in range(0, 36, 5):
        live.locator("[data-grid=input] td").nth(place).hover()
        assert live.evaluate(mark, ["error", "rel"]) == seen[:, place].tolist()


def test_the_cliff_is_marked_in_the_list_and_the_bowl_names_it(page):
    live = show(page, "?learn.lr=1/30", box())
    chosen = live.locator("[data-field=lr] option:checked")
    assert chosen.inner_text() == "1/30, the cliff of the edge picture"
    assert live.locator(".d2lx-lines").inner_text() == (
        "The loss is a bowl with curvatures from 12 to 60. Runs settle at rates below "
        "2·(1 + 0) / 60 ≈ 0.0333; the rate 1/30 is this limit: the steepest part of the error "
        "keeps its size for ever."
    )
    live.locator("[data-field=m]").select_option("0.5")
    assert "≈ 0.05; the rate 1/30 lies below it" in live.locator(".d2lx-lines").inner_text()
    live.locator("[data-field=k]").select_option("2x2")
    assert "Curvatures that are 0: 2 of 4." in live.locator(".d2lx-lines").inner_text()
