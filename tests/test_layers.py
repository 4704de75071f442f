"""Layers against PyTorch's own, their gradients, and what they refuse."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional as F

from d2lmini.layers import Conv2D, comp_conv2d, init_weights, pair

repeatable = settings(deadline=None, derandomize=True, max_examples=40, database=None)


# ---------------------------------------------------------------- Conv2D


@repeatable
@given(n=st.tuples(st.integers(1, 7), st.integers(1, 7)), data=st.data())
def test_conv2d_equals_pytorchs_layer_with_the_same_numbers(n, data):
    kernel_size = tuple(data.draw(st.integers(1, size)) for size in n)
    layer = Conv2D(kernel_size).double()
    X = torch.randn(n, dtype=torch.float64)
    with torch.no_grad():
        layer.bias.fill_(0.75)
    expected = F.conv2d(X[None, None], layer.weight[None, None], layer.bias)[0, 0]
    torch.testing.assert_close(layer(X), expected)


def test_conv2d_passes_gradcheck_in_input_weight_and_bias():
    layer = Conv2D((2, 3)).double()
    X = torch.randn(4, 5, dtype=torch.float64, requires_grad=True)

    def run(X, weight, bias):
        return torch.func.functional_call(layer, {"weight": weight, "bias": bias}, (X,))

    assert torch.autograd.gradcheck(run, (X, layer.weight, layer.bias))


def test_conv2d_has_one_weight_matrix_and_one_bias():
    shapes = {name: tuple(p.shape) for name, p in Conv2D((1, 2)).named_parameters()}
    assert shapes == {"weight": (1, 2), "bias": (1,)}
    assert all(p.dtype == torch.float32 and p.requires_grad for p in Conv2D(3).parameters())
    assert Conv2D(3).weight.shape == (3, 3)


def test_conv2d_starts_with_weights_drawn_from_0_to_1_and_bias_0():
    torch.manual_seed(0)
    layer = Conv2D(60)
    assert layer.bias.item() == 0
    assert 0 <= layer.weight.min() < 0.01 and 0.99 < layer.weight.max() < 1
    assert abs(layer.weight.mean() - 0.5) < 0.02
    torch.manual_seed(0)
    assert torch.equal(Conv2D(60).weight, layer.weight)
    assert not torch.equal(Conv2D(60).weight, layer.weight)


def test_conv2d_learns_the_edge_kernel():
    X = torch.ones(6, 8, dtype=torch.float64)
    X[:, 2:6] = 0
    Y = X[:, :-1] - X[:, 1:]
    layer = Conv2D((1, 2)).double()
    layer.bias.requires_grad_(False)
    for _ in range(60):
        loss = ((layer(X) - Y) ** 2).sum()
        layer.zero_grad()
        loss.backward()
        with torch.no_grad():
            layer.weight -= 0.03 * layer.weight.grad
    torch.testing.assert_close(
        layer.weight.data, torch.tensor([[1.0, -1.0]], dtype=torch.float64), atol=1e-4, rtol=0
    )


def test_conv2d_moves_and_saves_like_any_module():
    layer = Conv2D(2)
    twin = Conv2D(2)
    twin.load_state_dict(layer.state_dict())
    assert torch.equal(twin.weight, layer.weight)
    assert Conv2D(2).to("meta")(torch.ones(5, 5, device="meta")).shape == (4, 4)


def test_conv2d_refuses_a_picture_smaller_than_its_kernel():
    with pytest.raises(ValueError, match=r"kernel \(3, 3\) is larger than the input \(2, 5\)"):
        Conv2D(3)(torch.ones(2, 5))


# ---------------------------------------------------------------- pair


@pytest.mark.parametrize("good", [(2, 5), [2, 5], torch.Size([2, 5])])
def test_pair_keeps_height_before_width(good):
    assert pair(good) == (2, 5) and type(pair(good)) is tuple


def test_pair_makes_a_square_of_one_number():
    assert pair(1) == (1, 1) and pair(4) == (4, 4)


@pytest.mark.parametrize(
    "bad",
    [0, -1, 2.0, math.nan, "3", "33", None, True, (), (1,), (1, 2, 3), (0, 1), (1, 0), (1, 2.0),
     (True, 2), (1, None), {1, 2}],
    ids=repr,
)  # fmt: skip
def test_pair_and_conv2d_refuse_what_is_no_kernel_size(bad):
    for refuse in (pair, Conv2D):
        with pytest.raises(ValueError) as error:
            refuse(bad)
        assert str(error.value) == (
            f"kernel size must be a whole number of at least 1 or a pair of them, got {bad!r}"
        )


# ---------------------------------------------------------------- comp_conv2d


@repeatable
@given(
    n=st.tuples(st.integers(5, 9), st.integers(5, 9)),
    k=st.tuples(st.integers(1, 5), st.integers(1, 5)),
    p=st.tuples(st.integers(0, 3), st.integers(0, 3)),
    s=st.tuples(st.integers(1, 3), st.integers(1, 3)),
)
def test_comp_conv2d_adds_and_removes_the_two_outer_axes(n, k, p, s):
    layer = nn.Conv2d(1, 1, kernel_size=k, padding=p, stride=s)
    X = torch.rand(n)
    torch.testing.assert_close(comp_conv2d(layer, X), layer(X[None, None])[0, 0])


def test_comp_conv2d_of_the_chapter():
    X = torch.rand(8, 8)
    assert comp_conv2d(nn.Conv2d(1, 1, kernel_size=3, padding=1), X).shape == (8, 8)
    assert comp_conv2d(nn.Conv2d(1, 1, kernel_size=(5, 3), padding=(2, 1)), X).shape == (8, 8)
    assert comp_conv2d(nn.Conv2d(1, 1, kernel_size=3, padding=1, stride=2), X).shape == (4, 4)
    uneven = nn.Conv2d(1, 1, kernel_size=(3, 5), padding=(0, 1), stride=(3, 4))
    assert comp_conv2d(uneven, X).shape == (2, 2)


def test_comp_conv2d_takes_a_function_and_a_slice_of_a_larger_tensor():
    X = torch.rand(6, 10)[:, ::2]
    doubled = comp_conv2d(lambda batch: 2 * batch, X)
    assert torch.equal(doubled, 2 * X)


@pytest.mark.parametrize("shape", [(), (8,), (1, 8, 8), (1, 1, 8, 8)])
def test_comp_conv2d_refuses_a_picture_without_two_axes(shape):
    with pytest.raises(ValueError) as error:
        comp_conv2d(nn.Conv2d(1, 1, 3), torch.zeros(shape))
    assert str(error.value) == f"X must have 2 axes, got shape {shape}"


@pytest.mark.parametrize(
    "bad", [None, "picture", 3.0, np.zeros((8, 8))], ids=lambda x: type(x).__name__
)
def test_comp_conv2d_refuses_what_is_no_tensor(bad):
    with pytest.raises(
        ValueError, match=f"X must be a tensor with 2 axes, got {type(bad).__name__}"
    ):
        comp_conv2d(nn.Conv2d(1, 1, 3), bad)


def test_comp_conv2d_refuses_a_layer_with_several_output_channels():
    with pytest.raises(ValueError, match="1 output channel, got 6"):
        comp_conv2d(nn.Conv2d(1, 6, 3), torch.zeros(8, 8))


# ---------------------------------------------------------------- init_weights


def small_net() -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Sequential(nn.Flatten(), nn.Linear(8, 3))
    )


def test_init_weights_reaches_every_convolution_and_linear_layer_at_any_depth():
    net = small_net()
    assert init_weights(net, lambda w: nn.init.constant_(w, 7.0)) is net
    for layer in (net[0], net[2][1]):
        assert layer.weight.unique().tolist() == [7.0]
        assert layer.bias.unique().tolist() == [0.0]


def test_init_weights_leaves_other_layers_alone():
    net = small_net()
    with torch.no_grad():
        net[1].weight.fill_(3.0)
        net[1].bias.fill_(4.0)
    init_weights(net)
    assert net[1].weight.unique().tolist() == [3.0] and net[1].bias.unique().tolist() == [4.0]


def test_init_weights_takes_layers_without_bias():
    layer = init_weights(nn.Conv2d(1, 1, 3, bias=False), nn.init.ones_)
    assert layer.weight.unique().tolist() == [1.0]


def test_init_weights_draws_kaiming_normal_unless_told_otherwise():
    torch.manual_seed(0)
    layer = init_weights(nn.Linear(200, 400))
    assert abs(layer.weight.std() / math.sqrt(2 / 200) - 1) < 0.02
    torch.manual_seed(1)
    expected = nn.init.xavier_uniform_(torch.empty(400, 200))
    torch.manual_seed(1)
    assert torch.equal(init_weights(layer, nn.init.xavier_uniform_).weight, expected)


def test_init_weights_leaves_everything_trainable():
    net = init_weights(small_net())
    assert all(p.requires_grad and p.grad is None for p in net.parameters())
