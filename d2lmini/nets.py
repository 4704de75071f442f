"""Networks for 1×28×28 pictures and ten classes: LeNet and the perceptrons it is compared with.

LeNet after LeCun, Bottou, Bengio and Haffner, "Gradient-based learning applied to document
recognition", Proceedings of the IEEE 86(11), 1998; the variant with padding 2 in the first layer.
"""

from collections.abc import Callable
from itertools import pairwise
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from d2lmini.layers import pair
from d2lmini.ops import receptive_field


class LeNet(nn.Sequential):
    """Two convolutions with activation and pooling, then three linear layers: 61,706 parameters.

    Args:
        activation: makes an activation, ``nn.ReLU`` (modern) or ``nn.Sigmoid`` (classic).
        pool: makes a pooling layer from its window, ``nn.MaxPool2d`` or ``nn.AvgPool2d``.

    Takes float32 of shape ``(N, 1, 28, 28)`` and returns scores ``(N, 10)``; softmax belongs to the
    loss. Chapter *LeNet*.

    >>> sum(p.numel() for p in LeNet().parameters())
    61706
    """

    def __init__(
        self,
        activation: Callable[[], nn.Module] = nn.ReLU,
        pool: Callable[[int], nn.Module] = nn.MaxPool2d,
    ) -> None:
        super().__init__(
            nn.Conv2d(1, 6, kernel_size=5, padding=2), activation(),  # (N, 6, 28, 28)
            pool(2),                                                  # (N, 6, 14, 14)
            nn.Conv2d(6, 16, kernel_size=5), activation(),            # (N, 16, 10, 10)
            pool(2),                                                  # (N, 16, 5, 5)
            nn.Flatten(),                                             # (N, 400)
            nn.Linear(400, 120), activation(),
            nn.Linear(120, 84), activation(),
            nn.Linear(84, 10),                                        # (N, 10)
        )  # fmt: skip


def make_mlp(num_hiddens: int) -> nn.Sequential:
    """Return the perceptron 784 – ``num_hiddens`` – 10 with ReLU.

    With 77 it has 61,225 parameters, about as many as LeNet; with 524 it costs about as many
    multiplications.

    Raises:
        ValueError: ``num_hiddens`` is not a whole number of at least 1.

    >>> sum(p.numel() for p in make_mlp(77).parameters())
    61225
    """
    if type(num_hiddens) is not int or num_hiddens < 1:
        raise ValueError(f"num_hiddens must be a whole number of at least 1, got {num_hiddens!r}")
    return nn.Sequential(
        nn.Flatten(), nn.Linear(784, num_hiddens), nn.ReLU(), nn.Linear(num_hiddens, 10)
    )


class LayerRow(NamedTuple):
    """One layer in :func:`layer_summary`: its output shape and cost for one picture.

    ``field`` and ``jump`` count rows of the input; they are None once the picture is flattened.
    """

    name: str
    shape: tuple[int, ...]
    params: int
    macs: int
    field: int | None
    jump: int | None


def layer_summary(net: nn.Sequential, X: Tensor) -> list[LayerRow]:
    """Send a batch through the layers one by one and note what each gives, holds and costs.

    Args:
        net: layers that run one after the other, none nested in another.
        X: a batch that ``net`` takes, such as ``torch.zeros(1, 1, 28, 28)``.

    Returns:
        One :class:`LayerRow` per layer. Multiply-accumulates leave the biases out: each weight
        works once at every output place. The receptive field is counted along the height, by
        :func:`d2lmini.ops.receptive_field`.

    Raises:
        ValueError: ``net`` is not such a chain of layers.

    Chapter *LeNet*.

    >>> row = layer_summary(LeNet(), torch.zeros(1, 1, 28, 28))[3]
    >>> row.name, row.shape, row.params, row.macs, row.field
    ('Conv2d', (16, 10, 10), 2416, 240000, 14)
    """
    if not isinstance(net, nn.Sequential) or any(list(layer.children()) for layer in net):
        raise ValueError(
            "layer_summary takes an nn.Sequential of plain layers, none nested in another"
        )
    rows: list[LayerRow]
    windows: list[tuple[int, ...]]
    layer: Any
    rows, windows = [], []
    for layer in net:
        X = layer(X)
        params = sum(p.numel() for p in layer.parameters())
        macs = layer.weight.numel() * X[0, 0].numel() if params else 0
        if hasattr(layer, "kernel_size"):
            sizes = (layer.kernel_size, layer.stride, getattr(layer, "dilation", 1))
            windows.append(tuple(pair(size)[0] for size in sizes))
        seen = (receptive_field(windows) or [(1, 1)])[-1] if X.dim() == 4 else (None, None)
        rows.append(LayerRow(type(layer).__name__, tuple(X.shape[1:]), params, macs, *seen))
    return rows


def activations(net: nn.Sequential, X: Tensor) -> list[Tensor]:
    """Return what the activation after each convolution gives for a batch.

    Args:
        net: layers that run one after the other, as :class:`LeNet`.
        X: float batch ``(N, 1, 28, 28)``.

    Returns:
        One tensor per convolution, for LeNet ``(N, 6, 28, 28)`` and ``(N, 16, 10, 10)``, without
        gradients. ``net`` is left as it was: the hooks are removed even when it refuses ``X``.

    Raises:
        ValueError: ``X`` is not float; pixels 0..255 go through ``data.to_float`` first.

    Chapter *LeNet*.

    >>> [tuple(A.shape) for A in activations(LeNet(), torch.zeros(2, 1, 28, 28))]
    [(2, 6, 28, 28), (2, 16, 10, 10)]
    """
    if not X.is_floating_point():
        raise ValueError(
            f"activations takes float pictures, got {X.dtype}: call data.to_float on them first"
        )
    kept: list[Tensor] = []
    after = [layer for before, layer in pairwise(net) if isinstance(before, nn.Conv2d)]
    hooks = [layer.register_forward_hook(lambda _, args, Y: kept.append(Y)) for layer in after]
    try:
        with torch.no_grad():
            net(X)
    finally:
        for hook in hooks:
            hook.remove()
    return kept
