"""Random sizes for the cases of exercises."""

import numpy as np


def oblong(rng: np.random.Generator, low: int, high: int) -> tuple[int, int]:
    """Return two different sizes of at least ``low`` and below ``high``."""
    first, second = rng.choice(np.arange(low, high), 2, replace=False)
    return int(first), int(second)
