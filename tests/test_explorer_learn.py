"""The twin of the browser's gradient descent, held against PyTorch and against closed forms."""

import itertools
from fractions import Fraction

import pytest
import torch
import torch.nn.functional as F

from d2lmini.explorers.descent import CAP, curvatures, ratio
from d2lmini.explorers.learn import FIELDS, Learn, brief
from d2lmini.train import learn

STARTS = {"0.5": (0.5, 0.5), "0": (0.0, 0.0), "-1": (-1.0, -1.0), "0.001": (0.001, 0.0)}


@pytest.mark.parametrize("lr", FIELDS["lr"]["of"])
@pytest.mark.parametrize("w0", FIELDS["w0"]["of"])
def test_the_edge_example_is_that_of_the_chapter(lr, w0):
    losses = learn(ratio(lr), STARTS[w0], 50)[0]
    mine = Learn("x", lr=lr, w0=w0, t=50).losses()
    lost = [t for t, loss in enumerate(losses) if loss > CAP]
    assert len(mine) == (lost[0] + 1 if lost else 51)
    # what stands on the ridge stays there; rounding decides how exactly
    assert mine == pytest.approx(losses[: len(mine)], rel=1e-9, abs=1e-9)


def test_a_start_on_the_ridge_converges_beyond_the_limit_and_a_thousandth_beside_it_does_not():
    assert Learn("x", lr="0.05", w0="0", t=50).losses()[-1] < 1e-12
    assert Learn("x", lr="0.05", w0="0.001", t=50).losses()[-1] > 1e3


def test_fifty_updates_equal_sgd_with_momentum_and_stride():
    for n, k, s in itertools.product(FIELDS["n"]["of"], FIELDS["k"]["of"], (1, 2)):
        run = Learn("x", n=n, k=k, s=s, lr="0.005", m="0.9", t=50)
        state, (rows, cols), (a, b) = run.state(), *(map(int, t.split("x")) for t in (n, k))
        X = torch.tensor(state["e" if n == "6x8" else "x"]).double()[None, None, :rows, :cols]
        K = torch.tensor(state["g"]).double()[None, None, :a, :b]
        W = torch.full_like(K, 0.5).requires_grad_()
        optimizer = torch.optim.SGD([W], lr=0.005, momentum=0.9)
        losses = []
        for _ in range(51):
            loss = ((F.conv2d(X, W, stride=s) - F.conv2d(X, K, stride=s)) ** 2).sum()
            losses.append(loss.item())
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        assert run.losses() == pytest.approx(losses, rel=1e-9, abs=1e-9), (n, k, s)


def test_momentum_moves_the_limit_to_two_times_one_plus_momentum():
    for m in ("0", "0.3", "0.5", "0.7"):
        limit = 2 * (1 + float(m)) / 60
        for lr in FIELDS["lr"]["of"]:
            if abs(ratio(lr) - limit) > 1e-9:
                bowl = Learn("x", lr=lr, m=m).picture().lines[0]
                assert ("lies below it" in bowl) == (ratio(lr) < limit)
                loss = Learn("x", lr=lr, m=m, t=50).losses()
                assert (loss[-1] < loss[0]) == (ratio(lr) < limit) or abs(
                    ratio(lr) / limit - 1
                ) < 0.05


def test_a_blank_picture_and_blind_directions_are_named():
    blank = Learn("x", n="4x4", x=[[0] * 8] * 8).picture()
    assert blank.lines == [
        "The windows see zeros only: every kernel gives the same output, and all gradients are 0."
    ]
    assert "Curvatures that are 0: 5 of 9." in Learn("x", n="4x4", k="3x3").picture().lines[1]
    assert len(Learn("x").picture().lines) == 1


@pytest.mark.parametrize("text", FIELDS["lr"]["of"])
def test_a_rate_is_the_number_that_its_text_says(text):
    assert ratio(text) == float(Fraction(text))


def test_curvatures_of_the_edge_picture():
    assert curvatures([[1, 1], [1, 0], [0, 0], [0, 0], [0, 0], [0, 1], [1, 1]] * 6) == [12, 60]


@pytest.mark.parametrize(
    "value, places, text",
    [(0.04, 1, "0"), (-0.05, 1, "−0.1"), (9.96, 1, "10"), (999.6, 1, "1000"), (9999.0, 1, "1e4"),
     (100.0, 1, "100"), (1e9, 1, "1e9"), (-20.43, 4, "−20.43"), (99999.5, 4, "100000"),
     (9999999.9, 4, "1e7"), (-1.005e7, 4, "−1.005e7")],
)  # fmt: skip
def test_numbers_in_little_room(value, places, text):
    assert brief(value, places).replace("1.000e7", "1e7") == text
