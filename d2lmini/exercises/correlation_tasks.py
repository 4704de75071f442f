"""Exercises of chapter *Cross-correlation*: layers and matrices, and the order of them all."""

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from d2lmini.exercises.parts import correlation_design as design
from d2lmini.exercises.parts import correlation_learning as learning
from d2lmini.exercises.parts import correlation_words as words
from d2lmini.exercises.parts.sizes import oblong
from d2lmini.exercises.spec import Case, Code

# ---------------------------------------------------------------- E9 and E10


def layer_case(
    rng: np.random.Generator, group: str, picture: tuple[int, int], kernel: tuple[int, int]
) -> Case:
    """Return a picture, a kernel, a bias and the gradient by the output, all float64."""
    m = (picture[0] - kernel[0] + 1, picture[1] - kernel[1] + 1)
    X, K, G = (rng.standard_normal(shape) for shape in (picture, kernel, m))
    u = 0.0 if group in ("output", "sizes") else float(rng.uniform(1, 2))
    given = {"X": X, "K": K, "u": u, "G": G, "gradients": group == "gradient"}
    return Case(group, given | {"one_number": group == "sizes" and kernel[0] == kernel[1]})


def layer_cases(rng: np.random.Generator) -> list[Case]:
    """Return cases of four groups: 1×1, kernel as large as the picture, then any."""
    cases = []
    for group in ("output", "bias", "sizes", "gradient"):
        for picture, kernel in (((1, 1), (1, 1)), ((2, 3), (2, 3)), ((4, 5), (1, 2))):
            cases.append(layer_case(rng, group, picture, kernel))
        cases.append(layer_case(rng, group, (3, 4), (2, 2)))
        for _ in range(8):
            kernel = oblong(rng, 1, 4)
            cases.append(layer_case(rng, group, (kernel[0] + 2, kernel[1] + 3), kernel))
    return cases


def layer_call(name: str) -> str:
    """Return the text that builds a layer, copies its numbers in, and runs it both ways."""
    return f"""
layer = {name}(K.shape[0] if one_number else tuple(K.shape)).double()
with torch.no_grad():
    layer.weight.copy_(K)
    layer.bias.fill_(u)
x = X.clone().requires_grad_()
Y = layer(x)
result = {{"Y": Y}}
if gradients:
    Y.backward(G)
    result = {{"Y": Y, "dX": x.grad, "dK": layer.weight.grad, "du": layer.bias.grad}}
"""


def layer_oracle(
    X: Tensor, K: Tensor, u: float, G: Tensor, gradients: bool, one_number: bool
) -> dict[str, Tensor]:
    """Return output and gradients of PyTorch's convolution."""
    x, k = X.clone().requires_grad_(), K.clone().requires_grad_()
    bias = torch.tensor([u], dtype=torch.float64, requires_grad=True)
    Y = F.conv2d(x[None, None], k[None, None], bias)[0, 0]
    if not gradients:
        return {"Y": Y}
    dX, dK, du = torch.autograd.grad(Y, (x, k, bias), G)
    return {"Y": Y, "dX": dX, "dK": dK, "du": du}


MY_CONV2D = Code(
    name="MyConv2D",
    id="E9",
    groups={"output": 1, "bias": 1, "sizes": 1, "gradient": 2},
    cases=layer_cases,
    call=layer_call("MyConv2D"),
    oracle=layer_oracle,
    hints={
        "output": "Each output is a window times the kernel, added up. Make the output in the "
        "dtype of the picture: `X.new_zeros`.",
        "bias": "One number, added to every output.",
        "sizes": "A kernel size is one whole number for a square, or a pair (height, width).",
        "gradient": "Weight and bias must be an `nn.Parameter`, of the shapes (k_h, k_w) and (1,), "
        "and no `.item()`, `.data` or `.detach()` may stand between them and the output.",
    },
    avoid=("conv2d", "unfold"),
)

FAST_CONV2D = Code(
    name="FastConv2D",
    id="E10",
    groups={"output": 1, "bias": 1, "sizes": 1, "gradient": 1},
    cases=layer_cases,
    call=layer_call("FastConv2D"),
    oracle=layer_oracle,
    hints={
        "output": "`F.conv2d` wants four axes for the picture and for the weight, and its answer "
        "has four. The kernel is not turned round.",
        "bias": "The third argument of `F.conv2d` is the bias, one number for each output channel.",
        "sizes": "A kernel size is one whole number for a square, or a pair (height, width).",
        "gradient": "Hand the parameters themselves to `F.conv2d`, not copies without gradients.",
    },
)

# ---------------------------------------------------------------- E11


def matmul_cases(rng: np.random.Generator) -> list[Case]:
    """Return picture X and kernel K: squares; oblongs; kernels that do not fit."""

    def case(group: str, picture: tuple[int, int], kernel: tuple[int, int]) -> Case:
        X, K = (rng.standard_normal(shape, dtype=np.float32) for shape in (picture, kernel))
        return Case(group, {"X": X, "K": K})

    shapes = [((1, 1), (1, 1)), ((2, 2), (2, 2)), ((3, 3), (2, 2)), ((5, 5), (3, 3))]
    cases = [case("square", *pair) for pair in shapes]
    shapes = [((1, 3), (1, 2)), ((3, 2), (3, 1)), ((3, 5), (2, 2)), ((5, 3), (2, 3))]
    cases += [case("oblong", *pair) for pair in shapes]
    shapes = [((1, 2), (2, 2)), ((2, 1), (2, 2)), ((3, 5), (4, 2)), ((5, 3), (1, 4))]
    cases += [case("refusal", *pair) for pair in shapes]
    for _ in range(8):
        h, w = oblong(rng, 1, 4)
        n_h, n_w = h + int(rng.integers(1, 3)), w + int(rng.integers(3, 5))
        cases += [case("oblong", (n_h, n_w), (h, w)), case("refusal", (n_h, w), (h, n_w))]
    return cases


def matmul_oracle(X: Tensor, K: Tensor) -> Tensor:
    """Return what PyTorch's convolution gives."""
    if X.shape[0] < K.shape[0] or X.shape[1] < K.shape[1]:
        raise ValueError("the kernel does not fit")
    return F.conv2d(X[None, None], K[None, None])[0, 0]


CORR2D_MATMUL = Code(
    name="corr2d_matmul",
    id="E11",
    groups={"square": 1, "oblong": 1, "refusal": 1},
    cases=matmul_cases,
    call="result = corr2d_matmul(X, K)",
    oracle=matmul_oracle,
    hints={
        "square": "One row for each window, in reading order; each window and the kernel are "
        "written row after row.",
        "oblong": "Height and width have sizes of their own: m_h·m_w rows, k_h·k_w columns.",
        "refusal": "Raise ValueError when the kernel is higher or wider than the picture.",
    },
    atol=1e-5,
    avoid=("conv2d", "unfold", "corr2d", "corr2d_windows"),
)


def matrix_cases(rng: np.random.Generator) -> list[Case]:
    """Return a kernel and the shape of a picture: squares; oblongs."""

    def case(group: str, picture: tuple[int, int], kernel: tuple[int, int]) -> Case:
        K = rng.standard_normal(kernel, dtype=np.float32)
        return Case(group, {"K": K, "n_h": picture[0], "n_w": picture[1]})

    cases = [case("square", (n, n), (k, k)) for n, k in ((1, 1), (2, 2), (3, 2), (3, 1), (5, 3))]
    shapes = [((1, 3), (1, 2)), ((3, 2), (2, 1)), ((3, 4), (2, 2)), ((4, 3), (1, 2))]
    cases += [case("oblong", *pair) for pair in shapes]
    for _ in range(8):
        h, w = oblong(rng, 1, 4)
        more_h, more_w = (int(v) for v in rng.integers([1, 3], [3, 5]))
        cases.append(case("oblong", (h + more_h, w + more_w), (h, w)))
    return cases


def matrix_oracle(K: Tensor, n_h: int, n_w: int) -> Tensor:
    """Return the answers to pictures with a single bright pixel, as columns."""
    single = torch.eye(n_h * n_w).reshape(-1, 1, n_h, n_w)
    return F.conv2d(single, K[None, None]).flatten(1).T


CORR_MATRIX = Code(
    name="corr_matrix",
    id="E11",
    groups={"square": 1, "oblong": 2},
    cases=matrix_cases,
    call="result = corr_matrix(K, (n_h, n_w))",
    oracle=matrix_oracle,
    hints={
        "square": "Row 0 holds the kernel, laid out as the picture is read: after each row of the "
        "kernel come n_w − k_w zeros. Rows are outputs, columns are pixels.",
        "oblong": "When the window jumps to the next row of the picture, the weights move on by "
        "k_w places, not by one.",
    },
)

# ---------------------------------------------------------------- E12


def dense_cases(rng: np.random.Generator) -> list[Case]:
    """Return shapes of a picture: of one row; of several."""
    rows = [2, 3, *(int(w) for w in rng.integers(4, 12, 4))]
    several = [(2, 2), (3, 2), (2, 3), (6, 8), *(oblong(rng, 2, 8) for _ in range(8))]
    cases = [Case("one row", {"h": 1, "w": w}) for w in rows]
    return cases + [Case("several rows", {"h": h, "w": w}) for h, w in several]


def dense_oracle(h: int, w: int) -> Tensor:
    """Return the answers of the kernel 1 −1 to pictures with a single bright pixel, as columns."""
    single = torch.eye(h * w).reshape(-1, 1, h, w)
    return F.conv2d(single, torch.tensor([[[[1.0, -1.0]]]])).flatten(1).T


EDGE_MATRIX = Code(
    name="edge_matrix",
    id="E12",
    groups={"one row": 1, "several rows": 1},
    cases=dense_cases,
    call="result = edge_matrix(h, w)",
    oracle=dense_oracle,
    hints={
        "one row": "w pixels have w − 1 neighbours on the right: w − 1 rows with one 1 and one −1.",
        "several rows": "h·(w − 1) rows and h·w columns. The last pixel of a row has no right "
        "neighbour; the next number of the column belongs to the next row.",
    },
)

EXERCISES = (
    design.EDGE_ANSWERS,
    words.IDENTITY_TRANSPOSED,
    design.EDGE_KERNEL,
    words.WHICH_ERROR,
    MY_CONV2D,
    words.ERRORS_PEOPLE_MEET,
    FAST_CONV2D,
    CORR2D_MATMUL,
    CORR_MATRIX,
    EDGE_MATRIX,
    words.DENSE_EDGE_COUNT,
    design.SECOND_DERIVATIVE,
    design.LAPLACE,
    words.WINDOW_SUM,
    design.RUNNING_SUM,
    words.DERIVATIVE_WEIGHTS,
    design.DERIVATIVE_KERNEL,
    learning.LEARN_2X2,
    words.WHAT_TWO_ROWS_LEARN,
    words.TWO_BY_TWO_RATE,
    learning.LARGEST_SAFE_RATE,
    words.RATE_MEAN,
    words.RATE_DOUBLED,
    learning.LUCKY_PARTNER,
)
