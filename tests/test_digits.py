"""Digits drawn by program: what a task may rely on."""

import pytest
import torch

from d2lmini.digits import drawn_digits


def test_the_same_seed_draws_the_same_digits_and_another_one_others():
    X, y = drawn_digits(50, seed=3)
    again, other = drawn_digits(50, seed=3), drawn_digits(50, seed=4)
    assert X.equal(again[0]) and y.equal(again[1])
    assert not X.equal(other[0]) and not y.equal(other[1])


def test_form_and_share_of_each_digit():
    X, y = drawn_digits(103)
    assert X.shape == (103, 1, 28, 28) and X.dtype == torch.uint8
    assert y.dtype == torch.int64 and y.shape == (103,)
    counts = y.bincount(minlength=10)
    assert counts.min() >= 10 and counts.max() <= 11 and len(counts) == 10


def test_no_two_digits_are_alike_and_few_touch_the_rim():
    X, _ = drawn_digits(300, seed=1)
    flat = X.flatten(1)
    assert len(flat.unique(dim=0)) == 300
    ink = (X > 127).flatten(1).sum(1)
    assert ink.min() > 15 and ink.max() < 300  # of 784 pixels
    rim = torch.cat([X[..., 0, :], X[..., -1, :], X[..., 0], X[..., -1]], dim=-1) > 127
    assert rim.flatten(1).any(1).float().mean() < 0.2


def test_nearest_mean_picture_tells_most_digits_apart():
    """The labels belong to the pictures: the mean of each class names new digits far above 0.1."""
    X, y = drawn_digits(1000, seed=0)
    means = torch.stack([X[y == digit].float().mean(0) for digit in range(10)])
    new, right = drawn_digits(300, seed=1)
    named = torch.cdist(new.float().flatten(1), means.flatten(1)).argmin(1)
    accuracy = (named == right).float().mean()
    assert 0.5 < accuracy < 0.95


def test_one_digit_alone_and_numbers_that_are_refused():
    assert drawn_digits(1)[0].shape == (1, 1, 28, 28)
    for count in (0, -1, 2.0, True):
        with pytest.raises(ValueError, match="count must be a whole number"):
            drawn_digits(count)
    with pytest.raises(ValueError, match=r"seed must be a whole number, got 0\.5"):
        drawn_digits(1, seed=0.5)
