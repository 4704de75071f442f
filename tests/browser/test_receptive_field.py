"""The Receptive field explorer's walk along taps, in Chromium, against torch and autograd."""

import json
import random
import re
from functools import cache

import pytest
import torch
from torch import nn
from traitlets import TraitError

from d2lmini.explorers import ReceptiveField
from d2lmini.explorers.receptive_field import FieldPicture
from d2lmini.explorers.stack import Layer, gradients, parse, reach, sizes, stack_problem
from d2lmini.widgets import STATIC, page_box

from .test_parity import js, load
from .test_shape_machine import show

pytestmark = pytest.mark.browser

FIELDS = json.loads((STATIC / "receptive_field.json").read_text(encoding="utf-8"))
LIMITS = FIELDS["layers"]
PRESETS = [
    (n, "-".join(layer.text() for layer in parse(text, LIMITS)))
    for n, text in LIMITS["presets"].values()
]
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


# ---------------------------------------------------------------- what is shown

LOOK = """json => JSON.stringify(JSON.parse(json).map(q => {
  const { spec } = kit.EXPLORERS.receptive_field, bad = spec.verdict(q);
  if (bad) return { bad };
  const view = spec.look(q), { words, lines, formula, setup, code } = view;
  const grids = view.grids.map(({ name, role, caption, rows, cols, text, css, inner, pixels }) =>
    ({ name, role, caption, rows, cols, text, css, inner, pixels }));
  return { bad, words, lines, formula, setup, code, grids, sum: spec.point(q, view, {}, null).sum };
}))"""


def draw_state(dice: random.Random) -> dict:
    """Return a state from the whole range of the controls."""
    n, layers = dice.choice(nets())
    rest = {
        name: dice.randint(FIELDS[name]["min"], dice.choice((8, FIELDS[name]["max"])))
        for name in ("layer", "row", "col")
    }
    return {"n": n, "layers": layers} | rest


def flat(grid: dict) -> dict:
    """Return one grid of a picture as the front end describes it."""
    rows, cols = grid.shape
    made = {"name": grid.name, "role": grid.role, "caption": grid.caption, "rows": rows}
    made |= {"cols": cols, "inner": list(grid.inner) or None}
    if grid.pixels:
        values = [v for row in grid.pixels.values for v in row]
        kept = {"size": grid.pixels.size, "values": values, "most": grid.pixels.most}
        return made | {"pixels": kept | {"scale": grid.pixels.scale}}
    cells = [cell for row in grid.cells for cell in row]
    return made | {"text": [t for t, _ in cells], "css": [css for _, css in cells]}


def test_words_numbers_and_grids_of_random_states_equal_those_from_autograd(page, bundle):
    load(page, bundle)
    dice, kinds = random.Random(9), set()
    states = [draw_state(dice) for _ in range(600)]
    for q, got in zip(states, json.loads(page.evaluate(LOOK, json.dumps(states))), strict=True):
        bad = stack_problem(q["n"], parse(q["layers"], LIMITS))
        assert got["bad"] == bad, q
        if bad:
            continue
        picture = FieldPicture(**q).picture()
        for name in ("words", "code"):
            assert got[name] == getattr(picture, name), q
        assert got["lines"] == list(picture.lines), q
        assert got["formula"] == list(picture.formula), q
        assert re.sub("</?b>", "", got["sum"]) == picture.sum, q
        for mine, theirs in zip(got["grids"], map(flat, picture.grids), strict=True):
            assert {k: v for k, v in mine.items() if v is not None} == {
                k: v for k, v in theirs.items() if v is not None
            }, q
            kinds.add((mine["name"], "pixels" in mine and bool(mine["pixels"])))
    assert kinds == {
        ("ribbon", False),
        *((name, pixels) for name in ("input", "output") for pixels in (True, False)),
    }


def test_the_copied_code_gives_the_map_of_paths(page, bundle):
    load(page, bundle)
    dice = random.Random(10)
    states = [q for q in (draw_state(dice) for _ in range(120)) if q["n"] <= 24]
    answers = json.loads(page.evaluate(LOOK, json.dumps(states)))
    ran = 0
    for q, got in zip(states, answers, strict=True):
        if got["bad"]:
            continue
        names: dict = {}
        imports = ["import torch", "import torch.nn.functional as F"]
        exec("\n".join([*imports, *got["setup"], got["code"]]), names)
        assert names["Y"].long().tolist() == FieldPicture(**q).paths, q
        ran += 1
    assert ran >= 15


def test_lenet_sees_5_6_14_and_16_rows(page, bundle):
    load(page, bundle)
    state = ReceptiveField("lenet", n=28, layers="c5p2-m2-c5-m2").state()
    got = json.loads(page.evaluate(LOOK, json.dumps([state | {"layer": i} for i in (1, 2, 3, 4)])))
    for view, r in zip(got, (5, 6, 14, 16), strict=True):
        assert f"receptive field of {r}×{r}" in view["words"]
        assert f"{r * r} of 784 pixels" in view["words"]
    assert "25 + 25 = 50 weights; one kernel of 16×16 has 256" in got[-1]["lines"][-1]


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (
            {"n": 9, "layers": "c3d2-c3d2", "row": 0, "col": 0},
            "does not see rows 1, 3, 5 and 7 and",
        ),
        (
            {"n": 9, "layers": "m1s3"},
            "No unit of layer 1 sees rows and columns 1, 2, 4, 5, 7 and 8.",
        ),
        ({"n": 6, "layers": "c3p1-c3p1-c3p1-c3p1-c3p1"}, "11×11 is larger than the input of 6×6"),
        ({"n": 5, "layers": "c3p1", "row": 0, "col": 2}, "rows −1 to 1 and columns 1 to 3;"),
        (
            {"n": 4, "layers": "c3p3", "row": 0, "col": 0},
            "sees nothing but padding, 0 of 16 pixels",
        ),
    ],
)
def test_edge_cases_are_said(state, said):
    picture = ReceptiveField("field", **state).picture()
    assert said in " ".join([picture.words, *picture.lines])


# ---------------------------------------------------------------- by hand


def open_field(page, address: str = "", **values):
    """Open a page with a receptive field; return the live part."""
    x = ReceptiveField("field", **values)
    return show(page, address, page_box("field", x.kind, x.label, x.state(), x.still()))


def words(live) -> str:
    """Return the sentence on the setting, or on why there is none."""
    return live.locator(".d2lx-verdict:visible, .d2lx-error:visible").inner_text()


def asked(page) -> str:
    """Return the address once it has settled."""
    page.wait_for_timeout(250)
    return page.evaluate("decodeURIComponent(location.search)")


def test_layers_are_added_moved_changed_and_deleted_by_keyboard(page):
    live = open_field(page)
    live.get_by_role("button", name="Add a layer").press("Enter")
    assert words(live).startswith("Layer 4 of 4 has a receptive field of 9×9")
    live.get_by_label("layer 4, kind").select_option("pool")
    live.get_by_label("layer 4, kernel size k").fill("2")
    live.get_by_label("layer 4, stride s").press("ArrowUp")
    live.get_by_label("layer 4, stride s").press("Tab")
    assert asked(page) == "?field.layers=c3s1p0d1-c3s1p0d1-c3s1p0d1-m2s2p1d1&field.layer=4"
    live.get_by_role("button", name="move layer 4 up").press("Enter")
    assert "m2s2p1d1-c3s1p0d1&" in asked(page)
    focused = "document.activeElement.getAttribute('aria-label')"
    assert page.evaluate(focused) == "move layer 3 up"
    for _ in range(2):
        page.keyboard.press("Enter")
    assert page.evaluate(focused) == "move layer 1 down"
    assert asked(page).startswith("?field.layers=m2s2p1d1-c3")
    live.get_by_role("button", name="delete layer 1").press("Enter")
    assert page.evaluate(focused) == "delete layer 1"
    live.get_by_role("button", name="Undo").click()
    assert asked(page).startswith("?field.layers=m2s2p1d1-c3")
    live.get_by_role("button", name="Reset").click()
    assert asked(page) == ""


def test_a_number_out_of_range_is_refused_and_eight_layers_are_enough(page):
    live = open_field(page)
    box = live.get_by_label("layer 2, dilation d")
    box.fill("9")
    box.press("Tab")
    note = live.locator(".d2lx-note").inner_text()
    assert note == "layer 2, dilation d: “9” is outside 1 to 4; it stays 1."
    assert box.input_value() == "1" and asked(page) == ""
    add = live.get_by_role("button", name="Add a layer")
    for _ in range(5):
        add.click()
    assert add.is_disabled() and live.locator(".d2lx-layers li").count() == 8
    assert "c3s1p1d1-c3s1p1d1&field.layer=8" in asked(page)


def test_an_impossible_layer_says_why_those_after_it_are_grey_and_a_repair_is_offered(page):
    live = open_field(page, "?field.layers=c3s2p0d1-c7s1p0d1-m3s1p2d1")
    assert words(live).startswith("⚠ No output: layer 2 (conv 7×7): kernel size 7 spans 7 places")
    first, second, third = live.locator(".d2lx-layers li").all()
    assert "4×4 units" in first.inner_text() and "cannot follow 4×4" in second.inner_text()
    assert "not reached" in third.inner_text() and "d2lx-late" in third.get_attribute("class")
    assert third.get_by_role("radio").is_disabled()
    second.get_by_role("button", name="k = 4").click()
    assert words(live).startswith("⚠ No output: layer 3 (pool 3×3, padding 2): PyTorch pools with")
    third.get_by_role("button", name="p = 1").click()
    assert words(live).startswith("Layer 3 of 3 has a receptive field of 13×13")
    with pytest.raises(ValueError, match=r"layer 2 \(conv 7×7\): kernel size 7 spans 7 places"):
        ReceptiveField("field", layers="c3s2-c7")


def test_units_are_chosen_by_keyboard_and_links_go_both_ways(page):
    live = open_field(page)
    cell = live.locator("[data-grid=output] td[tabindex='0']")
    cell.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    related = live.locator("[data-grid=input] td.rel")
    assert related.count() == 49  # what the unit under the cursor sees
    page.keyboard.press("Enter")
    assert "its unit [0, 2] sees rows 0 to 6 and columns 2 to 8" in words(live)
    assert asked(page) == "?field.row=0&field.col=2"
    live.locator("[data-grid=input] td").first.hover()
    assert live.locator("[data-grid=output] td.rel").count() == 1  # the corner: one unit sees it
    assert live.locator(".d2lx-sum").inner_text() == "Paths from pixel [0, 0] = 1·0 = 0"
    live.locator("[data-grid=ribbon] td.c10").nth(2).click()
    assert words(live).startswith("Layer 2 of 3")
    live.get_by_role("radio", name="Layer 1").check()
    assert words(live).startswith("Layer 1 of 3 has a receptive field of 3×3")


def test_the_cursor_of_the_ribbon_skips_the_gaps(page):
    live = open_field(page, n=28, layers="c5p2-m2-c5-m2")
    ribbon = live.locator("[data-grid=ribbon] [tabindex='0']")
    ribbon.focus()
    said = "e => e.getAttribute('aria-label')"
    for _ in range(4):
        page.keyboard.press("ArrowDown")
    assert ribbon.evaluate(said).startswith("layer 4 unit 0: ")
    for unit in (1, 2, 3, 4, 4):
        page.keyboard.press("ArrowRight")
        assert ribbon.evaluate(said).startswith(f"layer 4 unit {unit}: ")
    page.keyboard.press("ArrowUp")
    assert ribbon.evaluate(said).startswith("layer 3 unit 8: ")
    page.keyboard.press("Enter")
    assert "its unit [8, 8] sees rows 14 to 27" in words(live)


@pytest.mark.parametrize(
    ("given", "layers", "note"),
    [
        ("c3-m2", "c3s1p0d1-m2s2p0d1", ""),
        (
            "c99s1p0d9",
            "c7s1p0d4",
            "layers: kernel size 99 is outside 1 to 7, so 7 is used; dilation",
        ),
        ("<img>-c5", "c5s1p0d1", "layers: “<img>” is not a layer such as c3s1p0d1 or m2s2p0d1."),
        ("", "c3s1p0d1-c3s1p0d1-c3s1p0d1", "; the layers of the start are used."),
        (
            "-".join(["c1"] * 99),
            "-".join(["c1s1p0d1"] * 8),
            "only the first 8 of 99 layers are used",
        ),
        ("c3.5", "c3s1p0d1-c3s1p0d1-c3s1p0d1", "“c3.5” is not a layer"),
    ],
)
def test_a_hostile_address_gives_a_valid_stack_and_a_note(page, given, layers, note):
    live = open_field(page, f"?field.layers={given}&field.n=30")
    said = live.locator(".d2lx-note").inner_text()
    assert note in said and (note or not said)
    boxes = live.locator(".d2lx-layers li").all()
    shown = [
        ("m" if li.locator("select").input_value() == "pool" else "c")
        + "".join(
            ("" if name == "k" else name) + box.input_value()
            for name, box in zip("kspd", li.locator("input[type=number]").all(), strict=True)
        )
        for li in boxes
    ]
    assert "-".join(shown) == layers


def test_a_map_of_pixels_becomes_numbers_and_the_frame_goes_where_nothing_is_seen(page):
    live = open_field(page, n=13, layers="c3p3")
    frame = live.locator("[data-grid=input] .d2lx-frame")
    assert live.locator("[data-grid=input] canvas").count() == 1
    assert frame.bounding_box()["width"] == 3 * 19 + 4
    number = live.locator(".d2lx-control .d2lx-box")
    number.fill("4")
    number.press("Enter")
    assert live.locator("[data-grid=input] td").count() == 16
    units = live.locator("[data-grid=output] td")
    units.nth(3 * 8 + 3).click()
    assert frame.bounding_box()["width"] == 3 * 28 + 4
    units.first.click()
    assert "sees nothing but padding, 0 of 16 pixels" in words(live) and frame.count() == 0
    units.nth(3 * 8 + 3).click()
    assert frame.count() == 1


def test_a_wide_ribbon_scrolls_to_the_chosen_unit(page):
    page.set_viewport_size({"width": 360, "height": 800})
    live = open_field(page, n=28, layers="c5p2-m2-c5-m2")
    box = live.locator("[data-grid=ribbon] .d2lx-scroll")
    unit = live.locator("[data-grid=ribbon] td.cur")
    page.wait_for_function("e => e.scrollLeft > 0", arg=box.element_handle())
    inside = unit.bounding_box()["x"] - box.bounding_box()["x"]
    assert 0 <= inside <= box.bounding_box()["width"] - 28
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_python_refuses_what_is_no_stack_and_names_it():
    for text, said in {
        "c9": "layer 1, 'c9': kernel size 9 is outside 1 to 7",
        "c3-x": "layer 2, 'x': write c or m",
        "m5": "layer 1, 'm5': stride 5 is outside 1 to 3",
        "-".join(["c1"] * 9): "at most 8 are allowed, got 9",
        3: "layers must be a text such as",
    }.items():
        with pytest.raises(TraitError, match=re.escape(said)):
            ReceptiveField("field", layers=text)
    field = ReceptiveField("field")
    with pytest.raises(TraitError, match="kernel size 9 is outside 1 to 7"):
        field.layers = "c9"
    field.layers = "c3-m2"
    assert field.layers == "c3s1p0d1-m2s2p0d1"
    with pytest.raises(TraitError, match="64"):
        ReceptiveField("field", n=65)
