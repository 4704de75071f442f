"""The edge picture, pixel by pixel, and what chapter *Cross-correlation* builds on it."""

import torch

from d2lmini.ops import corr2d
from d2lmini.scenes import edge_image


def test_the_edge_image_is_white_black_white_in_every_row():
    drawn = ["##....##"] * 6
    expected = torch.tensor([[float(mark == "#") for mark in row] for row in drawn])
    assert edge_image().equal(expected)
    assert edge_image().dtype == torch.float32


def test_every_call_makes_a_picture_of_its_own():
    edge_image().fill_(7)
    assert edge_image().max() == 1


def test_its_edges_are_vertical_and_differ_in_sign():
    X = edge_image()
    right = X[:, :-1] - X[:, 1:]
    assert right.equal(corr2d(X, torch.tensor([[1, -1]])))
    assert right.nonzero()[:, 1].unique().tolist() == [1, 5]
    assert right[:, 1].unique().tolist() == [1] and right[:, 5].unique().tolist() == [-1]
    assert not (X[:-1] - X[1:]).any()
