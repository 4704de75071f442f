"""Every explorer for every reader: by keyboard, by ear, by touch, narrow, enlarged, on paper."""

import math

import pytest

from d2lmini.explorers.base import fields_of
from tools import small_page, states

from . import reading
from .test_explorers import ALL

pytestmark = pytest.mark.browser

STOPS = "a[href], button, input, select, textarea, summary, [tabindex]"


def telling(cls) -> list[states.State]:
    """Return the start, the state with the most to show, and a refused one if there is any."""
    refused = [case.state for case in small_page.sampled(cls) if case.bad]
    return [small_page.start_of(cls), small_page.largest(cls), *refused[:1]]


def show_telling(page, cls, **more: str):
    """Open the telling states on one page, one below the other."""
    return small_page.show_states(page, cls, telling(cls), **more)


# ---------------------------------------------------------------- keyboard

NUMBER = f"""box => {{
  const stops = [...box.querySelectorAll({STOPS!r})].filter(e => e.tabIndex >= 0 && !e.disabled
    && e.checkVisibility({{visibilityProperty: true}}) && !e.closest('[inert]')
    && !(e.type === 'radio' && !e.checked && box.querySelector(`[name="${{e.name}}"]:checked`)));
  stops.forEach((e, i) => {{ e.dataset.stop = i; }});
  return stops.map(e => e.ariaLabel || e.labels?.[0]?.textContent || e.textContent); }}"""
GRIDS = """box => [...box.querySelectorAll('figure[data-grid]')].filter(f => f.checkVisibility())
  .map(f => [f.dataset.grid, f.querySelectorAll('[tabindex="0"]').length])"""
# Through a grid as a reader would, row by row, until a key changes nothing; the keys are made here
# because there are thousands. Cells of a table count by their place, those of a canvas by name.
# Of large canvases the first and the last row are walked, of the others the first cell.
WALK = """(figure, [rows, cols]) => {
  const press = (key, ctrlKey = false) => document.activeElement.dispatchEvent(
    new KeyboardEvent('keydown', {key, ctrlKey, bubbles: true, cancelable: true}));
  const table = figure.querySelector('table'), met = new Set();
  const here = () => {
    const at = document.activeElement, name = at.ariaLabel && (table || at.ariaDescription);
    if (!figure.contains(at) || !name) throw Error(`without a name: ${at.outerHTML.slice(0, 200)}`);
    const place = table ? `${at.parentNode.rowIndex} ${at.cellIndex}` : at.ariaDescription;
    met.add(place);
    return place;
  };
  figure.querySelector('[tabindex="0"]').focus();
  press('Home', true);
  for (let r = 0; r < rows; r++) {
    if (r) { press('ArrowDown'); press('Home'); }
    const all = table || rows * cols <= 400 || r === 0 || r === rows - 1;
    for (let last = '', now = here(); all && now !== last; now = here()) {
      last = now;
      press('ArrowRight');
    }
  }
  return [met.size, table || rows * cols <= 400]; }"""


@ALL
def test_tab_reaches_every_control_and_each_grid_once(page, cls):
    live = small_page.show(page, "", small_page.box(cls))
    names = live.evaluate(NUMBER)
    assert all(name.strip() for name in names), f"a control without a name: {names}"
    assert all(count == 1 for _, count in live.evaluate(GRIDS)), "a grid is one tab stop"
    met = []
    for _ in range(len(names) + 1):
        page.keyboard.press("Tab")
        stop = page.evaluate("document.activeElement.dataset.stop")
        if stop is None:
            break
        met.append(int(stop))
    left = [name for i, name in enumerate(names) if i not in met]
    assert not left, f"Tab does not reach {left}"
    assert met == sorted(met), f"Tab goes through the controls in the order {met}"
    assert page.evaluate("!document.activeElement.closest('.d2lx')"), "Tab does not leave"


def named(grid, places: set[tuple[int, int]]) -> int:
    """Return how many of the places must have a name of their own: gaps need none."""
    if grid.pixels:  # lines between maps are pixels like all others
        return math.floor(0.95 * len(places))
    return sum("gap" not in grid.cells[r][c][1].split() for r, c in places)


@ALL
@pytest.mark.parametrize("which", ["start", "largest"])
def test_arrows_reach_every_cell_of_every_grid(page, cls, which):
    state = small_page.start_of(cls) if which == "start" else small_page.largest(cls)
    live = small_page.show_states(page, cls, [state]).first.locator(".d2lx")
    states.put(python := cls("python"), state)
    for grid in python.picture().grids:
        figure = live.locator(f"figure[data-grid='{grid.name}']")
        rows, cols = grid.shape
        met, everywhere = figure.evaluate(WALK, [rows, cols])
        places = {(r, c) for r in range(rows) for c in range(cols)}
        walked = {(r, c) for r, c in places if everywhere or r in (0, rows - 1) or c == 0}
        wanted = named(grid, walked)
        assert wanted <= met <= len(walked), f"{grid.name}: arrows reach {met} of {wanted} cells"
    table = live.locator("td[tabindex='0']")
    if table.count():  # the same with real keys
        table.first.focus()
        page.keyboard.press("Control+Home")
        home = page.evaluate("document.activeElement.ariaLabel")
        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowLeft")
        assert page.evaluate("document.activeElement.ariaLabel") == home


def ends(field: dict) -> dict[str, object]:
    """Return the keys that move a control as far as it goes, and the values there."""
    if field["kind"] == "int":
        return {"Home": field["min"], "End": field["max"]}
    if field["kind"] == "choice":
        return {"Home": field["of"][0], "End": field["of"][-1]}
    return {"Space": not field["init"]}


def said(python, state: states.State) -> str:
    """Return what must be said about a state: its words, or why it has no result."""
    states.put(python, state)
    problem = python.problem()
    return f"⚠ No output: {problem}." if problem else python.picture().words


@ALL
def test_each_control_goes_to_both_ends_by_keyboard_and_python_agrees(page, cls):
    fields, start, python = fields_of(small_page.kind_of(cls)), small_page.start_of(cls), cls("it")
    live, heard = small_page.show(page, "", small_page.box(cls)), set()
    for name, field in fields.items():
        control = small_page.control(live, cls, name)
        if not control.count() or not control.is_visible():
            continue
        for key, value in ends(field).items():
            control.focus()
            page.keyboard.press(key)
            want = said(python, start | {name: value})
            seen = live.evaluate(reading.READ)
            assert (seen["error"] or seen["words"]) == want, f"{name}, {key}"
            if field["kind"] not in heard and start[name] != value:
                heard.add(field["kind"])
                region = live.locator(".d2lx-live").element_handle()
                page.wait_for_function("([e, t]) => e.textContent === t", arg=[region, want])
        live.get_by_role("button", name="Reset", exact=True).click()
    assert heard, "no control of this explorer is moved"


# ---------------------------------------------------------------- sight

RUN_AXE = """() => axe.run(document, {resultTypes: ['violations']}).then(({violations}) =>
  violations.map(v => `${v.id}: ${v.nodes.slice(0, 3).map(n => n.html.slice(0, 140))}`))"""


@ALL
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_at_the_start_in_the_largest_and_in_a_refused_state(page, cls, theme):
    assert small_page.AXE.is_file(), "axe-core is missing: run `python tools/build_js.py --install`"
    show_telling(page, cls, theme=theme)
    page.evaluate(small_page.AXE.read_text(encoding="utf-8"))
    found = page.evaluate(RUN_AXE)
    assert not found, "\n".join(found)


WIDE = """() => {
  const width = document.documentElement.clientWidth, out = [];
  const clipped = e => { for (e = e.parentElement; e; e = e.parentElement)
    if (/auto|scroll|hidden|clip/.test(getComputedStyle(e).overflowX)) return true; return false; };
  for (const e of document.querySelectorAll('[data-d2lx] *')) {
    const box = e.closest('.d2lx')?.getBoundingClientRect(), r = e.getBoundingClientRect();
    if (box && r.width > 1 && r.right > box.right + 1 && !clipped(e) && e.checkVisibility())
      out.push(`${e.tagName}.${e.className} ends ${Math.round(r.right - box.right)} px outside`);
  }
  const over = document.documentElement.scrollWidth - width;
  return over > 0 ? [`the page is ${over} px too wide`, ...out] : out; }"""
# 640 px is a window of 1280 at a zoom of 200 %.
WIDTHS = (320, 360, 610, 640, 1280)


@ALL
def test_nothing_is_wider_than_the_window_or_the_box_at_any_width_or_zoom(page, cls):
    show_telling(page, cls)
    found = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        found += [f"{width} px: {wrong}" for wrong in page.evaluate(WIDE)[:3]]
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    for width in (640, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        found += [f"{width} px, text twice as large: {wrong}" for wrong in page.evaluate(WIDE)[:3]]
    assert not found, "\n".join(found)


ROLES = {"input": "solid", "kernel": "dashed", "output": "double"}
LINES = """box => [...box.querySelectorAll('figure[data-grid]')].map(f => [f.dataset.grid,
  /d2lx-(input|kernel|output|plain)/.exec(f.className)[1],
  getComputedStyle(f.querySelector('.d2lx-scroll > :first-child')).outlineStyle])"""
MARKS = """box => ['tap', 'rel', 'cur'].map(mark => {
  const td = box.querySelector(`td.${mark}${mark === 'cur' ? '' : ':not(.cur)'}`);
  return td && [mark, getComputedStyle(td).borderTopStyle]; }).filter(Boolean)"""


@ALL
def test_forced_colours_keep_roles_and_marks(page, cls):
    live = small_page.show(page, "", small_page.box(cls))
    page.emulate_media(forced_colors="active")
    for name, role, line in live.evaluate(LINES):
        assert line == ROLES.get(role, line), f"{name} is outlined {line}"
    for mark, line in live.evaluate(MARKS):
        want = {"tap": "solid", "rel": "dashed", "cur": "double"}[mark]
        assert line == want, f"a cell marked {mark} has a {line} border"


@ALL
def test_nothing_moves_by_itself_and_nothing_is_animated_for_who_wants_no_motion(new_page, cls):
    page = new_page(reduced_motion="reduce")
    live = small_page.show(page, "", small_page.box(cls))
    before = live.evaluate(reading.READ)
    page.wait_for_timeout(400)
    assert live.evaluate(reading.READ) == before
    small_page.move(page, cls, live)
    assert page.evaluate("document.getAnimations().length") == 0


# ---------------------------------------------------------------- touch

TARGETS = "button, input, select, textarea, summary, .d2lx-grid td"
SMALL = f"""([box, least]) => [...box.querySelectorAll('{TARGETS}')]
  .filter(e => e.checkVisibility({{visibilityProperty: true}}) && e.type !== 'file')
  .map(e => [e, (/checkbox|radio/.test(e.type) ? e.labels[0] : e).getBoundingClientRect()])
  .filter(([, r]) => r.height < least - 0.5 || r.width < least - 0.5)
  .map(([e, r]) => `${{e.outerHTML.slice(0, 90)}}: ${{r.width}} × ${{r.height}}`)"""


def too_small(live, least: int) -> list[str]:
    """Return the targets that a finger or a pointer would miss."""
    return live.evaluate("(box, least) => (" + SMALL + ")([box, least])", least)


@ALL
def test_targets_are_large_enough_and_a_tap_pins_a_cell(new_page, page, cls):
    live = small_page.show(page, "", small_page.box(cls))
    assert not (small := too_small(live, 24)), small[:5]
    phone = new_page(viewport={"width": 390, "height": 800}, has_touch=True, is_mobile=True)
    live = small_page.show(phone, "", small_page.box(cls))
    assert phone.evaluate("matchMedia('(pointer: coarse)').matches")
    assert not (small := too_small(live, 44)), small[:5]
    cells = live.locator("figure[data-grid='output'] td")
    if cells.count() < 2:
        return  # no cell to choose from
    before = live.evaluate(reading.READ)["sum"]
    last = cells.last
    last.scroll_into_view_if_needed()
    last.tap()
    pinned = live.evaluate(reading.READ)["sum"]
    assert pinned != before, "a tap explains the cell"
    live.locator(".d2lx-hint").tap()
    assert live.evaluate(reading.READ)["sum"] == pinned, "the tapped cell stays"


# ---------------------------------------------------------------- paper, and no script


@ALL
def test_paper_shows_the_still_picture(page, cls):
    live = small_page.show(page, "", small_page.box(cls))
    page.emulate_media(media="print")
    assert live.is_hidden() and page.locator(".d2lx-still").is_visible()
    assert not page.locator(".d2lx-still button, .d2lx-still input").count()


@ALL
def test_without_script_the_still_picture_is_complete_and_labelled(new_page, cls):
    page = new_page(java_script_enabled=False)
    small_page.serve(page, small_page.document(small_page.box(cls)))
    page.goto(small_page.ADDRESS)
    still, picture = page.locator(".d2lx-still"), cls("it").picture()
    assert still.is_visible() and page.locator(".d2lx").count() == 0
    text = still.inner_text()
    for words in (picture.words, *(grid.caption for grid in picture.grids)):
        assert words in text, f"the still picture lacks {words!r}"
    for grid in picture.grids:
        figure = still.locator(f"figure[data-grid='{grid.name}']")
        assert figure.locator("td").count() == (0 if grid.pixels else grid.shape[0] * grid.shape[1])
        assert figure.locator("img[alt]").count() == (1 if grid.pixels else 0)
