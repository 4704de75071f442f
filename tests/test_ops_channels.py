"""linear_per_pixel against PyTorch's 1×1 convolution and plain counting."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as F

from d2lmini.ops import linear_per_pixel

sizes = st.integers(1, 4)


def numbers(shape: tuple[int, ...], seed: int) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@settings(deadline=None, derandomize=True, max_examples=40, database=None)
@given(shape=st.tuples(sizes, sizes, sizes, sizes), c_o=sizes, seed=st.integers(0, 2**16))
def test_it_equals_a_1x1_convolution(shape, c_o, seed):
    X, W, b = numbers(shape, seed), numbers((c_o, shape[1]), seed + 1), numbers((c_o,), seed + 2)
    expected = F.conv2d(X, W[:, :, None, None], b)
    got = linear_per_pixel(X, W, b)
    torch.testing.assert_close(got, expected)
    assert got.dtype == torch.float64


def test_every_pixel_is_the_sum_over_its_channels_plus_the_bias():
    rng = torch.Generator().manual_seed(0)
    X, W, b = (torch.randint(-9, 10, s, generator=rng) for s in ((2, 3, 2, 5), (4, 3), (4,)))
    Y = linear_per_pixel(X, W, b)
    assert Y.shape == (2, 4, 2, 5) and Y.dtype == torch.float32
    for n, o, i, j in np.ndindex(2, 4, 2, 5):
        assert Y[n, o, i, j] == b[o] + sum(int(W[o, c] * X[n, c, i, j]) for c in range(3))


def test_the_worked_example():
    X, W = torch.arange(12).reshape(1, 3, 2, 2), torch.arange(12).reshape(4, 3)
    Y = linear_per_pixel(X, W, torch.full((4,), 3))
    assert Y.flatten(2)[0].tolist() == [
        [23, 26, 29, 32], [59, 71, 83, 95], [95, 116, 137, 158], [131, 161, 191, 221],
    ]  # fmt: skip


def test_small_integers_do_not_overflow():
    X = torch.full((1, 2, 1, 1), 200, dtype=torch.uint8)
    W, b = torch.full((1, 2), 3, dtype=torch.uint8), torch.full((1,), 255, dtype=torch.uint8)
    assert linear_per_pixel(X, W, b).item() == 200 * 3 * 2 + 255


@pytest.mark.parametrize("which", range(3))
def test_the_widest_dtype_wins_wherever_it_stands(which):
    given = [torch.ones(1, 2, 1, 3), torch.ones(1, 2), torch.ones(1)]
    given[which] = given[which].double()
    assert linear_per_pixel(*given).dtype == torch.float64


def test_an_empty_batch_stays_empty():
    assert linear_per_pixel(torch.ones(0, 2, 3, 4), torch.ones(5, 2), torch.ones(5)).shape == (
        0, 5, 3, 4,
    )  # fmt: skip


def test_gradients_reach_all_three():
    given = [numbers(s, i).requires_grad_() for i, s in enumerate(((2, 3, 2, 2), (4, 3), (4,)))]
    assert torch.autograd.gradcheck(linear_per_pixel, given)


def test_inputs_stay_as_they_were_and_views_are_taken():
    X, W, b = numbers((3, 2, 4, 2), 0).transpose(0, 1), numbers((3, 4), 1).T, numbers((4,), 2)
    before = X.clone(), W.clone(), b.clone()
    torch.testing.assert_close(linear_per_pixel(X, W, b), F.conv2d(X, W[:, :, None, None], b))
    assert all(map(torch.equal, (X, W, b), before))


@pytest.mark.parametrize("name", ["X", "W", "b"])
@pytest.mark.parametrize("axes", range(6))
def test_other_numbers_of_axes_are_refused(name, axes):
    given = {"X": torch.ones(1, 1, 1, 1), "W": torch.ones(1, 1), "b": torch.ones(1)}
    right = given[name].dim()
    given[name] = torch.ones((1,) * axes)
    if axes == right:
        assert linear_per_pixel(**given).item() == 2
        return
    with pytest.raises(ValueError) as error:
        linear_per_pixel(**given)
    assert str(error.value) == f"{name} must have {right} axes, got shape {(1,) * axes}"


@pytest.mark.parametrize("name", ["X", "W", "b"])
def test_what_is_no_tensor_is_refused(name):
    given = {"X": torch.ones(1, 1, 1, 1), "W": torch.ones(1, 1), "b": torch.ones(1)}
    given[name] = [1.0]
    with pytest.raises(ValueError, match=f"^{name} must be a tensor with"):
        linear_per_pixel(**given)


@pytest.mark.parametrize(("c_x", "W"), [(2, (4, 3)), (3, (3, 4)), (1, (0, 1)), (0, (1, 0))])
def test_weights_that_do_not_match_the_channels_are_refused(c_x, W):
    with pytest.raises(ValueError) as error:
        linear_per_pixel(torch.ones(1, c_x, 2, 2), torch.ones(W), torch.ones(W[0]))
    assert str(error.value) == (
        f"W must be (c_o, c_i) with the {c_x} channels of X as c_i, got shape {W}"
    )


@pytest.mark.parametrize("wrong", [1, 2, 4])
def test_a_bias_of_another_length_is_refused(wrong):
    with pytest.raises(ValueError) as error:
        linear_per_pixel(torch.ones(1, 2, 2, 2), torch.ones(3, 2), torch.ones(wrong))
    assert str(error.value) == (
        f"b must hold one number for each of the 3 output channels, got {wrong}"
    )
