"""Pooling and convolution as a matrix in Python: refusals, outputs, starting numbers."""

import pytest
import torch
import traitlets as T

from d2lmini.explorers import ConvMatrix, Pool
from d2lmini.explorers.base import corners


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"k": 3, "p": 2}, "padding 2 is more than half of window 3: use at most 1"),
        ({"n": 3, "k": 4}, "spans 4 places, but the padded input has only 3: use a smaller window"),
        ({"n": 4, "k": 3, "d": 2}, "spans 5 places"),
        ({"x": [[1, 2]]}, "x must be a square of 1 to 10 rows"),
        ({"x": [[0.5]]}, "x must hold whole numbers"),
        ({"x": "no table"}, "x must be rows of whole numbers"),
        ({"w": [[1]]}, r"Pool has no \['w'\]"),
    ],
)
def test_a_pooling_without_result_is_refused_in_words(values: dict, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        Pool("pool", **values)


def test_average_and_adaptive_pooling_have_no_dilation_and_no_refusal_for_it() -> None:
    assert Pool("pool", n=4, k=3, d=2, op="average").output().shape == (1, 1)
    assert Pool("pool", n=3, k=5, p=2, how="adaptive", m=7).output().shape == (7, 7)


def test_a_value_out_of_its_range_names_both() -> None:
    with pytest.raises(T.TraitError, match="11"):
        Pool("pool", n=11)
    with pytest.raises(T.TraitError, match="max"):
        Pool("pool", op="median")


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"n": 2, "k": 3}, "kernel size 3 spans 3 places, but the padded input has only 2"),
        ({"dir": "transposed", "o": 1}, "output padding 1 must be smaller than stride 1 or dilat"),
        ({"dir": "transposed", "n": 1, "k": 3, "p": 3}, "crops everything: .* would be −3"),
        ({"dir": "transposed", "n": 1, "k": 2, "p": 1}, "crops everything: .* would be 0"),
        ({"w": [[1, 2], [3]]}, "w must be a square of 1 to 5 rows"),
    ],
)
def test_a_matrix_without_result_is_refused_in_words(values: dict, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        ConvMatrix("matrix", **values)


def test_a_square_of_numbers_sets_the_size_and_fills_the_corner() -> None:
    pool = Pool("pool", x=torch.tensor([[5, -1], [2, 9]]))
    assert (pool.n, pool.output().item(), pool.x[0][:2], pool.x[9]) == (
        2,
        9,
        [5, -1],
        Pool("p").x[9],
    )
    matrix = ConvMatrix("matrix", x=[[1, 2], [3, 4]], w=[[2]])
    assert (matrix.n, matrix.k, matrix.matrix().equal(2 * torch.eye(4, dtype=torch.int64))) == (
        2,
        1,
        True,
    )
    assert ConvMatrix("matrix", x=[[1, 2], [3, 4]], n=1, k=1, w=[[7]]).output().tolist() == [[7]]


def test_the_transposed_matrix_is_the_matrix_turned_over() -> None:
    there = ConvMatrix("matrix", n=5, k=3, s=2, p=1)
    back = ConvMatrix("matrix", dir="transposed", n=3, k=3, s=2, p=1)
    assert back.matrix().equal(there.matrix().T)


def test_a_corner_leaves_the_whole_as_it_was() -> None:
    whole, given = [[1, 2], [3, 4]], {"x": [[9]], "n": 2}
    corners(given, {"x": whole}, x="n")
    assert given == {"x": [[9, 2], [3, 4]], "n": 2} and whole == [[1, 2], [3, 4]]
