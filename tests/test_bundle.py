"""d2lmini/static is made from assets/js, is small, and its colours can be told apart."""

import gzip
import math
import random
import re
import shutil
import subprocess
import sys

import pytest
import traitlets

from d2lmini.explorers.base import fields_of
from d2lmini.widgets import STATIC
from tools import build_js, small_page, states

SHADES = build_js.ROOT / "assets/js/shades.css"


def copied(tmp_path):
    """Return a copy of the checked-out static folder."""
    return shutil.copytree(STATIC, tmp_path / "static")


def test_the_committed_bundle_is_what_the_sources_give():
    assert build_js.stale() == [], "run `make explorers`"


@pytest.mark.parametrize("name", [*build_js.JOBS, *build_js.KINDS, *build_js.COPIES])
def test_an_edited_bundle_is_named(tmp_path, monkeypatch, capsys, name):
    monkeypatch.setattr(build_js, "STATIC", copied(tmp_path))
    path = build_js.STATIC / name
    path.write_bytes(path.read_bytes() + b"\n/* edited */")
    assert build_js.main(["--check"]) == 1
    said = capsys.readouterr().out
    assert said == f"d2lmini/static is not made from assets/js: {name}; `make explorers`\n"


def test_a_missing_and_a_surplus_file_are_named(tmp_path, monkeypatch):
    monkeypatch.setattr(build_js, "STATIC", copied(tmp_path))
    (build_js.STATIC / "explorers.css").unlink()
    (build_js.STATIC / "old.js").write_text("1")
    assert build_js.stale() == ["explorers.css", "old.js"]


def test_another_folder_gives_the_same_bytes(tmp_path, monkeypatch):
    shutil.copytree(build_js.ROOT / "assets/js", tmp_path / "elsewhere/assets/js")
    program = build_js.esbuild()
    for name, arguments in build_js.JOBS.items():
        made = subprocess.run(
            [program, *arguments, *build_js.FLAGS],
            cwd=tmp_path / "elsewhere", capture_output=True, check=True,
        )  # fmt: skip
        assert made.stdout == (STATIC / name).read_bytes(), name


def test_a_syntax_error_in_a_source_stops_the_build(tmp_path, monkeypatch):
    shutil.copytree(build_js.ROOT / "assets/js", tmp_path / "assets/js")
    (tmp_path / "assets/js/ops.js").write_text("export const outSize = (;")
    program = build_js.esbuild()
    monkeypatch.setattr(build_js, "ROOT", tmp_path)
    monkeypatch.setattr(build_js, "esbuild", lambda: program)
    with pytest.raises(SystemExit, match=r"assets/js/ops\.js:1:24"):
        build_js.made("explorers.js")


def test_without_esbuild_the_remedy_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(build_js, "ROOT", tmp_path)
    with pytest.raises(SystemExit, match="--install"):
        build_js.esbuild()


def test_install_does_nothing_where_all_is_there_and_acts_where_a_version_is_old(monkeypatch):
    assert build_js.installed(), "run `python tools/build_js.py --install`"
    calls = []
    monkeypatch.setattr(build_js.shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(
        build_js.subprocess, "run",
        lambda command, **_: calls.append(command) or subprocess.CompletedProcess(command, 0),
    )  # fmt: skip
    build_js.install()
    assert calls == []
    monkeypatch.setattr(build_js, "installed", lambda: False)
    build_js.install()
    assert calls == [["/usr/bin/npm", "ci", "--ignore-scripts"]]


def test_an_old_version_in_node_modules_is_seen(tmp_path, monkeypatch):
    for name in ("package-lock.json", "package.json"):
        shutil.copy(build_js.ROOT / name, tmp_path)
    monkeypatch.setattr(build_js, "ROOT", tmp_path)
    assert not build_js.installed()


def test_the_lock_file_names_no_host_and_pins_every_hash():
    lock = (build_js.ROOT / "package-lock.json").read_text(encoding="utf-8")
    assert '"resolved"' not in lock and "registry" not in lock
    pins = (build_js.ROOT / "package.json").read_text(encoding="utf-8")
    assert not re.search(r'": "[\^~>*]', pins), "package.json pins exact versions"


def packed(name):
    """Return what a file of the static folder weighs with gzip -9."""
    return len(gzip.compress((STATIC / name).read_bytes(), 9))


def test_the_weight_stays_in_its_budget():
    weight = packed("explorers.js") + packed("explorers.css")
    assert weight <= 25_000, f"explorers.js and explorers.css weigh {weight} bytes with gzip -9"


@pytest.mark.parametrize("name", build_js.KINDS)
def test_an_explorer_of_its_own_weighs_little(name):
    assert packed(name) <= 9_000, f"{name} weighs {packed(name)} bytes with gzip -9"


def test_the_weights_of_lenet_stay_in_their_budget():
    assert packed(build_js.WEIGHTS) <= 130_000, f"they weigh {packed(build_js.WEIGHTS)} bytes"


@pytest.mark.parametrize("name", [*build_js.JOBS, *build_js.KINDS])
def test_a_bundle_names_no_host_and_no_folder_of_this_machine(name):
    text = (STATIC / name).read_text(encoding="utf-8")
    assert "http" not in text and str(build_js.ROOT) not in text
    assert "import(" not in text and "fetch(" not in text, "neither works from file://"


@pytest.mark.parametrize("cls", small_page.CLASSES, ids=small_page.kind_of)
def test_the_traits_of_an_explorer_are_those_of_its_table(cls):
    fields, traits = fields_of(small_page.kind_of(cls)), cls.class_traits(sync=True)
    assert tuple(fields) == tuple(cls.fields)
    explorer, draw = cls("it"), random.Random(3)
    start = explorer.state()
    for name, field in fields.items():
        assert "init" not in field or traits[name].default_value == field["init"], name
        for wrong in states.BEYOND[field["kind"]](field, start[name]):
            with pytest.raises((traitlets.TraitError, ValueError)):
                explorer.set_trait(name, wrong)
        states.put(explorer, states.any_state(fields, start, draw))
    states.put(explorer, states.extreme(fields, start, 0))
    states.put(explorer, states.extreme(fields, start, 1))


def test_every_table_of_limits_belongs_to_a_class_and_every_class_has_one():
    kinds = [small_page.kind_of(cls) for cls in small_page.CLASSES]
    assert sorted(f"{kind}.json" for kind in kinds) == sorted(build_js.COPIES)


def test_the_command_exits_with_zero_when_nothing_is_stale():
    command = [sys.executable, str(build_js.ROOT / "tools/build_js.py"), "--check"]
    assert subprocess.run(command, check=False).returncode == 0


@pytest.mark.parametrize("cls", small_page.CLASSES, ids=small_page.kind_of)
def test_every_explorer_stands_in_a_chapter(cls):
    pages = (build_js.ROOT / "chapters").glob("*.md")
    call = re.compile(rf"(?m)^(\w+ = )?{cls.__name__}\(")
    assert any(call.search(page.read_text(encoding="utf-8")) for page in pages)


# ---------------------------------------------------------------- colours


def gamma(value: float) -> float:
    """Return an sRGB channel from a linear one."""
    value = min(1.0, max(0.0, value))
    return 12.92 * value if value <= 0.0031308 else 1.055 * value ** (1 / 2.4) - 0.055


def oklch(lightness: float, chroma: float, hue: float) -> str:
    """Return the sRGB colour of OKLCH coordinates."""
    a, b = chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))
    l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    s = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    linear = (
        4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
        -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
        -0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s,
    )
    return "#" + "".join(f"{round(255 * gamma(v)):02x}" for v in linear)


def luminance(color: str) -> float:
    """Return the relative luminance of a colour."""
    digits = color[1:] if len(color) == 7 else "".join(2 * c for c in color[1:])
    channels = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def themes() -> dict[str, dict[str, str]]:
    """Return the custom properties of both themes."""
    light, dark = SHADES.read_text(encoding="utf-8").split("@media not print")
    found = [dict(re.findall(r"--([\w-]+): (#\w+);", text)) for text in (light, dark)]
    return {"light": found[0], "dark": found[0] | found[1]}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_shades_are_those_of_the_formula(theme):
    colors = themes()[theme]
    for step in range(-20, 21):
        t = abs(step) / 20
        if theme == "light":
            want = oklch(0.97 - 0.52 * t, 0.11 * t**0.9, 50 if step < 0 else 255)
        else:
            want = oklch(0.24 + 0.60 * t, 0.08 * t**0.9, 60 if step < 0 else 245)
        assert colors[f"q{'n' if step < 0 else ''}{abs(step)}"] == want, (theme, step)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_number_can_be_read_on_its_shade(theme):
    colors = themes()[theme]
    for step in range(21):
        ink = colors["ink-lo" if step < 11 else "ink-mid" if step < 16 else "ink-hi"]
        for sign in ("", "n") if step else ("",):
            assert contrast(ink, colors[f"q{sign}{step}"]) >= 4.5, (theme, sign, step)
    for step in range(11):
        ink = colors["count-lo" if step < 5 else "count-hi"]
        assert contrast(ink, colors[f"c{step}"]) >= 4.5, (theme, step)


@pytest.mark.parametrize("theme, ground", [("light", "#fff"), ("dark", "#1e293b")])
def test_the_role_colours_stand_out_from_the_page(theme, ground):
    for role in ("in", "ker", "out", "err", "soft", "accent"):
        assert contrast(themes()[theme][role], ground) >= 4.5, (theme, role)


def test_counts_use_the_colour_map_for_all_eyes():
    import matplotlib

    for step in range(11):
        want = [round(255 * v) for v in matplotlib.colormaps["cividis"](step / 10)[:3]]
        assert themes()["light"][f"c{step}"] == "#" + "".join(f"{v:02x}" for v in want)
