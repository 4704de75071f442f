"""Fixtures that every test may use."""

import os
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

# `tools` and `benchmarks` are imported by tests, however pytest was started.
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

# One thread per process: with more, tests on two cores wait for each other.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("MPLBACKEND", "Agg")


@pytest.fixture(scope="session")
def root() -> Path:
    """Return the folder of the checkout."""
    return ROOT
