# Memory that stays after its process has let it go.
import ctypes

libc = ctypes.CDLL(None, use_errno=True)
got = [libc.shmget(0, 1 << 20, 0o1600) >= 0, libc.msgget(0, 0o1600) >= 0]


def answer(x):
    return sum(got)
