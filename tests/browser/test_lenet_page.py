"""LeNet, live, as a reader meets it: drawing, choosing, switching off, and walking down."""

import contextlib
import io
import re
from itertools import pairwise

import pytest
import torch
from torch.nn import functional as F

from d2lmini import weights
from d2lmini.data import LABELS, to_float
from d2lmini.explorers.base import shown
from d2lmini.explorers.lenet import OWN, LeNetLive, chance
from d2lmini.explorers.pixels import decode, encode
from d2lmini.explorers.unit import POOLS, Unit
from tools import small_page

from .reading import SPY

pytestmark = pytest.mark.browser

ANSWERS = """box => [...box.querySelectorAll('.d2lx-answers tbody tr')].map(row =>
  [...row.children].map(cell => cell.textContent))"""


def opened(page, query: str = ""):
    """Open a page with the explorer; return its live part."""
    return small_page.show(page, query, small_page.box(LeNetLive))


def state_of(page) -> dict:
    """Return what the address says, by field, once it has been written."""
    page.wait_for_timeout(250)
    query = page.evaluate("[...new URLSearchParams(location.search)]")
    return {key.removeprefix("it."): value for key, value in query}


def python(state: dict) -> LeNetLive:
    """Return the class of Python in the state of an address."""
    numbers = ("c", "dy", "dx", "o")
    return LeNetLive("it", **{k: int(v) if k in numbers else v for k, v in state.items()})


def grid(live, name: str):
    """Return what is seen of the canvas of a grid."""
    return live.locator(f"[data-grid={name}] .d2lx-canvas")


def tap(live, name: str, r: int, c: int) -> None:
    """Click the pixel in row r and column c of a grid."""
    box = grid(live, name)
    rows, cols = box.evaluate("e => [e.firstChild.dots.height, e.firstChild.dots.width]")
    size = box.bounding_box()
    at = {"x": (c + 0.5) * size["width"] / cols, "y": (r + 0.5) * size["height"] / rows}
    box.click(position=at)


@pytest.fixture
def spied(page):
    """Return a page that keeps what is copied and what a canvas was painted from."""
    page.add_init_script(f"({SPY})()")
    return page


# ---------------------------------------------------------------- what is shown


QUERIES = ["", "?it.which=classic&it.g=coat&it.t=5", "?it.cut=dense 1", "?it.g=trouser&it.t=0.1"]


@pytest.mark.parametrize("query", QUERIES)
def test_ten_answers_stand_in_a_table_with_bars_as_long_as_they_say(page, query):
    live = opened(page, query)
    state = python(state_of(page)).lenet_picture()
    rows = live.evaluate(ANSWERS)
    assert rows == [
        [name, shown(score.item()), chance(p.item())]
        for name, score, p in zip(LABELS, state.scores, state.p, strict=True)
    ]
    long = live.evaluate(
        "box => [...box.querySelectorAll('i')].map(e => parseFloat(e.style.width))"
    )
    assert long == pytest.approx([4 * p.item() for p in state.p], abs=6e-4)
    best = live.locator(".d2lx-best th").all_inner_texts()
    assert best == [LABELS[int(state.scores.argmax())]]


DRAWN = encode(torch.arange(784).reshape(28, 28) // 100 * 30)


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?it.which=classic&it.g=shirt&it.dy=2&it.dx=-3&it.t=0.5",
        "?it.cut=conv 2&it.o=3&it.g=sandal",
        f"?it.g={OWN}&it.x={DRAWN}&it.cut=dense 1&it.o=27",
    ],
)
def test_the_copied_code_gives_the_probabilities_that_are_shown(spied, query):
    live = opened(spied, query)
    live.get_by_role("button", name="Copy torch code").click()
    space: dict = {}
    with contextlib.redirect_stdout(io.StringIO()):
        exec(compile(spied.evaluate("got"), "copied code", "exec"), space)
    assert space["Y"].shape == (1, 10)
    assert [chance(p) for p in space["Y"][0].tolist()] == [row[2] for row in live.evaluate(ANSWERS)]


def test_low_confidence_and_the_margin_are_said_in_words(page):
    sentence = opened(page, "?it.g=shirt&it.which=classic").locator(".d2lx-verdict").inner_text()
    first, ahead = map(float, re.findall(r"0\.\d+", sentence))
    state = LeNetLive("it", g="shirt", which="classic").lenet_picture()
    top = state.p.topk(2).values.tolist()
    assert first == round(top[0], 4) and ahead == round(top[0] - top[1], 4) < 0.2
    assert sentence.endswith("low confidence.")
    assert "low confidence" not in opened(page).locator(".d2lx-verdict").inner_text()


# ---------------------------------------------------------------- drawing


def test_the_pad_is_drawn_on_by_pointer_and_the_address_keeps_it(spied):
    live = opened(spied, f"?it.g={OWN}&it.ink=white&it.brush=1")
    box = grid(live, "input").bounding_box()
    step = box["width"] / 28

    def go(r: int, c: int) -> tuple[float, float]:
        return box["x"] + (c + 0.5) * step, box["y"] + (r + 0.5) * step

    spied.mouse.move(*go(4, 6))
    spied.mouse.down()
    spied.mouse.move(*go(4, 20))  # one jump: the line between is drawn too
    spied.mouse.move(*go(18, 20))
    spied.mouse.up()
    state = state_of(spied)
    want = torch.zeros(28, 28, dtype=torch.int64)
    want[4, 6:21] = 255
    want[4:19, 20] = 255
    assert torch.equal(decode(state["x"]), want)
    assert live.locator(".d2lx-verdict").inner_text() == python(state).picture().words
    spied.reload()
    again = spied.locator(".d2lx .d2lx-verdict")
    again.wait_for()
    assert again.inner_text() == python(state).picture().words


def test_a_sample_is_copied_before_it_is_drawn_on_and_erased(spied):
    live = opened(spied, "?it.ink=black&it.brush=3&it.dy=2&it.dx=1")
    tap(live, "input", 22, 10)
    state = state_of(spied)
    want = weights.samples()[LABELS.index("ankle boot")].clone()
    assert want[19:22, 8:11].any()
    want[19:22, 8:11] = 0  # three by three around the pixel, where it was before the move
    assert state["g"] == OWN and torch.equal(decode(state["x"]), want.long())
    live.get_by_role("button", name="Undo").click()
    assert "x" not in state_of(spied) and "g" not in state_of(spied)


def test_keys_draw_as_a_pointer_does(spied):
    live = opened(spied, f"?it.g={OWN}&it.ink=grey&it.brush=2")
    live.locator("[data-grid=input] [tabindex='0']").focus()
    for key in ["ArrowDown"] * 3 + ["ArrowRight"] * 5 + ["Enter", "ArrowRight", " "]:
        spied.keyboard.press(key)
    drawn = decode(state_of(spied)["x"])
    want = torch.zeros(28, 28, dtype=torch.int64)
    want[2:4, 4:7] = 128
    assert torch.equal(drawn, want)


def test_a_finger_scrolls_over_everything_but_the_pad_that_is_drawn_on(page):
    actions = """box => [...box.querySelectorAll('canvas')].map(e =>
      [e.closest('figure').dataset.grid, getComputedStyle(e).touchAction])"""
    assert {action for _, action in opened(page).evaluate(actions)} == {"auto"}
    found = dict(opened(page, "?it.ink=white").evaluate(actions))
    assert found.pop("input") == "none"
    assert set(found.values()) == {"auto"}


@pytest.mark.parametrize(("name", "grey"), [("Empty pad", 0), ("Ink everywhere", 255)])
def test_an_empty_and_a_full_pad_have_an_answer_too(page, name, grey):
    live = opened(page)
    live.get_by_role("button", name=name).click()
    words = live.locator(".d2lx-verdict").inner_text()
    state = python(state_of(page))
    with torch.no_grad():
        X = to_float(torch.full((1, 1, 28, 28), grey, dtype=torch.uint8)).double()
        p = F.softmax(weights.stored("modern").module().double()(X)[0], dim=0)
    assert words == state.picture().words
    assert f": {LABELS[int(p.argmax())]}, probability {shown(p.max().item())}, " in words


# ---------------------------------------------------------------- choosing and walking down


def test_a_small_map_is_chosen_by_a_click_and_by_keys(spied):
    live = opened(spied, "?it.layer=conv 2")
    tap(live, "maps", 11 * 2 + 4, 11 * 1 + 7)  # third row of maps, second column
    assert state_of(spied)["c"] == "9"
    caption = live.locator("[data-grid=output] figcaption")
    assert caption.inner_text() == "conv 2, map 9, 10×10"
    assert live.locator(".d2lx-picture > .d2lx-sum").inner_text().startswith("conv 2[9, 4, 7] ≈")
    live.locator("[data-grid=maps] [tabindex='0']").focus()
    for key in ["Home", *["PageUp"] * 9, *["ArrowDown"] * 12, "Enter"]:
        spied.keyboard.press(key)
    assert state_of(spied)["c"] == "4"


def place(shape: tuple[int, ...], unit: Unit, alone: bool) -> tuple[int, int]:
    """Return row and column of a unit in the grid of its layer, or of its map alone."""
    maps, rows, cols = shape
    across = 1 if alone else {6: 3, 16: 4}.get(maps, 12)
    down, right = divmod(0 if alone else unit.m, across)
    line = int(rows > 1)
    return down * (rows + line) + unit.r, right * (cols + line) + unit.c


def test_what_a_unit_reads_leads_one_layer_down_until_the_picture(spied):
    live = opened(spied, "?it.layer=scores&it.c=9")
    run = LeNetLive("it").lenet_picture().run
    way = run.path(Unit(6, 9, 0, 0))
    for unit, below in pairwise(way[:-1]):
        assert said(live) == run.sum(unit)
        tap(live, "below", *place(run.acts[below.i].shape, below, unit.i in POOLS))
        now = state_of(spied)
        found = (now.get("layer", "conv 1"), int(now.get("c", 0)))
        assert found == (weights.LAYERS[below.i], below.m)
    assert said(live) == run.sum(way[-2])
    assert not live.locator("[data-grid=below]").count(), "the first layer reads the picture"


def said(live) -> str:
    """Return the sum that is shown, without the names that the style adds."""
    return live.locator(".d2lx-picture > .d2lx-sum").evaluate("e => e.textContent")


def test_the_way_down_names_every_unit_with_its_sum_and_goes_to_each(page):
    live = opened(page, "?it.layer=dense 2&it.c=65")
    live.locator("summary").click()
    state = LeNetLive("it", layer="dense 2", c=65).lenet_picture()
    way = state.run.path(state.home)
    items = live.locator(".d2lx-trail li")
    assert items.count() == len(way) == 7
    for at, unit in enumerate(way[:-1]):
        assert items.nth(at).locator("button").inner_text() == state.run.name(unit)
        text = items.nth(at).locator("p").evaluate("e => e.textContent")
        assert text == state.run.sum(unit)
    r, c = way[-1].r, way[-1].c
    grey = state.run.picture[r, c]
    assert items.last.inner_text() == f"picture, row {r}, column {c}: grey {grey} of 255"
    items.nth(3).locator("button").click()
    assert (state_of(page)["layer"], state_of(page)["c"]) == ("conv 2", str(way[3].m))
    assert said(live) == state.run.sum(way[3])
    assert page.evaluate("document.activeElement !== document.body"), "the focus is lost"


def test_the_chosen_map_is_switched_off_and_a_score_cannot_be(page):
    live = opened(page, "?it.layer=pool 2&it.c=7")
    press = live.get_by_role("button", name="Switch the chosen map off")
    press.click()
    state = state_of(page)
    assert (state["cut"], state["o"]) == ("conv 2", "7")
    assert "without map 7 of conv 2" in live.locator(".d2lx-verdict").inner_text()
    small_page.control(live, LeNetLive, "layer").select_option("scores")
    press.click()
    assert live.locator(".d2lx-note").inner_text().startswith("A score cannot be switched off")
    assert state_of(page)["cut"] == "conv 2"


# ---------------------------------------------------------------- what is loaded


def test_weights_come_once_and_only_where_a_network_stands(page):
    asked = []
    page.on("request", lambda request: asked.append(request.url.rsplit("/", 1)[1]))
    small_page.show(page, "", small_page.box(small_page.CLASSES[0]))
    assert "lenet-weights.js" not in asked
    boxes = [small_page.box(LeNetLive, name) for name in ("one", "two")]
    small_page.show(page, "", *boxes)
    small_page.all_live(page, 2)
    assert asked.count("lenet-weights.js") == 1


@pytest.mark.parametrize("how", ["missing", "damaged"])
def test_weights_that_do_not_come_are_missed_in_words_and_the_still_picture_stays(page, watch, how):
    if how == "missing":
        watch.expect("lenet-weights.js")
    small_page.serve(page, small_page.document(small_page.box(LeNetLive)))
    body = {"status": 404} if how == "missing" else {"body": "1", "content_type": "text/javascript"}
    page.route("**/lenet-weights.js", lambda route: route.fulfill(**body))
    page.goto(small_page.ADDRESS)
    note = page.locator("[data-d2lx] .d2lx-note")
    note.wait_for()
    assert "could not be loaded" in note.inner_text()
    assert page.locator(".d2lx-still .d2lx-answers").is_visible()
    assert not page.locator(".d2lx").count()
