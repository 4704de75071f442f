"""Modules built from :mod:`d2lmini.ops`, and helpers that the chapters use on any module."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from d2lmini.ops import axes_problem, corr2d


class Conv2D(nn.Module):
    """A convolution layer for one channel: cross-correlation plus one bias.

    Args:
        kernel_size: ``k`` for a square kernel, or ``(k_h, k_w)``.

    The weight has shape ``(k_h, k_w)``, float32, drawn evenly from [0, 1); the bias has shape
    ``(1,)`` and starts at 0. ``forward`` takes a picture ``(n_h, n_w)`` and returns
    ``(n_h - k_h + 1, n_w - k_w + 1)``.

    Raises:
        ValueError: a size is not a whole number of at least 1; in ``forward``, the kernel is
            larger than the picture.

    Chapter *Cross-correlation*.

    >>> Conv2D((1, 2))(torch.ones(6, 8)).shape
    torch.Size([6, 7])
    """

    def __init__(self, kernel_size: int | tuple[int, int]) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.rand(pair(kernel_size)))
        self.bias = nn.Parameter(torch.zeros(1))

    def forward(self, X: Tensor) -> Tensor:
        return corr2d(X, self.weight) + self.bias


def pair(size: int | tuple[int, int]) -> tuple[int, int]:
    """Return a kernel size as ``(k_h, k_w)``: one number means a square.

    Raises:
        ValueError: not one or two whole numbers of at least 1.

    >>> pair(3), pair((1, 2))
    ((3, 3), (1, 2))
    """
    sizes = tuple(size) if isinstance(size, tuple | list) else (size, size)
    if len(sizes) != 2 or not all(type(k) is int and k >= 1 for k in sizes):
        raise ValueError(
            f"kernel size must be a whole number of at least 1 or a pair of them, got {size!r}"
        )
    return sizes[0], sizes[1]


def comp_conv2d(conv2d: Callable[[Tensor], Tensor], X: Tensor) -> Tensor:
    """Apply a PyTorch convolution to one picture without batch and channel axes.

    Args:
        conv2d: a layer that takes ``(1, 1, n_h, n_w)`` and gives one channel.
        X: picture of shape ``(n_h, n_w)``.

    Returns:
        The output picture, ``(m_h, m_w)``.

    Raises:
        ValueError: ``X`` has not two axes, or the layer gives several channels.

    Chapter *Padding and stride*.

    >>> comp_conv2d(nn.Conv2d(1, 1, kernel_size=3, padding=1), torch.rand(8, 8)).shape
    torch.Size([8, 8])
    """
    if problem := axes_problem("X", X, 2):
        raise ValueError(problem)
    if (channels := getattr(conv2d, "out_channels", 1)) != 1:
        raise ValueError(f"comp_conv2d takes a layer with 1 output channel, got {channels}")
    Y = conv2d(X.reshape(1, 1, *X.shape))
    return Y.reshape(Y.shape[2:])


def shift_test(layer: Callable[[Tensor], Tensor], X: Tensor, shift: int = 1) -> Tensor:
    """Move a picture to the right and say which outputs of a layer stay exactly as they were.

    Args:
        layer: any function of ``X``.
        X: picture or row, ``(..., n_w)``; what leaves on one side is lost, zeros come in on the
            other.
        shift: places to the right; negative moves to the left; less than ``n_w`` either way.

    Returns:
        bool tensor of the output's shape, True where both outputs are equal to the last bit.

    Raises:
        ValueError: ``X`` has no axis to move along, or ``shift`` is no whole number of places
            that leaves something of it.

    Chapter *Pooling*.

    >>> shift_test(nn.MaxPool1d(2), torch.tensor([[0.0, 0.0, 5.0, 0.0]])).tolist()
    [[True, True]]
    >>> shift_test(nn.MaxPool1d(2), torch.tensor([[0.0, 5.0, 0.0, 0.0]])).tolist()
    [[False, False]]
    """
    if problem := _shift_problem(X, shift):
        raise ValueError(problem)
    moved = F.pad(X, (shift, -shift))
    return layer(moved) == layer(X)


def _shift_problem(X: object, shift: object) -> str | None:
    """Say why ``X`` cannot be moved so far along its last axis, or return None."""
    if not isinstance(X, Tensor) or X.dim() == 0:
        return f"X must be a tensor with a width to move along, got {X!r}"
    if type(shift) is not int or abs(shift) >= X.shape[-1]:
        width = X.shape[-1]
        return f"shift must be a whole number of less than the width {width} in size, got {shift!r}"
    return None


def init_weights(
    net: nn.Module, init: Callable[[Tensor], Tensor] = nn.init.kaiming_normal_
) -> nn.Module:
    """Draw the weights of every convolution and linear layer anew and set their biases to 0.

    Args:
        net: any module; its layers are changed in place.
        init: fills a weight tensor in place, one of ``torch.nn.init``: ``kaiming_normal_`` goes
            with ReLU, ``xavier_uniform_`` with sigmoid.

    Returns:
        ``net`` itself.

    >>> init_weights(nn.Linear(2, 3)).bias.tolist()
    [0.0, 0.0, 0.0]
    """
    for layer in net.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            init(layer.weight)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
    return net
