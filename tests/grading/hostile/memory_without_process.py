# Memory in files that have no name and belong to no process.
import os
import time

files = []
for _ in range(150):
    file = os.memfd_create("x")
    for _ in range(16):
        os.write(file, b"x" * (1 << 20))
    files.append(file)
time.sleep(60)
