"""The Kernel lab in Chromium against torch: every picture, kernel and view, own pictures too."""

import itertools
import json
import random
import re

import pytest
import torch
import torch.nn.functional as F

from d2lmini.explorers import pixels
from d2lmini.explorers.kernel_lab import KernelLab, pictures, presets
from d2lmini.explorers.lab_picture import BINS, FIELDS, OWN
from d2lmini.widgets import STATIC

from .test_parity import js, load

pytestmark = pytest.mark.browser

VIEWS = FIELDS["view"]["of"]
LOOK = """json => JSON.stringify(JSON.parse(json).map(q => {
  const view = kit.lab.look(q), [r, c] = view.at, at = {grid: 'output', r, c};
  const { grids, sum } = kit.lab.point(q, view, at, null);
  const all = view.grids.map(grid => ({...grid, ...grids[grid.name]}));
  const cells = g => g.pixels ? null : Array.from({length: g.rows}, (_, r) =>
    Array.from({length: g.cols}, (_, c) => [g.text[r * g.cols + c], g.css[r * g.cols + c]]));
  const dots = g => g.pixels && {...g.pixels, values: Array.from(g.pixels.values)};
  return { shape: [view.m, view.n], sums: Array.from(view.sums), at: view.at, counts: view.counts,
    words: view.words, lines: view.lines, sum: sum.replace(/<[^>]*>/g, ''), code: view.code,
    setup: view.setup, grids: all.map(g => ({ name: g.name, role: g.role, caption: g.caption,
      inner: g.inner ?? [], cells: cells(g), pixels: dots(g) })) }; }))"""
# What one slip in the arithmetic does to the bundle.
MUTATIONS = {
    "kernel read by columns": (js(r"(@\[)(@)(\*@\+)(@)(\];if\(@\)for)"), r"\1\4\3\2\5"),
    "a row too few": (js(r"(\{rows:@,cols:@,values:@\},@,@\)\{let @=@-@)\+1"), r"\1"),
    "the last of equals": (js(r"Math\.abs\((@\[@\])\)>Math\.abs"), r"Math.abs(\1)>=Math.abs"),
    "parts rounded up": (js(r"Math\.floor(\(\(@-@\)\*@/\(@-@\)\))"), r"Math.ceil\1"),
    "clipped without the divisor": (js(r'"clipped"\?255\*@:'), r'"clipped"?255:'),
}


def state(lab: KernelLab) -> dict:
    """Return what the front end is given."""
    return lab.page_state()


def settings() -> list[KernelLab]:
    """Return every picture with every named kernel and view, and random kernels."""
    built_in = [name for name in FIELDS["source"]["of"] if name != OWN]
    every = [
        KernelLab("lab", source=source, preset=name, view=view)
        for source, name, view in itertools.product(built_in, presets(), VIEWS)
    ]
    draw = random.Random(1)
    return every + [anything(draw, built_in) for _ in range(150)]


def anything(draw: random.Random, built_in: list[str]) -> KernelLab:
    """Return a lab with random weights, divisor and picture."""
    size, most = draw.choice([3, 5]), draw.choice([1, 9, 127])
    w = [[draw.randint(-most, most) for _ in range(size)] for _ in range(size)]
    values = {"w": w, "div": draw.choice([1, 2, 7, 32, 999]), "view": draw.choice(VIEWS)}
    if draw.random() < 0.5:
        return KernelLab("lab", source=draw.choice(built_in), **values)
    rows, cols = draw.randint(5, 64), draw.randint(5, 64)
    grey = [draw.choice([0, 255, draw.randint(0, 255)]) for _ in range(rows * cols)]
    return KernelLab("lab", x=torch.tensor(grey).reshape(rows, cols), **values)


@pytest.fixture(scope="module")
def labs() -> list[KernelLab]:
    """Return all settings that are compared."""
    return settings()


@pytest.fixture(scope="module")
def bundle() -> str:
    """Return the bundle of a kernel."""
    return (STATIC / "explorers.mjs").read_text(encoding="utf-8")


def torch_says(q: dict) -> dict:
    """Return the numbers of a state from torch alone."""
    code = q["own"] if q["source"] == OWN else q["pictures"][q["source"]]
    size, X = int(q["k"]), pixels.decode(code).double()
    middle = slice((5 - size) // 2, (5 + size) // 2)
    K = torch.tensor(q["w"], dtype=torch.float64)[middle, middle]
    sums = F.conv2d(X[None, None], K[None, None])[0, 0]
    Y, peak = sums / q["div"], sums.abs().max().item() or 1
    seen = {"signed": Y, "absolute": Y.abs(), "clipped": Y.clamp(0, 255)}[q["view"]]
    ends = {"signed": (-peak, peak), "absolute": (0, peak), "clipped": (0, 255 * q["div"])}
    low, high = ends[q["view"]]
    whole = {"signed": sums, "absolute": sums.abs(), "clipped": sums.clamp(low, high)}[q["view"]]
    parts = ((whole - low).long() * BINS).div(int(high - low), rounding_mode="floor")
    counts = torch.bincount(parts.clamp(max=BINS - 1).flatten(), minlength=BINS)
    return {
        "shape": list(sums.shape), "sums": sums.long().flatten().tolist(), "seen": seen.flatten(),
        "at": list(divmod(int(sums.abs().argmax()), sums.shape[1])), "counts": counts.tolist(),
    }  # fmt: skip


def disagreements(page, source: str, labs: list[KernelLab]) -> list[str]:
    """Run a bundle over all settings and return a sentence for each that torch sees otherwise."""
    load(page, source)
    states = [state(lab) for lab in labs]
    wrong = []
    answers = json.loads(page.evaluate(LOOK, json.dumps(states)))
    for lab, q, got in zip(labs, states, answers, strict=True):
        want = torch_says(q)
        for name in ("shape", "sums", "at", "counts"):
            if got[name] != want[name]:
                wrong.append(f"{lab!r}: {name} is {got[name]}"[:200] + f", not {want[name]}"[:200])
        shown = torch.tensor(got["grids"][1]["pixels"]["values"], dtype=torch.float64)
        if shown.shape != want["seen"].shape or not torch.allclose(shown, want["seen"], 1e-9, 1e-6):
            wrong.append(f"{lab!r}: the response shown is not that of torch")
    return wrong


def test_sums_places_and_counts_equal_torch_for_every_picture_kernel_and_view(page, bundle, labs):
    assert len(labs) == 4 * len(presets()) * 3 + 150
    assert {lab.k for lab in labs} == {"3", "5"}
    wrong = disagreements(page, bundle, labs)
    assert not wrong, f"{len(wrong)} differences; first: {wrong[0]}"


@pytest.mark.parametrize("slip", MUTATIONS)
def test_a_lab_that_is_off_is_named(page, bundle, labs, slip):
    pattern, change = MUTATIONS[slip]
    mutant, found = re.subn(pattern, change, bundle, count=1)
    assert found == 1, f"the pattern for {slip!r} finds nothing in the bundle"
    assert disagreements(page, mutant, labs[::7]), f"{slip}: no setting shows it"


def test_python_and_the_page_say_the_same_about_all_of_them(page, bundle, labs):
    load(page, bundle)
    answers = json.loads(page.evaluate(LOOK, json.dumps([state(lab) for lab in labs])))
    for lab, got in zip(labs, answers, strict=True):
        mine = lab.picture()
        for name in ("words", "sum", "code"):
            assert got[name] == getattr(mine, name)
        assert got["lines"] == list(mine.lines)
        for seen, grid in zip(got["grids"], mine.grids, strict=True):
            assert (seen["name"], seen["role"], seen["caption"]) == (
                grid.name, grid.role, grid.caption,
            )  # fmt: skip
            assert seen["inner"] == list(grid.inner)
            if grid.pixels:
                want = [v for row in grid.pixels.values for v in row]
                assert seen["pixels"] == {
                    "size": grid.pixels.size, "values": want, "most": grid.pixels.most,
                    "scale": grid.pixels.scale,
                }  # fmt: skip
            else:
                assert seen["cells"] == [[list(cell) for cell in row] for row in grid.cells]


def test_sums_evaluate_to_what_they_say_and_the_copied_code_to_what_is_shown(page, bundle, labs):
    load(page, bundle)
    some = random.Random(2).sample(labs, 60)
    answers = json.loads(page.evaluate(LOOK, json.dumps([state(lab) for lab in some])))
    for lab, got in zip(some, answers, strict=True):
        said = got["sum"].replace("−", "-").replace("·", "*").replace("≈", "=")
        label, terms, result = said.split(" = ")
        assert eval(terms) == pytest.approx(float(result), abs=5.1e-5), got["sum"]
        assert label.startswith(f"Y[{got['at'][0]}, {got['at'][1]}]")
        assert ("≈" in got["sum"]) == (eval(terms) != float(result))
        names = {"torch": torch, "F": F}
        exec("\n".join([*got["setup"], got["code"]]), names)
        shown = torch.tensor(got["grids"][1]["pixels"]["values"], dtype=torch.float64)
        torch.testing.assert_close(names["Y"].flatten(), shown)
        assert torch.equal(names["Y"][0, 0], lab.output())


def test_pointing_at_a_pixel_or_a_response_chooses_the_window_that_the_gradient_finds(page, bundle):
    load(page, bundle)
    ask = """json => { const { q, places } = JSON.parse(json), view = kit.lab.look(q);
      return JSON.stringify(places.map(at => { const seen = kit.lab.point(q, view, at, null);
        return { out: seen.grids.output.inner, input: seen.grids.input.inner, zoom:
          seen.marks.zoom.map(([r, c]) => [r + view.top, c + view.left]) }; })) }"""
    draw = random.Random(3)
    for lab in (KernelLab("lab"), KernelLab("lab", source="edges", preset="wide blur")):
        q = state(lab)
        X = pixels.decode(q["pictures"][q["source"]]).double().requires_grad_()
        k = int(q["k"])
        Y = F.conv2d(X[None, None], torch.ones(1, 1, k, k, dtype=torch.float64))[0, 0]
        places = [
            {"grid": grid, "r": draw.randrange(len(of)), "c": draw.randrange(of.shape[1])}
            for grid, of in (("output", Y), ("input", X)) for _ in range(40)
        ]  # fmt: skip
        answer = json.loads(page.evaluate(ask, json.dumps({"q": q, "places": places})))
        for place, seen in zip(places, answer, strict=True):
            r, c = seen["out"][:2]
            if place["grid"] == "output":
                assert (r, c) == (place["r"], place["c"])
            else:
                middle = (r + k // 2, c + k // 2)
                near = [(i + k // 2, j + k // 2) for i in range(len(Y)) for j in range(Y.shape[1])]
                assert middle == min(
                    near, key=lambda at: abs(at[0] - place["r"]) + abs(at[1] - place["c"])
                )
            (grad,) = torch.autograd.grad(Y[r, c], X, retain_graph=True)
            assert seen["zoom"] == grad.nonzero().tolist()
            assert seen["input"] == [r, c, k, k]


def test_every_code_of_a_picture_comes_back_in_both_languages(page, bundle):
    load(page, bundle)
    draw, made = random.Random(4), [*pictures().values(), FIELDS["own"]["init"]]
    for _ in range(60):
        rows, cols, few = draw.randint(1, 64), draw.randint(1, 64), draw.choice([1, 2, 256])
        grey = [draw.randrange(few) for _ in range(rows * cols)]
        made.append(pixels.encode(torch.tensor(grey).reshape(rows, cols)))
    back = """json => JSON.stringify(JSON.parse(json).map(code => {
      const p = kit.picture.decode(code);
      return [p.rows, p.cols, Array.from(p.values), kit.picture.encode(p)]; }))"""
    for code, answer in zip(made, json.loads(page.evaluate(back, json.dumps(made))), strict=True):
        picture = pixels.decode(code)
        assert answer == [*picture.shape, picture.flatten().tolist(), code]


HOSTILE = ["", "x", "2x2-00", "2x2-00j0", "2x2-00k", "0x4-", "5x5-00zzzz", "100x1-00", "5x5-0G",
           "05x5-00hk", "64x64-00zzz", "2x2-00\n00", "<script>", "5x5-00hk "]  # fmt: skip


def test_hostile_codes_are_refused_in_both_languages(page, bundle):
    load(page, bundle)
    seen = json.loads(page.evaluate(
        "json => JSON.stringify(JSON.parse(json).map(code => kit.picture.decode(code)))",
        json.dumps(HOSTILE),
    ))  # fmt: skip
    assert seen == [None] * len(HOSTILE)
    for code in HOSTILE:
        with pytest.raises(ValueError, match=r"picture|pixels"):
            pixels.decode(code)


def torch_grey(rgb: torch.Tensor, size: int) -> torch.Tensor:
    """Return the grey picture by the formula, means of blocks, rounded half up."""
    weights = torch.tensor([299.0, 587.0, 114.0], dtype=torch.float64)
    sums = (rgb.double() * weights[:, None, None]).sum(0)
    block = rgb.shape[1] // size
    means = F.avg_pool2d(sums[None], block, divisor_override=1)[0]
    whole = 1000 * block * block
    return ((2 * means.long() + whole) // (2 * whole)).long()


@pytest.mark.parametrize("block", [1, 2, 3, 8])
def test_the_formula_of_grey_equals_torch(page, bundle, block):
    load(page, bundle)
    generator = torch.Generator().manual_seed(block)
    rgb = torch.randint(0, 256, (3, 8 * block, 8 * block), generator=generator)
    rgba = torch.cat([rgb, torch.full_like(rgb[:1], 255)]).permute(1, 2, 0).flatten().tolist()
    got = page.evaluate(
        "([rgba, side]) => { const p = kit.picture.grey(rgba, side, 8);"
        " return [p.rows, p.cols, ...p.values]; }",
        [rgba, 8 * block],
    )
    assert got == [8, 8, *torch_grey(rgb, 8).flatten().tolist()]
