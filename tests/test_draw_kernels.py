"""The figures of a kernel at work: what they write and draw is what the operation computes."""

import numpy as np
import pytest
import torch
from matplotlib.colors import to_hex
from matplotlib.patches import Ellipse, Rectangle

from d2lmini import draw
from d2lmini.train import learn
from tests.test_draw import all_axes, words

X = torch.arange(9).reshape(3, 3)
K = torch.tensor([[0, 1], [2, 3]])
SUMS = [
    "0·0 + 1·1 + 3·2 + 4·3 = 19",
    "1·0 + 2·1 + 4·2 + 5·3 = 25",
    "3·0 + 4·1 + 6·2 + 7·3 = 37",
    "4·0 + 5·1 + 7·2 + 8·3 = 43",
]


@pytest.mark.parametrize("stop", range(4))
def test_a_stop_shows_its_sum_and_the_outputs_up_to_it(stop):
    figure = draw.window_sum(X, K, stop)
    said = words(figure)
    assert SUMS[stop] in said
    assert [text for text in said if text in ("19", "25", "37", "43")] == ["19", "25", "37", "43"][
        : stop + 1
    ]
    dashed = [p for p in figure.axes[0].patches if p.get_linestyle() == "--"]
    assert dashed[0].get_xy() == (stop % 2, stop // 2)
    assert [(p.get_width(), p.get_height()) for p in dashed] == [(2, 2), (1, 1)]


@pytest.mark.parametrize("stop", [-1, 4])
def test_a_stop_that_is_not_there_is_refused(stop):
    with pytest.raises(ValueError, match=rf"stop must lie in 0\.\.3, got {stop}"):
        draw.window_sum(X, K, stop)


def test_a_response_is_written_with_its_picture_and_kernel():
    said = words(draw.response(torch.eye(2, 3), torch.tensor([[1, -1]])))
    minus = "\N{MINUS SIGN}1"
    assert said == [*"100010", "picture", "1", minus, "kernel", "1", "0", minus, "1", "response"]


def test_numbers_of_a_response_stand_on_a_colour_that_leaves_them_legible():
    ax = draw.response(torch.eye(2, 3), torch.tensor([[1, -1]])).axes[0]
    inks = {to_hex(text.get_color()) for text in ax.texts if text.get_text() in ("0", "1")}
    assert inks == {"#000000", "#ffffff"}


def test_a_photograph_and_its_response_keep_their_own_scales():
    figure = draw.seen_by(torch.rand(6, 5), torch.ones(3, 3), torch.full((4, 3), -7.0))
    left, _, right = all_axes(figure)[1:]
    assert (left.images[0].get_clim(), right.images[0].get_clim()) == ((0, 1), (-7, 7))


def test_weights_are_written_with_two_decimals_and_a_true_minus_sign():
    said = words(draw.weights([torch.tensor([[0.301, -0.119, -0.001]])], ["learned"]))
    assert said == ["0.30", "\N{MINUS SIGN}0.12", "0.00", "learned"]
    with pytest.raises(ValueError, match="1 kernels but 2 titles"):
        draw.weights([torch.ones(1, 1)], ["a", "b"])


def test_a_descent_draws_the_path_and_the_losses_that_it_was_given():
    losses, path = learn(0.01, (0.5, 0.5), 4)
    plane, curve = draw.descent(losses, path, [[36, 24], [24, 36]], (1, -1)).axes[0].child_axes
    assert np.array(plane.lines[0].get_xydata()).tolist() == [list(w) for w in path]
    assert curve.lines[0].get_ydata().tolist() == losses
    assert plane.lines[1].get_xydata().tolist() == [[0.5, 0.5]]
    assert plane.lines[2].get_xydata().tolist() == [[1, -1]]


@pytest.mark.parametrize("H", [[[36.0, 24], [24, 36]], [[8.0, -3], [-3, 2]], [[5.0, 0], [0, 1]]])
def test_each_line_of_equal_loss_has_one_loss_all_along(H):
    plane = draw.descent([8], [(0, 0)], H, (1, -1)).axes[0].child_axes[0]
    lines = [p for p in plane.patches if isinstance(p, Ellipse)]
    found = []
    for line in lines:
        e = line.get_patch_transform().transform(line.get_path().vertices[::3]) - [1, -1]
        losses = np.einsum("ti,ij,tj->t", e, H, e) / 2
        assert losses == pytest.approx(losses[0], rel=1e-6)
        found.append(losses[0])
    assert found == pytest.approx([1, 5, 15, 27, 60, 120])


def test_a_descent_that_explodes_can_be_drawn():
    figure = draw.descent(*learn(1.0, (0.5, 0.5), 400), [[36, 24], [24, 36]], (1, -1))
    figure.draw_without_rendering()


def test_the_three_regions_are_those_of_the_largest_curvature():
    ax = draw.rates([0.01, 0.05], {"(0.5, 0.5)": [1, 1e9]}).axes[0]
    bands = [p for p in ax.patches if isinstance(p, Rectangle)]
    assert [p.get_x() for p in bands] == pytest.approx([0, 1 / 60, 1 / 30])
    assert [p.get_x() + p.get_width() for p in bands] == pytest.approx([1 / 60, 1 / 30, 0.05])
    assert {"monotone", "alternating", "divergent", "from (0.5, 0.5)"} <= set(words(ax.figure))
    with pytest.raises(ValueError, match="each curve needs 2 losses"):
        draw.rates([0.01, 0.05], {"(0, 0)": [1]})
