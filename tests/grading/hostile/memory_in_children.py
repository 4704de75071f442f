# Much memory, in small parts.
import os
import time

for _ in range(12):
    if not os.fork():
        block = b"x" * (200 << 20)
        time.sleep(60)
time.sleep(60)
