# As many processes as it can get, each of which wants more.
import os
import time

while True:
    try:
        os.fork()
    except OSError:
        time.sleep(0.01)
