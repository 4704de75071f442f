"""The types of assets/js are checked, and a slip in one of them is named with its place."""

import json
import shutil
import subprocess
import sys

import pytest

from tools import check_js


@pytest.fixture
def copied(tmp_path):
    """Return a copy of all that the check reads."""
    shutil.copytree(check_js.ROOT / "assets/js", tmp_path / "assets/js")
    shutil.copy(check_js.ROOT / "jsconfig.json", tmp_path)
    return tmp_path


def test_the_sources_hold_their_types():
    assert check_js.problems() == []


def test_the_command_exits_with_zero_when_all_types_hold():
    command = [sys.executable, str(check_js.ROOT / "tools/check_js.py")]
    assert subprocess.run(command, check=False).returncode == 0


SLIPS = {
    "a text for a number": (
        'import { signed } from "./scale.js";\nsigned("7", 9);\n',
        r"Argument of type 'string' is not assignable to parameter of type 'number'",
    ),
    "a name that no module has": (
        'import { nearestt } from "./state.js";\nnearestt();\n',
        "has no exported member",
    ),
    "a field that a table of limits lacks": (
        'import fields from "./explorers/conv_shape.json";\nfields.k.maximum;\n',
        "'maximum' does not exist",
    ),
    "null where an element is expected": (
        'document.querySelector("p").textContent = "";\n',
        "possibly 'null'",
    ),
    "a name that nothing uses": ("const left = 1;\nexport {};\n", "'left' is declared but"),
}


@pytest.mark.parametrize("slip", SLIPS)
def test_a_slip_is_named_with_file_and_line(copied, slip):
    source, words = SLIPS[slip]
    (copied / "assets/js/slip.js").write_text(source, encoding="utf-8")
    found = [line for line in check_js.problems(copied) if line.startswith("assets/js/slip.js(")]
    assert found and words in found[0], found


def test_without_the_program_the_remedy_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(check_js, "ROOT", tmp_path)
    with pytest.raises(SystemExit, match="--install"):
        check_js.tsc()


def test_the_program_is_the_pinned_version():
    pins = json.loads((check_js.ROOT / "package.json").read_text(encoding="utf-8"))
    said = subprocess.run([check_js.tsc(), "--version"], capture_output=True, text=True, check=True)
    assert said.stdout.split()[-1] == pins["devDependencies"]["typescript"]
