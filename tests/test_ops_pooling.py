"""``shift_test`` of chapter *Pooling* against rows that are moved by hand."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from d2lmini.layers import shift_test

repeatable = settings(deadline=None, derandomize=True, max_examples=60, database=None)


def moved_by_hand(row: list[int], shift: int) -> list[int]:
    """Return the row with each value `shift` places further right, zeros where none arrives."""
    out = [0] * len(row)
    for place, value in enumerate(row):
        if 0 <= place + shift < len(row):
            out[place + shift] = value
    return out


@repeatable
@given(row=st.lists(st.integers(0, 2), min_size=4, max_size=9), data=st.data())
def test_outputs_are_compared_with_those_of_the_moved_row(row, data):
    shift = data.draw(st.integers(1 - len(row), len(row) - 1))
    moved = moved_by_hand(row, shift)
    windows = [(i, i + 2) for i in range(0, len(row) - 1, 2)]
    expected = [max(row[a:b]) == max(moved[a:b]) for a, b in windows]
    found = shift_test(nn.MaxPool1d(2), torch.tensor([row], dtype=torch.float32), shift)
    assert found.dtype == torch.bool and found.tolist() == [expected]


def test_a_picture_moves_one_pixel_to_the_right_unless_told_otherwise():
    X = torch.arange(1.0, 7).reshape(1, 2, 3)
    seen = []

    def layer(picture):
        seen.append(picture.clone())
        return picture.sum((-2, -1))

    before = X.clone()
    assert shift_test(layer, X).tolist() == [False]
    assert {str(picture.tolist()) for picture in seen} == {
        str(X.tolist()), str([[[0.0, 1.0, 2.0], [0.0, 4.0, 5.0]]]),
    }  # fmt: skip
    assert torch.equal(X, before)


def test_nothing_moves_and_nothing_changes():
    assert shift_test(lambda X: X, torch.rand(2, 3), shift=0).all()


@pytest.mark.parametrize("shift", [4, -4, 9, 1.0, True, None, "1", math.nan], ids=repr)
@pytest.mark.parametrize("shape", [(4,), (2, 4), (3, 9, 4)], ids=str)
def test_a_shift_that_is_none_or_leaves_nothing_is_refused(shift, shape):
    with pytest.raises(ValueError) as error:
        shift_test(lambda X: X, torch.ones(shape), shift)
    assert str(error.value) == (
        f"shift must be a whole number of less than the width 4 in size, got {shift!r}"
    )


@pytest.mark.parametrize(("shift", "last"), [(3, 3), (-3, 0)])
def test_the_largest_shift_leaves_one_column(shift, last):
    kept = shift_test(lambda X: X, torch.ones(1, 4), shift)
    assert kept.tolist() == [[place == last for place in range(4)]]


@pytest.mark.parametrize("X", [torch.tensor(1.0), [[1.0, 2.0]], None], ids=repr)
def test_what_has_no_width_is_refused(X):
    with pytest.raises(ValueError) as error:
        shift_test(lambda X: X, X)
    assert str(error.value) == f"X must be a tensor with a width to move along, got {X!r}"
