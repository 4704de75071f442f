"""How much a stranger's code may use, and a look at what no limit of the kernel covers."""

import os
import stat
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

MIB = 1 << 20
GIB = 1 << 30


@dataclass(frozen=True)
class Limits:
    """What one sandbox may use; sizes in bytes, times in seconds.

    Args:
        wall: seconds for one cell or call, where the caller does not say otherwise.
        start: seconds until the kernel must answer for the first time.
        cpu: seconds of computing for each process.
        address: address space of each process.
        processes: processes and threads together.
        file: size of one file.
        files: open files of each process.
        folder: size of each of the three folders that can be written to; all lie in memory.
        entries: files and folders in each of them.
        memory: what all processes hold together.
        spare: what the machine must keep free.
        talk: what one cell or call may print.
        message: size of one message.
    """

    wall: float = 30.0
    start: float = 60.0
    cpu: int = 600
    address: int = 4 * GIB
    processes: int = 64
    file: int = 16 * MIB
    files: int = 256
    folder: int = 64 * MIB
    entries: int = 10_000
    memory: int = 6 * GIB
    spare: int = min(2 * GIB, psutil.virtual_memory().total // 8)
    talk: int = MIB
    message: int = 2 * MIB

    def rlimits(self) -> dict[str, int]:
        """Return the limits that the machine's kernel watches, by the names of ``prlimit``."""
        return {
            "nproc": self.processes,
            "as": self.address,
            "cpu": self.cpu,
            "fsize": self.file,
            "nofile": self.files,
            "core": 0,
            "memlock": 0,
            "msgqueue": 0,
        }


def members(init: int) -> list[int]:
    """Return the processes in the process namespace of ``init``, whoever their parents are."""
    found = []
    with suppress(OSError):
        space = Path(f"/proc/{init}/ns/pid").stat().st_ino
        for entry in os.scandir("/proc"):
            if entry.name.isdecimal():
                with suppress(OSError):  # a process that ended meanwhile
                    if Path(f"/proc/{entry.name}/ns/pid").stat().st_ino == space:
                        found.append(int(entry.name))
    return found


def memory(pids: Iterable[int], enough: int) -> int:
    """Return the bytes that processes hold together; exact only where it may exceed ``enough``.

    Files without a name count as well: ``memfd_create`` makes memory that belongs to no process.
    """
    pids = list(pids)
    resident = sum(_resident(pid) for pid in pids)
    if resident > enough:  # pages that processes share were counted for each of them
        resident = sum(_proportional(pid) for pid in pids)
    return resident + _nameless(pids)


def _resident(pid: int) -> int:
    with suppress(OSError, ValueError, IndexError):
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")
    return 0


def _proportional(pid: int) -> int:
    with suppress(OSError, ValueError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0


def _nameless(pids: Iterable[int]) -> int:
    sizes: dict[tuple[int, int], int] = {}
    for pid in pids:
        with suppress(OSError):
            for entry in os.scandir(f"/proc/{pid}/fd"):
                with suppress(OSError):
                    found = entry.stat()
                    if stat.S_ISREG(found.st_mode) and not found.st_nlink:
                        sizes[found.st_dev, found.st_ino] = found.st_blocks * 512
    return sum(sizes.values())


def excess(init: int, folders: Iterable[int], limits: Limits) -> str | None:
    """Return what a sandbox uses too much of, as a sentence, or None.

    Args:
        init: the first process of the sandbox.
        folders: descriptors of its folders that can be written to.
        limits: what it may use.
    """
    if memory(members(init), limits.memory) > limits.memory:
        return f"it used more than {limits.memory / GIB:g} GiB of memory"
    for folder in folders:
        room = os.statvfs(folder)
        if room.f_files - room.f_ffree > limits.entries:
            return f"it made more than {limits.entries} files"
    return None


def shortage(limits: Limits) -> str | None:
    """Return what the machine itself lacks, as a sentence, or None: no fault of a student's."""
    if psutil.virtual_memory().available < limits.spare:
        return f"less than {limits.spare / GIB:g} GiB of the machine's memory were free"
    return None
