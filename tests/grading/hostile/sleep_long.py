# Uses no computing time at all.
import time

time.sleep(3600)
