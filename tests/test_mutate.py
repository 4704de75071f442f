"""The tool that proves the tests: it changes what computes, and nothing else."""

import subprocess
import sys
import types
from pathlib import Path

import pytest

from tools.mutate import mutants, patch

ROOT = Path(__file__).resolve().parent.parent
SOURCE = '''
"""Text of the module."""
LIMIT = {"least": 2}

def grow(n: "int" = 1, *, twice=False) -> "int":
    """Return more."""
    if twice and n >= LIMIT["least"]:
        return 2 * n
    return n + 1

class Box:
    def double(self, n):
        return -n
'''


def module() -> types.ModuleType:
    made = types.ModuleType("sample")
    made.__file__ = "sample.py"
    sys.modules["sample"] = made
    exec(compile(SOURCE, "sample.py", "exec"), vars(made))
    return made


def test_operators_constants_and_branches_are_changed_docstrings_and_types_are_not():
    found = [mutant.change for mutant in mutants(SOURCE)]
    for change in ("GtE → Gt", "→ Or", "Mult → Add", "Add → Sub", "sign dropped", "→ True"):
        assert any(change in text for text in found), change
    assert not any("Return more" in text or "'int'" in text for text in found)
    assert not any("Text of" in text for text in found)


def test_a_mutant_reaches_functions_methods_and_tables_that_were_imported_before():
    before = module()
    grow, double, limit = before.grow, before.Box().double, before.LIMIT
    seen = set()
    for mutant in mutants(SOURCE):
        patch(before, SOURCE)
        normal = (grow(), grow(2, twice=True), grow(3), double(3), dict(limit))
        patch(before, mutant.code)
        try:
            now = (grow(), grow(2, twice=True), grow(3), double(3), dict(limit))
        except KeyError:
            now = ()
        if now != normal:
            seen.add(mutant.change)
    assert {
        "n + 1: Add → Sub",
        "-n: sign dropped",
        "2: +1",
        "n >= LIMIT['least']: GtE → Gt",
    } <= seen


@pytest.mark.slow
def test_a_test_that_asks_for_nothing_lets_mutants_live(tmp_path):
    (tmp_path / "d2lmini").mkdir()
    (tmp_path / "tools").mkdir()
    (tmp_path / "tests").mkdir()
    (tmp_path / "tools/mutate.py").write_bytes((ROOT / "tools/mutate.py").read_bytes())
    (tmp_path / "d2lmini/__init__.py").touch()
    (tmp_path / "d2lmini/sums.py").write_text("def more(n):\n    return n + 1\n")
    test = tmp_path / "tests/test_sums.py"
    found = []
    for condition in ("more(1) == 2", "more(1) < 99"):
        test.write_text(
            f"from d2lmini.sums import more\n\ndef test_more():\n    assert {condition}\n"
        )
        done = subprocess.run(
            [sys.executable, "-P", "tools/mutate.py", "sums"],
            cwd=tmp_path,
            env={"PYTHONPATH": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
        found.append((done.returncode, done.stdout.strip().splitlines()[-1]))
    assert found == [(0, "3 of 3 mutants found: 100.0 %"), (1, "0 of 3 mutants found: 0.0 %")]
