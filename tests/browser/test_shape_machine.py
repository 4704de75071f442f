"""The Shape machine and the frames explorer on a page of their own: they show what torch says."""

import itertools
import re

import matplotlib.pyplot as plt
import pytest
import torch
import torch.nn.functional as F

from d2lmini.explore import explore, still_html
from d2lmini.explorers.conv_shape import FIELDS, ConvShape
from d2lmini.explorers.setting import Setting
from d2lmini.explorers.shape_picture import PATTERNS, ShapePicture
from d2lmini.ops import size_problem
from d2lmini.widgets import page_box
from tools import small_page
from tools.small_page import ADDRESS, AXE

from .test_parity import expected, footprints, legal, rectangles

pytestmark = pytest.mark.browser

CLIPBOARD = """Object.defineProperty(navigator, 'clipboard',
  {value: {writeText: text => { window.got = text; }}})"""
READ = """box => {
  const cells = grid => [...box.querySelectorAll(`.d2lx-${grid} table tr`)].map(row =>
    [...row.children].map(td => [td.textContent, td.className.split(' ')
      .filter(c => !['tap', 'cur', 'rel'].includes(c)).sort().join(' ')]));
  const text = name => box.querySelector(`.d2lx-${name}`)?.textContent ?? null;
  return {input: cells('input'), kernel: cells('kernel'), output: cells('output'),
    ruler: cells('plain'),
    captions: [...box.querySelectorAll('figcaption')].map(c => c.textContent),
    verdict: text('verdict'), dropped: text('lines'), sum: text('sum'),
    formula: [...box.querySelectorAll('.d2lx-formula div')].map(d => d.textContent),
    torch: box.querySelector('.d2lx-torch code').textContent}; }"""


def shape_box(**values) -> str:
    """Return the page part of a Shape machine, as Python writes it."""
    machine = ConvShape("shape", **values)
    return page_box("shape", machine.kind, machine.label, machine.state(), machine.still())


def show(page, query: str = "", *boxes: str, theme: str = "light"):
    """Open a page with the boxes (a Shape machine if none) at an address; return the live part."""
    return small_page.show(page, query, *(boxes or (shape_box(),)), theme=theme)


def query(n, k, p, s, d, **more) -> str:
    """Return the address part of a setting."""
    given = {"n": n, "k": k, "p": p, "s": s, "d": d} | more
    told = {name: int(v) if isinstance(v, bool) else v for name, v in given.items()}
    return "?" + "&".join(f"shape.{name}={value}" for name, value in told.items())


def minus(text: str) -> str:
    """Return text with the sign and the product of Python."""
    return text.replace("−", "-").replace("·", "*")


def slider(live, name):
    """Return the slider of a field."""
    return live.locator(f"input[type=range][data-field={name}]")


def number_box(live, name):
    """Return the number box of a field."""
    return live.locator(f".d2lx-control:has([data-field={name}]) .d2lx-box")


def values(live, grid: str) -> list[list[int]]:
    """Return the numbers of a grid."""
    read = live.evaluate(READ)[grid]
    return [[int(minus(text)) for text, _ in row] for row in read]


def torch_output(n, k, p, s, d, x=None, w=None) -> list[list[int]]:
    """Return torch's output for a setting, as rows of whole numbers."""
    X = torch.tensor(x or PATTERNS["x"], dtype=torch.float64)[None, None, :n, :n]
    K = torch.tensor(w or PATTERNS["w"], dtype=torch.float64)[None, None, :k, :k]
    Y = F.conv2d(X, K, padding=p, stride=s, dilation=d)[0, 0]
    return Y.to(torch.int64).tolist()


# ---------------------------------------------------------------- what is shown


@pytest.mark.parametrize("values", [{}, {"s": 2, "p": 1}, {"n": 9, "k": 2, "s": 4, "usage": True}])
def test_the_still_picture_is_the_first_live_state(page, values):
    live = show(page, "", shape_box(**values))
    still = page.locator(".d2lx-still")
    assert still.is_hidden()
    assert still.evaluate(READ) == live.evaluate(READ)


def run_code(code: str, **names) -> list[list[int]]:
    """Execute code that a page shows and return its Y as rows of whole numbers."""
    names |= {"F": F}
    exec(code, names)
    return names["Y"][0, 0].to(torch.int64).tolist()


def same_as_python(read: dict, mine: ShapePicture) -> None:
    """Compare everything that a page shows with Python's picture of the same setting."""
    assert read["verdict"] == mine.verdict()
    assert read["dropped"] == mine.dropped(), mine
    assert read["formula"] == mine.formula()
    assert read["captions"] == list(mine.captions().values())
    assert read["sum"] == mine.arithmetic()
    assert read["torch"] == mine.torch_line()
    for grid in ("input", "kernel", "output", "ruler"):
        cells = [[[t, " ".join(sorted(c.split()))] for t, c in row] for row in mine.cells(grid)]
        assert read[grid] == cells, (mine, grid)


def small_ones(count: int, seed: int) -> list[dict]:
    """Return settings of every mode, padding and shape whose grids stay tables."""
    fit = [q for q in legal(2000, seed) if all(s.room <= 10 for s in Setting(**q).axes())]
    ways = FIELDS["pad"]["of"]
    return [q for pad in ways for q in [q for q in fit if q["pad"] == pad][: count // len(ways)]]


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
def test_rectangles_modes_same_and_valid_show_what_torchs_layer_computes(page):
    cases = small_ones(42, 12)
    assert {q["mode"] for q in cases} == set(FIELDS["mode"]["of"])
    assert {q["pad"] for q in cases} == set(FIELDS["pad"]["of"])
    assert {q["square"] for q in cases} == {True, False}
    X, W = (torch.tensor([[PATTERNS[name]]], dtype=torch.float64) for name in "xw")
    page.add_init_script(CLIPBOARD)
    for q in cases:
        live = show(page, query(**q))
        read = live.evaluate(READ)
        same_as_python(read, ShapePicture(**q))
        _, shape, numbers = expected(q | ({"nw": q["n"]} if q["square"] else {}), X, W)
        Y = values(live, "output")
        assert [len(Y), len(Y[0])] == shape, q
        assert list(itertools.chain(*Y)) == numbers, q
        label, total, result = minus(read["sum"]).split(" = ")
        assert (label, eval(total), int(result)) == ("Y[0, 0]", Y[0][0], Y[0][0]), q
        live.get_by_role("button", name="Copy torch code").click()
        assert run_code(page.evaluate("window.got")) == Y, q


SET = """(box, setting) => { for (const [name, value] of Object.entries(setting)) {
  const e = box.querySelector(`[data-field=${name}]`);
  if (e.type === 'checkbox') { if (e.checked !== value) e.click(); continue; }
  e.value = value;
  e.dispatchEvent(new Event(e.type === 'range' ? 'input' : 'change', {bubbles: true})); } }"""


def test_pointing_at_an_output_marks_the_window_that_autograd_finds(page):
    setting = (5, 2, 1, 2, 2)
    live = show(page, query(*setting))
    found, size = footprints(*setting), setting[0]
    m = len(torch_output(*setting))
    for i in range(m):
        live.locator(f".d2lx-output tr:nth-child({i + 1}) td").nth(m - 1 - i).hover()
        taps = live.evaluate(
            """box => [...box.querySelectorAll('.d2lx-input .tap:not(.pad)')].map(
                 td => [td.parentNode.rowIndex, td.cellIndex])"""
        )
        want = {(y + 1, x + 1) for a, _, y, x in found if a == i and y < size}
        assert {tuple(t) for t in taps} == want
        assert live.locator(".d2lx-sum").inner_text().startswith(f"Y[{i}, {m - 1 - i}]")


def test_pointing_at_an_input_marks_the_outputs_that_it_feeds(page):
    live = show(page, query(6, 3, 0, 1, 1))
    live.locator(".d2lx-input tr:nth-child(1) td").nth(2).hover()
    fed = live.evaluate(
        "box => [...box.querySelectorAll('.d2lx-output .rel')].map(t => t.cellIndex)"
    )
    assert fed == [0, 1, 2]
    live.locator(".d2lx-kernel tr:nth-child(1) td").nth(0).hover()
    assert live.locator(".d2lx-input .rel").count() == 16, "one weight meets one cell per output"
    assert live.locator(".d2lx-sum .lit").inner_text() == "0·0"


def marked(live, grid: str, mark: str) -> set[tuple[int, int]]:
    """Return the places of a grid that carry a mark."""
    found = live.evaluate(
        """(box, [grid, mark]) => [...box.querySelectorAll(`.d2lx-${grid} .${mark}`)].map(
             td => [td.parentNode.rowIndex, td.cellIndex])""",
        [grid, mark],
    )
    return {tuple(place) for place in found}


@pytest.mark.parametrize("mode", ["reflect", "replicate", "circular"])
def test_pointing_at_an_input_marks_its_copies_and_the_outputs_that_autograd_finds(page, mode):
    q = {"n": 4, "nw": 5, "square": False, "k": 3, "p": 2, "s": 1, "d": 1, "mode": mode}
    live, setting = show(page, query(**q)), Setting(**q)
    X = torch.arange(20.0).reshape(1, 1, 4, 5).requires_grad_()
    padded = F.pad(X, (2, 2, 2, 2), mode=mode)
    Y = F.conv2d(padded, torch.ones(1, 1, 3, 3))[0, 0]
    for y, x in ((0, 1), (1, 1), (3, 4)):
        live.locator(f".d2lx-input tr:nth-child({y + 3}) td").nth(x + 2).hover()
        copies = {tuple(p) for p in (padded[0, 0] == X[0, 0, y, x]).nonzero().tolist()}
        assert marked(live, "input", "rel") == copies
        fed = set()
        for i, j in itertools.product(*(range(side.m) for side in setting.axes())):
            (grad,) = torch.autograd.grad(Y[i, j], X, retain_graph=True)
            fed |= {(i, j)} if grad[0, 0, y, x] else set()
        assert marked(live, "output", "rel") == fed
        said = cursor_label(live, "input", y + 2, x + 2)
        number = f"read by {len(fed)} window{'s' if len(fed) > 1 else ''}, copies included"
        assert said == f"input row {y} column {x}: {(3 * y + x) % 10}, {number}"
    assert "a copy of row" in cursor_label(live, "input", 0, 0)


def cursor_label(live, grid: str, r: int, c: int) -> str:
    """Return what a screen reader hears of a cell."""
    cell = live.locator(f".d2lx-{grid} tr:nth-child({r + 1}) td").nth(c)
    cell.click()
    return cell.get_attribute("aria-label")


def test_the_ruler_marks_windows_and_says_its_columns(page):
    live = show(page, query(6, 3, 1, 2, 1))
    assert marked(live, "plain", "tap") == {(0, 0), (0, 1), (0, 2)}
    live.locator(".d2lx-plain tr:nth-child(1) td").nth(2).hover()
    assert marked(live, "output", "rel") == {(i, j) for i in range(3) for j in (0, 1)}
    assert cursor_label(live, "plain", 0, 0) == (
        "column minus 1: read by 1 window; output column 0 starts here"
    )
    assert cursor_label(live, "plain", 0, 7) == "column 6: read by 0 windows"
    assert cursor_label(live, "plain", 1, 0) == "column minus 1: output column 0 starts here"
    assert cursor_label(live, "plain", 1, 1) == "column 0: no output column starts here"
    assert cursor_label(live, "plain", 1, 7) == "column 6: never read"
    assert live.locator(".d2lx-plain .unread").count() == 2, "the hatch repeats the ×"


def test_one_slider_moves_both_sides_until_the_input_is_no_square(page):
    live = show(page)
    assert slider(live, "nw").is_hidden()
    slider(live, "n").fill("5")
    assert "Input 5×5" in live.locator(".d2lx-verdict").inner_text()
    live.get_by_label("square input").uncheck()
    assert "Input 5×5" in live.locator(".d2lx-verdict").inner_text(), "nothing jumps"
    slider(live, "nw").fill("8")
    assert "Input 5×8" in live.locator(".d2lx-verdict").inner_text()
    live.get_by_role("button", name="Undo").click()
    live.get_by_role("button", name="Undo").click()
    assert slider(live, "nw").is_hidden() and live.get_by_label("square input").is_checked()


def test_same_hides_the_number_and_pads_one_more_after(page):
    live = show(page, query(4, 4, 2, 1, 1))
    live.get_by_label("padding is given").select_option("same")
    assert slider(live, "p").is_hidden()
    assert "padding same (1 before, 2 after)" in live.locator(".d2lx-verdict").inner_text()
    assert len(values(live, "output")) == 4
    frame = live.locator(".d2lx-frame").bounding_box()
    first = live.locator(".d2lx-input td").first.bounding_box()
    last = live.locator(".d2lx-input td").last.bounding_box()
    before = frame["x"] - first["x"]
    after = last["x"] + last["width"] - frame["x"] - frame["width"]
    assert round(before / 28) == 1 and round(after / 28) == 2


# ---------------------------------------------------------------- wrong settings and entries


@pytest.mark.parametrize("setting", [(3, 5, 0, 1, 1), (1, 7, 2, 5, 4), (6, 3, 0, 2, 4)])
def test_a_setting_that_torch_refuses_is_explained_and_can_be_repaired(page, setting):
    live = show(page)
    before = live.evaluate(READ)["output"]
    with pytest.raises(RuntimeError, match="Kernel size can't be greater than actual input size"):
        torch_output(*setting)
    for name, value in sorted(zip("nkpsd", setting, strict=True), key=lambda item: item[0] == "n"):
        slider(live, name).fill(str(value))
    said = live.locator(".d2lx-error p").first.inner_text()
    assert said == f"⚠ No output: {size_problem(*setting)}."
    assert "d2lx-stale" in live.locator(".d2lx-picture").get_attribute("class")
    assert live.locator(".d2lx-output td").count(), "the last good picture stays"
    assert before != [] and live.locator(".d2lx-verdict").is_hidden()
    live.locator(".d2lx-error button").first.click()
    assert live.locator(".d2lx-error").is_hidden()
    now = [int(slider(live, name).input_value()) for name in "nkpsd"]
    assert sum(a != b for a, b in zip(now, setting, strict=True)) == 1, "one value changes"
    assert live.evaluate(READ)["verdict"] == ShapePicture(*now).verdict()


def test_the_button_offers_the_nearest_value(page):
    live = show(page, query(6, 7, 0, 1, 1))
    offers = live.locator(".d2lx-error button").all_inner_texts()
    assert offers == ["k = 6", "p = 1", "n = 7", "pad = same"]


REPAIRS = {
    "?shape.pad=same&shape.s=3": ("s = 1", "pad = per side"),
    "?shape.mode=reflect&shape.p=6": ("p = 5", "n = 7", "pad = same", "mode = zeros"),
    "?shape.square=0&shape.nw=2": ("k = 2", "p = 1", "nw = 3", "pad = same"),
    "?shape.n=1&shape.k=7&shape.pad=same&shape.mode=reflect&shape.s=2": None,  # two at once
}


@pytest.mark.parametrize("address", REPAIRS)
def test_each_refusal_offers_a_way_out_and_each_way_works(page, address):
    live = show(page, address)
    offers = live.locator(".d2lx-error button").all_inner_texts()
    assert offers, "a reader is left without help"
    for offer in REPAIRS[address] or ():
        assert offer in offers, offers
    for at, offer in enumerate(offers):
        live = show(page, address)
        live.locator(".d2lx-error button").nth(at).click()
        assert live.locator(".d2lx-error").is_hidden(), offer
        assert live.locator(".d2lx-verdict").is_visible(), offer
        focused = live.evaluate("e => document.activeElement.dataset.field")
        assert focused == offer.split(" ")[0], "the control that changed has the focus"


def test_no_refused_setting_is_left_without_a_way_out(page):
    live = show(page)
    refused = [q for q in rectangles(400, 13) if Setting(**q).problem()][:120]
    for q in refused:
        live.evaluate(SET, q)
        assert live.locator(".d2lx-error p").first.inner_text() == (
            f"⚠ No output: {Setting(**q).problem()}."
        )
        assert live.locator(".d2lx-error button").count(), q


BAD = {
    "five": "“five” is not a whole number",
    "NaN": "“NaN” is not a whole number",
    "": "nothing was entered",
    "-1": "“−1” is outside 1 to 7",
    "1e9": "“1e9” is outside 1 to 7",
    "2.5": "“2.5” is not a whole number",
    "<b>3</b>": "“<b>3</b>” is not a whole number",
}


@pytest.mark.parametrize("entry", BAD)
def test_a_bad_entry_gives_a_sentence_and_keeps_the_old_value(page, entry):
    live = show(page)
    before, box = live.evaluate(READ), number_box(live, "k")
    box.fill(entry)
    box.press("Tab")
    note = live.locator(".d2lx-note").inner_text()
    assert note == f"kernel size k: {BAD[entry]}; it stays 3."
    assert box.input_value() == "3" and live.evaluate(READ) == before
    box.fill(" 5 ")
    box.press("Tab")
    assert slider(live, "k").input_value() == "5" and live.locator(".d2lx-note").inner_text() == ""


HOSTILE = {
    "?shape.k=99": ("k", 7, "k: “99” is outside 1 to 7; 7 is used."),
    "?shape.k=-1": ("k", 1, "k: “−1” is outside 1 to 7; 1 is used."),
    "?shape.k=abc": ("k", 3, "k: “abc” is not a whole number; 3 is used."),
    "?shape.k=": ("k", 3, "k: nothing was entered; 3 is used."),
    "?shape.s=1e9": ("s", 5, "s: “1e9” is outside 1 to 5; 5 is used."),
    "?shape.p=2.5": ("p", 0, "p: “2.5” is not a whole number; 0 is used."),
    "?shape.k=2&shape.k=5": ("k", 2, "“k” is given twice; the first is used."),
    "?shape.k=%3Cscript%3Ealert(1)%3C/script%3E": ("k", 3, "k: “<script>alert(1)</sc…”"),
    "?shape.mode=mirror": ("k", 3, "mode: “mirror” is not one of its values; zeros is used."),
    "?shape.pad=Same": ("p", 0, "pad: “Same” is not one of its values; per side is used."),
    "?shape.nw=99&shape.square=0": ("nw", 16, "nw: “99” is outside 1 to 16; 16 is used."),
    "?shape.square=no": ("n", 6, "square: “no” is neither 0 nor 1; 1 is used."),
    "?shape.__proto__=1": ("k", 3, "“__proto__” is not a setting here."),
    "?shape.toString=1": ("k", 3, "“toString” is not a setting here."),
    "?shape.usage=maybe": ("k", 3, "usage: “maybe” is neither 0 nor 1; 0 is used."),
    "?shape.x=0.0.5_junk_99.0.1": ("k", 3, "x: 2 of its cells"),
    "?shape.k=%E0%A4%A": ("k", 3, "is not a whole number"),
}


@pytest.mark.parametrize("address", HOSTILE)
def test_a_hostile_address_gives_a_valid_state_and_a_note(page, address):
    field, value, note = HOSTILE[address]
    live = show(page, address)
    assert note in live.locator(".d2lx-note").inner_text()
    assert slider(live, field).input_value() == str(value)
    seen = live.evaluate(READ)
    picture = {name: int(slider(live, name).input_value()) for name in ("n", "nw", *"kpsd")}
    picture["square"] = live.locator("[data-field=square]").is_checked()
    if Setting(**picture).problem() is None:
        assert seen["verdict"] == ShapePicture(**picture).verdict()
    else:
        assert live.locator(".d2lx-error").is_visible()


def test_an_address_of_another_explorer_changes_nothing(page):
    live = show(page, "?other.k=99&k=2&shapek=1")
    assert live.locator(".d2lx-note").inner_text() == ""
    assert slider(live, "k").input_value() == "3"


# ---------------------------------------------------------------- numbers, address, reset


def test_edited_numbers_enter_the_sum_the_address_and_survive_a_visit(page):
    live = show(page, query(4, 2, 1, 1, 1))
    cell = live.locator(".d2lx-input tr:nth-child(2) td").nth(1)
    cell.dblclick()
    live.locator(".d2lx-edit").fill("-7")
    live.locator(".d2lx-edit").press("Enter")
    live.locator(".d2lx-kernel td").nth(3).click()
    page.keyboard.press("+")
    x = [row[:] for row in PATTERNS["x"]]
    w = [row[:] for row in PATTERNS["w"]]
    x[0][0], w[1][1] = -7, w[1][1] + 1
    want = torch_output(4, 2, 1, 1, 1, x, w)
    assert values(live, "output") == want
    page.wait_for_function("location.search.includes('shape.w=')")
    again = show(page, page.evaluate("location.search"))
    assert values(again, "output") == want
    again.get_by_role("button", name="Reset").click()
    assert values(again, "output") == torch_output(6, 3, 0, 1, 1)
    page.wait_for_function("location.search === ''")


@pytest.mark.parametrize("entry", ["x", "", "10", "1e9", "-10"])
def test_a_bad_number_in_a_cell_is_refused_in_words(page, entry):
    live = show(page)
    before = live.evaluate(READ)
    live.locator(".d2lx-kernel td").nth(4).dblclick()
    live.locator(".d2lx-edit").fill(entry)
    live.locator(".d2lx-edit").press("Enter")
    assert re.match(
        r"kernel, row 1, column 1: .*; it stays 3\.", live.locator(".d2lx-note").inner_text()
    )
    assert live.evaluate(READ) == before


def test_padding_cannot_be_edited(page):
    live = show(page, query(3, 2, 1, 1, 1))
    live.locator(".d2lx-input td").first.dblclick()
    assert live.locator(".d2lx-edit").count() == 0


def test_the_link_that_is_copied_holds_the_state(page):
    page.add_init_script(CLIPBOARD)
    live = show(page)
    slider(live, "p").fill("2")
    live.get_by_role("button", name="Copy link").click()
    assert page.evaluate("window.got") == f"{ADDRESS}?shape.p=2#shape"
    live.get_by_role("button", name="Copy torch code").click()
    code = page.evaluate("window.got")
    assert code.endswith("Y = F.conv2d(X, K, padding=2, stride=1, dilation=1)")
    assert run_code(code) == torch_output(6, 3, 2, 1, 1)


def test_without_a_clipboard_the_link_is_shown_for_copying(page):
    page.add_init_script("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    live = show(page)
    slider(live, "s").fill("2")
    live.get_by_role("button", name="Copy link").click()
    field = live.get_by_label("Copy link: copy this text")
    assert field.input_value() == f"{ADDRESS}?shape.s=2#shape"


# ---------------------------------------------------------------- keyboard and screen readers


def cursor(live, grid: str) -> str:
    """Return the label of the cell with the focus; a canvas tells it to the live region."""
    cell = live.locator(f".d2lx-{grid} td[tabindex='0']")
    if cell.count():
        assert cell.evaluate("e => e === document.activeElement")
        return cell.get_attribute("aria-label")
    return live.locator(f".d2lx-{grid} .d2lx-canvas").get_attribute("aria-description")


def test_a_cell_is_changed_by_keyboard_alone(page):
    live = show(page)
    live.locator(".d2lx-kernel [tabindex='0']").focus()
    for key in ("ArrowRight", "Enter"):
        page.keyboard.press(key)
    page.keyboard.type("-9")
    page.keyboard.press("Enter")
    assert values(live, "kernel")[0][:2] == [0, -9]
    assert cursor(live, "kernel") == "kernel row 0 column 1: minus 9", "the focus stays"
    page.keyboard.press("-")
    assert "outside −9 to 9" in live.locator(".d2lx-note").inner_text()
    page.keyboard.press("7")
    page.keyboard.press("Escape")
    assert values(live, "kernel")[0][1] == -9, "Escape keeps the old number"


def test_a_big_grid_can_be_had_as_a_table(page):
    live = show(page, query(16, 3, 6, 1, 1))
    assert live.locator(".d2lx-input canvas").count() == 1
    live.get_by_label("show as table").check()
    assert values(live, "output") == torch_output(16, 3, 6, 1, 1)


# What is seen of each canvas, and how many numbers were written on canvases since the page came.
PIXELS = """box => [...box.querySelectorAll('.d2lx-canvas')].map(host => {
  const [canvas] = host.children, { width, height } = host.getBoundingClientRect();
  return canvas.getContext('2d').getImageData(0, 0, width, height).data.join(); })"""
COUNT = """() => { const write = CanvasRenderingContext2D.prototype.fillText; window.written = 0;
  CanvasRenderingContext2D.prototype.fillText = function (...all) {
    window.written++; return write.apply(this, all); }; }"""


def test_a_move_paints_the_cells_that_change_and_leaves_the_picture_as_if_all_were_painted(page):
    page.add_init_script(f"({COUNT})()")
    live = show(page, query(16, 3, 6, 2, 1))
    everything = page.evaluate("window.written")
    assert everything > 28 * 28
    cell = live.locator(".d2lx-input canvas")
    cell.hover(position={"x": 28 * 9 + 14, "y": 28 * 9 + 14})
    assert 0 < page.evaluate("window.written") - everything < 50, "the cells of two windows"
    moves = [
        lambda: cell.hover(position={"x": 28 * 20 + 14, "y": 28 * 7 + 14}),
        lambda: live.locator(".d2lx-kernel td").first.press("+"),
        lambda: live.get_by_label("count how often").check(),
        lambda: slider(live, "s").press("ArrowRight"),
        lambda: live.get_by_label("count how often").uncheck(),
        lambda: live.locator(".d2lx-output .d2lx-canvas").focus(),
        lambda: page.keyboard.press("ArrowDown"),
        lambda: live.get_by_label("show as table").check(),
        lambda: slider(live, "n").press("ArrowLeft"),
        lambda: live.get_by_label("show as table").uncheck(),
    ]
    for at, move in enumerate(moves):
        move()
        seen = live.evaluate(PIXELS)
        for theme in ("dark", "light"):  # every colour changes, hence every cell
            page.evaluate(f"document.documentElement.dataset.theme = '{theme}'")
        assert live.evaluate(PIXELS) == seen, f"after move {at}"


def test_a_canvas_cell_is_edited_at_its_place(page):
    live = show(page, query(14, 3, 1, 1, 1))
    canvas = live.locator(".d2lx-input canvas")
    canvas.dblclick(position={"x": 28 * 2 + 14, "y": 28 + 14})
    live.locator(".d2lx-edit").fill("9")
    live.locator(".d2lx-edit").press("Enter")
    x = [row[:] for row in PATTERNS["x"]]
    x[0][1] = 9
    live.get_by_label("show as table").check()
    assert values(live, "output") == torch_output(14, 3, 1, 1, 1, x)


STATES = {
    "start": "",
    "refused": query(3, 5, 0, 1, 1),
    "big": query(16, 3, 6, 2, 1),
    "usage": query(8, 2, 1, 3, 1, usage=1),
    "note": "?shape.k=99",
}


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("state", STATES)
def test_axe_finds_nothing_in_any_state(page, state, theme):
    assert AXE.is_file(), "axe-core is missing: run `python tools/build_js.py --install`"
    live = show(page, STATES[state], shape_box(), frames_box(), theme=theme)
    if state == "start":
        live.locator(".d2lx-kernel td").first.dblclick()
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate(
        """() => axe.run(document, {resultTypes: ['violations']}).then(r => r.violations.map(
             v => `${v.id}: ${v.nodes.slice(0, 3).map(n => n.html.slice(0, 120)).join(' | ')}`))"""
    )
    assert not found, found


# ---------------------------------------------------------------- hosts, themes, print, speed


@pytest.mark.parametrize("width", [320, 360, 610, 1280])
def test_no_state_makes_the_page_scroll_sideways(page, width):
    page.set_viewport_size({"width": width, "height": 800})
    for state in STATES.values():
        live = show(page, state, shape_box(), frames_box())
        assert page.evaluate("document.documentElement.scrollWidth") <= width, state
        if not state:
            wide = "e => e.scrollWidth <= e.clientWidth"
            assert all(box.evaluate(wide) for box in live.locator(".d2lx-scroll").all())


def test_a_change_of_theme_recolours_the_canvas(page):
    live = show(page, query(16, 3, 6, 1, 1))
    pixel = """box => [...box.querySelector('.d2lx-input canvas').getContext('2d')
      .getImageData(28 * 6 + 24, 28 * 6 + 4, 1, 1).data].slice(0, 3)"""
    assert live.evaluate(pixel) == [0xF5] * 3
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    assert live.evaluate(pixel) == [0x1F] * 3


def test_print_shows_the_still_picture_and_forced_colours_keep_the_roles(page):
    live = show(page)
    page.emulate_media(media="print")
    assert live.is_hidden() and page.locator(".d2lx-still").is_visible()
    page.emulate_media(media="screen", forced_colors="active")
    css = "e => getComputedStyle(e).borderTopStyle"
    assert live.locator(".d2lx-output .cur").evaluate(css) == "double"
    assert live.locator(".d2lx-input .tap").first.evaluate(css) == "solid"
    assert live.locator(".d2lx-input td").last.evaluate("e => getComputedStyle(e).backgroundColor")


def test_without_script_the_still_picture_stays(new_page):
    page = new_page(java_script_enabled=False)
    small_page.serve(page, small_page.document(shape_box(), frames_box()))
    page.goto(ADDRESS)
    assert (
        page.locator(".d2lx-still .d2lx-verdict").inner_text()
        == ShapePicture(6, 3, 0, 1, 1).verdict()
    )
    assert page.locator(".d2lx-still").count() == 2 and page.locator(".d2lx").count() == 0
    assert all(still.is_visible() for still in page.locator(".d2lx-still").all())


def test_an_explorer_that_cannot_start_leaves_its_still_picture(page, watch):
    watch.expect("console error")
    broken = page_box("bad", "frames", "Bad", {"controls": [], "frames": []}, "<p>Still here.</p>")
    show(page, "", broken.replace('"frames":[]', '"frames":null'), shape_box())
    assert page.get_by_text("Still here.").is_visible()


# ---------------------------------------------------------------- frames


def lines() -> explore:
    """Return a small explore() with six settings."""

    def draw(k, s):
        figure, axis = plt.subplots(figsize=(3, 2))
        axis.plot([0, k], [0, s])
        return figure

    return explore(
        draw,
        describe=lambda k, s: f"A line to {k}, {s} <&>.",
        id="lines",
        labels={"k": "end"},
        at={"k": 2},
        k=[1, 2, 3],
        s=[0.5, 1],
    )


def frames_state() -> dict:
    """Return the model of a frames explorer."""
    raw = lines().page_state()
    start = {c["name"]: c["text"][c["at"]] for c in raw["controls"]}
    return raw | start | {"kind": "frames", "label": "Lines", "start": start}


def frames_box() -> str:
    """Return the page part of explore()."""
    tool = lines()
    still = still_html(*tool.frame(*tool.values.values()))
    return page_box("lines", "frames", "Lines", tool.page_state(), still)


def test_frames_show_each_setting_with_its_words_and_its_own_picture(page):
    live = show(page, "", frames_box())
    assert live.locator("img").get_attribute("alt") == "A line to 2, 0.5 <&>."
    k, s = live.get_by_role("slider").all()
    svg = "img => fetch(img.src).then(r => r.text())"
    shown = {}
    for key, place in (("Home", 0), ("ArrowRight", 1), ("End", 2)):
        k.press(key)
        for end, value in (("Home", "0.5"), ("End", "1")):
            s.press(end)
            words = f"A line to {place + 1}, {value} <&>."
            assert live.locator("img").get_attribute("alt") == words
            assert live.locator("figcaption").inner_text() == words
            assert s.get_attribute("aria-valuetext") == value
            shown[place, value] = live.locator("img").evaluate(svg)
            assert live.locator("img").evaluate("i => i.decode().then(() => i.naturalWidth)") > 100
    want = {(k - 1, str(s)): lines().frame(k, s)[0] for k in (1, 2, 3) for s in (0.5, 1)}
    assert shown == want
    page.wait_for_function(
        "e => e.textContent === 'A line to 3, 1 <&>.'",
        arg=live.locator(".d2lx-live").element_handle(),
    )


@pytest.mark.parametrize("address, words", [("?lines.k=3&lines.s=1", "A line to 3, 1 <&>."),
                                            ("?lines.k=9", "A line to 2, 0.5 <&>.")])  # fmt: skip
def test_frames_take_their_setting_from_the_address(page, address, words):
    live = show(page, address, frames_box())
    assert live.locator("img").get_attribute("alt") == words
    note = live.locator(".d2lx-note").inner_text()
    assert note == ("k: “9” is not one of its values; 2 is used." if "9" in address else "")
    live.get_by_role("slider").first.press("Home")
    page.wait_for_function("location.search.includes('lines.k=1')")
    live.get_by_role("button", name="Reset").click()
    page.wait_for_function("location.search === ''")
