"""Find a user that nobody is, for a sandbox that root starts."""

import functools
import grp
import os
import pwd

import psutil

FIRST, COUNT = 61_184, 4_000  # systemd gives such numbers to users that exist for a moment


def unused_user() -> int:
    """Return a number that no account, group or process has; the same one in this process.

    Raises:
        OSError: all of them are taken.
    """
    return _unused_user(os.getpid())


@functools.cache
def _unused_user(process: int) -> int:
    busy = {uid for other in psutil.process_iter() for uid in _users(other)}
    busy |= {entry.pw_uid for entry in pwd.getpwall()} | {entry.gr_gid for entry in grp.getgrall()}
    for step in range(COUNT):
        user = FIRST + (process + step) % COUNT  # workers that start together get different ones
        if user not in busy:
            return user
    raise OSError(f"every user from {FIRST} to {FIRST + COUNT - 1} is taken")


def _users(process: psutil.Process) -> tuple[int, ...]:
    try:
        return tuple(process.uids())
    except psutil.Error:
        return ()
