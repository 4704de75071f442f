"""System calls that no exercise needs, and that a sandbox does without.

Each gives a stranger a large and young part of the machine's kernel to try, memory that belongs to
no process, or keys of the grader. They fail with EPERM. The list leaves out what bubblewrap itself
needs; new namespaces and mounts are refused by other means (:mod:`d2lmini.grading.wall`).
"""

import os
import platform
import struct

# name: number on x86_64, number on aarch64
DENIED = {
    "shmget": (29, 194),
    "semget": (64, 190),
    "msgget": (68, 186),
    "ptrace": (101, 117),
    "init_module": (175, 105),
    "kexec_load": (246, 104),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "perf_event_open": (298, 241),
    "open_by_handle_at": (304, 265),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "finit_module": (313, 273),
    "bpf": (321, 280),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
}
MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}  # linux/audit.h

# linux/bpf_common.h, linux/seccomp.h
LOAD, EQUAL, AT_LEAST, RETURN = 0x20, 0x15, 0x35, 0x06
NUMBER, MACHINE = 0, 4  # where struct seccomp_data holds them
ALLOW, REFUSE = 0x7FFF0000, 0x00050001  # the second one: errno 1, EPERM
OTHER_CALLS = 0x40000000  # x86_64 knows its calls by a second set of numbers


def program(machine: str) -> bytes | None:
    """Return the filter as the machine's kernel reads it; None for one that we have no numbers of.

    Args:
        machine: as ``platform.machine()`` says it.
    """
    if machine not in MACHINES:
        return None
    column, code = MACHINES[machine]
    numbers = [pair[column] for pair in DENIED.values()]
    last = len(numbers) + 1  # jumps count from the next line; the last line refuses
    lines = [
        (LOAD, 0, 0, MACHINE),
        (EQUAL, 0, last + 2, code),
        (LOAD, 0, 0, NUMBER),
        (AT_LEAST, last, 0, OTHER_CALLS),
        *((EQUAL, last - 1 - i, 0, number) for i, number in enumerate(numbers)),
        (RETURN, 0, 0, ALLOW),
        (RETURN, 0, 0, REFUSE),
    ]
    return b"".join(struct.pack("=HBBI", *line) for line in lines)


def filter_file() -> int | None:
    """Return an open file with the filter for this machine, for ``bwrap --seccomp``; or None."""
    words = program(platform.machine())
    if words is None:
        return None
    read, write = os.pipe()
    os.write(write, words)
    os.close(write)
    return read
