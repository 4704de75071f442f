# Kills every process that it may send a signal to.
import os
import signal

os.kill(-1, signal.SIGKILL)
