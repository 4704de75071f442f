"""The operations of a convolutional network as plain tensor functions.

The loops are written to be read and run on tiny tensors; :func:`corr2d_windows` is the fast twin.
Symbols, as everywhere in the course: ``n`` input size, ``k`` kernel size, ``m`` output size,
``p`` padding per side, ``P`` total padding (both sides), ``s`` stride, ``d`` dilation.
"""

import math
import operator
import reprlib
from collections.abc import Sequence
from numbers import Real
from typing import SupportsIndex

import torch
from torch import Tensor


def float_dtype(*tensors: Tensor) -> torch.dtype:
    """Return the dtype to compute in: the promoted dtype, integers and booleans as float32.

    >>> float_dtype(torch.arange(3), torch.arange(3))
    torch.float32
    >>> float_dtype(torch.ones(3, dtype=torch.float64), torch.arange(3))
    torch.float64
    """
    dtype = tensors[0].dtype
    for tensor in tensors[1:]:
        dtype = torch.promote_types(dtype, tensor.dtype)
    return dtype if dtype.is_floating_point or dtype.is_complex else torch.float32


# ---------------------------------------------------------------- sizes

_NAMES = {
    "n": ("input size", 1),
    "k": ("kernel size", 1),
    "p": ("padding per side", 0),
    "s": ("stride", 1),
    "d": ("dilation", 1),
    "P": ("total padding", 0),
}


def size_problem(
    n: SupportsIndex,
    k: SupportsIndex,
    p: SupportsIndex = 0,
    s: SupportsIndex = 1,
    d: SupportsIndex = 1,
    P: SupportsIndex | None = None,
) -> str | None:
    """Say in one sentence why no output size exists, or return None when one does.

    >>> size_problem(3, 5).split(": ")
    ['kernel size 5 spans 5 places, but the padded input has only 3', \
'add padding or use a smaller kernel']
    >>> size_problem(8, 3, s=0)
    'stride (s) must be at least 1, got 0'
    >>> size_problem(8, 3) is None
    True
    """
    given = {"n": n, "k": k, "p": p, "s": s, "d": d} | ({} if P is None else {"P": P})
    for symbol, value in given.items():
        name, least = _NAMES[symbol]
        if problem := _number_problem(f"{name} ({symbol})", value, least):
            return problem
    n, k, p, s, d = (operator.index(value) for value in (n, k, p, s, d))
    if P is not None and p != 0:
        return f"give the padding once: p={p} per side or P={operator.index(P)} in all, not both"
    padded = n + (2 * p if P is None else operator.index(P))
    span = d * (k - 1) + 1
    if span > padded:
        dilated = f" with dilation {d}" if d > 1 else ""
        return (
            f"kernel size {k}{dilated} spans {span} places, but the padded input "
            f"has only {padded}: add padding or use a smaller kernel"
        )
    return None


def _number_problem(name: str, value: object, least: int) -> str | None:
    """Say why ``value`` is no whole number of at least ``least``, or return None."""
    try:
        whole = operator.index(value)  # type: ignore[arg-type]  # whatever the caller gave
    except TypeError:
        return f"{name} must be a whole number, got {value!r}"
    if isinstance(value, bool):
        return f"{name} must be a whole number, got {value!r}"
    return f"{name} must be at least {least}, got {whole}" if whole < least else None


def out_size(n: int, k: int, p: int = 0, s: int = 1, d: int = 1, *, P: int | None = None) -> int:
    """Return the output size along one axis: ``floor((n + P - d(k-1) - 1) / s) + 1``.

    Args:
        n: input size, at least 1.
        k: kernel size, at least 1.
        p: padding per side (what PyTorch's ``padding=`` takes), so ``P = 2p``.
        s: stride, at least 1.
        d: dilation, at least 1; 1 is the dense kernel.
        P: total padding, both sides together; give ``p`` or ``P``, not both.

    Raises:
        ValueError: a value is not a whole number, is out of range, or the kernel does not fit.

    The only formula for an output size in this package; chapter *Padding and stride* derives it.

    >>> out_size(28, 5, p=2), out_size(28, 5), out_size(224, 11, p=1, s=4)
    (28, 24, 54)
    >>> out_size(8, 2, P=1)
    8
    """
    if problem := size_problem(n, k, p, s, d, P):
        raise ValueError(problem)
    total = 2 * p if P is None else P
    return (n + total - d * (k - 1) - 1) // s + 1


def pad2d(
    X: Tensor, top: int = 0, bottom: int = 0, left: int = 0, right: int = 0, value: float = 0
) -> Tensor:
    """Return ``X`` with a border of ``value``, its width given for each side.

    Args:
        X: input of shape ``(n_h, n_w)``, any dtype.
        top, bottom, left, right: rows or columns to add, at least 0.
        value: what the border holds; the dtype of ``X`` must be able to hold it.

    Returns:
        Tensor of shape ``(top + n_h + bottom, left + n_w + right)``, dtype of ``X``.

    Raises:
        ValueError: ``X`` has not two axes, a width is negative or not a whole number, or
            ``value`` would change in the dtype of ``X``.

    Chapter *Padding and stride*.

    >>> pad2d(torch.tensor([[1, 2]]), top=1, right=1).tolist()
    [[0, 0, 0], [1, 2, 0]]
    """
    if problem := _border_problem(X, value, top=top, bottom=bottom, left=left, right=right):
        raise ValueError(problem)
    n_h, n_w = X.shape
    Y = X.new_full((top + n_h + bottom, left + n_w + right), value)
    Y[top : top + n_h, left : left + n_w] = X
    return Y


def _border_problem(X: Tensor, value: float, **widths: int) -> str | None:
    """Say why ``X`` cannot get this border, or return None."""
    if problem := axes_problem("X", X, 2):
        return problem
    for side, width in widths.items():
        if problem := _number_problem(f"padding at the {side}", width, 0):
            return problem
    if not isinstance(value, Real):
        return f"the border value must be a number, got {value!r}"
    if not _holds(X.dtype, value):
        return f"a border of {value!r} does not fit {X.dtype}: convert the input first, X.float()"
    return None


def _holds(dtype: torch.dtype, value: float) -> bool:
    """Say whether a tensor of ``dtype`` keeps ``value``, up to rounding."""
    if dtype.is_floating_point or dtype.is_complex:
        return not math.isfinite(value) or abs(value) <= torch.finfo(dtype).max
    if dtype == torch.bool:
        return value in (0, 1)
    info = torch.iinfo(dtype)
    return info.min <= value <= info.max and value == int(value)


def pixel_usage(n: int, k: int, p: int = 0, s: int = 1) -> Tensor:
    """Count in how many windows each pixel of an ``n×n`` input lies.

    Args:
        n: input size; k: kernel size; p: padding per side; s: stride.

    Returns:
        int64 tensor of shape ``(n, n)``.

    Raises:
        ValueError: as :func:`out_size`.

    Chapter *Padding and stride*.

    >>> pixel_usage(3, 2).tolist()
    [[1, 2, 1], [2, 4, 2], [1, 2, 1]]
    """
    m = out_size(n, k, p, s)
    used = torch.zeros(n + 2 * p, n + 2 * p, dtype=torch.int64)
    for i in range(m):
        for j in range(m):
            used[i * s : i * s + k, j * s : j * s + k] += 1
    return used[p : p + n, p : p + n]


# ---------------------------------------------------------------- cross-correlation


def axes_problem(name: str, X: object, axes: int) -> str | None:
    """Say why ``X`` is no tensor with so many axes, or return None."""
    if not isinstance(X, Tensor):
        return (
            f"{name} must be a tensor with {axes} axes, got {type(X).__name__}: {reprlib.repr(X)}"
        )
    if X.dim() != axes:
        return f"{name} must have {axes} axes, got shape {tuple(X.shape)}"
    return None


def _fit_problem(X: Tensor, K: Tensor) -> str | None:
    """Say why ``K`` cannot slide over ``X``, both with two axes, or return None."""
    if problem := axes_problem("X", X, 2) or axes_problem("K", K, 2):
        return problem
    if X.device != K.device:
        return f"X is on {X.device}, but K on {K.device}: move one of them with .to(...)"
    if K.numel() == 0:
        return f"the kernel is empty: shape {tuple(K.shape)}"
    if K.shape[0] > X.shape[0] or K.shape[1] > X.shape[1]:
        return (
            f"kernel {tuple(K.shape)} is larger than the input {tuple(X.shape)}: "
            "add padding or use a smaller kernel"
        )
    return None


def corr2d(X: Tensor, K: Tensor) -> Tensor:
    """Cross-correlate a picture with a kernel, one window at a time.

    Args:
        X: input of shape ``(n_h, n_w)``, any dtype.
        K: kernel of shape ``(k_h, k_w)``, not larger than the input.

    Returns:
        Tensor of shape ``(n_h - k_h + 1, n_w - k_w + 1)`` in the promoted dtype of the inputs;
        integers are computed as float32.

    Raises:
        ValueError: the kernel does not fit, or an argument has not two axes.

    Costs 10 to 20 µs for each output element: for tiny inputs. Else use :func:`corr2d_windows`.
    The two loops of chapter *Cross-correlation*.

    >>> X = torch.arange(9).reshape(3, 3)
    >>> K = torch.tensor([[0, 1], [2, 3]])
    >>> corr2d(X, K).tolist()
    [[19.0, 25.0], [37.0, 43.0]]
    """
    if problem := _fit_problem(X, K):
        raise ValueError(problem)
    dtype = float_dtype(X, K)  # before any product: 200 * 2 does not fit in uint8
    X, K = X.to(dtype), K.to(dtype)
    k_h, k_w = K.shape
    m_h, m_w = X.shape[0] - k_h + 1, X.shape[1] - k_w + 1
    Y = X.new_zeros((m_h, m_w))
    for i in range(m_h):
        for j in range(m_w):
            Y[i, j] = (X[i : i + k_h, j : j + k_w] * K).sum()
    return Y


def corr2d_windows(X: Tensor, K: Tensor) -> Tensor:
    """Cross-correlate as :func:`corr2d` does, all windows at once.

    The windows become the rows of a matrix, and one matrix-vector product does the rest.
    Shapes, dtypes and errors are those of :func:`corr2d`.

    >>> X = torch.arange(9).reshape(3, 3)
    >>> corr2d_windows(X, torch.tensor([[0, 1], [2, 3]])).tolist()
    [[19.0, 25.0], [37.0, 43.0]]
    """
    if problem := _fit_problem(X, K):
        raise ValueError(problem)
    dtype = float_dtype(X, K)
    windows = X.to(dtype).unfold(0, K.shape[0], 1).unfold(1, K.shape[1], 1)  # (m_h, m_w, k_h, k_w)
    return windows.flatten(2) @ K.to(dtype).flatten()  # (m_h, m_w)


def corr2d_multi_in(X: Tensor, K: Tensor) -> Tensor:
    """Cross-correlate channel by channel and add the results up.

    Args:
        X: input of shape ``(c_i, n_h, n_w)``.
        K: kernel of shape ``(c_i, k_h, k_w)``: as many channels as the input.

    Returns:
        Tensor of shape ``(n_h - k_h + 1, n_w - k_w + 1)``.

    Raises:
        ValueError: the channels differ, or the kernel does not fit.

    Chapter *Channels*.

    >>> X = torch.stack([torch.arange(9).reshape(3, 3), torch.arange(1, 10).reshape(3, 3)])
    >>> K = torch.tensor([[[0, 1], [2, 3]], [[1, 2], [3, 4]]])
    >>> corr2d_multi_in(X, K).tolist()
    [[56.0, 72.0], [104.0, 120.0]]
    """
    if problem := axes_problem("X", X, 3) or axes_problem("K", K, 3):
        raise ValueError(problem)
    if problem := _channels_problem(X.shape[0], K.shape[0]):
        raise ValueError(problem)
    return torch.stack([corr2d(x, k) for x, k in zip(X, K, strict=True)]).sum(0)


def _channels_problem(c_x: int, c_k: int) -> str | None:
    """Say why an input with ``c_x`` channels and a kernel with ``c_k`` do not go together."""
    if c_x == c_k and c_x > 0:
        return None
    return f"the input has {c_x} channels, the kernel {c_k}: both need the same number, at least 1"


def corr2d_multi_in_out(X: Tensor, K: Tensor) -> Tensor:
    """Cross-correlate with one kernel for each output channel and stack the results.

    Args:
        X: input of shape ``(c_i, n_h, n_w)``.
        K: kernels of shape ``(c_o, c_i, k_h, k_w)``.

    Returns:
        Tensor of shape ``(c_o, n_h - k_h + 1, n_w - k_w + 1)``.

    Raises:
        ValueError: the channels differ, or a kernel does not fit.

    Chapter *Channels*.

    >>> X = torch.stack([torch.arange(9).reshape(3, 3), torch.arange(1, 10).reshape(3, 3)])
    >>> K = torch.tensor([[[0, 1], [2, 3]], [[1, 2], [3, 4]]])
    >>> corr2d_multi_in_out(X, torch.stack([K, K + 1, K + 2]))[2].tolist()
    [[96.0, 128.0], [192.0, 224.0]]
    """
    if problem := _kernels_problem(X, K):
        raise ValueError(problem)
    return torch.stack([corr2d_multi_in(X, k) for k in K])


def _kernels_problem(X: Tensor, K: Tensor) -> str | None:
    """Say why ``K`` is no set of kernels ``(c_o, c_i, k_h, k_w)`` for ``X``, or return None."""
    if problem := axes_problem("X", X, 3) or axes_problem("K", K, 4):
        return problem
    if K.shape[0] == 0:
        return f"K must hold at least one kernel for an output channel, got shape {tuple(K.shape)}"
    return _channels_problem(X.shape[0], K.shape[1])


def conv1x1(X: Tensor, K: Tensor) -> Tensor:
    """Apply a 1×1 convolution as what it is: one linear layer at every pixel.

    Args:
        X: input of shape ``(c_i, n_h, n_w)``.
        K: kernels of shape ``(c_o, c_i, 1, 1)``.

    Returns:
        Tensor of shape ``(c_o, n_h, n_w)``.

    Raises:
        ValueError: the kernel is not 1×1 or the channels differ.

    Chapter *Channels*.

    >>> X = torch.arange(4).reshape(2, 1, 2)
    >>> conv1x1(X, torch.tensor([1, 10]).reshape(1, 2, 1, 1)).tolist()
    [[[20.0, 31.0]]]
    """
    if problem := _kernels_problem(X, K):
        raise ValueError(problem)
    if K.shape[2:] != (1, 1):
        raise ValueError(f"each kernel must be 1×1, got K of shape {tuple(K.shape)}")
    dtype = float_dtype(X, K)
    pixels = X.to(dtype).flatten(1)  # (c_i, n_h * n_w)
    return (K.to(dtype).flatten(1) @ pixels).reshape(K.shape[0], *X.shape[1:])  # (c_o, n_h, n_w)


def linear_per_pixel(X: Tensor, W: Tensor, b: Tensor) -> Tensor:
    """Apply one linear layer to the channels of every pixel of a batch.

    The route of a 1×1 convolution through a matrix product: flatten space, bring the channels to
    the end, multiply, go back. Transposing moves the channels; reshaping would only cut the
    numbers into other groups.

    Args:
        X: pictures of shape ``(N, c_i, n_h, n_w)``.
        W: weights ``(c_o, c_i)``, as ``nn.Linear`` stores them; b: bias ``(c_o,)``.

    Returns:
        Tensor of shape ``(N, c_o, n_h, n_w)`` in the promoted dtype; integers become float32.

    Raises:
        ValueError: an argument has other axes, or the channels do not match.

    Chapter *Channels*.

    >>> X = torch.arange(4).reshape(1, 2, 1, 2)
    >>> linear_per_pixel(X, torch.tensor([[1, 10]]), torch.tensor([100])).tolist()
    [[[[120.0, 131.0]]]]
    """
    if problem := _pixel_layer_problem(X, W, b):
        raise ValueError(problem)
    dtype = float_dtype(X, W, b)
    pixels = X.to(dtype).flatten(2).transpose(1, 2)  # (N, n_h * n_w, c_i)
    H = pixels @ W.to(dtype).T + b.to(dtype)  # (N, n_h * n_w, c_o)
    return H.transpose(1, 2).reshape(len(X), len(W), *X.shape[2:])  # (N, c_o, n_h, n_w)


def _pixel_layer_problem(X: Tensor, W: Tensor, b: Tensor) -> str | None:
    """Say why ``W`` and ``b`` are no linear layer for the pixels of ``X``, or return None."""
    if problem := axes_problem("X", X, 4) or axes_problem("W", W, 2) or axes_problem("b", b, 1):
        return problem
    c_o, c_i = W.shape
    if not c_o or not c_i or X.shape[1] != c_i:
        return (
            f"W must be (c_o, c_i) with the {X.shape[1]} channels of X as c_i, "
            f"got shape {tuple(W.shape)}"
        )
    if len(b) != c_o:
        return f"b must hold one number for each of the {c_o} output channels, got {len(b)}"
    return None


# ---------------------------------------------------------------- pooling


def pool2d(X: Tensor, pool_size: tuple[int, int], mode: str = "max") -> Tensor:
    """Slide a window with stride 1 and keep its maximum or its average.

    Args:
        X: input of shape ``(n_h, n_w)``.
        pool_size: window ``(k_h, k_w)``, not larger than the input.
        mode: ``"max"`` or ``"avg"``.

    Returns:
        Tensor of shape ``(n_h - k_h + 1, n_w - k_w + 1)``, computed as float.

    Raises:
        ValueError: unknown mode, or the window does not fit.

    Chapter *Pooling*.

    >>> X = torch.arange(9).reshape(3, 3)
    >>> pool2d(X, (2, 2)).tolist(), pool2d(X, (2, 2), "avg").tolist()
    ([[4.0, 5.0], [7.0, 8.0]], [[2.0, 3.0], [5.0, 6.0]])
    """
    if problem := _pool_problem(X, pool_size, mode):
        raise ValueError(problem)
    k_h, k_w = pool_size
    m_h, m_w = out_size(X.shape[0], k_h), out_size(X.shape[1], k_w)
    X = X.to(float_dtype(X))
    Y = X.new_zeros((m_h, m_w))
    for i in range(m_h):
        for j in range(m_w):
            window = X[i : i + k_h, j : j + k_w]
            Y[i, j] = window.amax() if mode == "max" else window.mean()
    return Y


def _pool_problem(X: Tensor, pool_size: object, mode: object) -> str | None:
    """Say why nothing can be pooled, or return None; whether the window fits is `out_size`'s."""
    if mode not in ("max", "avg"):
        return f"mode must be 'max' or 'avg', got {mode!r}"
    return _pair_problem("pool_size", pool_size) or axes_problem("X", X, 2)


def _pair_problem(name: str, value: object) -> str | None:
    """Say why ``value`` is no pair, or return None; its numbers are not looked at."""
    if isinstance(value, tuple | list) and len(value) == 2:
        return None
    return f"{name} must be a pair (height, width), got {value!r}"


# ---------------------------------------------------------------- a stack of layers


def receptive_field(layers: Sequence[Sequence[int]]) -> list[tuple[int, int]]:
    """Return ``(r, j)`` after each layer: receptive field and jump, in input pixels.

    Start with ``r = 1, j = 1``; every layer does ``r += d(k-1)·j``, then ``j *= s``.

    Args:
        layers: one ``(k,)``, ``(k, s)`` or ``(k, s, d)`` for each layer, first layer first.

    Raises:
        ValueError: a layer has no or too many numbers, or one is out of range.

    >>> receptive_field([(5,), (2, 2), (5,), (2, 2)])  # LeNet
    [(5, 1), (6, 2), (14, 2), (16, 4)]
    """
    fields = []
    r = j = 1
    for layer in layers:
        if not isinstance(layer, tuple | list) or not 1 <= len(layer) <= 3:
            raise ValueError(f"a layer is (k,), (k, s) or (k, s, d), got {layer!r}")
        k, s, d = (*layer, 1, 1)[:3]
        for symbol, value in {"k": k, "s": s, "d": d}.items():
            if problem := _number_problem(f"{_NAMES[symbol][0]} ({symbol})", value, 1):
                raise ValueError(f"{problem} in the layer {tuple(layer)}")
        r += d * (k - 1) * j
        j *= s
        fields.append((r, j))
    return fields


def conv_macs(
    c_i: int, c_o: int, kernel: tuple[int, int], out: tuple[int, int], groups: int = 1
) -> int:
    """Count the multiply-accumulates of a convolution for one picture, bias left out.

    Args:
        c_i, c_o: input and output channels, both multiples of ``groups``.
        kernel: ``(k_h, k_w)``; out: output size ``(m_h, m_w)``.
        groups: into how many separate convolutions the channels are split.

    Raises:
        ValueError: a number is no whole number of at least 1, or ``groups`` does not divide both
            channel counts.

    >>> conv_macs(6, 16, (5, 5), (10, 10))  # LeNet's second convolution
    240000
    """
    if problem := _pair_problem("kernel", kernel) or _pair_problem("out", out):
        raise ValueError(problem)
    counts = {"c_i": c_i, "c_o": c_o, "groups": groups}
    counts |= {"k_h": kernel[0], "k_w": kernel[1], "m_h": out[0], "m_w": out[1]}
    for name, value in counts.items():
        if problem := _number_problem(name, value, 1):
            raise ValueError(problem)
    if c_i % groups or c_o % groups:
        raise ValueError(f"groups={groups} must divide both c_i={c_i} and c_o={c_o}")
    return c_o * (c_i // groups) * kernel[0] * kernel[1] * out[0] * out[1]
