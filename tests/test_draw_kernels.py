"""The figures of a kernel at work: what they write and draw is what the operation computes."""

import pytest
import torch
from matplotlib.colors import to_hex
from matplotlib.patches import Rectangle

from d2lmini import draw
from tests.test_draw import words


def test_a_response_is_written_with_its_picture_and_kernel():
    said = words(draw.response(torch.eye(2, 3), torch.tensor([[1, -1]])))
    minus = "\N{MINUS SIGN}1"
    assert said == [*"100010", "picture", "1", minus, "kernel", "1", "0", minus, "1", "response"]


def test_numbers_of_a_response_stand_on_a_colour_that_leaves_them_legible():
    ax = draw.response(torch.eye(2, 3), torch.tensor([[1, -1]])).axes[0]
    inks = {to_hex(text.get_color()) for text in ax.texts if text.get_text() in ("0", "1")}
    assert inks == {"#000000", "#ffffff"}


def test_weights_are_written_with_two_decimals_and_a_true_minus_sign():
    said = words(draw.weights([torch.tensor([[0.301, -0.119, -0.001]])], ["learned"]))
    assert said == ["0.30", "\N{MINUS SIGN}0.12", "0.00", "learned"]
    with pytest.raises(ValueError, match="1 kernels but 2 titles"):
        draw.weights([torch.ones(1, 1)], ["a", "b"])


def test_the_three_regions_are_those_of_the_largest_curvature():
    ax = draw.rates([0.01, 0.05], {"(0.5, 0.5)": [1, 1e9]}).axes[0]
    bands = [p for p in ax.patches if isinstance(p, Rectangle)]
    assert [p.get_x() for p in bands] == pytest.approx([0, 1 / 60, 1 / 30])
    assert [p.get_x() + p.get_width() for p in bands] == pytest.approx([1 / 60, 1 / 30, 0.05])
    assert {"monotone", "alternating", "divergent", "from (0.5, 0.5)"} <= set(words(ax.figure))
    with pytest.raises(ValueError, match="each curve needs 2 losses"):
        draw.rates([0.01, 0.05], {"(0, 0)": [1]})
