# Its result is a folder.
import os

import numpy as np

np.savez = lambda path, **_: os.mkdir(path)


def answer(x):
    return 2 * x
