"""Cross-correlation of one image: the loops that a reader studies, their fast twin, and torch."""

from collections.abc import Callable

import torch
from torch.nn import functional as F

from d2lmini.ops import corr2d, corr2d_windows

TWIN = "`corr2d_windows`"


def contestants(size: int, kernel_size: int) -> dict[str, Callable[[], object]]:
    """Return ``F.conv2d`` and ours on the same square image and kernel."""
    made = torch.Generator().manual_seed(0)
    X = torch.rand(size, size, generator=made)
    K = torch.rand(kernel_size, kernel_size, generator=made)
    return {
        "`F.conv2d`": lambda: F.conv2d(X[None, None], K[None, None])[0, 0],
        TWIN: lambda: corr2d_windows(X, K),
        "`corr2d` (double loop)": lambda: corr2d(X, K),
    }
