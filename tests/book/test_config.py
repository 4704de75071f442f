"""The book's settings and its small extensions."""

import os
import re
import time
from pathlib import Path
from types import SimpleNamespace

import bookcache
import buttons
import freshpages
import hygiene
import mathml
import numpy as np
import pytest
import slim as slim_module
import yaml
from PIL import Image
from sphinx.errors import ExtensionError

from tests.book.conftest import Book
from tools.site_pages import Page

ADDRESS = "https://github.com/example/d2lmini"


@pytest.fixture(scope="module")
def settings() -> dict:
    """Return the settings of the real book."""
    return yaml.safe_load((Path(__file__).parents[2] / "_config.yml").read_text("utf-8"))


# ---------- settings ----------


def test_a_failing_cell_stops_the_build(settings: dict) -> None:
    assert settings["execute"]["raise_on_error"] is True
    assert settings["execute"]["stderr_output"] == "error"
    assert "allow_errors" not in settings["execute"]


def test_the_repository_section_leaves_no_room_for_defaults(settings: dict) -> None:
    assert set(settings["repository"]) == {"url", "branch", "path_to_book"}
    assert settings["repository"]["branch"] != "master"


def test_exported_notebooks_are_not_taken_for_sources(settings: dict) -> None:
    assert "chapters/*.ipynb" in settings["exclude_patterns"]
    assert settings["only_build_toc_files"] is True


def test_no_folder_is_called_static(root: Path) -> None:
    assert not (root / "_static").exists(), "every script in it would be loaded on every page"


def test_every_local_extension_is_listed_and_there(root: Path, settings: dict) -> None:
    listed = settings["sphinx"]["local_extensions"]
    assert set(listed) == {p.stem for p in (root / "_ext").glob("*.py")}
    assert set(listed.values()) == {"_ext"}


def test_the_table_of_contents_names_sources_that_exist(root: Path) -> None:
    from tools.audit_site import toc_files

    for name in toc_files(yaml.safe_load((root / "_toc.yml").read_text("utf-8"))):
        assert (root / f"{name}.md").exists(), name


# ---------- buttons ----------


def links(page: Page) -> dict[str, str]:
    """Return the addresses of the buttons above a page, by their visible words."""
    words = {
        e.words: e.attrs.get("href", "") for e in page.all("a") if "dropdown-item" in e.classes
    }
    return {k: v for k, v in words.items() if k}


def test_without_an_address_only_the_download_buttons_stay() -> None:
    config = SimpleNamespace(html_theme_options={"repository_url": "", "launch_buttons": {"a": 1}})
    buttons.decide(None, config)
    options = config.html_theme_options
    assert options["launch_buttons"] == {}
    assert not any(v for k, v in options.items() if k.startswith("use_"))


def test_with_an_address_all_buttons_are_on() -> None:
    config = SimpleNamespace(
        html_theme_options={"repository_url": ADDRESS, "launch_buttons": {"a": 1}}
    )
    buttons.decide(None, config)
    assert config.html_theme_options == {
        "repository_url": ADDRESS,
        "launch_buttons": {"a": 1},
        "use_repository_button": True,
        "use_edit_page_button": True,
        "use_issues_button": True,
    }


@pytest.mark.slow
def test_a_book_without_address_offers_downloads_only(book: Book) -> None:
    book.settings(
        lambda s: (s["execute"].update(execute_notebooks="off"), s["repository"].update(url=""))
    )
    done = book.build()
    assert done.returncode == 0, done.stdout
    page = Page(book.html, "chapters/one.html")
    assert links(page) == {
        "Notebook (.ipynb)": "one.ipynb",
        "Source (.md)": "../_sources/chapters/one.md",
    }
    assert links(Page(book.html, "index.html")) == {"Source (.md)": "_sources/index.md"}
    for name in ("index.html", "chapters/one.html"):
        text = Page(book.html, name).html
        for trap in (
            "executablebooks",
            "colab",
            "mybinder",
            "github.com",
            "thebe",
            "fontawesome.js",
        ):
            assert trap not in text.lower(), f"{name} speaks of {trap}"
    exported = (book.folder / "chapters/one.ipynb").read_bytes()
    assert (book.html / "chapters/one.ipynb").read_bytes() == exported
    assert not list(book.html.glob("_sources/**/*.ipynb"))


@pytest.mark.slow
def test_a_book_with_an_address_points_every_button_at_the_right_file(book: Book) -> None:
    book.settings(
        lambda s: (
            s["execute"].update(execute_notebooks="off"),
            s["repository"].update(url=ADDRESS, branch="main"),
        )
    )
    done = book.build()
    assert done.returncode == 0, done.stdout
    issue = f"{ADDRESS}/issues/new?title=Issue%20on%20page%20%2F"
    found = links(Page(book.html, "chapters/one.html"))
    assert found.pop("Open issue").startswith(f"{issue}chapters/one.html")
    assert found == {
        "Binder": "https://mybinder.org/v2/gh/example/d2lmini/main?urlpath=lab/tree/chapters/one.ipynb",
        "Colab": "https://colab.research.google.com/github/example/d2lmini/blob/main/chapters/one.ipynb",
        "Repository": ADDRESS,
        "Suggest edit": f"{ADDRESS}/edit/main/chapters/one.md",
        "Notebook (.ipynb)": "one.ipynb",
        "Source (.md)": "../_sources/chapters/one.md",
    }
    home = links(Page(book.html, "index.html"))
    assert home.pop("Open issue").startswith(f"{issue}index.html")
    assert home == {
        "Repository": ADDRESS,
        "Suggest edit": f"{ADDRESS}/edit/main/index.md",
        "Source (.md)": "_sources/index.md",
    }
    exported = (book.folder / "chapters/one.ipynb").read_bytes()
    assert (book.html / "chapters/one.ipynb").read_bytes() == exported
    assert not list(book.html.glob("_sources/**/*.ipynb"))


# ---------- formulas ----------


def test_formulas_become_mathml_with_their_source() -> None:
    html = mathml.to_mathml(r"\frac{n}{s}", display=True)
    assert html.startswith('<math xmlns="http://www.w3.org/1998/Math/MathML" display="block">')
    assert "<mfrac><mi>n</mi><mi>s</mi></mfrac>" in html
    assert r'<annotation encoding="application/x-tex">\frac{n}{s}</annotation>' in html


@pytest.mark.parametrize(
    ("tex", "signs"),
    [
        (r"\mathbf{X}", "𝐗"),
        (r"\mathbf{x}", "𝐱"),
        (r"\mathbf{1}", "𝟏"),
        (r"\mathbb{R}", "ℝ"),
        (r"\mathbb{A}", "𝔸"),
        (r"\mathcal{L}", "ℒ"),
        (r"\mathcal{A}", "𝒜"),
        (r"\boldsymbol{w}", "𝒘"),
        (r"\boldsymbol{\alpha}", "𝜶"),
    ],
)
def test_letters_get_the_code_point_of_their_variant(tex: str, signs: str) -> None:
    html = mathml.to_mathml(tex, display=False)
    assert f">{signs}</m" in html and "mathvariant" not in html


def test_upright_letters_stay_upright() -> None:
    assert 'mathvariant="normal">x<' in mathml.to_mathml(r"\mathrm{x}", display=False)


@pytest.mark.parametrize("tex", [r"\undefinedmacro{x}", r"\frac{1", r"a_b_c", r"\begin{aligned} a"])
def test_broken_tex_is_refused_with_the_formula_in_the_message(tex: str) -> None:
    with pytest.raises(ValueError, match=re.escape(tex)):
        mathml.to_mathml(tex, display=True)
    assert "<math" in mathml.to_mathml("x", display=False), "the next formula must still work"


def test_several_lines_without_environment_are_aligned() -> None:
    assert mathml.aligned(r"a &= b \\ &= c").startswith(r"\begin{aligned}")
    assert mathml.aligned(r"\begin{matrix} a \\ b \end{matrix}").startswith(r"\begin{matrix}")
    assert mathml.aligned("a = b") == "a = b"


def test_a_killed_katex_is_named_and_then_replaced() -> None:
    running = mathml.katex()
    running.kill()
    running.wait(timeout=10)
    assert "<math" in mathml.to_mathml("x", display=False)


def test_broken_tex_names_its_page_and_line() -> None:
    translator = SimpleNamespace(builder=SimpleNamespace(current_docname="chapters/one"))
    with pytest.raises(ExtensionError, match=r"chapters/one, line 7: .*\\nope"):
        mathml.convert(translator, SimpleNamespace(line=7), r"\nope", False)


# ---------- cache ----------


def make_inputs(root: Path) -> None:
    """Write one file of each kind that the digest reads."""
    for name in (
        "d2lmini/ops.py",
        "d2lmini/deep/er.py",
        "d2lmini/stored/lenet.json",
        "d2lmini/static/limits.json",
        "requirements.txt",
    ):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("1", encoding="utf-8")


def test_the_digest_sees_every_input(tmp_path: Path) -> None:
    make_inputs(tmp_path)
    before = bookcache.digest(tmp_path, "full")
    assert re.fullmatch(r"[0-9a-f]{12}", before)
    assert bookcache.digest(tmp_path, "full") == before
    assert bookcache.digest(tmp_path, "subset") != before
    for path in sorted(p for p in tmp_path.rglob("*") if p.is_file()):
        path.write_text("2", encoding="utf-8")
        assert bookcache.digest(tmp_path, "full") != before, path
        path.write_text("1", encoding="utf-8")
        assert bookcache.digest(tmp_path, "full") == before, path


def test_a_changed_part_makes_every_page_old(tmp_path: Path) -> None:
    names = ("_ext/a.py", "_templates/a/b.html", "assets/site/fonts/c.woff2", "chapters/d.ipynb")
    for name in (*names, "d2lmini/static/e.css", "_ext/f.js"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("1", encoding="utf-8")
    assert len(list(freshpages.parts(tmp_path))) == 6
    before = freshpages.digest(tmp_path)
    for path in list(freshpages.parts(tmp_path)):
        path.write_text("2", encoding="utf-8")
        assert freshpages.digest(tmp_path) != before, path
        path.write_text("1", encoding="utf-8")
    assert freshpages.digest(tmp_path) == before


def test_the_digest_sees_new_and_renamed_files(tmp_path: Path) -> None:
    make_inputs(tmp_path)
    before = bookcache.digest(tmp_path, "full")
    (tmp_path / "d2lmini/ops.py").rename(tmp_path / "d2lmini/oops.py")
    assert bookcache.digest(tmp_path, "full") != before


def test_the_real_book_has_all_kinds_of_inputs(root: Path) -> None:
    names = {p.relative_to(root).as_posix() for p in bookcache.inputs(root)}
    assert {"d2lmini/ops.py", "d2lmini/stored/lenet.json", "requirements.txt"} <= names


def test_the_data_set_found_is_named() -> None:
    assert bookcache.data_set() in {"full", "subset"}


def test_old_caches_go_by_age_and_the_current_one_stays(tmp_path: Path) -> None:
    now = time.time()
    folders = {}
    for name, days in {"new": 1, "old": 15, "kept": 99}.items():
        folders[name] = tmp_path / (bookcache.PREFIX + name)
        folders[name].mkdir()
        (folders[name] / bookcache.STAMP).touch()
        os.utime(folders[name] / bookcache.STAMP, (now - days * 86_400,) * 2)
    (tmp_path / "html").mkdir()
    removed = bookcache.remove_old(tmp_path, keep=folders["kept"], now=now)
    assert removed == [folders["old"]]
    assert {p.name for p in tmp_path.iterdir()} == {
        folders["new"].name,
        folders["kept"].name,
        "html",
    }


# ---------- light pages ----------

CSS = (
    '/* theme */@charset "UTF-8";@font-face{src:url(a.woff2) format("woff2"),'
    'url(a.ttf) format("truetype")}.fa-bars:before,.fa-navicon:before{content:"\\f0c9"}'
    '.fa-ghost:before{content:"\\f6e2"}p{color:red}.x:after{content:"}"}'
    ".x:not(.gone),.gone>.x{top:0}@media print{.gone{top:0}}@media print{#here{top:1px}}"
    '.x[title="a,b"]{left:0}.bs-tooltip-end{left:1px}'
)


def test_style_sheets_keep_only_rules_that_can_match() -> None:
    known = {"fa-bars", "x", "here"}
    slim = slim_module.slim_css(CSS, known)
    assert slim == (
        '@charset "UTF-8";@font-face{src:url(a.woff2) format("woff2")}'
        '.fa-bars:before{content:"\\f0c9"}p{color:red}.x:after{content:"}"}'
        ".x:not(.gone){top:0}@media print{#here{top:1px}}"
        '.x[title="a,b"]{left:0}.bs-tooltip-end{left:1px}'
    )
    assert slim_module.slim_css(slim, known) == slim
    assert slim_module.icons(slim + '.y{--i:"\uf0f3"}') == {"f0c9", "f0f3"}


def test_names_come_from_markup_and_scripts_but_not_from_data() -> None:
    html = (
        '<p class="a b-c" id="d">word</p><script>x.classList.add("late")</script>'
        '<script type="application/json">{"not": 1}</script>'
    )
    found = slim_module.names(html)
    assert {"a", "b-c", "d", "late"} <= found and not {"word", "not"} & found


def test_the_signs_of_a_formula_leave_out_its_tex() -> None:
    html = mathml.to_mathml(r"\mathbf{X} + \alpha", display=False)
    assert slim_module.formula_signs(f"<p>no</p>{html}") == set("𝐗+α")
    root = mathml.to_mathml(r"\sqrt{2}", display=False)  # an element draws this sign
    assert slim_module.formula_signs(root) == set("√2")
    less = slim_module.formula_signs(mathml.to_mathml("a < b", display=False))
    assert "<" in less and "&" not in less  # the page writes &lt;


def save(path: Path, pixels: np.ndarray) -> int:
    """Write a picture and return the bytes of its file."""
    Image.fromarray(pixels.astype(np.uint8)).save(path, dpi=(144, 144))
    return path.stat().st_size


def ramp(colours: int) -> np.ndarray:
    """Return a picture with this many greys, browns and blues on white."""
    steps = np.random.default_rng(0).integers(0, colours, colours * 60)
    red, green, blue = steps % 256, steps * 3 // 8 % 256, steps // 2 % 256
    picture = np.stack([red, green, blue], axis=-1).reshape(60, colours, 3)
    return np.concatenate([picture, np.full_like(picture, 255)])


@pytest.mark.parametrize(("colours", "allowed"), [(100, 0), (500, slim_module.NEAR)])
def test_pictures_shrink_without_a_visible_change(
    tmp_path: Path, colours: int, allowed: int
) -> None:
    path = tmp_path / "plot.png"
    before = save(path, ramp(colours))
    slim_module.shrink_picture(path)
    once = path.read_bytes()
    slim_module.shrink_picture(path)
    assert path.read_bytes() == once and len(once) < before
    with Image.open(path) as picture:
        assert picture.mode == "P" and round(picture.info["dpi"][0]) == 144
        after = np.asarray(picture.convert("RGB")).astype(int)
    assert abs(after - ramp(colours)).max() <= allowed
    assert (after[-1] == 255).all(), "white must stay white"


def test_a_photograph_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "photo.png"
    save(path, np.random.default_rng(0).integers(0, 256, (90, 90, 3)))
    before = path.read_bytes()
    slim_module.shrink_picture(path)
    assert path.read_bytes() == before


def test_tidying_a_page_drops_dead_scripts_once() -> None:
    html = (
        '<html lang="en" data-theme="auto">'
        '<script>document.documentElement.dataset.theme = localStorage.getItem("theme") || "auto";'
        '</script><script defer src="_static/scripts/fontawesome.js?digest=1"></script>'
        '<script type="text/x-thebe-config">{repo: "x"}</script>'
        "<script>kernelName = 'python3'</script><script src=\"book.js\"></script>"
        '<summary aria-label="Toggle hidden content"><p>Show</p></summary>'
        '<section id="exercise-content">1</section><section id="exercise-content">2</section>'
    )
    tidy = hygiene.tidy(html)
    assert hygiene.tidy(tidy) == tidy
    assert tidy.count("<script") == 2 and '<script src="book.js">' in tidy
    assert 'data-theme="light"' in tidy and "prefers-color-scheme: dark" in tidy
    assert "<summary><p>Show</p></summary>" in tidy and "exercise-content" not in tidy


def test_scripts_and_styles_of_thebe_are_recognised() -> None:
    assert hygiene.thebe(SimpleNamespace(filename="_static/sphinx-thebe.css", attributes={}))
    assert hygiene.thebe(SimpleNamespace(filename=None, attributes={"body": "const THEBE_JS_URL"}))
    assert not hygiene.thebe(SimpleNamespace(filename="book.js", attributes={"defer": "defer"}))
    assert not hygiene.thebe(SimpleNamespace(filename=None, attributes=None))


def test_the_committed_font_is_light_and_has_its_licence(root: Path) -> None:
    fonts = root / "assets/site/fonts"
    assert (fonts / "stix-two-math.woff2").stat().st_size < 110_000
    assert "SIL OPEN FONT LICENSE" in (fonts / "LICENSE-stix-two-math.txt").read_text("utf-8")


# ---------- theme templates that the book replaces ----------


def test_the_replaced_templates_still_exist_in_the_theme(root: Path) -> None:
    import pydata_sphinx_theme
    import sphinx_book_theme

    homes = [Path(m.__file__).parent / "theme" for m in (pydata_sphinx_theme, sphinx_book_theme)]
    for template in (root / "_templates").glob("*.html"):
        found = [p for h in homes for p in h.rglob(template.name)]
        assert found, f"{template.name} replaces nothing: the theme renamed its template"
