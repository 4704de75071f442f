"""Two explorers in Python: what they refuse, and numbers that can be worked out by hand."""

import pytest
import torch
from traitlets import TraitError

from d2lmini.explorers import Channels, WhyConv


def test_the_bias_is_added_once_and_the_parts_add_up():
    layer = Channels("c", bias=True)
    parts = layer.parts(0)
    assert parts.tolist() == [[[19, 25], [37, 43]], [[37, 47], [67, 77]]]
    assert layer.output()[0].equal(parts.sum(0) + 10)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"g": 2}, "output channels must be divisible by the number of groups: 3 by 2"),
        ({"g": 3}, "input channels must be divisible by the number of groups: 2 by 3"),
        ({"k": 5, "n": 4}, "kernel size 5 spans 5 places"),
    ],
)
def test_a_layer_that_torch_has_not_is_refused(values, sentence):
    with pytest.raises(ValueError, match=sentence):
        Channels("c", **values)


def test_groups_are_blocks_of_zeros_in_the_dense_weights():
    grouped, dense = (Channels("c", ci=6, co=4, g=g, n=5, k=3) for g in (2, 1))
    W = dense.weights()
    for o, channels in enumerate(grouped.reads()):
        left_out = [c for c in range(6) if c not in channels]
        assert W[o, channels].equal(grouped.weights()[o])
        parts = dense.parts(o)
        assert (parts.sum(0) - parts[left_out].sum(0)).equal(grouped.output()[o])


def test_the_output_to_look_at_and_the_first_channel_stop_at_the_last():
    names = [grid.name for grid in Channels("c", ci=8, co=2, o=7, c=7).picture().grids]
    assert [name for name in names if name[0] == "x"] == ["x5", "x6", "x7"]
    assert "w5" in names and Channels("c", co=2, o=7).picture().code.endswith("[:, [1]]")


def test_weights_fill_the_corner_of_the_table_and_set_the_kernel_size():
    one = WhyConv("w", w=torch.tensor([[1, 2], [3, 4]]))
    assert one.k == 2 and one.w[1][:2] == [3, 4] and one.w[6] == WhyConv("w").w[6]


@pytest.mark.parametrize("w", [[], [[1, 2]], [[1], [2, 3]], [[0] * 8] * 8])
def test_weights_that_are_no_small_square_are_refused(w):
    with pytest.raises(ValueError, match="w must be a square of 1 to 7 rows"):
        WhyConv("w", w=w)


@pytest.mark.parametrize("values", [{"x": [[1]]}, {"w": [[10]]}, {"layer": "sparse"}, {"n": 3}])
def test_values_out_of_range_are_refused(values):
    with pytest.raises(TraitError):
        WhyConv("w", **values)


@pytest.mark.parametrize("pool", ["none", "max", "average"])
def test_where_no_window_meets_the_border_the_orders_agree(pool):
    pixels = torch.randint(0, 10, (28, 28), generator=torch.Generator().manual_seed(1))
    for k in range(3, 8):
        one = WhyConv("w", x=pixels, k=k, n=15, down=-2, right=4, pool=pool)
        inside = one.inside()
        assert inside.any() and not inside.all()
        assert not one.orders()[2][inside].any() and one.orders()[2].any()


def test_every_still_picture_has_all_its_grids():
    for explorer in (Channels("c", ci=8, co=8, bias=True), WhyConv("w", layer="local")):
        page = explorer.still()
        assert page.count("<figure") == len(explorer.picture().grids)
        assert explorer.still_png().startswith(b"\x89PNG")


def test_a_difference_larger_than_both_answers_has_a_shade_of_its_own():
    stripes = [[9 * (c % 2) for c in range(28)] for _ in range(28)]
    one = WhyConv("w", n=28, x=stripes, w=[[1, -1], [0, 0]], s=2, right=1, mode="circular")
    first, second, gaps = one.orders()
    assert gaps.abs().max() > torch.stack([first, second]).abs().max()
    maps = [grid.pixels for grid in one.picture().grids[3:6]]
    assert {pixels.most for pixels in maps} == {gaps.abs().max().item()} == {18}
