"""A class is graded: the same table however it is run, whatever happens on the way."""

import csv
import json
import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from d2lmini.grading import report, run, workers
from d2lmini.grading.__main__ import main
from d2lmini.grading.grade import Question, Result
from tests.grading.classroom import (
    NAME,
    SCALE,
    SPECS,
    TRIANGLE,
    hand_in,
    notebook,
    right,
)

pytestmark = pytest.mark.slow
HALF = {"scale": "def scale(x, k):\n    return 2 * x", "triangle": TRIANGLE}


@pytest.fixture(scope="module")
def handed_in(walls: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with five submissions, one of them broken, and two that nobody can tell."""
    root = tmp_path_factory.mktemp("submissions")
    hand_in(root, "s01", notebook(right()))
    hand_in(root, "s02", notebook(HALF))
    hand_in(root, "s03", notebook())
    hand_in(root, "s04", notebook({"scale": "import os; os._exit(0)", "triangle": TRIANGLE}))
    (root / f"=s05-{NAME}.ipynb").write_text("{")
    hand_in(root, "s06", notebook(right()))
    (root / f"S06-{NAME}.ipynb").write_text(json.dumps(notebook()))
    return root


def grade(handed_in: Path, out: Path, *options: str) -> int:
    return main([str(handed_in), str(out), "--specs", SPECS, "--no-books", *options])


@pytest.fixture(scope="module")
def serial(handed_in: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a run with one process."""
    out = tmp_path_factory.mktemp("serial")
    assert grade(handed_in, out, "--seed", "7", "--jobs", "1") == 5
    return out


def test_the_table_is_right(serial: Path) -> None:
    rows = {row["student"]: row for row in csv.DictReader((serial / "grades.csv").open())}
    totals = {student: row["total"] for student, row in rows.items()}
    assert totals == {
        "s01": "8", "s02": "4", "s03": "0", "s04": "3", "'=s05": "0", "s06": "", "S06": "",
    }  # fmt: skip
    assert (rows["s02"]["scale"], rows["s02"]["triangle"], rows["s02"]["of"]) == ("1", "3", "10")
    assert "by hand: demo_essay" in rows["s01"]["remark"]
    assert "broken JSON" in rows["'=s05"]["remark"]
    assert "second submission" in rows["s06"]["remark"]


def test_pages_are_self_contained_and_tell_students_no_input(serial: Path) -> None:
    pages = [serial / "report.html", *sorted((serial / "feedback").iterdir())]
    assert len(pages) == 6
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert "http" not in text.replace("http-equiv", "") and "<script" not in text
        assert 'lang="en"' in text and "<caption>" in text and 'scope="col"' in text
    page = (serial / "feedback" / "s02.html").read_text(encoding="utf-8")
    assert "Multiply." in page and "more: a wrong result" in page
    assert "k=" not in page and ", got " not in page
    stored = json.loads((serial / "results" / NAME / "s02.json").read_text())
    assert "k=" in stored["result"]["questions"]["scale"]["detail"]["more"]
    assert stat.S_IMODE((serial / "results").stat().st_mode) == 0o700


def test_parallel_gives_the_same_bytes(handed_in: Path, serial: Path, tmp_path: Path) -> None:
    assert grade(handed_in, tmp_path, "--seed", "7", "--jobs", "2") == 5
    for name in ("grades.csv", "report.html", "feedback/s02.html"):
        assert (tmp_path / name).read_bytes() == (serial / name).read_bytes()


def test_dask_gives_the_same_bytes(handed_in: Path, serial: Path, tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, worker_dashboard_address=None
    ) as cluster:
        address = cluster.scheduler_address
        assert grade(handed_in, tmp_path, "--seed", "7", "--dask", address) == 5
    assert (tmp_path / "grades.csv").read_bytes() == (serial / "grades.csv").read_bytes()


def test_without_a_cluster_nothing_is_graded(
    handed_in: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("distributed")
    assert grade(handed_in, tmp_path, "--dask", "tcp://127.0.0.1:9") == 3
    assert "no Dask scheduler answers" in capsys.readouterr().err


def test_a_second_run_grades_only_what_is_new(
    handed_in: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = tmp_path / "subs"
    hand_in(work, "s01", notebook(right()))
    hand_in(work, "s03", notebook())
    out = tmp_path / "out"
    assert grade(work, out) == 0
    seed, table = (out / "seed.txt").read_text(), (out / "grades.csv").read_bytes()
    assert stat.S_IMODE((out / "seed.txt").stat().st_mode) == 0o600
    before = {path: path.stat().st_mtime_ns for path in (out / "results").rglob("*.json")}
    hand_in(work, "s03", notebook(HALF))
    (out / "results" / NAME / "s01.json").write_text("{")  # half a file counts for nothing
    assert grade(work, out) == 0
    after = {path: path.stat().st_mtime_ns for path in (out / "results").rglob("*.json")}
    assert all(after[path] > before[path] for path in before)
    assert grade(work, out) == 0
    assert after == {path: path.stat().st_mtime_ns for path in (out / "results").rglob("*.json")}
    assert (out / "seed.txt").read_text() == seed
    assert (out / "grades.csv").read_bytes() != table


def test_killed_midway_and_started_again(handed_in: Path, serial: Path, tmp_path: Path) -> None:
    for number in (signal.SIGKILL, signal.SIGINT):
        out = tmp_path / number.name
        command = [sys.executable, "-m", "d2lmini.grading", str(handed_in), str(out), "--no-books"]
        command += ["--specs", SPECS, "--seed", "7", "--jobs", "1"]
        process = subprocess.Popen(command, start_new_session=True, stderr=subprocess.PIPE)
        done = out / "results" / NAME
        while not list(done.glob("*.json")) and process.poll() is None:
            time.sleep(0.05)
        os.kill(process.pid, number)
        said = process.communicate(timeout=60)[1].decode()
        if number == signal.SIGINT and process.returncode != 5:  # 5: it was done before
            assert process.returncode == 130 and "goes on" in said
        kept = {path: path.stat().st_mtime_ns for path in done.glob("*.json")}
        assert kept
        assert grade(handed_in, out, "--seed", "7") == 5
        assert kept.items() <= {p: p.stat().st_mtime_ns for p in done.glob("*.json")}.items()
        assert (out / "grades.csv").read_bytes() == (serial / "grades.csv").read_bytes()


def test_one_student_can_be_explained(
    handed_in: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert grade(handed_in, tmp_path, "--seed", "7", "--only", "s02", "--explain") == 5
    said = capsys.readouterr().out
    assert "scale: 1 of 4" in said and "k=" in said and "s01" not in said
    remarks = (tmp_path / "grades.csv").read_text()
    assert f"s01,,,,,,10,not graded yet: {NAME}" in remarks


def test_options_that_do_not_fit(
    handed_in: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty").mkdir()
    assert grade(tmp_path / "empty", tmp_path / "out") == 2
    assert "no notebook in " in capsys.readouterr().err and not (tmp_path / "out").exists()
    assert grade(tmp_path / "none", tmp_path / "out") == 2
    assert grade(handed_in, tmp_path / "out", "--only", "nobody") == 2
    assert grade(handed_in, tmp_path / "out", "--seed", "-1") == 2
    assert grade(handed_in, tmp_path / "out", "--assignment", "nothing") == 2
    assert main([str(handed_in), str(tmp_path), "--specs", str(tmp_path / "none")]) == 2
    assert len(capsys.readouterr().err.strip().splitlines()) == 5
    with pytest.raises(SystemExit) as left:
        main(["--help"])
    assert left.value.code == 0
    assert "exit codes" in capsys.readouterr().out


def test_no_sandbox_no_grade(
    handed_in: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(run, "preflight", lambda: "cannot grade here: bubblewrap is missing")
    assert grade(handed_in, tmp_path / "out") == 3
    assert capsys.readouterr().err == "cannot grade here: bubblewrap is missing\n"
    assert not (tmp_path / "out").exists()


def test_a_lost_process_is_tried_twice(walls: None, tmp_path: Path) -> None:
    specs = tmp_path / "specs"
    specs.mkdir()
    text = (Path(SPECS) / "demo_tasks.py").read_text()
    # a flaw of the grader itself: the cases of one exercise end the process that makes them
    text = text.replace('"""Return whole numbers."""', "__import__('os')._exit(7)")
    (specs / "demo_tasks.py").write_text(text)
    hand_in(tmp_path / "subs", "s01", notebook({"scale": SCALE, "triangle": TRIANGLE}))
    hand_in(tmp_path / "subs", "s02", notebook({"scale": SCALE}))
    out = tmp_path / "out"
    options = [str(tmp_path / "subs"), str(out), "--specs", str(specs), "--no-books"]
    assert main(options) == 4
    table = (out / "grades.csv").read_text()
    assert "s01,,,,,,10,not graded: infrastructure" in table.replace(",10,", ",10,")
    assert "s02,4,0,0,,4,10," in table


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (None, "open of 2</td><td>to be graded by hand"),
        (0.0, "0 of 2</td><td>No answer, or nothing of what was asked."),
        (1.5, "1.5 of 2</td><td>Read by your teacher."),
        (2.0, "2 of 2</td><td>All right."),
    ],
)
def test_a_page_says_of_an_answer_in_words_what_became_of_it(
    given: float | None, words: str
) -> None:
    waits = Question(points=None, max=2, groups={}, reason="to be graded by hand", detail={})
    result = Result(student="s", assignment="a", questions={"e_1": waits}, notes=[], limits=[])
    by_hand = {} if given is None else {("s", "a", "e_1"): given}
    page = report.feedback("s", [result], {"a": ()}, by_hand)
    assert words in page and ">e_<wbr>1<" in page


def test_a_worker_that_differs_is_left_out_by_name(capsys: pytest.CaptureFixture[str]) -> None:
    told = {
        "tcp://a": {"hash": "ours", "problem": ""},
        "tcp://b": {"hash": "other", "problem": ""},
        "tcp://c": {"hash": "ours", "problem": "bubblewrap is missing"},
    }
    assert workers._usable(told, "ours") == ["tcp://a"]
    said = capsys.readouterr().out
    assert "worker tcp://b is not used: another version of package, specs or PyTorch" in said
    assert "worker tcp://c is not used: bubblewrap is missing" in said
    with pytest.raises(workers.NoWorker, match="no worker of the scheduler can grade"):
        workers._usable({"tcp://b": told["tcp://b"]}, "ours")
