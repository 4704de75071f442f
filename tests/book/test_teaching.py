"""The instructor's page says what the commands and the grader do."""

import re

import pytest

from tools.chapters import ROOT, read_book

PAGE = (ROOT / "chapters" / "teaching.md").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


def rows(heading: str) -> dict[str, str]:
    """Return the table below a heading: first column to the others."""
    below = PAGE.split(f"{heading}\n", 1)[1]
    table = re.search(r"(?:^\|.*\n)+", below, re.M)
    assert table, heading
    cells = [[c.strip() for c in row.strip("|").split("|")] for row in table[0].splitlines()]
    return {first.strip("`"): " ".join(others) for first, *others in cells[2:]}


def commands() -> list[str]:
    """Return the commands with make that the page shows."""
    blocks = re.findall(r"^```text\n(.*?)^```", PAGE, re.M | re.S)
    return [row for block in blocks for row in block.splitlines() if row.startswith("make ")]


def test_the_page_stands_in_the_book():
    assert "chapters/teaching" in read_book().pages


def test_every_command_has_a_verb_and_every_variable_is_read():
    assert len(commands()) > 5
    for command in commands():
        _, verb, *given = command.split()
        assert re.search(rf"^{verb}:", MAKEFILE, re.M), command
        for variable in given:
            assert f"$({variable.split('=')[0]})" in MAKEFILE, f"{command}: {variable}"
    for variable in set(re.findall(r"`([A-Z]+)=", PAGE)):
        assert f"$({variable})" in MAKEFILE, variable


def test_the_files_that_the_page_names_are_where_it_says():
    assert (ROOT / "assignments" / "nbgrader_config.py").is_file()
    assert (ROOT / "chapters" / "pooling.md").is_file()
    assert "_build/unsolved/" in MAKEFILE and "_build/unsolved/_build/html" in PAGE


def test_the_limits_are_those_of_the_grader():
    limits = pytest.importorskip("d2lmini.grading.limits")
    from d2lmini.grading import reading, session

    has, mib, gib = limits.Limits(), limits.MIB, limits.GIB
    assert rows("### The limits") == {
        "one cell": f"{session.CELL} s",
        "one group of cases": "twice the time that `check` gives it, and 5 s",
        "a whole notebook": (
            f"{session.WHOLE} s, and once more the time that `check` gives to each task"
        ),
        "computing time of a process": f"{has.cpu} s",
        "address space of a process": f"{has.address // gib} GiB",
        "memory of all processes together": (
            f"{has.memory // gib} GiB, and the machine keeps 2 GiB or an eighth of its own"
        ),
        "processes and threads": f"{has.processes}",
        "a file, open files": f"{has.file // mib} MiB, {has.files}",
        "each folder that can be written to": (
            f"{has.folder // mib} MiB and {has.entries:,} files; "
            "it lies in memory and is gone afterwards"
        ),
        "what one cell may print": f"{has.talk // mib} MiB",
        "a notebook": f"{reading.MAX_BYTES >> 20} MiB and {reading.MAX_CELLS:,} cells",
    }
    assert session.PATIENCE == 2 and has.spare <= 2 * gib


def test_the_numbers_of_failures_are_those_of_the_grader():
    grader = pytest.importorskip("d2lmini.grading.__main__")
    codes = dict(re.findall(r"^ +(\d+) +(.+)$", grader.CODES, re.M))
    for number in rows("## Grade"):
        assert number in codes
    assert {"2", "3", "4", "5"} <= set(rows("## Grade"))


def test_reports_are_written_where_the_page_says():
    pytest.importorskip("d2lmini.grading.report")
    sources = "".join(
        path.read_text(encoding="utf-8") for path in (ROOT / "d2lmini/grading").glob("*.py")
    )
    for name in rows("## Read the report"):
        assert f'"{name.split("/")[0]}"' in sources, name
    assert 'path = out / "seed.txt"' in sources
