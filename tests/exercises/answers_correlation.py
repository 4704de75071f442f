"""Answers to the exercises of *Cross-correlation*."""

import math

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from tests.exercises.answers import mutant, solution

# ---------------------------------------------------------------- E7


@solution("edge_answers")
def by_the_library(X):
    K = torch.tensor([[[[1.0, -1.0]]]])
    pairs = ((X, K), (X.T, K), (X, K.transpose(2, 3)))
    return tuple(F.conv2d(A[None, None], B)[0, 0] for A, B in pairs)


@mutant("edge_answers", "identity")
def nothing_is_detected(X):
    h, w = X.shape
    return X.new_zeros(h, w - 1), X.new_zeros(w, h - 1), X.new_zeros(h - 1, w)


@mutant("edge_answers", "step")
def transposing_the_picture_changes_nothing(X):
    Y = X[:, :-1] - X[:, 1:]
    return Y, Y, X[:-1] - X[1:]


@mutant("edge_answers", "step")
def transposed_kernel_gives_the_old_table_transposed(X):
    Y = X[:, :-1] - X[:, 1:]
    return Y, X.T[:, :-1] - X.T[:, 1:], Y.T


@mutant("edge_answers", "identity")
def signs_the_other_way_round(X):
    return X[:, 1:] - X[:, :-1], X.T[:, 1:] - X.T[:, :-1], X[1:] - X[:-1]


@mutant("edge_answers", "identity")
def neighbour_below(X):
    return X[:-1] - X[1:], X.T[:-1] - X.T[1:], X[:, :-1] - X[:, 1:]


# ---------------------------------------------------------------- E8


@solution("edge_kernel")
def sobel_in_three_directions(direction):
    x = torch.tensor([[1, 0, -1], [2, 0, -2], [1, 0, -1]])
    diagonal = torch.tensor([[0, -1, -2], [1, 0, -1], [2, 1, 0]])
    return {"vertical": x, "horizontal": x.T, "diagonal": diagonal}[direction]


@solution("edge_kernel")
def thirds_in_float64(direction):
    row = torch.tensor([[-1.0, 1.0]], dtype=torch.float64) / 3
    if direction == "diagonal":
        return torch.diag(row[0]).flip(1)
    return row if direction == "vertical" else row.T


@mutant("edge_kernel", "horizontal")
def vertical_kernel_always(direction):
    return torch.tensor([[1.0, -1.0]])


@mutant("edge_kernel", "diagonal")
def along_the_diagonal(direction):
    if direction == "diagonal":
        return torch.tensor([[1.0, 0.0], [0.0, -1.0]])
    row = torch.tensor([[1.0, -1.0]])
    return row if direction == "vertical" else row.T


@mutant("edge_kernel", "vertical")
def sum_is_not_0(direction):
    row = torch.tensor([[1.0, -0.5]])
    return row.T if direction == "horizontal" else row


@mutant("edge_kernel", "vertical")
def directions_confused(direction):
    row = torch.tensor([[1.0, -1.0]])
    if direction == "diagonal":
        return torch.tensor([[0.0, 1.0], [-1.0, 0.0]])
    return row if direction == "horizontal" else row.T


@mutant("edge_kernel", "diagonal")
def answers_to_every_edge(direction):
    return torch.tensor([[0.0, 1, 0], [1, -4, 1], [0, 1, 0]])


# ---------------------------------------------------------------- E9


@solution("MyConv2D")
class AddsShiftedPictures(nn.Module):
    def __init__(self, kernel_size):
        nn.Module.__init__(self)
        h, w = kernel_size if isinstance(kernel_size, (tuple, list)) else (kernel_size,) * 2
        self.weight = nn.Parameter(torch.randn(h, w))
        self.bias = nn.Parameter(torch.zeros(1))

    def forward(self, X):
        h, w = self.weight.shape
        m_h, m_w = X.shape[0] - h + 1, X.shape[1] - w + 1
        Y = self.bias * torch.ones_like(X[:m_h, :m_w])
        for a in range(h):
            for b in range(w):
                Y = Y + self.weight[a, b] * X[a : a + m_h, b : b + m_w]
        return Y


@mutant("MyConv2D", "gradient")
class WritesItems(nn.Module):
    def __init__(self, kernel_size):
        super().__init__()
        h, w = (kernel_size, kernel_size) if isinstance(kernel_size, int) else kernel_size
        self.weight = nn.Parameter(torch.rand(h, w))
        self.bias = nn.Parameter(torch.zeros(1))

    def forward(self, X):
        h, w = self.weight.shape
        Y = X.new_zeros(X.shape[0] - h + 1, X.shape[1] - w + 1)
        for i in range(Y.shape[0]):
            for j in range(Y.shape[1]):
                Y[i, j] = (X[i : i + h, j : j + w] * self.weight).sum().item()
        return Y + self.bias


@mutant("MyConv2D", "gradient")
class WeightIsNoParameter(nn.Module):
    def __init__(self, kernel_size):
        super().__init__()
        h, w = (kernel_size, kernel_size) if isinstance(kernel_size, int) else kernel_size
        self.weight = torch.rand(h, w, dtype=torch.float64)
        self.bias = nn.Parameter(torch.zeros(1))

    def forward(self, X):
        return F.conv2d(X[None, None], self.weight[None, None], self.bias)[0, 0]


@mutant("MyConv2D", "sizes")
class SquaresOnly(nn.Module):
    def __init__(self, kernel_size):
        super().__init__()
        k = kernel_size if isinstance(kernel_size, int) else kernel_size[0]
        self.weight = nn.Parameter(torch.rand(k, k))
        self.bias = nn.Parameter(torch.zeros(1))

    def forward(self, X):
        return F.conv2d(X[None, None], self.weight[None, None], self.bias)[0, 0]


@mutant("MyConv2D", "sizes")
class UnpacksOneSize(nn.Module):
    def __init__(self, kernel_size):
        super().__init__()
        h, w = kernel_size
        self.weight = nn.Parameter(torch.rand(h, w))
        self.bias = nn.Parameter(torch.zeros(1))

    def forward(self, X):
        return F.conv2d(X[None, None], self.weight[None, None], self.bias)[0, 0]


@mutant("MyConv2D", "output")
class TurnsTheKernel(nn.Module):
    def __init__(self, kernel_size):
        super().__init__()
        h, w = (kernel_size, kernel_size) if isinstance(kernel_size, int) else kernel_size
        self.weight = nn.Parameter(torch.rand(h, w))
        self.bias = nn.Parameter(torch.zeros(1))

    def forward(self, X):
        return F.conv2d(X[None, None], self.weight.flip(0, 1)[None, None], self.bias)[0, 0]


@mutant("MyConv2D", "bias")
class BiasNeverUsed(nn.Module):
    def __init__(self, kernel_size):
        super().__init__()
        h, w = (kernel_size, kernel_size) if isinstance(kernel_size, int) else kernel_size
        self.weight = nn.Parameter(torch.rand(h, w))
        self.bias = nn.Parameter(torch.zeros(1))

    def forward(self, X):
        return F.conv2d(X[None, None], self.weight[None, None])[0, 0]


@mutant("MyConv2D", "output")
class AlwaysFloat32(nn.Module):
    def __init__(self, kernel_size):
        super().__init__()
        h, w = (kernel_size, kernel_size) if isinstance(kernel_size, int) else kernel_size
        self.weight = nn.Parameter(torch.rand(h, w))
        self.bias = nn.Parameter(torch.zeros(1))

    def forward(self, X):
        k, u = self.weight.float()[None, None], self.bias.float()
        return F.conv2d(X.float()[None, None], k, u)[0, 0]


# ---------------------------------------------------------------- E10


@solution("FastConv2D")
class BiasAddedAfterwards(nn.Module):
    def __init__(self, kernel_size):
        super().__init__()
        h, w = (kernel_size, kernel_size) if isinstance(kernel_size, int) else kernel_size
        self.weight = nn.Parameter(torch.rand(h, w))
        self.bias = nn.Parameter(torch.zeros(1))

    def forward(self, X):
        Y = F.conv2d(X.reshape(1, 1, *X.shape), self.weight.reshape(1, 1, *self.weight.shape))
        return Y.squeeze(0).squeeze(0) + self.bias


@mutant("FastConv2D", "output")
class KernelFlipped(nn.Module):
    def __init__(self, kernel_size):
        super().__init__()
        h, w = (kernel_size, kernel_size) if isinstance(kernel_size, int) else kernel_size
        self.weight = nn.Parameter(torch.rand(h, w))
        self.bias = nn.Parameter(torch.zeros(1))

    def forward(self, X):
        return F.conv2d(X[None, None], self.weight.flip(0, 1)[None, None], self.bias)[0, 0]


@mutant("FastConv2D", "output")
class ExtraAxesReturned(nn.Module):
    def __init__(self, kernel_size):
        super().__init__()
        h, w = (kernel_size, kernel_size) if isinstance(kernel_size, int) else kernel_size
        self.weight = nn.Parameter(torch.rand(h, w))
        self.bias = nn.Parameter(torch.zeros(1))

    def forward(self, X):
        return F.conv2d(X[None, None], self.weight[None, None], self.bias)


@mutant("FastConv2D", "bias")
class BiasDropped(nn.Module):
    def __init__(self, kernel_size):
        super().__init__()
        h, w = (kernel_size, kernel_size) if isinstance(kernel_size, int) else kernel_size
        self.weight = nn.Parameter(torch.rand(h, w))
        self.bias = nn.Parameter(torch.zeros(1))

    def forward(self, X):
        return F.conv2d(X[None, None], self.weight[None, None])[0, 0]


@mutant("FastConv2D", "gradient")
class WeightDetached(nn.Module):
    def __init__(self, kernel_size):
        super().__init__()
        h, w = (kernel_size, kernel_size) if isinstance(kernel_size, int) else kernel_size
        self.weight = nn.Parameter(torch.rand(h, w))
        self.bias = nn.Parameter(torch.zeros(1))

    def forward(self, X):
        return F.conv2d(X[None, None], self.weight.data[None, None], self.bias)[0, 0]


@mutant("FastConv2D", "gradient")
class PictureDetached(nn.Module):
    def __init__(self, kernel_size):
        super().__init__()
        h, w = (kernel_size, kernel_size) if isinstance(kernel_size, int) else kernel_size
        self.weight = nn.Parameter(torch.rand(h, w))
        self.bias = nn.Parameter(torch.zeros(1))

    def forward(self, X):
        return F.conv2d(X.detach()[None, None], self.weight[None, None], self.bias)[0, 0]


# ---------------------------------------------------------------- E11


@solution("corr2d_matmul")
def columns_of_shifted_pictures(X, K):
    m_h, m_w = X.shape[0] - K.shape[0] + 1, X.shape[1] - K.shape[1] + 1
    if min(m_h, m_w) < 1:
        raise ValueError("the kernel does not fit")
    columns = []
    for a in range(K.shape[0]):
        for b in range(K.shape[1]):
            columns.append(X[a : a + m_h, b : b + m_w].reshape(-1))
    return (torch.stack(columns, 1) @ K.reshape(-1, 1)).reshape(m_h, m_w)


@mutant("corr2d_matmul", "square")
def windows_transposed(X, K):
    m_h, m_w = X.shape[0] - K.shape[0] + 1, X.shape[1] - K.shape[1] + 1
    if min(m_h, m_w) < 1:
        raise ValueError
    starts = [(i, j) for i in range(m_h) for j in range(m_w)]
    rows = [X[i : i + K.shape[0], j : j + K.shape[1]].T.flatten() for i, j in starts]
    return (torch.stack(rows) @ K.flatten()).reshape(m_h, m_w)


@mutant("corr2d_matmul", "square")
def down_before_right(X, K):
    m_h, m_w = X.shape[0] - K.shape[0] + 1, X.shape[1] - K.shape[1] + 1
    if min(m_h, m_w) < 1:
        raise ValueError
    starts = [(i, j) for j in range(m_w) for i in range(m_h)]
    rows = [X[i : i + K.shape[0], j : j + K.shape[1]].flatten() for i, j in starts]
    return (torch.stack(rows) @ K.flatten()).reshape(m_h, m_w)


@mutant("corr2d_matmul", "oblong")
def square_pictures_only(X, K):
    m = X.shape[0] - K.shape[0] + 1
    if K.shape[0] > X.shape[0] or K.shape[1] > X.shape[1]:
        raise ValueError
    starts = [(i, j) for i in range(m) for j in range(m)]
    rows = [X[i : i + K.shape[0], j : j + K.shape[1]].flatten() for i, j in starts]
    return (torch.stack(rows) @ K.flatten()).reshape(m, m)


@mutant("corr2d_matmul", "refusal")
def never_refuses(X, K):
    m_h, m_w = max(X.shape[0] - K.shape[0] + 1, 0), max(X.shape[1] - K.shape[1] + 1, 0)
    if m_h * m_w == 0:
        return X.new_zeros(m_h, m_w)
    return F.conv2d(X[None, None], K[None, None])[0, 0]


@mutant("corr2d_matmul", "refusal")
def height_alone_is_checked(X, K):
    if K.shape[0] > X.shape[0]:
        raise ValueError
    if K.shape[1] > X.shape[1]:
        return X.new_zeros(X.shape[0] - K.shape[0] + 1, 0)
    return F.conv2d(X[None, None], K[None, None])[0, 0]


@solution("corr_matrix")
def answers_to_single_pixels(K, shape):
    h, w = shape
    columns = []
    for pixel in range(h * w):
        single = torch.zeros(h * w)
        single[pixel] = 1
        columns.append(F.conv2d(single.reshape(1, 1, h, w), K[None, None]).flatten())
    return torch.stack(columns, 1)


@solution("corr_matrix")
def row_after_row(K, shape):
    h, w = shape
    k_h, k_w = K.shape
    first = F.pad(K, (0, w - k_w, 0, h - k_h)).flatten()
    starts = [i * w + j for i in range(h - k_h + 1) for j in range(w - k_w + 1)]
    return torch.stack([first.roll(start) for start in starts])


@mutant("corr_matrix", "square")
def wraps_around(K, shape):
    h, w = shape
    k_h, k_w = K.shape
    first = F.pad(K, (0, w - k_w, 0, h - k_h)).flatten()
    return torch.stack([first.roll(r) for r in range((h - k_h + 1) * (w - k_w + 1))])


@mutant("corr_matrix", "square")
def matrix_transposed(K, shape):
    single = torch.eye(shape[0] * shape[1]).reshape(-1, 1, *shape)
    return F.conv2d(single, K[None, None]).flatten(1)


@mutant("corr_matrix", "oblong")
def height_and_width_exchanged(K, shape):
    single = torch.eye(shape[0] * shape[1]).reshape(-1, 1, shape[1], shape[0])
    return F.conv2d(single, K.T[None, None]).flatten(1).T


@mutant("corr_matrix", "square")
def kernel_without_gaps(K, shape):
    h, w = shape
    k_h, k_w = K.shape
    first = F.pad(K.flatten(), (0, h * w - K.numel()))
    starts = [i * w + j for i in range(h - k_h + 1) for j in range(w - k_w + 1)]
    return torch.stack([first.roll(start) for start in starts])


# ---------------------------------------------------------------- E12


@solution("edge_matrix")
def rows_left_out(h, w):
    every = torch.eye(h * w) - torch.diag(torch.ones(h * w - 1), 1)
    keep = [r for r in range(h * w) if r % w != w - 1]
    return every[keep]


@solution("edge_matrix")
def blocks_on_the_diagonal(h, w):
    block = torch.eye(w)[:-1] - torch.eye(w)[1:]
    return torch.kron(torch.eye(h), block)


@mutant("edge_matrix", "several rows")
def one_row_for_each_pixel(h, w):
    return torch.eye(h * w) - torch.diag(torch.ones(h * w - 1), 1)


@mutant("edge_matrix", "several rows")
def runs_over_row_ends(h, w):
    every = torch.eye(h * w) - torch.diag(torch.ones(h * w - 1), 1)
    return every[: h * (w - 1)]


@mutant("edge_matrix", "several rows")
def neighbour_in_the_next_row(h, w):
    every = torch.eye(h * w) - torch.diag(torch.ones(h * w - w), w)
    keep = [r for r in range(h * w) if r % w != w - 1]
    return every[keep]


@mutant("edge_matrix", "one row")
def sign_turned(h, w):
    block = torch.eye(w)[1:] - torch.eye(w)[:-1]
    return torch.kron(torch.eye(h), block)


# ---------------------------------------------------------------- E13


@solution("second_derivative_kernel")
def difference_of_differences():
    first = np.array([-1, 1])
    return torch.from_numpy(np.convolve(first, first))[None]


@mutant("second_derivative_kernel", "lines")
def first_difference():
    return torch.tensor([[1.0, -1.0, 0.0]])


@mutant("second_derivative_kernel", "lines")
def central_first_difference():
    return torch.tensor([[1.0, 0.0, -1.0]])


@mutant("second_derivative_kernel", "lines")
def two_weights():
    return torch.tensor([[1.0, -1.0]])


@mutant("second_derivative_kernel", "squares")
def sign_of_the_bend():
    return torch.tensor([[-1.0, 2.0, -1.0]])


@mutant("second_derivative_kernel", "squares")
def half_of_the_bend():
    return torch.tensor([[0.5, -1.0, 0.5]])


@solution("laplace_kernel")
def over_the_corners():
    return torch.tensor([[0.5, 0, 0.5], [0, -2, 0], [0.5, 0, 0.5]], dtype=torch.float64)


@solution("laplace_kernel")
def whole_numbers():
    return torch.tensor([[0, 1, 0], [1, -4, 1], [0, 1, 0]])


@mutant("laplace_kernel", "bowls")
def eight_neighbours():
    return torch.tensor([[1.0, 1, 1], [1, -8, 1], [1, 1, 1]])


@mutant("laplace_kernel", "bowls")
def one_axis_only():
    return torch.tensor([[0.0, 0, 0], [2, -4, 2], [0, 0, 0]])


@mutant("laplace_kernel", "bowls")
def hill_instead_of_bowl():
    return torch.tensor([[0.0, -1, 0], [-1, 4, -1], [0, -1, 0]])


@mutant("laplace_kernel", "planes")
def first_derivative():
    return torch.tensor([[1.0, 0, -1], [2, 0, -2], [1, 0, -1]])


@mutant("laplace_kernel", "planes")
def keeps_the_brightness():
    return torch.tensor([[0.0, 1, 0], [1, -3, 1], [0, 1, 0]])


# ---------------------------------------------------------------- E14


@solution("running_sum")
def padded_by_the_layer(x):
    n = len(x)
    return F.conv1d(x[None, None], x.new_ones(1, 1, n), padding=n - 1)[0, 0, :n]


@mutant("running_sum", "long")
def two_ones(x):
    return F.conv1d(F.pad(x, (1, 0))[None, None], torch.ones(1, 1, 2))[0, 0]


@mutant("running_sum", "long")
def average_instead_of_sum(x):
    n = len(x)
    return F.conv1d(F.pad(x, (n - 1, 0))[None, None], torch.ones(1, 1, n) / n)[0, 0]


@mutant("running_sum", "long")
def zeros_behind(x):
    n = len(x)
    return F.conv1d(F.pad(x, (0, n - 1))[None, None], torch.ones(1, 1, n))[0, 0]


@mutant("running_sum", "short")
def zeros_on_both_sides(x):
    n = len(x)
    return F.conv1d(x[None, None], torch.ones(1, 1, n), padding=n - 1)[0, 0]


@mutant("running_sum", "long")
def window_too_short(x):
    k = max(len(x) - 1, 1)
    return F.conv1d(F.pad(x, (k - 1, 0))[None, None], torch.ones(1, 1, k))[0, 0]


# ---------------------------------------------------------------- E15


@solution("derivative_kernel")
def binomials_with_signs(d):
    return torch.tensor([(-1) ** (d - i) * math.comb(d, i) for i in range(d + 1)])


@solution("derivative_kernel")
def solved_from_its_conditions(d):
    x = torch.arange(d + 1, dtype=torch.float64)
    powers = x ** torch.arange(d + 1, dtype=torch.float64)[:, None]
    right = torch.zeros(d + 1, dtype=torch.float64)
    right[d] = math.factorial(d)
    return torch.linalg.solve(powers, right)


@mutant("derivative_kernel", "first")
def signs_forgotten(d):
    return torch.tensor([float(math.comb(d, i)) for i in range(d + 1)])


@mutant("derivative_kernel", "first")
def sign_of_odd_orders(d):
    return torch.tensor([float((-1) ** i * math.comb(d, i)) for i in range(d + 1)])


@mutant("derivative_kernel", "first")
def centred_with_more_weights(d):
    kernel = np.array([1.0])
    for _ in range(d):
        kernel = np.convolve(kernel, [-0.5, 0, 0.5])
    return torch.from_numpy(kernel)


@mutant("derivative_kernel", "first")
def one_weight_too_few(d):
    return torch.tensor([float((-1) ** (d - i) * math.comb(d, i)) for i in range(d)])


@mutant("derivative_kernel", "higher")
def only_the_second_order(d):
    return torch.tensor([[1.0], [-1.0, 1.0], [1.0, -2.0, 1.0]][min(d, 2)])


@mutant("derivative_kernel", "higher")
def divided_by_the_factorial(d):
    weights = [(-1) ** (d - i) * math.comb(d, i) / math.factorial(d) for i in range(d + 1)]
    return torch.tensor(weights)


# ---------------------------------------------------------------- E16


@solution("learn2x2")
def least_squares_nearest_to_the_start(lr, w0):
    X = torch.tensor([[1.0, 1, 0, 0, 0, 0, 1, 1]]).repeat(6, 1)
    Y = torch.tensor([[0.0, 1, 0, 0, 0, -1, 0]]).repeat(5, 1)
    A = X.unfold(0, 2, 1).unfold(1, 2, 1).reshape(-1, 4)
    return w0 + (torch.linalg.pinv(A) @ (Y.flatten() - A @ w0.flatten())).reshape(2, 2)


@mutant("learn2x2", "any start")
def start_ignored(lr, w0):
    return torch.tensor([[0.5, -0.5], [0.5, -0.5]])


@mutant("learn2x2", "from 0.5")
def first_row_expected_to_be_the_kernel(lr, w0):
    return torch.tensor([[1.0, -1.0], [0.0, 0.0]])


@mutant("learn2x2", "from 0.5")
def target_of_six_rows(lr, w0):
    X = torch.ones(6, 8)
    X[:, 2:6] = 0
    Y, w = X[:, :-1] - X[:, 1:], w0.clone().requires_grad_()
    for _ in range(100):
        loss = ((F.conv2d(X[None, None], w[None, None])[0, 0] - Y) ** 2).sum()
        (gradient,) = torch.autograd.grad(loss, w)
        w = (w - lr * gradient).detach().requires_grad_()
    return w.detach()


@mutant("learn2x2", "from 0.5")
def mean_instead_of_sum(lr, w0):
    X = torch.ones(6, 8)
    X[:, 2:6] = 0
    Y, w = (X[:, :-1] - X[:, 1:])[1:], w0.clone().requires_grad_()
    for _ in range(100):
        loss = ((F.conv2d(X[None, None], w[None, None])[0, 0] - Y) ** 2).mean()
        (gradient,) = torch.autograd.grad(loss, w)
        w = (w - lr * gradient).detach().requires_grad_()
    return w.detach()


@mutant("learn2x2", "any start")
def rows_become_equal(lr, w0):
    both = w0 + (torch.tensor([1.0, -1.0]) - w0.sum(0)) / 2
    return both.mean(0).expand(2, 2)


# ---------------------------------------------------------------- X1


@solution("largest_safe_rate")
def singular_value_of_the_windows(X, kernel_size, bias):
    rows = F.unfold(X[None, None].double(), kernel_size)[0].T
    if bias:
        rows = F.pad(rows, (0, 1), value=1.0)
    return float(1 / torch.linalg.matrix_norm(rows, 2) ** 2)


@mutant("largest_safe_rate", "edge picture")
def half_of_the_limit(X, kernel_size, bias):
    rows = F.unfold(X[None, None].double(), kernel_size)[0].T
    if bias:
        rows = F.pad(rows, (0, 1), value=1.0)
    return float(1 / torch.linalg.eigvalsh(2 * rows.T @ rows)[-1])


@mutant("largest_safe_rate", "without a bias")
def factor_two_forgotten(X, kernel_size, bias):
    rows = F.unfold(X[None, None].double(), kernel_size)[0].T
    if bias:
        rows = F.pad(rows, (0, 1), value=1.0)
    return float(2 / torch.linalg.eigvalsh(rows.T @ rows)[-1])


@mutant("largest_safe_rate", "with a bias")
def bias_ignored(X, kernel_size, bias):
    rows = F.unfold(X[None, None].double(), kernel_size)[0].T
    return float(2 / torch.linalg.eigvalsh(2 * rows.T @ rows)[-1])


@mutant("largest_safe_rate", "without a bias")
def limit_of_the_mean(X, kernel_size, bias):
    rows = F.unfold(X[None, None].double(), kernel_size)[0].T
    if bias:
        rows = F.pad(rows, (0, 1), value=1.0)
    return float(2 * len(rows) / torch.linalg.eigvalsh(2 * rows.T @ rows)[-1])


@mutant("largest_safe_rate", "without a bias")
def smallest_curvature(X, kernel_size, bias):
    rows = F.unfold(X[None, None].double(), kernel_size)[0].T
    if bias:
        rows = F.pad(rows, (0, 1), value=1.0)
    return float(2 / torch.linalg.eigvalsh(2 * rows.T @ rows)[0])


@mutant("largest_safe_rate", "without a bias")
def sum_of_all_curvatures(X, kernel_size, bias):
    rows = F.unfold(X[None, None].double(), kernel_size)[0].T
    if bias:
        rows = F.pad(rows, (0, 1), value=1.0)
    return float(2 / torch.trace(2 * rows.T @ rows))


@solution("lucky_partner")
def error_without_a_steep_part(a):
    return -1 - (a - 1)


@mutant("lucky_partner", "partner")
def same_as_the_first(a):
    return a


@mutant("lucky_partner", "partner")
def other_target(a):
    return 2 - a


@mutant("lucky_partner", "partner")
def the_minimum_always(a):
    return -1.0
