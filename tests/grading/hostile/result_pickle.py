# Its result would run code where it is opened.
import numpy as np


class Run:
    def __reduce__(self):
        return print, ("it ran",)


def answer(x):
    return np.array([Run()], dtype=object)
