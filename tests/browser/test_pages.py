"""Every page, served and from the disk, light and dark, wide and narrow: it works and is light."""

import gzip
import re
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont

from . import visit

pytestmark = [pytest.mark.browser, pytest.mark.slow]

BUDGET = 300_000  # bytes, each file with gzip -6, without the data of frames
FRAMES = re.compile(
    rb'(<div id="[^"]*" data-d2lx="frames"[^>]*><script type="application/json">).*?(</script>)',
    re.S,
)
# What a reader types, and what must be the first hit (an entry of the glossary) or among the first
# three (a page): equally good pages stand in the order of the alphabet.
SEARCHES = {
    "padding": "chapters/glossary.html#term-padding",
    "stride": "chapters/glossary.html#term-stride",
    "dilation": "chapters/glossary.html#term-dilation",
    "互相关": "chapters/glossary",
    "zero padding": "chapters/padding-and-stride",
    "aliasing": "chapters/padding-and-stride",
    "floor": "chapters/padding-and-stride",
    "LeNet": "chapters/lenet",
    "sigmoid": "chapters/lenet",
    "confusion": "chapters/lenet",
    "accuracy": "chapters/lenet",
    "garment": "chapters/lenet",
}


def test_every_page_of_the_site_is_visited(site_dir):
    found = {str(p.relative_to(site_dir).with_suffix("")) for p in site_dir.rglob("*.html")}
    found = {name for name in found if not name.startswith(("_static/", "_sources/"))}
    assert found == set(visit.PAGES), "the site has other pages than _toc.yml and Sphinx's own"


@pytest.mark.parametrize("theme", visit.THEMES)
@pytest.mark.parametrize("origin", visit.ORIGINS)
@pytest.mark.parametrize("name", visit.PAGES)
def test_page_works_and_fits(page, site, site_dir, name, origin, theme):
    visit.set_theme(page, theme)
    page.goto(visit.address(origin, site, site_dir, name))
    assert page.locator("html").get_attribute("data-theme") == theme, f"{name}: theme not kept"
    assert not (dead := visit.mount(page)), f"{name}: explorers stay still: {dead}"
    visit.open_folds(page)
    for size in (visit.WIDE, visit.NARROW):
        page.set_viewport_size(size)
        wide = visit.sideways(page)
        assert not wide, f"{name}, {size['width']} px: scrolls sideways, {wide}"


@pytest.mark.parametrize("name", visit.CHAPTERS)
def test_theme_button_changes_the_theme_and_the_next_page_keeps_it(page, site, site_dir, name):
    page.goto(visit.address("http", site, site_dir, name))
    button = page.locator("button.theme-switch-button:visible").first
    seen = set()
    for _ in range(3):
        button.click()
        seen.add(page.locator("html").get_attribute("data-theme"))
    assert seen == {"light", "dark"}, f"{name}: the button gives {seen}"
    while page.locator("html").get_attribute("data-mode") != "dark":
        button.click()
    page.goto(visit.address("http", site, site_dir, "index"))
    assert page.locator("html").get_attribute("data-theme") == "dark", f"{name} to index: not kept"


@pytest.mark.parametrize("origin", visit.ORIGINS)
def test_search_finds_the_chapter(page, site, site_dir, origin):
    wrong = {}
    for words, chapter in SEARCHES.items():
        page.goto(visit.address(origin, site, site_dir, "search") + f"?q={words.replace(' ', '+')}")
        first = page.locator("#search-results li a").first
        try:
            first.wait_for(timeout=8000)
        except Exception:
            wrong[words] = "no hit"
            continue
        hits = [hit.get_attribute("href") for hit in page.locator("#search-results li a").all()]
        best = hits[: 1 if "#" in chapter else 3]
        if not any(chapter in hit for hit in best):
            wrong[words] = best
    assert not wrong, f"search ({origin}) answers with other pages first: {wrong}"


def test_a_chapter_asks_the_search_page_and_does_not_carry_its_index(page, site, site_dir):
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(visit.address("http", site, site_dir, visit.CHAPTERS[0]))
    page.get_by_role("button", name="Search").first.click()
    page.keyboard.type("stride")
    assert not [url for url in asked if "searchindex" in url]
    page.keyboard.press("Enter")
    page.locator("#search-results li a").first.wait_for()
    assert [url for url in asked if "searchindex" in url]


@pytest.mark.parametrize("origin", visit.ORIGINS)
@pytest.mark.parametrize("name", visit.CHAPTERS)
def test_every_slider_changes_its_drawing_by_keyboard(page, site, site_dir, name, origin):
    page.goto(visit.address(origin, site, site_dir, name))
    visit.mount(page)
    wrong = [said for box in frames(page) for said in keyboard_faults(box)]
    assert not wrong, f"{name} ({origin}): {wrong}"


def frames(page) -> list:
    """Return the places with pre-drawn figures; test_explorers_access.py goes over the others."""
    return page.locator("[data-d2lx=frames]").all()


def keyboard_faults(box, ms: int = 5000) -> list[str]:
    """Press Home, End and the arrows in every slider of an explorer; return what stays for `ms`."""
    wrong, keys = [], box.page.keyboard
    for slider in box.locator("input[type=range]").all():
        label = f"{box.get_attribute('id')} / {slider_name(slider)}"
        low, high, start = slider.evaluate("e => [+e.min, +e.max, +e.value]")
        if low == high:
            continue
        slider.focus()
        for key, end in (("Home", low), ("End", high), ("Home", low)):
            before, was = visit.drawing(box), value(slider)
            keys.press(key)
            if value(slider) != end:
                wrong.append(f"{label}: {key} gives {value(slider)}, not {end}")
            if was != end and not visit.changed(box, before, ms):
                wrong.append(f"{label}: {key} moves it from {was} to {end}, the drawing stays")
        while value(slider) < start:
            was = value(slider)
            keys.press("ArrowRight")
            if value(slider) <= was:
                wrong.append(f"{label}: the right arrow does nothing at {was}")
                break
    return wrong


def value(slider) -> float:
    """Return the position of a slider."""
    return slider.evaluate("e => +e.value")


def slider_name(slider) -> str:
    """Return the name that a screen reader says for a slider."""
    return slider.evaluate("e => e.ariaLabel || e.labels?.[0]?.textContent.trim() || e.name")


@pytest.mark.parametrize("origin", visit.ORIGINS)
@pytest.mark.parametrize("name", visit.CHAPTERS)
def test_every_slider_changes_its_drawing_by_mouse(page, site, site_dir, name, origin):
    page.goto(visit.address(origin, site, site_dir, name))
    visit.mount(page)
    wrong = []
    for box in frames(page):
        for slider in box.locator("input[type=range]").all():
            low, high, start = slider.evaluate("e => [+e.min, +e.max, +e.value]")
            before, width = visit.drawing(box), slider.bounding_box()["width"]
            end, x = (low, 3) if start != low else (high, width - 3)
            slider.click(position={"x": x, "y": slider.bounding_box()["height"] / 2})
            moved = value(slider) == end and visit.changed(box, before)
            if low != high and not moved:
                wrong.append(
                    f"{box.get_attribute('id')} / {slider_name(slider)} at {value(slider)}"
                )
            slider.press("Home")
            for _ in range(int(start - low)):
                slider.press("ArrowRight")
    assert not wrong, f"{name} ({origin}): a click does not move or redraw: {wrong}"


def test_the_explorers_of_the_padding_chapter_are_there(page, site, site_dir):
    page.goto(visit.address("http", site, site_dir, "chapters/padding-and-stride"))
    visit.mount(page)
    kinds = {box.get_attribute("data-d2lx"): box for box in visit.explorers(page)}
    assert {"conv_shape", "frames"} <= set(kinds), f"padding-and-stride shows only {list(kinds)}"
    for kind, box in kinds.items():
        assert box.locator("input[type=range]").count(), f"{kind} has no slider"


# The size of every cell of every grid, live or still; what is hidden beside a live one is shown.
CELLS = """() => {
  for (const still of document.querySelectorAll('.d2lx-still')) still.hidden = false;
  return [...document.querySelectorAll('.d2lx-grid td')].filter(td => td.checkVisibility()).map(
    td => [td.offsetWidth, td.offsetHeight].join('×')); }"""
SIZES = {"28×28", "48×28", "58×28", "28×64", "48×64"}  # numbers; long ones; of Learn; bars


@pytest.mark.parametrize("name", visit.CHAPTERS)
def test_the_theme_leaves_the_cells_of_a_grid_their_size(page, site, site_dir, name):
    page.goto(visit.address("http", site, site_dir, name))
    has = "d2lx-grid" in page.content()
    cells = page.evaluate(CELLS)
    assert bool(cells) == has
    assert set(cells) <= SIZES, f"{name}: {sorted(set(cells) - SIZES)}"


def test_a_slider_without_effect_is_reported(page):
    page.set_content(
        """<div id="box" data-d2lx="x"><div class="d2lx"><label>size <input type="range" min="1"
        max="4" value="2"></label><p>Output 3 by 3.</p></div></div>"""
    )
    wrong = keyboard_faults(page.locator("#box"), ms=100)
    assert wrong and all("the drawing stays" in said for said in wrong)


def test_a_page_that_is_too_wide_is_reported(page):
    page.set_viewport_size(visit.NARROW)
    page.set_content(
        "<main><article><p class='long' style='width: 700px'>wide</p></article></main>"
    )
    assert "p.long to 7" in visit.sideways(page)


def weigh(page, url: str) -> dict[str, int]:
    """Load a page and its explorers and return the gzipped bytes of each file, frames aside."""
    answers = []
    page.on("response", lambda answer: answers.append(answer))
    page.goto(url)
    visit.mount(page)
    page.wait_for_load_state("networkidle")
    sizes: dict[str, int] = {}
    for answer in answers:
        body = answer.body()
        if answer.request.is_navigation_request():
            body = FRAMES.sub(rb"\1\2", body)
        sizes[Path(answer.url.split("?")[0]).name] = len(gzip.compress(body, 6))
    return sizes


def too_heavy(name: str, sizes: dict[str, int], budget: int = BUDGET) -> str:
    """Return "" within the budget, else the weight and the five largest files."""
    total = sum(sizes.values())
    largest = sorted(sizes.items(), key=lambda item: -item[1])[:5]
    files = ", ".join(f"{file} {size:,}" for file, size in largest)
    return f"{name} weighs {total:,} bytes of {budget:,}: {files}" if total > budget else ""


@pytest.mark.parametrize("name", visit.PAGES)
def test_page_weighs_at_most_300_kilobytes(page, site, site_dir, name, record_property):
    sizes = weigh(page, visit.address("http", site, site_dir, name))
    record_property("gzip_bytes", sum(sizes.values()))
    assert f"{Path(name).name}.html" in sizes, f"{name}: the page itself was not weighed: {sizes}"
    sizes.pop("lenet-weights.js", None)  # data of one explorer, with a limit in test_bundle.py
    assert not (said := too_heavy(name, sizes)), said


def test_the_budget_names_the_file_that_grew():
    said = too_heavy("lenet", {"lenet.html": 40_000, "big.js": 290_000})
    assert said.startswith("lenet weighs 330,000") and "big.js 290,000" in said
    assert not too_heavy("lenet", {"lenet.html": 40_000})


def test_only_the_frames_of_explore_are_left_out_of_the_weight():
    box = b'<div id="a" data-d2lx="%s" data-label="b"><script type="application/json">[1]</script>'
    assert FRAMES.sub(rb"\1\2", box % b"frames") == box.replace(b"[1]", b"") % b"frames"
    assert FRAMES.sub(rb"\1\2", box % b"conv_shape") == box % b"conv_shape"


ICONS = """() => [...document.querySelectorAll('*')].flatMap(e => ['before', 'after'].map(x => {
  const style = getComputedStyle(e, `::${x}`), sign = style.content.replace(/^"|"$/g, '');
  return /^[\\ue000-\\uf8ff]$/.test(sign)
    ? [sign.codePointAt(0), style.fontFamily, +style.fontWeight, e.className] : null;
})).filter(Boolean)"""


def icon_font(family: str, weight: int) -> str:
    """Return the start of the file name of Font Awesome's font for a family and a weight."""
    if "Brands" in family:
        return "fa-brands"
    return "fa-solid" if weight >= 600 else "fa-regular"


def missing_glyphs(icons: list, fonts: dict[str, set[int]]) -> list[str]:
    """Return the icons that their font cannot draw."""
    return sorted(
        {
            f"{sign:x} ({classes}) in {icon_font(family, weight)}"
            for sign, family, weight, classes in icons
            if sign not in fonts.get(icon_font(family, weight), set())
        }
    )


@pytest.fixture(scope="module")
def fonts(site_dir) -> dict[str, set[int]]:
    """Return the code points of each icon font of the site."""
    return {
        "-".join(path.name.split("-")[:2]): set(TTFont(path).getBestCmap())
        for path in site_dir.glob("_static/**/fa-*.woff2")
    }


@pytest.mark.parametrize("name", visit.PAGES)
def test_every_icon_of_the_page_has_a_glyph(page, site, site_dir, fonts, name):
    page.goto(visit.address("http", site, site_dir, name))
    icons = page.evaluate(ICONS)
    assert icons, f"{name}: no icon found, the search for them is broken"
    missing = missing_glyphs(icons, fonts)
    assert not missing, f"{name}: icons without a glyph: {missing} (see _ext/hygiene.py)"


def test_an_icon_without_a_glyph_is_reported(page):
    page.set_content(
        """<style>.odd::before { content: "\\f899"; font: 900 1rem "Font Awesome 6 Free" }</style>
        <i class="odd"></i>"""
    )
    icons = page.evaluate(ICONS)
    assert missing_glyphs(icons, {"fa-solid": {0xF062}}) == ["f899 (odd) in fa-solid"]
    assert missing_glyphs(icons, {"fa-solid": {0xF899}}) == []
