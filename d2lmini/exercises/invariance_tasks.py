"""Exercises of chapter *From fully connected layers to convolutions*."""

from collections.abc import Mapping
from itertools import product

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from d2lmini.exercises.parts.invariance_words import (
    BORDER_CHOICES,
    COMMUTES_PROOF,
    EQUAL_USAGE,
    LARGEST_SCORE,
    NOT_COMMUTING,
    PIXEL_LAYER,
    PLACE_MATTERS,
    SOUND_LAYERS,
    TEXT_LAYERS,
    WHERE_PLACE_MATTERS,
)
from d2lmini.exercises.parts.sizes import oblong
from d2lmini.exercises.spec import Array, Case, Code

# ---------------------------------------------------------------- E1


def pixelwise_cases(rng: np.random.Generator) -> list[Case]:
    """Return X (c_i, h, w), W (c_o, c_i), b (c_o): one pixel; many pixels; with biases."""

    def case(group: str, c_i: int, c_o: int, h: int, w: int) -> Case:
        X = rng.standard_normal((c_i, h, w), dtype=np.float32)
        W = rng.standard_normal((c_o, c_i), dtype=np.float32)
        b = rng.standard_normal(c_o, dtype=np.float32) * np.float32(group == "bias")
        return Case(group, {"X": X, "W": W, "b": b})

    cases = [case("channels", *sizes) for sizes in ((1, 1, 1, 1), (2, 1, 1, 1), (3, 2, 1, 1))]
    cases += [case("places", *sizes) for sizes in ((2, 3, 1, 2), (3, 2, 2, 1), (2, 2, 3, 2))]
    cases += [case("bias", *sizes) for sizes in ((1, 2, 1, 1), (2, 3, 1, 2), (3, 4, 4, 4))]
    for _ in range(8):
        c_i, c_o = oblong(rng, 2, 6)
        cases += [case("channels", c_i, c_o, 1, 1), case("places", c_i, c_o, *oblong(rng, 2, 7))]
        cases.append(case("bias", c_i, c_o, *oblong(rng, 2, 7)))
    return cases


def pixelwise_oracle(X: Tensor, W: Tensor, b: Tensor) -> Tensor:
    """Return what PyTorch's convolution with a 1×1 kernel gives."""
    return F.conv2d(X[None], W[:, :, None, None], b)[0]


PIXELWISE = Code(
    name="pixelwise_linear",
    id="E1",
    groups={"channels": 1, "places": 1, "bias": 1},
    cases=pixelwise_cases,
    call="result = pixelwise_linear(X, W, b)",
    oracle=pixelwise_oracle,
    hints={
        "channels": "At one pixel: the matrix `W` times the column of the pixel's channels. Every "
        "output channel reads all input channels.",
        "places": "Every pixel keeps its place and sees no other pixel. The channels are the first "
        "axis; a reshape to (h·w, c) does not bring them to the end.",
        "bias": "One bias for each output channel, the same at every pixel: shape (c_o, 1, 1).",
    },
    atol=1e-5,
)

# ---------------------------------------------------------------- E3


def usage_cases(rng: np.random.Generator) -> list[Case]:
    """Return n, k, p: without padding; with less than k − 1; with k − 1 and more."""
    settings = {
        "inside": [(1, 1, 0), (3, 3, 0), (2, 1, 0), (4, 3, 0), (5, 2, 0), (7, 3, 0)],
        "border": [(1, 3, 1), (2, 3, 1), (4, 3, 1), (5, 4, 1), (5, 4, 2), (7, 5, 2)],
        "wide": [(1, 2, 1), (3, 2, 1), (2, 3, 2), (4, 3, 4), (3, 5, 4)],
    }
    for _ in range(8):
        k = int(rng.integers(3, 6))
        settings["inside"].append((int(rng.integers(k + 1, 10)), k, 0))
        settings["border"].append((int(rng.integers(k, 10)), k, int(rng.integers(1, k - 1))))
        settings["wide"].append((int(rng.integers(1, 10)), k, int(rng.integers(k - 1, k + 2))))
    return [
        Case(group, {"n": n, "k": k, "p": p}) for group in settings for n, k, p in settings[group]
    ]


def usage_oracle(n: int, k: int, p: int) -> Tensor:
    """Return the gradient of the sum of all outputs, for a kernel of ones."""
    X = torch.zeros(1, 1, n, n, requires_grad=True)
    total = F.conv2d(X, torch.ones(1, 1, k, k), padding=p).sum()
    return torch.autograd.grad(total, X)[0][0, 0].long()


PIXEL_USAGE = Code(
    name="pixel_usage",
    id="E3",
    groups={"inside": 1, "border": 1, "wide": 1},
    cases=usage_cases,
    call="result = pixel_usage(n, k, p)",
    oracle=usage_oracle,
    hints={
        "inside": "Without padding the corner pixel lies in one window only. Slide the window and "
        "count; a formula for one end of the axis is not enough when n is small.",
        "border": "With p zeros on each side the window starts p places earlier. Count for the "
        "padded picture, then cut the border off.",
        "wide": "From p = k − 1 on every pixel lies in k² windows. Windows that hold zeros only "
        "add nothing.",
    },
)

# ---------------------------------------------------------------- E4


def corr1d_cases(rng: np.random.Generator) -> list[Case]:
    """Return x, k, stride, dilation: both 1; with a stride; with gaps, alone and with a stride."""

    def case(group: str, n: int, size: int, stride: int, dilation: int) -> Case:
        x = rng.standard_normal(n, dtype=np.float32)
        k = rng.standard_normal(size, dtype=np.float32)
        return Case(group, {"x": x, "k": k, "stride": stride, "dilation": dilation})

    cases = [case("plain", n, k, 1, 1) for n, k in ((1, 1), (2, 2), (4, 1), (5, 2), (9, 4))]
    edges = ((4, 1, 2), (3, 3, 5), (5, 2, 3), (8, 2, 3), (9, 3, 2))
    cases += [case("stride", n, k, s, 1) for n, k, s in edges]
    gaps = ((4, 2, 1, 2), (5, 3, 1, 2), (9, 3, 2, 2), (9, 2, 3, 4), (11, 3, 4, 3))
    cases += [case("dilation", *sizes) for sizes in gaps]
    for _ in range(8):
        n, k, s, d = (int(v) for v in rng.integers([12, 2, 2, 2], [20, 5, 5, 4]))
        cases += [case("plain", n, k, 1, 1), case("stride", n, k, s, 1)]
        cases += [case("dilation", n, k, 1, d), case("dilation", n, k, s, d)]
    return cases


def corr1d_oracle(x: Tensor, k: Tensor, stride: int, dilation: int) -> Tensor:
    """Return what PyTorch's layer for one axis gives."""
    return F.conv1d(x[None, None], k[None, None], stride=stride, dilation=dilation)[0, 0]


CORR1D = Code(
    name="corr1d",
    id="E4",
    groups={"plain": 1, "stride": 1, "dilation": 1},
    cases=corr1d_cases,
    call="result = corr1d(x, k, stride, dilation)",
    oracle=corr1d_oracle,
    hints={
        "plain": "Output i is the sum of `k[a] * x[i + a]`; the kernel is not turned round.",
        "stride": "Output i starts at place i·stride, and every start whose window fits counts.",
        "dilation": "Weight a reads a·dilation places further on, so the kernel spans "
        "dilation·(k − 1) + 1 places.",
    },
    atol=1e-5,
    avoid=("conv1d", "conv2d"),
)

# ---------------------------------------------------------------- E6


def conv_full_cases(rng: np.random.Generator) -> list[Case]:
    """Return three tables each: of one row or one column; of any shape."""

    def case(group: str, *shapes: tuple[int, int]) -> Case:
        tables = (rng.standard_normal(shape, dtype=np.float32) for shape in shapes)
        return Case(group, dict(zip("fgh", tables, strict=True)))

    cases = [case("rows", (1, 1), (1, 1), (1, 1)), case("rows", (1, 2), (1, 2), (1, 1))]
    cases += [case("rows", (1, 2), (1, 4), (1, 3)), case("rows", (3, 1), (2, 1), (1, 1))]
    cases += [case("tables", (2, 2), (2, 2), (1, 1)), case("tables", (1, 3), (2, 1), (2, 2))]
    cases += [case("tables", (4, 3), (1, 2), (2, 1)), case("tables", (2, 3), (3, 2), (1, 2))]
    for _ in range(8):
        n = rng.integers(2, 6, 3)
        cases.append(case("rows", (1, int(n[0])), (1, int(n[1])), (1, int(n[2]))))
        cases.append(case("tables", oblong(rng, 1, 5), oblong(rng, 2, 5), oblong(rng, 1, 4)))
    return cases


def conv_by_stamps(f: Tensor, g: Tensor) -> Tensor:
    """Return the convolution: each number of f stamps a copy of g, times itself."""
    full = f.new_zeros(f.shape[0] + g.shape[0] - 1, f.shape[1] + g.shape[1] - 1)
    for i, j in product(range(f.shape[0]), range(f.shape[1])):
        full[i : i + g.shape[0], j : j + g.shape[1]] += f[i, j] * g
    return full


def conv_full_oracle(f: Tensor, g: Tensor, h: Tensor) -> dict[str, Tensor]:
    """Return each product twice: both orders, and both ways to put brackets."""
    fg = conv_by_stamps(f.double(), g.double())
    fgh = conv_by_stamps(fg, h.double()).float()
    return {"f*g": fg.float(), "g*f": fg.float(), "(f*g)*h": fgh, "f*(g*h)": fgh}


CONV_FULL = Code(
    name="conv_full",
    id="E6",
    groups={"rows": 1, "tables": 2},
    cases=conv_full_cases,
    call='result = {"f*g": conv_full(f, g), "g*f": conv_full(g, f), '
    '"(f*g)*h": conv_full(conv_full(f, g), h), "f*(g*h)": conv_full(f, conv_full(g, h))}',
    oracle=conv_full_oracle,
    hints={
        "rows": "A row of n and a row of m numbers give n + m − 1; one of the two is read "
        "backwards. By hand: 1 2 with 0 1 gives 0 1 2.",
        "tables": "Turn the kernel round along both axes, and pad each axis by the kernel's own "
        "length less one.",
    },
    atol=3e-5,
)

# ---------------------------------------------------------------- X11


def loud_cases(rng: np.random.Generator) -> list[Case]:
    """Return kernels: the cross of the chapter; any, none with one weight above all others."""
    i, j = np.indices((5, 5))
    cross = np.where((i == j) | (i + j == 4), 1, -1).astype(np.float32)
    cases = [Case("cross", {"K": cross})]
    shapes = [(1, 2), (2, 1), (2, 2), *(oblong(rng, 2, 7) for _ in range(9))]
    for number, shape in enumerate(shapes):
        K = rng.uniform(0.5, 2, shape) * rng.choice([-1, 1], shape) * 10.0 ** (number % 3 - 1)
        cases.append(Case("any kernel", {"K": K.astype(np.float32)}))
    return cases


def loud_judge(case: Case, got: Mapping[str, Array]) -> str | None:
    """Say what keeps a tile from defeating the kernel's own picture."""
    K, tile = np.asarray(case.inputs["K"]), got.get("")
    if tile is None or tile.shape != K.shape or tile.dtype != K.dtype:
        found = "several results" if tile is None else f"{tile.dtype} of the shape {tile.shape}"
        return f"expected {K.dtype} of the shape {K.shape}, got {found}"
    k, t = K.astype(np.float64).ravel(), tile.astype(np.float64).ravel()
    if not np.isfinite(t).all() or np.abs(t).max() > 1e6:
        return "the numbers of a tile must lie between −1,000,000 and 1,000,000"
    if not t @ k > 1.000001 * (k @ k):
        return f"the tile scores {t @ k:.6g}, the kernel's own picture {k @ k:.6g}"
    cosine = t @ k / np.sqrt((t @ t) * (k @ k))
    return (
        None if cosine <= 0.99 else f"nearly a multiple of the kernel: the cosine is {cosine:.4f}"
    )


LOUD_TILE = Code(
    name="loud_tile",
    id="X11",
    groups={"cross": 1, "any kernel": 1},
    cases=loud_cases,
    call="result = loud_tile(K)",
    judge=loud_judge,
    hints={
        "cross": "A pixel may be brighter than 1. How bright must a single one be to make up for "
        "24 others that are 0?",
        "any kernel": "Look for the largest weight, and mind its sign: a dark pixel under a "
        "negative weight adds to the score.",
    },
)


def score_cases(rng: np.random.Generator) -> list[Case]:
    """Return pictures: any; with dark and bright parts; with windows of zeros."""

    def case(group: str, shape: tuple[int, int], kernel: tuple[int, int]) -> Case:
        X = rng.standard_normal(shape, dtype=np.float32)
        if group == "brightness":
            X *= 10 ** rng.uniform(-3, 3, (1, shape[1])).astype(np.float32)
        if group == "zeros":
            X[: kernel[0], : kernel[1]] = 0
        return Case(group, {"X": X, "K": rng.standard_normal(kernel, dtype=np.float32)})

    cases = []
    for group in ("windows", "brightness", "zeros"):
        cases += [case(group, (1, 2), (1, 1)), case(group, (3, 3), (3, 3))]
        cases += [case(group, (4, 6), (2, 3)), case(group, (6, 3), (1, 2))]
        for _ in range(8):
            kernel = oblong(rng, 1, 4)
            cases.append(case(group, (kernel[0] + 3, kernel[1] + 5), kernel))
    return cases


def score_oracle(X: Tensor, K: Tensor) -> Tensor:
    """Return the cosine between each window and the kernel, in float64 until the end."""
    windows = X.double().unfold(0, K.shape[0], 1).unfold(1, K.shape[1], 1).flatten(2)
    return F.cosine_similarity(windows, K.double().flatten(), dim=-1).float()


NORMALISED_SCORE = Code(
    name="normalised_score",
    id="X11",
    groups={"windows": 1, "brightness": 1, "zeros": 1},
    cases=score_cases,
    call="result = normalised_score(X, K)",
    oracle=score_oracle,
    hints={
        "windows": "The score of a window, divided by the length of the window and by the length "
        "of the kernel. A length is the root of a sum of squares; no mean is taken away.",
        "brightness": "Ten times as bright must not change a score: each window is divided by its "
        "own length, and nothing is added below the line.",
        "zeros": "A window of zeros has the length 0 and scores 0. Divide by something else there, "
        "before 0/0 happens.",
    },
    rtol=1e-4,
    atol=1e-5,
)

EXERCISES = (
    PIXEL_LAYER,
    PIXELWISE,
    WHERE_PLACE_MATTERS,
    PLACE_MATTERS,
    BORDER_CHOICES,
    PIXEL_USAGE,
    EQUAL_USAGE,
    CORR1D,
    SOUND_LAYERS,
    TEXT_LAYERS,
    COMMUTES_PROOF,
    NOT_COMMUTING,
    CONV_FULL,
    LOUD_TILE,
    NORMALISED_SCORE,
    LARGEST_SCORE,
)
