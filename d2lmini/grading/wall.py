"""What a sandbox is made of: the command lines that put a process behind bubblewrap's walls.

Three walls can follow each other. ``stage`` is for a grader that root started: it shows an
ordinary, unused user the folders of the Python environment, wherever they lie, and then is root no
more.
``hall`` holds the process that has imported everything and waits (:mod:`d2lmini.grading.zygote`).
``room`` is the sandbox itself. Each may only see what the one before it sees.
"""

import os
import site
import sys
from collections.abc import Iterable, Sequence
from itertools import chain
from pathlib import Path

from d2lmini.grading.limits import Limits

PACKAGE = Path(__file__).resolve().parent.parent
COURSE = "/course"  # where a sandbox finds d2lmini
BOX, INPUTS = "/box", "/in"  # what comes out, what goes in
HOME = "/student"  # not below /home, where the environment may lie
WRITABLE = (HOME, BOX, "/dev/shm")
NOBODY = "65534"

ENVIRONMENT = {
    "PATH": f"{sys.prefix}/bin:/usr/bin",
    "HOME": HOME,
    "TMPDIR": HOME,
    "USER": "student",
    "LOGNAME": "student",
    "LANG": "C.UTF-8",
    "MPLBACKEND": "agg",  # pictures are drawn, but nobody looks: none is encoded and sent
    "OMP_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "2",
    "PYTHONHASHSEED": "0",  # the same notebook gives the same grade
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONPATH": COURSE,
    "D2LMINI_OFFLINE": "1",
    "D2LMINI_QUIET": "1",
}

CHANNELS = {"shell": 1, "iopub": 2, "stdin": 3, "control": 4, "hb": 5}
KEY = b"open"  # the student can read it, so a secret one would keep nobody out
KERNEL = (  # Unix sockets BOX/k-1 … BOX/k-5: they cross the wall, ports do not
    "--IPKernelApp.transport=ipc",
    f"--IPKernelApp.ip={BOX}/k",
    *(f"--IPKernelApp.{name}_port={i}" for name, i in CHANNELS.items()),
    f"--Session.key={KEY.decode()}",
    "--HistoryManager.enabled=False",
    "-f", f"{HOME}/.kernel.json",
)  # fmt: skip

# End the command when standard input closes, which happens when the grader ends, however it ends:
# ``--die-with-parent`` cannot cross from root's bwrap, which has no powers left, to another user.
LIFELINE = """exec 3<&0
"$@" </dev/null & command=$!
(read _ <&3; kill -9 $command) &
wait $command"""


def environment() -> list[Path]:
    """Return the folders of the running Python environment that lie outside ``/usr``."""
    folders = {Path(sys.prefix), Path(sys.base_prefix), *map(Path, site.getsitepackages())}
    if site.ENABLE_USER_SITE:
        folders.add(Path(site.getusersitepackages()))
    folders |= {folder.resolve() for folder in folders}
    folders = {folder for folder in folders if folder.is_dir()}
    inner = {f for f in folders if any(other in f.parents for other in folders)}
    return sorted(f for f in folders - inner if Path("/usr") not in (f, *f.parents))


def extras() -> list[Path]:
    """Return what some systems need to find their libraries and fonts."""
    found = (Path("/etc/ld.so.cache"), Path("/etc/alternatives"), Path("/etc/fonts"))
    return [path for path in found if path.exists()]


def stage(user: int, inputs: Path) -> list[str]:
    """Return what root puts before a command: the needed folders, and an ordinary user."""
    shown = [*environment(), *extras(), PACKAGE, inputs]
    keep = ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]  # for setpriv; then nobody's
    return [
        *("bwrap", "--die-with-parent", *keep),
        *_system(),
        *_parents([*shown, inputs]),
        *_read_only((str(path), str(path)) for path in shown),
        *("--dev-bind", "/proc", "/proc", "--dev-bind", "/dev", "/dev"),
        *("--chdir", "/", "--"),
        *("setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", "--"),
    ]


def hall(inputs: Path) -> list[str]:
    """Return what starts the waiting process: no network, everything read-only, its own home."""
    return [
        *("bwrap", "--unshare-all", "--unshare-user", "--die-with-parent", "--new-session"),
        *_inside([(str(inputs), str(inputs)), (str(PACKAGE), str(PACKAGE))], [], Limits()),
    ]


def room(inputs: Path, limits: Limits) -> list[str]:
    """Return the sandbox: as ``hall``, with its own box, and no user namespaces within."""
    return [
        *("bwrap", "--unshare-all", "--unshare-user", "--disable-userns", "--die-with-parent"),
        "--new-session",
        *_inside([(str(inputs), INPUTS)], _covers(), limits),
    ]


def rlimits(limits: Limits) -> list[str]:
    """Return what gives a command the limits that the kernel of the machine watches."""
    return [
        *("choom", "-n", "1000", "--"),  # when memory runs out, this goes first
        "prlimit",
        *(f"--{name}={value}" for name, value in limits.rlimits().items()),
        "--",
    ]


def python() -> str:
    """Return the path of the interpreter, which is the same inside."""
    return sys.executable


def _inside(folders: Iterable[tuple[str, str]], covers: Iterable[str], limits: Limits) -> list[str]:
    shown = [(str(path), str(path)) for path in [*environment(), *extras()]]
    shown += [(str(PACKAGE), f"{COURSE}/d2lmini"), *folders]
    parents = _parents(Path(inside) for _, inside in shown)
    return [
        *("--cap-drop", "ALL", "--uid", NOBODY, "--gid", NOBODY, "--hostname", "sandbox"),
        "--clearenv",
        *chain.from_iterable(("--setenv", *pair) for pair in ENVIRONMENT.items()),
        *_system(),
        *("--proc", "/proc", "--dev", "/dev"),
        *chain.from_iterable(
            ("--perms", "0700", "--size", str(limits.folder), "--tmpfs", folder)
            for folder in WRITABLE
        ),
        *parents,
        *_read_only(shown),
        *("--ro-bind", str(PACKAGE / "grading" / "stub"), f"{COURSE}/d2lmini/exercises"),
        *covers,
        *(() if "/tmp" in parents else ("--symlink", HOME[1:], "/tmp")),
        *("--remount-ro", "/", "--remount-ro", "/dev", "--chdir", HOME, "--"),
    ]


def _covers() -> list[str]:
    """Hide the grader, and any other copy of d2lmini that is mounted."""
    hidden = [f"{COURSE}/d2lmini/grading"]
    if any(folder in PACKAGE.parents for folder in [Path("/usr"), *environment()]):
        hidden.append(str(PACKAGE))
    return list(chain.from_iterable(("--tmpfs", path, "--remount-ro", path) for path in hidden))


def _system() -> list[str]:
    """Mount the system's programs; old systems keep ``/bin`` and ``/lib`` beside ``/usr``."""
    words = ["--ro-bind", "/usr", "/usr"]
    for name in ("bin", "sbin", "lib", "lib32", "lib64"):
        path = Path("/", name)
        if path.is_symlink():
            words += ["--symlink", str(path.readlink()), str(path)]
        elif path.is_dir():
            words += ["--ro-bind", str(path), str(path)]
    return words


def _parents(paths: Iterable[Path]) -> list[str]:
    """Make the folders above mount points, open to every user: bwrap's own are closed."""
    above = {parent for path in paths for parent in path.parents}
    above = {p for p in above if p != Path("/") and Path("/usr") not in (p, *p.parents)}
    return list(chain.from_iterable(("--dir", str(path)) for path in sorted(above)))


def _read_only(folders: Iterable[tuple[str, str]]) -> list[str]:
    return list(chain.from_iterable(("--ro-bind", *pair) for pair in folders))


def command(words: Sequence[str], user: int | None, inputs: Path) -> list[str]:
    """Return a command that starts from this process: root's goes over the stage."""
    if user is None:
        return list(words)
    return [*stage(user, inputs), "sh", "-c", LIFELINE, "sh", *words]


def bare_environment() -> dict[str, str]:
    """Return the environment for bwrap itself, in which nothing of the grader's own stands."""
    return {"PATH": os.defpath + ":/usr/sbin:/sbin"}
