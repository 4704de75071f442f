"""axe-core finds nothing on any page; keyboard focus is seen. There is no list of exceptions."""

from pathlib import Path

import pytest

from . import visit

pytestmark = [pytest.mark.browser, pytest.mark.slow]

AXE = visit.ROOT / "node_modules" / "axe-core" / "axe.min.js"
RUN = """() => axe.run(document, {resultTypes: ["violations"]}).then(({violations}) =>
  violations.map(v => `${v.id} (${v.impact}): ${v.help}; ${v.nodes.length}x, first ` +
  v.nodes.slice(0, 3).map(n => `${n.target} ${n.html.slice(0, 160)} ` +
    (n.any[0]?.message ?? n.all[0]?.message ?? n.none[0]?.message ?? "")).join(" | ")))"""


@pytest.fixture(scope="module")
def axe() -> str:
    """Return axe-core's script."""
    if not AXE.is_file():
        pytest.fail("axe-core is missing: run `npm ci --ignore-scripts`", pytrace=False)
    return AXE.read_text(encoding="utf-8")


def violations(page, axe: str) -> list[str]:
    """Run axe on the page as it is now and return what it finds, one sentence each."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(axe)
    return page.evaluate(RUN)


@pytest.mark.parametrize("theme", visit.THEMES)
@pytest.mark.parametrize("size", [visit.WIDE, visit.NARROW], ids=["wide", "narrow"])
@pytest.mark.parametrize("name", visit.PAGES)
def test_axe_finds_nothing(new_page, site, site_dir, axe, name, size, theme):
    page = new_page(viewport=size, reduced_motion="reduce")
    visit.set_theme(page, theme)
    page.goto(visit.address("http", site, site_dir, name))
    visit.mount(page)
    visit.open_folds(page)
    found = violations(page, axe)
    listing = "\n".join(found)
    assert not found, f"{name}, {theme}, {size['width']} px:\n{listing}"


def test_axe_reports_a_slider_without_a_name(page, axe):
    page.set_content(
        "<html lang='en'><title>t</title><main><h1>h</h1><input type='range'></main></html>"
    )
    assert any("label" in said for said in violations(page, axe))


def test_axe_reports_weak_contrast(page, axe):
    page.set_content(
        "<html lang='en'><title>t</title><main><h1>h</h1><p style='color:#ccc'>pale</p></main>"
    )
    assert any("color-contrast" in said for said in violations(page, axe))


@pytest.mark.parametrize("name", visit.CHAPTERS)
def test_every_control_of_an_explorer_is_reached_and_named(page, site, site_dir, name):
    page.goto(visit.address("http", site, site_dir, name))
    visit.mount(page)
    wrong = []
    for box in visit.boxes(page):
        controls = box.locator("input:visible, button:visible, select:visible").all()
        for control in controls:
            said = control.evaluate(
                "e => [e.ariaLabel || e.labels?.[0]?.textContent.trim() || e.textContent.trim(),"
                " e.tabIndex, e.closest('[role=grid]') !== null]"
            )
            if not said[0] or (said[1] < 0 and not said[2]):
                wrong.append(f"{box.get_attribute('id')}: {control.evaluate('e => e.outerHTML')}")
    assert not wrong, f"{name}: controls without a name or out of the keyboard's reach: {wrong}"


def test_axe_is_the_pinned_version(axe):
    package = (Path(AXE).parent / "package.json").read_text(encoding="utf-8")
    pinned = (visit.ROOT / "package.json").read_text(encoding="utf-8")
    version = package.split('"version": "')[1].split('"')[0]
    assert f'"axe-core": "{version}"' in pinned, f"axe-core {version} is installed: run `npm ci`"
