"""The audit of the built site: each rule is proven by breaking a small site on purpose."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont

from tools import audit_site
from tools.audit_site import RULES, Site, audit, toc_files
from tools.site_pages import Page, is_foreign, resolve

INDEX, ONE = "index.html", "chapters/one.html"


def edit(name: str, old: str, new: str) -> Callable[[Path], None]:
    """Return a change that replaces a text which must be there."""

    def change(root: Path) -> None:
        text = (root / name).read_text("utf-8")
        assert old in text, f"{old!r} is not in {name}: the test would prove nothing"
        (root / name).write_text(text.replace(old, new), encoding="utf-8")

    return change


def add(body: str, name: str = ONE) -> Callable[[Path], None]:
    """Return a change that adds to the end of an article."""
    return edit(name, "</article>", f"{body}</article>")


def create(name: str, text: str = "") -> Callable[[Path], None]:
    """Return a change that writes a file."""

    def change(root: Path) -> None:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")

    return change


def delete(name: str) -> Callable[[Path], None]:
    """Return a change that removes a file."""
    return lambda root: (root / name).unlink()


def heavy(root: Path, name: str = "_static/book.js") -> None:
    """Let a script grow, with content that hardly compresses."""
    noise = "".join(f"{i * 2654435761 % 2**32:08x}" for i in range(90_000))
    (root / name).write_text(noise, encoding="utf-8")


def heavy_data(root: Path) -> None:
    """Let the data of an explorer grow."""
    heavy(root, "_static/some-numbers.js")


IDLE = json.dumps({"cells": [{"cell_type": "code", "execution_count": None, "source": "1"}]})
OUTPUT = '<div class="cell_output"><pre>{}</pre></div>'

# rule, change, what the sentence must name
BROKEN = [
    ("every_page_is_there", delete(ONE), "chapters/one.html is in _toc.yml but was not built"),
    (
        "every_page_is_there",
        edit(INDEX, "A kernel slides over the picture and leaves", ""),
        "index.html holds only",
    ),
    (
        "no_other_host",
        add('<script src="https://cdn.example.org/x.js"></script>'),
        "chapters/one.html fetches https://cdn.example.org/x.js",
    ),
    (
        "no_other_host",
        add('<img alt="x" src="//img.example.org/x.png">'),
        "//img.example.org/x.png",
    ),
    (
        "no_other_host",
        add('<img alt="x" srcset="http://h.example/a.png 2x">'),
        "http://h.example/a.png",
    ),
    (
        "no_other_host",
        add('<link rel="preconnect" href="https://fonts.example.org">'),
        "https://fonts.example.org",
    ),
    (
        "no_other_host",
        add('<iframe title="x" src="https://example.org/"></iframe>'),
        "https://example.org/",
    ),
    (
        "no_other_host",
        add("<p style=\"background: url('https://example.org/p.png')\">x</p>"),
        "https://example.org/p.png",
    ),
    (
        "no_other_host",
        add("<style>@import 'https://example.org/a.css';</style>"),
        "https://example.org/a.css",
    ),
    (
        "no_other_host",
        create("_static/late.css", "@import url(https://example.org/f.css);"),
        "_static/late.css fetches https://example.org/f.css",
    ),
    (
        "no_dead_weight",
        add('<script src="../_static/scripts/fontawesome.js"></script>'),
        "_static/scripts/fontawesome.js",
    ),
    ("no_dead_weight", add('<script src="../_static/mathjax/tex.js"></script>'), "mathjax/tex.js"),
    ("no_dead_weight", create("_static/book.js.map"), "_static/book.js.map is a source map"),
    ("outputs_are_sound", add(OUTPUT.format("Traceback (most recent call last):")), "Traceback"),
    (
        "outputs_are_sound",
        add(OUTPUT.format("ZeroDivisionError: division by zero")),
        "ZeroDivisionError: division by zero",
    ),
    ("outputs_are_sound", add(OUTPUT.format("loss nan")), "shows nan in an output"),
    ("nothing_unrendered", add("<p>The size is $$n - k + 1$$.</p>"), "$$n - k + 1"),
    ("nothing_unrendered", add("<p>{glue:text}`size`</p>"), "{glue:text}`size`"),
    ("local_targets_exist", add('<a href="two.html">next</a>'), "leads to two.html"),
    (
        "local_targets_exist",
        add('<a href="../index.html#nowhere">x</a>'),
        "index.html has no anchor nowhere",
    ),
    (
        "local_targets_exist",
        add('<a href="#nowhere">x</a>'),
        "chapters/one.html has no anchor nowhere",
    ),
    (
        "local_targets_exist",
        add('<a href="../../../../etc/hosts">x</a>'),
        "leads to ../../../../etc/hosts",
    ),
    ("local_targets_exist", delete("_images/plot.png"), "leads to ../_images/plot.png"),
    (
        "local_targets_exist",
        delete("_static/fonts/math.woff2"),
        "_static/book.css names fonts/math.woff2",
    ),
    ("ids_are_unique", add('<p id="part">x</p>'), "has the id part more than once"),
    (
        "pictures_have_words",
        edit(ONE, ' alt="Two lines"', ""),
        "without alt text: ../_images/plot.png",
    ),
    ("pictures_have_words", edit(ONE, "Two lines", "../_images/plot.png"), "is its file name"),
    (
        "pages_are_well_formed",
        edit(INDEX, ' lang="en"', ""),
        "index.html does not say its language",
    ),
    ("pages_are_well_formed", edit(INDEX, "<title>Home</title>", ""), "index.html has no title"),
    ("pages_are_well_formed", add("<h1>Again</h1>"), "has 2 main headings"),
    ("pages_are_well_formed", add("<h4>Deep</h4>"), "jumps from h2 to h4 at “Deep”"),
    (
        "no_widget_state",
        add('<script type="application/vnd.jupyter.widget-state+json">{}</script>'),
        "widget-state+json",
    ),
    (
        "no_widget_state",
        add('<script type="application/vnd.jupyter.widget-view+json">{}</script>'),
        "widget-view+json",
    ),
    (
        "explorers_have_stills",
        edit(ONE, "<table><tr><td>1</td></tr></table>", ""),
        "without a still state: shape",
    ),
    (
        "explorers_have_stills",
        add('<div id="quiz-a" data-d2lx="quiz"><div class="d2lx-still"><p>So?</p></div></div>'),
        "without a still state: quiz-a",
    ),
    ("explorers_have_stills", edit(ONE, '<div id="shape"', "<div"), "an explorer without an id"),
    (
        "explorers_have_scripts",
        delete("_static/explorer-conv_shape.js"),
        "chapters/one.html has an explorer that loads _static/explorer-conv_shape.js",
    ),
    (
        "explorers_have_scripts",
        delete("_static/some-numbers.js"),
        "that loads _static/some-numbers.js, which is not there",
    ),
    ("explorers_have_scripts", heavy_data, "whose data weigh"),
    ("no_machine_path", add("<p>/home/ann/book/x.py</p>"), "/home/ann/book/x.py"),
    (
        "no_machine_path",
        create("searchindex.js", '"C:\\Users\\ann"'),
        "searchindex.js holds a path",
    ),
    (
        "no_machine_path",
        edit("chapters/one.ipynb", "corr2d", "/tmp/ipykernel_41/x"),
        "/tmp/ipykernel_41",
    ),
    ("no_machine_path", add("<p>/usr/lib/python3/site-packages/torch</p>"), "site-packages"),
    (
        "download_notebooks_exist",
        delete("chapters/one.ipynb"),
        "chapters/one.ipynb, which is missing",
    ),
    ("download_notebooks_exist", create("chapters/one.ipynb", "<html>"), "is not a notebook file"),
    ("download_notebooks_exist", create("chapters/one.ipynb", IDLE), "1 of 1 cells that never ran"),
    ("download_notebooks_exist", edit(ONE, "btn-download-notebook-button", ""), "but no button"),
    (
        "download_notebooks_exist",
        edit(ONE, "one.ipynb", "../_sources/chapters/one.ipynb"),
        "which is not its own notebook",
    ),
    ("pages_are_light", heavy, "_static/book.js (+"),
    ("pages_are_light", add("x" * 410_000), "chapters/one.html alone has"),
]


def test_a_sound_site_has_no_problem(small_site: Site) -> None:
    assert audit(small_site) == []


@pytest.mark.parametrize(
    ("rule", "change", "named"), BROKEN, ids=[f"{r}-{i}" for i, (r, _, _) in enumerate(BROKEN)]
)
def test_a_broken_site_is_named(
    small_site: Site, rule: str, change: Callable[[Path], None], named: str
) -> None:
    change(small_site.root)
    problems = list(getattr(audit_site, rule)(small_site))
    assert any(named in p for p in problems), problems
    assert all("\n" not in p and p.endswith((".", "?")) for p in problems)


def test_every_rule_is_proven() -> None:
    assert {rule for rule, _, _ in BROKEN} == {rule.__name__ for rule in RULES}


def test_the_building_folder_itself_is_a_machine_path(small_site: Site) -> None:
    folder = small_site.toc.parent
    add(f"<p>{folder}/chapters/one.md</p>")(small_site.root)
    assert any(str(folder) in p for p in audit(small_site))


def test_a_nan_that_the_source_speaks_of_is_allowed(small_site: Site) -> None:
    add(OUTPUT.format("loss nan"))(small_site.root)
    create("_sources/chapters/one.md", "The loss becomes nan.")(small_site.root)
    assert audit(small_site) == []


def test_frames_of_explorers_do_not_count_as_page_weight(small_site: Site) -> None:
    noise = json.dumps([i * 2654435761 % 2**32 for i in range(120_000)])
    edit(ONE, '{"n":6}', noise)(small_site.root)
    assert audit(small_site) == []


def test_what_an_explorer_loads_later_counts_and_its_data_do_not(small_site: Site) -> None:
    (page,) = (page for page in small_site.pages if page.name == ONE)
    files = audit_site.weigh(small_site, page)
    assert "_static/explorer-conv_shape.js" in files
    assert "_static/some-numbers.js" not in files
    add('<div id="q" data-d2lx="quiz"><div class="d2lx-still"><table></table></div></div>')(
        small_site.root
    )
    assert audit(Site(small_site.root, small_site.toc)) == [], "a question needs no script"


def test_an_overweight_page_names_what_grew(
    small_site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_site, "RECORD", tmp_path / "page_weight.json")
    for letter in "ab":
        name = letter * 64 + ".png"
        (small_site.root / "_images" / name).write_bytes(bytes(100_000))
        add(f'<img alt="plot" src="../_images/{name}">')(small_site.root)
    assert audit(Site(small_site.root, small_site.toc)) == []
    audit_site.record(Site(small_site.root, small_site.toc))
    (small_site.root / "_images" / f"{'b' * 64}.png").write_bytes(bytes(250_000))
    problem, *others = audit(Site(small_site.root, small_site.toc))
    assert not others and problem.startswith("chapters/one.html weighs 3")
    assert "grew since the record: _images/*.png (+150,000 to 350,000)" in problem
    assert f"the largest of them _images/{'b' * 64}.png" in problem
    assert "book.js" not in problem


def test_the_command_prints_each_problem_and_fails(small_site: Site, capsys) -> None:
    arguments = [str(small_site.root), "--toc", str(small_site.toc)]
    assert audit_site.main(arguments) == 0
    assert "2 pages audited, no problem" in capsys.readouterr().out
    delete(ONE)(small_site.root)
    assert audit_site.main(arguments) == 1
    assert "chapters/one.html is in _toc.yml but was not built." in capsys.readouterr().out


def test_no_site_at_all_is_a_problem(tmp_path: Path) -> None:
    site = Site(tmp_path / "html", tmp_path / "_toc.yml")
    assert audit(site) == [f"There is no site in {tmp_path / 'html'}: run `make site`."]


def test_the_table_of_contents_is_read_through_all_its_levels() -> None:
    toc = {
        "root": "index",
        "parts": [{"chapters": [{"file": "a.md", "sections": [{"file": "b"}]}]}],
    }
    assert list(toc_files(toc)) == ["index", "a", "b"]


def test_addresses_are_told_apart() -> None:
    assert is_foreign("//example.org/x") and is_foreign("https://example.org")
    assert not is_foreign("data:image/png;base64,xx") and not is_foreign("a.html#b")
    assert resolve(Path("/site"), "chapters/a.html", "../x%20y.html?v=1#z") == ("x y.html", "z")
    assert resolve(Path("/site"), "a.html", "mailto:a@example.org") is None


# ---------- the real site ----------


@pytest.mark.slow
def test_the_real_site_passes_the_audit(real_site: Site) -> None:
    assert audit(real_site) == []


def glyphs(path: Path) -> set[int]:
    """Return the code points that a font has a glyph for."""
    return set(TTFont(path).getBestCmap())


@pytest.mark.slow
def test_every_sign_in_a_formula_has_a_glyph(real_site: Site) -> None:
    font = glyphs(real_site.root / "_static/fonts/stix-two-math.woff2")
    for page in real_site.pages:
        for math in page.all("mi", "mo", "mn"):
            # U+2061 to U+2064 are invisible operators
            missing = {
                c for c in math.words if ord(c) not in font and not 0x2061 <= ord(c) <= 0x2064
            }
            assert not missing, f"{page.name}: add {missing} to tools/make_math_font.py"


def test_the_bold_and_blackboard_letters_are_in_the_font(root: Path) -> None:
    font = glyphs(root / "assets/site/fonts/stix-two-math.woff2")
    for sign in "𝐗𝐚𝟏ℝℒ𝒘𝜶⌊⌋⋆≤×·∑∂−⌈⌉→∈":
        assert ord(sign) in font, sign
    assert "MATH" in TTFont(root / "assets/site/fonts/stix-two-math.woff2")


@pytest.mark.slow
def test_every_icon_on_a_page_has_a_rule_and_a_glyph(real_site: Site) -> None:
    fonts = real_site.root.glob("_static/**/fa-*.woff2")
    known = set().union(*(glyphs(f) for f in fonts))
    css = "".join(text for _, text in real_site.files(".css"))
    shapes = {"fa-solid", "fa-regular", "fa-brands", "fa-lg"}
    for page in real_site.pages:
        for icon in page.all("i", "span"):
            for name in {c for c in icon.classes if c.startswith("fa-")} - shapes:
                at = css.find(f".{name}:before")
                assert at >= 0, f"{page.name}: the style sheet has no icon {name}"
                code = css[css.index('content:"', at) + 10 :][:4]
                assert int(code, 16) in known, f"{page.name}: {name} has no glyph"


@pytest.mark.slow
def test_search_finds_the_chapters(real_site: Site) -> None:
    index = (real_site.root / "searchindex.js").read_text("utf-8")
    assert index.startswith("Search.setIndex("), "from disk only a script can be read, no JSON file"
    for name in real_site.expected:
        assert json.dumps(name.removesuffix(".html")) in index


@pytest.mark.slow
def test_pages_have_colours_without_scripts(real_site: Site) -> None:
    for page in real_site.pages:
        assert page.all("html")[0].attrs["data-theme"] == "light"
        assert '|| "auto";\n    document.documentElement.dataset.theme' in page.html
        assert 'getItem("theme") || "auto"' not in page.html


@pytest.mark.slow
def test_the_footer_names_the_licences(real_site: Site) -> None:
    for name in real_site.expected:
        footer = [
            e.words for e in Page(real_site.root, name).all("footer") if "CC BY-SA" in e.words
        ]
        assert footer and "Apache-2.0" in footer[0] and "The d2lmini authors" in footer[0]


# ---------- in the browser ----------

STATES = {
    "as opened": "() => 0",
    "boxes open": "() => document.querySelectorAll('details').forEach(d => d.open = true)",
    "search open": "() => document.querySelector('#pst-search-dialog').showModal()",
    "menu open": "() => document.querySelector('.dropdown-download-buttons > button')?.click()",
}
LOOK = """() => [...document.querySelectorAll('body, body *')].map(e => {
  const r = e.getBoundingClientRect(), own = getComputedStyle(e);
  const [before, after] = ['::before', '::after'].map(p => getComputedStyle(e, p));
  return [e.tagName + '.' + e.className, r.x, r.y, r.width, r.height, own.color, own.font,
    own.backgroundColor, own.padding, own.margin, own.border, own.display, own.boxShadow,
    own.textDecoration, before.content, before.font, after.content].join('|')})"""


def full_sheets() -> dict[str, Path]:
    """Return the style sheets that `slim` prunes, as their packages ship them."""
    import myst_nb
    import pydata_sphinx_theme
    import sphinx_design

    homes = [Path(m.__file__).parent for m in (pydata_sphinx_theme, sphinx_design, myst_nb)]
    names = ("pydata-sphinx-theme.css", "mystnb.css")
    found = {n.split(".")[0]: p for n in names for h in homes for p in h.rglob(n)}
    assert set(found) == {"pydata-sphinx-theme", "mystnb"}
    return found


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.parametrize("width", [1280, 360])
def test_pruned_style_sheets_look_like_the_full_ones(real_site: Site, width: int) -> None:
    from playwright.sync_api import sync_playwright

    from tools import chromium

    full = full_sheets()

    def serve_full(route) -> None:
        for name, path in full.items():
            if name in route.request.url:
                return route.fulfill(path=str(path), content_type="text/css")
        return route.continue_()

    def look(browser, address: str, state: str, *, pruned: bool) -> list[str]:
        page = browser.new_context(viewport={"width": width, "height": 800}).new_page()
        if not pruned:
            page.route("**/*.css*", serve_full)
        page.goto(address, wait_until="load")
        page.add_style_tag(content="* { transition: none !important }")
        page.evaluate(state)
        seen, now = None, page.evaluate(LOOK)
        while seen != now:  # until scripts and fonts have settled
            page.wait_for_timeout(400)
            page.evaluate("() => document.fonts.ready.then(() => true)")  # what the look asked for
            seen, now = now, page.evaluate(LOOK)
        page.context.close()
        return now

    with sync_playwright() as playwright, chromium.served(real_site.root) as host:
        browser = chromium.launch(playwright)
        for name in real_site.expected:
            for title, state in STATES.items():
                if title != "as opened" and name != real_site.expected[1]:
                    continue  # one chapter shows every state
                both = [look(browser, f"{host}/{name}", state, pruned=p) for p in (True, False)]
                differ = [pair for pair in zip(*both, strict=True) if pair[0] != pair[1]]
                assert not differ, f"{name}, {title}: {differ[-1]}"
        browser.close()


@pytest.mark.slow
@pytest.mark.browser
def test_paper_is_light_and_shows_the_title_and_closed_boxes(real_site: Site) -> None:
    from playwright.sync_api import sync_playwright

    from tools import chromium

    with sync_playwright() as playwright, chromium.served(real_site.root) as host:
        browser = chromium.launch(playwright)
        page = browser.new_context(color_scheme="dark").new_page()
        page.goto(f"{host}/{real_site.expected[1]}", wait_until="load")
        page.wait_for_function("document.documentElement.dataset.theme === 'dark'")
        page.emulate_media(media="print")
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        assert page.evaluate("document.documentElement.dataset.theme") == "light"
        assert page.locator(".bd-article h1").is_visible()
        assert not page.locator(".bd-sidebar-primary").is_visible()
        page.evaluate("dispatchEvent(new Event('afterprint'))")
        assert page.evaluate("document.documentElement.dataset.theme") == "dark"
        assert len(page.pdf()) > 10_000
        browser.close()
