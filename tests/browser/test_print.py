"""Without scripts and on paper every explorer still shows a complete picture."""

import pytest

from . import visit

pytestmark = [pytest.mark.browser, pytest.mark.slow]

CONTROLS = "input[type=range], button, select"


def complete(still) -> bool:
    """Return whether a still state is seen: words with numbers, a drawing or a folded answer."""
    return still.is_visible() and still.evaluate(
        "e => !!e.querySelector('table, img, svg, details') && e.innerText.trim().includes(' ')"
    )


@pytest.mark.parametrize("origin", visit.ORIGINS)
@pytest.mark.parametrize("name", visit.CHAPTERS)
def test_without_scripts_every_explorer_shows_its_still_state(
    new_page, site, site_dir, name, origin
):
    page = new_page(java_script_enabled=False)
    page.goto(visit.address(origin, site, site_dir, name))
    poor = [
        box.get_attribute("id")
        for box in visit.boxes(page)
        if not complete(box.locator(".d2lx-still"))
    ]
    assert not poor, f"{name} ({origin}), no scripts: nothing complete is shown for {poor}"


@pytest.mark.parametrize("name", visit.PAGES)
def test_without_scripts_no_page_scrolls_sideways(new_page, site, site_dir, name):
    page = new_page(java_script_enabled=False, viewport=visit.NARROW)
    page.goto(visit.address("http", site, site_dir, name))
    assert not (wide := visit.sideways(page)), f"{name}, no scripts: {wide}"


@pytest.mark.parametrize("name", visit.CHAPTERS)
def test_on_paper_an_explorer_never_scrolled_to_shows_its_still_state(page, site, site_dir, name):
    page.set_viewport_size({"width": 1280, "height": 100})
    page.goto(visit.address("http", site, site_dir, name))
    page.emulate_media(media="print")
    blank = [box.get_attribute("id") for box in visit.boxes(page) if not paper_state(box)]
    assert not blank, f"{name}, on paper: nothing is shown for {blank}"


def paper_state(box) -> str:
    """Return what a box shows, its live or its still part, when exactly one of them is seen."""
    parts = [box.locator(css).first for css in (".d2lx", ".d2lx-still")]
    seen = [part for part in parts if part.count() and part.is_visible()]
    return seen[0].inner_text() if len(seen) == 1 and (complete(seen[0])) else ""


@pytest.mark.parametrize("name", visit.CHAPTERS)
def test_on_paper_a_used_explorer_shows_its_present_state_without_controls(
    page, site, site_dir, name
):
    page.goto(visit.address("http", site, site_dir, name))
    visit.mount(page)
    wrong = []
    for box in visit.explorers(page):
        before, changed = visit.drawing(box), False
        for slider in box.locator("input[type=range]:visible").all():
            slider.press("Home" if slider.evaluate("e => e.value === e.max") else "ArrowRight")
            if changed := visit.changed(box, before, 1500):
                break
        page.emulate_media(media="print")
        left = [
            c.evaluate("e => e.outerHTML") for c in box.locator(CONTROLS).all() if c.is_visible()
        ]
        if not changed or visit.drawing(box) == before or not paper_state(box):
            wrong.append(f"{box.get_attribute('id')}: paper does not show the present state")
        if left:
            wrong.append(f"{box.get_attribute('id')}: controls on paper: {left[:3]}")
        page.emulate_media(media="screen")
    assert not wrong, f"{name}: {wrong}"


@pytest.mark.parametrize("name", visit.CHAPTERS)
def test_a_chapter_prints(page, site, site_dir, name):
    page.goto(visit.address("http", site, site_dir, name))
    paper = page.pdf(format="A4")
    sheets = paper.count(b"/Type /Page\n")
    assert sheets >= 2, f"{name}: {sheets} sheets of paper, a chapter needs more"


def test_an_empty_still_state_is_reported(page):
    page.set_content('<div id="a"><div class="d2lx-still"></div></div>')
    assert not complete(page.locator(".d2lx-still"))
    page.set_content(
        '<div id="a"><div class="d2lx-still">two words<table><tr><td>1</table></div></div>'
    )
    assert complete(page.locator(".d2lx-still"))
