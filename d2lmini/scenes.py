"""Pictures and signals made by program: small enough to check by eye, the same at every run."""

import torch
from torch import Tensor


def edge_image() -> Tensor:
    """Return the 6×8 picture of ones (white) whose columns 2 to 5 are zero (black), float32.

    Chapter *Cross-correlation*.

    >>> edge_image()[0].int().tolist()
    [1, 1, 0, 0, 0, 0, 1, 1]
    """
    X = torch.ones(6, 8)
    X[:, 2:6] = 0
    return X
