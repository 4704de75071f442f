# One large file, written and stretched.
large = 0
try:
    with open("/student/a", "wb") as file:
        for _ in range(40):
            file.write(b"x" * (1 << 20))
    large += 1
except OSError:
    pass
try:
    with open("/student/b", "wb") as file:
        file.truncate(1 << 30)
    large += 1
except OSError:
    pass


def answer(x):
    return large
