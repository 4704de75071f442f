"""Gradient descent on the edge kernel, held against the closed form of its quadratic loss."""

import math

import pytest
import torch

from d2lmini.train import learn


def closed_form(lr, w0, t):
    """Return loss and weights after ``t`` updates from the eigenvalues 12 and 60 of the Hessian."""
    e = (w0[0] - 1, w0[1] + 1)
    apart = (e[0] - e[1]) / 2 * (1 - 12 * lr) ** t  # along (1, -1)
    alike = (e[0] + e[1]) / 2 * (1 - 60 * lr) ** t  # along (1, 1)
    return 12 * apart**2 + 60 * alike**2, (1 + apart + alike, -1 - apart + alike)


@pytest.mark.parametrize("lr", [0, 0.01, 1 / 60, 1 / 36, 0.03, 1 / 30, 0.034, 0.05])
@pytest.mark.parametrize("w0", [(0.5, 0.5), (0, 0), [-2.0, 3.25]])
def test_learn_follows_the_closed_form(lr, w0):
    losses, path = learn(lr, w0, 12)
    for t in range(13):
        loss, w = closed_form(lr, w0, t)
        assert losses[t] == pytest.approx(loss, rel=1e-9, abs=1e-12)
        assert path[t] == pytest.approx(w, rel=1e-9, abs=1e-9)


def test_learn_returns_one_entry_more_than_updates():
    for steps in (0, 1, 5):
        losses, path = learn(0.01, (0.5, 0.5), steps)
        assert len(losses) == len(path) == steps + 1
    assert path[0] == (0.5, 0.5) and losses[0] == 27


def test_learn_counts_in_float64_and_leaves_the_default_alone():
    losses, path = learn(1 / 36, (0.5, 0.5), 60)
    assert losses[-1] < 1e-18 and math.dist(path[-1], (1, -1)) < 1e-9
    assert torch.get_default_dtype() == torch.float32


@pytest.mark.parametrize(
    ("lr", "w0", "steps", "message"),
    [
        (-0.1, (0, 0), 1, "lr must be a number of at least 0, got -0.1"),
        (math.nan, (0, 0), 1, "lr must be a number of at least 0, got nan"),
        (math.inf, (0, 0), 1, "lr must be a number of at least 0, got inf"),
        ("0.1", (0, 0), 1, "lr must be a number of at least 0, got '0.1'"),
        (True, (0, 0), 1, "lr must be a number of at least 0, got True"),
        (0.1, (0,), 1, "w0 must be two numbers, the weights at the start, got (0,)"),
        (0.1, (0, 0, 0), 1, "w0 must be two numbers, the weights at the start, got (0, 0, 0)"),
        (0.1, 0.5, 1, "w0 must be two numbers, the weights at the start, got 0.5"),
        (0.1, ("a", 0), 1, "w0 must be two numbers, the weights at the start, got ('a', 0)"),
        (0.1, (0, True), 1, "w0 must be two numbers, the weights at the start, got (0, True)"),
        (0.1, (0, 0), -1, "steps must be a whole number of at least 0, got -1"),
        (0.1, (0, 0), 2.0, "steps must be a whole number of at least 0, got 2.0"),
        (0.1, (0, 0), True, "steps must be a whole number of at least 0, got True"),
    ],
)
def test_learn_refuses_what_makes_no_sense(lr, w0, steps, message):
    with pytest.raises(ValueError) as error:
        learn(lr, w0, steps)
    assert str(error.value) == message
