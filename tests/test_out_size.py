"""The output size, held against counting windows one by one and against PyTorch's own layers."""

import inspect
import math
from itertools import product

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as F

from d2lmini.ops import out_size, pixel_usage, size_problem

repeatable = settings(deadline=None, derandomize=True, max_examples=80, database=None)

SMALL = [  # (n, k, P, s): every legal case of this grid
    (n, k, P, s)
    for n, k, P, s in product(range(1, 25), range(1, 8), range(13), range(1, 6))
    if n + P >= k
]


def counted(n: int, k: int, P: int, s: int, d: int = 1) -> int:
    """Count the windows by hand: a start counts when the last tap still lies on the input."""
    return sum(start + d * (k - 1) < n + P for start in range(0, n + P, s))


# ---------------------------------------------------------------- the formula


def test_formula_equals_a_count_of_windows_in_all_10640_small_cases():
    assert len(SMALL) == 10_640
    wrong = [
        case for case in SMALL if out_size(case[0], case[1], s=case[3], P=case[2]) != counted(*case)
    ]
    assert wrong == []


def test_ceiling_without_plus_one_is_wrong_in_4888_of_them():
    ceiling = {(n, k, P, s): math.ceil((n + P - k) / s) for n, k, P, s in SMALL}
    wrong = [case for case in SMALL if ceiling[case] != counted(*case)]
    assert len(wrong) == 4_888
    assert all((n + P - k) % s == 0 for n, k, P, s in wrong), "wrong exactly where s divides n+P-k"


def test_the_other_common_form_is_the_same_number():
    for n, k, P, s in SMALL:
        assert (n - k + P + s) // s == out_size(n, k, s=s, P=P)


@repeatable
@given(
    n=st.integers(1, 40),
    k=st.integers(1, 9),
    p=st.integers(0, 8),
    s=st.integers(1, 7),
    d=st.integers(1, 4),
)
def test_formula_equals_conv1d_with_dilation_or_both_refuse(n, k, p, s, d):
    x, w = torch.zeros(1, 1, n), torch.zeros(1, 1, k)
    if size_problem(n, k, p, s, d):
        with pytest.raises(RuntimeError):
            F.conv1d(x, w, padding=p, stride=s, dilation=d)
        with pytest.raises(ValueError):
            out_size(n, k, p, s, d)
    else:
        Y = F.conv1d(x, w, padding=p, stride=s, dilation=d)
        assert out_size(n, k, p, s, d) == Y.shape[-1] == counted(n, k, 2 * p, s, d)


@repeatable
@given(n=st.integers(1, 50), k=st.integers(1, 9), s=st.integers(1, 9))
def test_corollaries_of_the_formula(n, k, s):
    assert out_size(n, k, P=k - 1) == n
    assert out_size(n, k, s=s, P=k - 1) == math.ceil(n / s)
    if k >= s:
        assert out_size(n * s, k, s=s, P=k - s) == n


def test_padding_per_side_counts_twice():
    assert out_size(7, 3, 2) == out_size(7, 3, P=4) == 9
    assert out_size(7, 3, 0, P=3) == 8  # an odd total exists only as P


def test_arguments_stand_in_the_documented_order():
    assert out_size(20, 3, 1, 2, 4) == out_size(n=20, k=3, p=1, s=2, d=4) == 7
    with pytest.raises(TypeError):
        out_size(20, 3, 1, 2, 4, 6)


def test_numpy_integers_are_welcome():
    assert out_size(np.int64(28), np.int64(5), p=np.int64(2)) == 28


# ---------------------------------------------------------------- bad input


NOT_WHOLE = [1.0, 1.5, math.nan, math.inf, "3", "", None, True, False, [3], (3, 3), 2 + 0j]
NAMES = {
    "n": ("input size", 1),
    "k": ("kernel size", 1),
    "p": ("padding per side", 0),
    "s": ("stride", 1),
    "d": ("dilation", 1),
    "P": ("total padding", 0),
}
GOOD = {"n": 8, "k": 3, "p": 0, "s": 1, "d": 1}


@pytest.mark.parametrize(
    ("symbol", "bad"),
    [case for case in product(NAMES, NOT_WHOLE) if case != ("P", None)],  # None: p is given instead
    ids=repr,
)
def test_a_value_that_is_no_whole_number_is_named(symbol, bad):
    with pytest.raises(ValueError) as error:
        out_size(**GOOD | {symbol: bad})
    assert str(error.value) == f"{NAMES[symbol][0]} ({symbol}) must be a whole number, got {bad!r}"


@pytest.mark.parametrize("symbol", NAMES)
@pytest.mark.parametrize("below", [1, 2, 100])
def test_a_value_below_its_least_is_named(symbol, below):
    name, least = NAMES[symbol]
    with pytest.raises(ValueError) as error:
        out_size(**GOOD | {symbol: least - below})
    assert str(error.value) == f"{name} ({symbol}) must be at least {least}, got {least - below}"


@pytest.mark.parametrize("symbol", NAMES)
def test_the_least_value_itself_is_accepted(symbol):
    case = GOOD | {"k": 1} | {symbol: NAMES[symbol][1]}
    assert size_problem(**case) is None


def test_a_kernel_that_does_not_fit_is_told_with_its_sizes():
    assert size_problem(3, 5) == (
        "kernel size 5 spans 5 places, but the padded input has only 3: "
        "add padding or use a smaller kernel"
    )
    assert size_problem(4, 3, p=1, d=3) == (
        "kernel size 3 with dilation 3 spans 7 places, but the padded input has only 6: "
        "add padding or use a smaller kernel"
    )
    assert "has only 4" in size_problem(3, 5, P=1)
    assert "kernel size 3 with dilation 2 spans 5 places" in size_problem(4, 3, d=2)
    assert size_problem(4, 3, p=1, d=2) is None
    with pytest.raises(ValueError, match="kernel size 5 spans 5 places"):
        out_size(3, 5)


def test_a_kernel_as_large_as_the_padded_input_fits_once():
    assert out_size(3, 5, p=1) == out_size(5, 5) == out_size(4, 5, P=1) == out_size(5, 3, d=2) == 1


def test_size_problem_and_out_size_have_the_same_defaults():
    def defaults(function):
        return {name: p.default for name, p in inspect.signature(function).parameters.items()}

    none = inspect.Parameter.empty
    expected = {"n": none, "k": none, "p": 0, "s": 1, "d": 1, "P": None}
    assert defaults(size_problem) == defaults(out_size) == expected


def test_both_paddings_at_once_are_refused():
    with pytest.raises(ValueError) as error:
        out_size(8, 3, p=1, P=2)
    assert str(error.value) == "give the padding once: p=1 per side or P=2 in all, not both"


# ---------------------------------------------------------------- pixel usage


def used_by_autograd(n: int, k: int, p: int, s: int) -> torch.Tensor:
    """Sum all windows with PyTorch: the gradient of the sum at a pixel is its number of uses."""
    X = torch.zeros(1, 1, n, n, dtype=torch.float64, requires_grad=True)
    F.conv2d(X, torch.ones(1, 1, k, k, dtype=torch.float64), padding=p, stride=s).sum().backward()
    return X.grad[0, 0]


@repeatable
@given(n=st.integers(1, 9), k=st.integers(1, 5), p=st.integers(0, 4), s=st.integers(1, 4))
def test_pixel_usage_equals_the_gradient_of_a_sum_of_windows(n, k, p, s):
    if problem := size_problem(n, k, p, s):
        with pytest.raises(ValueError) as error:
            pixel_usage(n, k, p, s)
        assert str(error.value) == problem
    else:
        used = pixel_usage(n, k, p, s)
        assert used.dtype == torch.int64 and used.shape == (n, n)
        assert torch.equal(used.double(), used_by_autograd(n, k, p, s))


def test_pixel_usage_of_the_chapter():
    bare = pixel_usage(8, 3)
    assert (bare[0, 0], bare[0, 1], bare[0, 2], bare[1, 1], bare[3, 4]) == (1, 2, 3, 4, 9)
    padded = pixel_usage(8, 3, 1)
    assert (padded[0, 0], padded[0, 3], padded[3, 3]) == (4, 6, 9)
    assert pixel_usage(8, 3, 2).unique().tolist() == [9]


@pytest.mark.parametrize(
    "bad", [(0, 3), (8, 0), (8, 3, -1), (8, 3, 0, 0), (8.0, 3), (8, "3"), (2, 3)]
)
def test_pixel_usage_refuses_what_out_size_refuses(bad):
    with pytest.raises(ValueError) as error:
        pixel_usage(*bad)
    assert str(error.value) == size_problem(*bad)
