"""The sandbox as the grader uses it: run, call, close, and what it says when that fails."""

import os
import platform
import signal
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from d2lmini.grading import calls, limits, preflight, specs, wall
from d2lmini.grading.hall import hall
from d2lmini.grading.sandbox import Limits, Sandbox, Stopped
from d2lmini.grading.users import unused_user
from tools import needs


@pytest.fixture(scope="module", params=[True, False], ids=["warm", "cold"])
def box(request: pytest.FixtureRequest, walls: None) -> Iterator[Sandbox]:
    with Sandbox(warm=request.param, wall=120) as found:
        yield found


@pytest.mark.slow
def test_it_runs_cells_one_after_the_other(box: Sandbox) -> None:
    assert box.run("x = 2\nprint('one')") == "one\n"
    assert box.run("print(x); 1 / 0") == "2\nZeroDivisionError: division by zero\n"
    assert "SyntaxError" in box.run("def f(:")
    assert box.run("!echo $((6 * 7))").strip() == "42"


@pytest.mark.slow
def test_arrays_go_in_and_come_back(box: Sandbox) -> None:
    x = np.arange(6, dtype=np.float32).reshape(2, 3)
    got = box.call("_r = {'y': 2 * _a['x'], 'n': _a['n'] + 1}", x=x, n=3)
    assert np.array_equal(got["y"], 2 * x) and got["y"].dtype == np.float32
    assert got["n"] == 4 and got["n"].shape == ()
    with pytest.raises(ValueError, match="no answer: NameError: name 'nowhere'"):
        box.call("_r = {'y': nowhere}")
    with pytest.raises(ValueError, match="no answer"):
        box.call("_r = {'y': 1, 'z': object()}")
    assert not list(box.inputs.iterdir())
    assert box.run("import os; print([n for n in os.listdir('/box') if 'npz' in n])") == "[]\n"


@pytest.mark.slow
def test_the_course_is_there_and_its_answers_are_not(box: Sandbox) -> None:
    said = box.run(
        "import torch\n"
        "from d2lmini.ops import corr2d\n"
        "from d2lmini.exercises import check, quiz, discussion\n"
        "print(check('my_out_size', 1), quiz('x'), discussion('x'))\n"
        "print(corr2d(torch.ones(2, 2), torch.ones(1, 2)).tolist())\n"
        "import os; print(os.listdir('/course/d2lmini/grading'))"
    )
    assert said == "None None None\n[[2.0], [2.0]]\n[]\n"
    said = box.run("import matplotlib.pyplot as plt; plt.plot([1, 2]); plt.show(); print('drawn')")
    assert said == "drawn\n"


@pytest.mark.slow
def test_a_machine_without_memory_is_no_fault_of_a_student(walls: None) -> None:
    with (
        pytest.raises(RuntimeError, match="of the machine's memory were free"),
        Sandbox(warm=True, limits=Limits(spare=1 << 60)) as box,
    ):
        box.run("pass")


@pytest.mark.slow
def test_a_kernel_that_ended_is_let_go_at_once(walls: None) -> None:
    with Sandbox(warm=True) as box:
        talk = box._talk
        assert talk is not None
        channel = talk.client.iopub_channel.socket
        assert channel.linger == talk.client.shell_channel.socket.linger == 0


@pytest.mark.parametrize("place", [Path(sys.prefix), Path("/usr"), specs.PACKAGE])
def test_private_specs_lie_where_no_sandbox_reads_them(place: Path) -> None:
    with pytest.raises(ValueError, match="students' code can read: move it"):
        specs.assignments(str(place))


@pytest.mark.slow
def test_each_sandbox_starts_empty(walls: None) -> None:
    with Sandbox(warm=True) as one:
        one.run("import torch, builtins; torch.mine = builtins.mine = 1; open('left', 'w').close()")
        one.run("import os; os.environ['MINE'] = '1'; open('/box/left', 'w').close()")
        assert one.run("print(torch.mine, os.path.exists('left'))") == "1 True\n"
        with Sandbox(warm=True) as two:
            said = two.run(
                "import torch, builtins, os\n"
                "print(hasattr(torch, 'mine'), hasattr(builtins, 'mine'), 'MINE' in os.environ,"
                " os.path.exists('left'), os.path.exists('/box/left'))"
            )
    assert said == "False False False False False\n"


@pytest.mark.slow
def test_a_closed_sandbox_says_so_and_closes_again(walls: None) -> None:
    box = Sandbox()
    box.close()
    box.close()
    with pytest.raises(Stopped, match="closed"):
        box.run("1")
    with pytest.raises(Stopped, match="closed"):
        box.call("_r = {}")
    assert not box.inputs.exists()


@pytest.mark.slow
def test_a_stopped_sandbox_is_closed(walls: None) -> None:
    with Sandbox() as box:
        with pytest.raises(Stopped, match="within 1 seconds"):
            box.run("while True: pass", wall=1)
        with pytest.raises(Stopped, match="closed"):
            box.run("1")


@pytest.mark.slow
def test_a_waiting_process_that_died_is_started_again(walls: None) -> None:
    user = unused_user() if os.geteuid() == 0 else None
    first = hall(user)
    assert first.waiting is not None
    with Sandbox(warm=True) as box:
        os.kill(first.waiting.kernel, signal.SIGKILL)
        with pytest.raises(Stopped):
            box.run("import time; time.sleep(30)")
    first._command.thread.join(10)
    with Sandbox(warm=True) as box:
        assert box.run("print(1)") == "1\n"
    assert hall(user) is not first and not first.base.exists()


@pytest.mark.slow
@pytest.mark.parametrize("warm", [True, False])
def test_a_sandbox_outlives_the_thread_that_started_it(warm: bool, walls: None) -> None:
    made: list[Sandbox] = []
    thread = threading.Thread(target=lambda: made.append(Sandbox(warm=warm)))
    thread.start()
    thread.join()
    with made[0] as box:
        assert box.run("print(1)") == "1\n"


@pytest.mark.slow
def test_a_killed_grader_takes_its_sandboxes_along(walls: None, tmp_path: Path) -> None:
    program = (
        "from d2lmini.grading.sandbox import Sandbox\n"
        "box, other = Sandbox(warm=True), Sandbox(warm=False)\n"
        "print(box.room.init, other.room.init, flush=True)\n"
        "box.run('import time; time.sleep(600)', wall=600)"
    )
    grader = subprocess.Popen(
        [sys.executable, "-c", program],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"TMPDIR": str(tmp_path)},  # what it leaves there goes with the test
    )
    assert grader.stdout is not None
    first = [int(word) for word in grader.stdout.readline().split()]
    files = [os.pidfd_open(number) for number in first]
    grader.kill()
    grader.wait()
    grader.stdout.close()
    from d2lmini.grading.room import _readable

    for file in files:
        assert _readable([file], 20) == [file]
        os.close(file)


# what can be tried without a sandbox


def test_the_preflight_names_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preflight.shutil, "which", lambda tool, path: None)
    assert "apt install bubblewrap" in str(preflight._missing())
    monkeypatch.setattr(preflight.shutil, "which", lambda tool, path: tool != "choom" or None)
    assert "choom is missing" in str(preflight._missing())
    monkeypatch.setattr(preflight.sys, "platform", "darwin")
    assert "use a Linux machine" in str(preflight._missing())


GOOD = {name: np.array(0) for name in preflight.WORDS} | {
    "echo": np.array([0, 2, 4]),
    "forks": np.array(50),
}


def test_the_preflight_believes_only_what_it_sees() -> None:
    assert preflight._judge(dict(GOOD)) is None
    for name, words in preflight.WORDS.items():
        assert preflight._judge(GOOD | {name: np.array(1)}) == words
        assert preflight._judge({k: v for k, v in GOOD.items() if k != name}) == words
    assert "arrays" in str(preflight._judge(GOOD | {"echo": np.array([0, 1, 2])}))
    assert "processes" in str(preflight._judge(GOOD | {"forks": np.array(200)}))
    assert "processes" in str(preflight._judge(GOOD | {"forks": np.array(0)}))


def run_filter(words: bytes, machine: int, number: int) -> int:
    """Interpret a filter as the machine's kernel does, and return its verdict."""
    lines = [struct.unpack_from("=HBBI", words, i) for i in range(0, len(words), 8)]
    at, loaded = 0, 0
    while True:
        code, yes, no, value = lines[at]
        at += 1
        if code == calls.RETURN:
            return value
        if code == calls.LOAD:
            loaded = {calls.MACHINE: machine, calls.NUMBER: number}[value]
        else:
            holds = loaded == value if code == calls.EQUAL else loaded >= value
            at += yes if holds else no


@pytest.mark.parametrize("name", calls.MACHINES)
def test_the_filter_refuses_its_list_and_nothing_else(name: str) -> None:
    column, machine = calls.MACHINES[name]
    words = calls.program(name)
    assert words is not None
    denied = {pair[column] for pair in calls.DENIED.values()}
    for number in range(460):
        expected = calls.REFUSE if number in denied else calls.ALLOW
        assert run_filter(words, machine, number) == expected
    assert run_filter(words, machine, calls.OTHER_CALLS) == calls.REFUSE
    assert run_filter(words, machine ^ 1, 0) == calls.REFUSE
    assert calls.program("another") is None


@pytest.mark.skipif(platform.machine() not in calls.MACHINES, reason="no numbers of this machine")
def test_the_filter_is_handed_over_as_a_file() -> None:
    file = calls.filter_file()
    assert file is not None
    with os.fdopen(file, "rb") as found:
        assert found.read() == calls.program(platform.machine())


def test_limits_are_those_of_prlimit() -> None:
    words = wall.rlimits(Limits(processes=7, file=8, files=9))
    assert {"--nproc=7", "--fsize=8", "--nofile=9", "--core=0"} <= set(words)


def test_memory_in_files_without_a_name_is_counted() -> None:
    before = limits.memory([os.getpid()], limits.GIB * 64)
    file = os.memfd_create("test")
    try:
        os.write(file, bytes(32 * limits.MIB))
        grown = limits.memory([os.getpid()], limits.GIB * 64) - before
        assert grown >= 30 * limits.MIB
        assert limits._proportional(os.getpid()) <= limits._resident(os.getpid()) * 1.5
    finally:
        os.close(file)
    assert os.getpid() in limits.members(os.getpid())


def test_an_unused_user_is_nobodys() -> None:
    import pwd

    user = unused_user()
    assert user == unused_user()
    with pytest.raises(KeyError):
        pwd.getpwuid(user)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root starts graders as another user")
@pytest.mark.slow
def test_the_preflight_names_what_an_ordinary_user_cannot_read(
    walls: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert preflight._unreadable() is None
    (tmp_path / "closed").touch(mode=0o600)
    monkeypatch.setattr(wall, "environment", lambda: [tmp_path])
    tmp_path.chmod(0o700)
    assert str(preflight._unreadable()).startswith(f"{tmp_path} is not readable")
    tmp_path.chmod(0o755)
    assert str(preflight._unreadable()).startswith(f"{tmp_path / 'closed'} is not readable")


def test_needs_installs_bubblewrap_or_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(needs, "apt_install", lambda package: asked.append(package) or False)
    monkeypatch.setattr(needs.shutil, "which", lambda tool, path=None: None)
    monkeypatch.setattr(needs, "preflight", lambda: "cannot grade here: bubblewrap is missing")
    assert needs.sandbox() == "cannot grade here: bubblewrap is missing"
    assert asked == ["bubblewrap"]
    monkeypatch.setattr(needs.shutil, "which", lambda tool, path=None: "/usr/bin/bwrap")
    assert needs.sandbox() is not None and asked == ["bubblewrap"]
