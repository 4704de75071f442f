"""The networks of the LeNet chapter, against PyTorch's own counters and autograd."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.flop_counter import FlopCounterMode

from d2lmini.layers import init_weights
from d2lmini.nets import LayerRow, LeNet, activations, layer_summary, make_mlp
from d2lmini.ops import conv_macs
from d2lmini.train import count_parameters

PICTURE = torch.zeros(1, 1, 28, 28)
SHAPES = [(6, 28, 28), (6, 28, 28), (6, 14, 14), (16, 10, 10), (16, 10, 10), (16, 5, 5), (400,)]
SHAPES += [(120,), (120,), (84,), (84,), (10,)]


def classic() -> LeNet:
    return LeNet(nn.Sigmoid, nn.AvgPool2d)


@pytest.mark.parametrize("make", [LeNet, classic])
def test_lenet_has_61706_parameters_and_gives_ten_scores(make) -> None:
    net = make()
    assert count_parameters(net) == 61_706
    assert net(torch.rand(3, 1, 28, 28)).shape == (3, 10)


@pytest.mark.parametrize(("num_hiddens", "parameters", "macs"), [
    (77, 61_225, 61_138), (524, 416_590, 416_056), (256, 203_530, 203_264),
])  # fmt: skip
def test_mlp_has_the_sizes_it_is_compared_by(num_hiddens, parameters, macs) -> None:
    net = make_mlp(num_hiddens)
    assert count_parameters(net) == parameters
    assert sum(row.macs for row in layer_summary(net, PICTURE)) == macs
    assert net(torch.rand(3, 1, 28, 28)).shape == (3, 10)


@pytest.mark.parametrize("num_hiddens", [0, -1, 2.0, "77", True])
def test_mlp_refuses_a_width_that_is_no_whole_number(num_hiddens) -> None:
    with pytest.raises(ValueError, match="num_hiddens must be a whole number"):
        make_mlp(num_hiddens)


def test_summary_gives_every_row_of_the_table() -> None:
    rows = layer_summary(LeNet(), PICTURE)
    assert [row.shape for row in rows] == SHAPES
    assert [row.params for row in rows if row.params] == [156, 2_416, 48_120, 10_164, 850]
    assert [row.macs for row in rows if row.macs] == [117_600, 240_000, 48_000, 10_080, 840]
    seen = [(row.field, row.jump) for row in rows if row.name in ("Conv2d", "MaxPool2d")]
    assert seen == [(5, 1), (6, 2), (14, 2), (16, 4)]
    assert all(row.field is None and row.jump is None for row in rows[6:])


def test_summary_counts_one_picture_whatever_the_batch() -> None:
    assert layer_summary(LeNet(), torch.zeros(7, 1, 28, 28)) == layer_summary(LeNet(), PICTURE)


@pytest.mark.parametrize("make", [LeNet, classic, lambda: make_mlp(77)])
def test_summary_agrees_with_the_flop_counter_of_pytorch(make) -> None:
    net = make()
    with FlopCounterMode(display=False) as counter:
        net(PICTURE)
    assert counter.get_total_flops() == 2 * sum(row.macs for row in layer_summary(net, PICTURE))


def test_forward_and_backward_cost_what_the_chapter_says() -> None:
    net = LeNet()
    with FlopCounterMode(display=False) as forward:
        scores = net(PICTURE)
    with FlopCounterMode(display=False) as backward:
        scores.sum().backward()
    assert forward.get_total_flops() == 833_040
    assert forward.get_total_flops() + backward.get_total_flops() == 2_263_920


def test_summary_follows_stride_dilation_groups_and_uneven_windows() -> None:
    layers = [
        nn.Conv2d(2, 4, (3, 1), stride=2, dilation=(2, 1), groups=2, bias=False),
        nn.ReLU(),
        nn.AvgPool2d((2, 3), stride=(2, 1)),
    ]
    conv, _, pool = layer_summary(nn.Sequential(*layers), torch.zeros(1, 2, 13, 9))
    assert conv == LayerRow(
        "Conv2d", (4, 5, 5), 4 * 1 * 3, conv_macs(2, 4, (3, 1), (5, 5), 2), field=5, jump=2
    )
    assert pool == LayerRow("AvgPool2d", (4, 2, 3), 0, 0, field=7, jump=4)


def test_summary_starts_with_a_field_of_one_pixel() -> None:
    assert layer_summary(nn.Sequential(nn.ReLU()), PICTURE)[0][4:] == (1, 1)


@pytest.mark.parametrize("net", [nn.Sequential(nn.Sequential(nn.ReLU())), nn.Linear(4, 2)])
def test_summary_refuses_what_is_not_a_plain_chain(net) -> None:
    with pytest.raises(ValueError, match="none nested in another"):
        layer_summary(net, PICTURE)


def rows_that_matter(net: nn.Sequential, depth: int) -> int:
    """Count input rows on which one inner output of layer ``depth`` has a gradient."""
    X = torch.rand(1, 1, 28, 28, dtype=torch.float64, requires_grad=True)
    Y = X
    for layer in list(net)[:depth]:
        Y = layer(Y)
    middle = Y.shape[2] // 2
    Y[0, :, middle, middle].sum().backward()
    return int((X.grad.abs().amax(dim=(0, 1, 3)) > 0).sum())


def test_receptive_field_is_what_the_gradient_reaches() -> None:
    torch.manual_seed(0)
    net = classic().double()
    fields = [row.field for row in layer_summary(net, PICTURE.double())]
    seen = [rows_that_matter(net, depth) for depth in (1, 3, 4, 6)]
    assert seen == [fields[depth - 1] for depth in (1, 3, 4, 6)] == [5, 6, 14, 16]


def test_activations_equal_a_forward_pass_by_hand() -> None:
    torch.manual_seed(0)
    net, X = init_weights(LeNet()), torch.rand(3, 1, 28, 28)
    first, second = activations(net, X)
    conv1, conv2 = net[0], net[3]
    by_hand = F.relu(F.conv2d(X, conv1.weight, conv1.bias, padding=2))
    assert first.shape == (3, 6, 28, 28) and second.shape == (3, 16, 10, 10)
    torch.testing.assert_close(first, by_hand)
    by_hand = F.relu(F.conv2d(F.max_pool2d(by_hand, 2), conv2.weight, conv2.bias))
    torch.testing.assert_close(second, by_hand)


def test_activations_are_values_after_the_activation_without_gradients() -> None:
    torch.manual_seed(0)
    kept = activations(classic(), torch.rand(2, 1, 28, 28))
    assert all(((A > 0) & (A < 1)).all() and not A.requires_grad for A in kept)


def hooks(net: nn.Module) -> int:
    return sum(len(layer._forward_hooks) for layer in net.modules())


def test_activations_leave_the_network_as_it_was() -> None:
    net = LeNet()
    before = {name: value.clone() for name, value in net.state_dict().items()}
    activations(net, PICTURE)
    with pytest.raises(RuntimeError):
        activations(net, torch.zeros(1, 3, 28, 28))
    assert hooks(net) == 0
    assert net.training and all(p.grad is None for p in net.parameters())
    assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())


def test_activations_refuse_pixels_that_are_still_bytes() -> None:
    with pytest.raises(ValueError, match=r"got torch\.uint8: call data\.to_float"):
        activations(LeNet(), torch.zeros(1, 1, 28, 28, dtype=torch.uint8))
