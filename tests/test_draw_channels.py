"""The drawings of chapter *Channels* show what they are given, and refuse what they cannot show."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from matplotlib.figure import Figure

from d2lmini import draw


def words(figure: Figure) -> list[str]:
    return [t.get_text() for t in figure.findobj(plt.Text) if t.get_text()]


def test_colours_are_cut_and_the_channels_stand_last():
    picture = torch.tensor([-1.0, 0.5, 2.0]).reshape(3, 1, 1).expand(3, 2, 4)
    shown = draw.colour([picture]).axes[0].images[0].get_array()
    assert shown.shape == (2, 4, 3) and shown[1, 3].tolist() == [0, 0.5, 1]


@pytest.mark.parametrize("bad", [torch.ones(1, 4, 4), torch.ones(4, 4), torch.ones(4, 4, 3)])
def test_what_has_not_three_channels_is_no_colour_picture(bad):
    with pytest.raises(ValueError, match=r"3 channels|3 axes"):
        draw.colour([bad])


def test_the_desk_shows_weights_bias_and_both_pictures():
    before, after = torch.zeros(3, 2, 2), torch.ones(3, 2, 2)
    W = torch.tensor([[0.39, -0.5, 1], [2, 3, 4], [5, 6, 7]])
    figure = draw.desk(before, W, torch.tensor([0.25, 8, 9]), after)
    shown = words(figure)
    at = shown.index("0.39")
    assert shown[at : at + 4] == ["0.39", "−0.5", "1", "0.25"]
    left, right = figure.axes[0].images
    assert left.get_array().max() == 0 and right.get_array().min() == 1
    assert left.get_extent()[1] < right.get_extent()[0]


@pytest.mark.parametrize(("W", "b"), [((3, 4), 3), ((2, 3), 3), ((3, 3), 2)])
def test_the_desk_takes_three_by_three_only(W, b):
    with pytest.raises(ValueError, match="W must be"):
        draw.desk(torch.ones(3, 2, 2), torch.ones(W), torch.ones(b), torch.ones(3, 2, 2))


def test_bars_are_as_long_as_their_values():
    figure = draw.bars({"a": 8.0, "b": 2.0, "c": 0.0}, "MACs")
    assert [patch.get_width() for patch in figure.axes[0].patches] == [8, 2, 0]
    assert {"a", "b", "c", "8", "2", "0", "MACs"} <= set(words(figure))


@pytest.mark.parametrize("values", [{}, {"a": 1.0, "b": -1.0}])
def test_bars_need_amounts(values):
    with pytest.raises(ValueError, match="at least one amount, none below 0"):
        draw.bars(values, "")


def test_each_non_zero_weight_is_one_wire_from_its_input_to_its_output():
    mask = torch.tensor([[1, 0, 0], [0, 0, 2.0]])  # 2 outputs, 3 inputs
    panel = draw.wiring([mask]).axes[0]
    left, right = (dots.get_offsets() for dots in panel.collections)
    assert (len(left), len(right)) == (3, 2)
    ends = [line.get_ydata().tolist() for line in panel.lines]
    assert ends == [[left[0][1], right[0][1]], [left[2][1], right[1][1]]]


def test_signals_share_one_scale_and_keep_their_values():
    figure = draw.signals({"left": [0.0, 3, -1], "right": [1.0]})
    assert [ax.get_title() for ax in figure.axes] == ["left", "right"]
    assert figure.axes[0].get_ylim() == figure.axes[1].get_ylim()
    assert figure.axes[0].lines[-1].get_ydata().tolist() == [0, 3, -1]


@pytest.mark.parametrize("run", [lambda: draw.signals({}), lambda: draw.wiring([])])
def test_nothing_to_draw_is_refused(run):
    with pytest.raises(ValueError, match="at least one"):
        run()


def test_every_axis_that_a_kernel_slides_along_has_an_arrow():
    panels = draw.slide_axes().axes
    texts = [{t.get_text() for t in panel.texts} - {""} for panel in panels]
    assert texts == [
        {"time", "channels"}, {"width", "height", "channels"}, {"width", "height", "time"},
    ]  # fmt: skip
    arrows = [sum(getattr(t, "arrow_patch", None) is not None for t in p.texts) for p in panels]
    assert arrows == [1, 2, 3]
    for panel in panels[:2]:  # the kernel is as high, or as deep, as the box: it spans the channels
        faces = [np.ptp(patch.get_xy(), axis=0) for patch in panel.patches]
        half = len(faces) // 2
        whole, kernel = faces[:half], faces[half:]
        assert half == 1 or whole[1][1] == kernel[1][1]
        assert half == 3 or whole[0][1] == kernel[0][1]
