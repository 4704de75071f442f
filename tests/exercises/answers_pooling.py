"""Answers to the exercises of *Pooling*."""

import math
from itertools import pairwise

import torch
from torch.nn import functional as F

from tests.exercises.answers import mutant, solution

# ---------------------------------------------------------------- avg_pool_conv


@solution("avg_pool_conv")
def one_channel_at_a_time(X, k, s, p):
    weight = torch.ones(1, 1, *k) / (k[0] * k[1])
    maps = X.reshape(-1, 1, *X.shape[2:])  # every channel is a picture of its own
    Y = F.conv2d(maps, weight, stride=s, padding=p)
    return Y.reshape(*X.shape[:2], *Y.shape[2:])


@mutant("avg_pool_conv", "channels")
def dense_kernel_mixes_channels(X, k, s, p):
    c = X.shape[1]
    weight = torch.full((c, c, *k), 1 / (k[0] * k[1]))
    return F.conv2d(X, weight, stride=s, padding=p)


@mutant("avg_pool_conv", "channels")
def mean_over_channels_too(X, k, s, p):
    c = X.shape[1]
    weight = torch.full((c, c, *k), 1 / (c * k[0] * k[1]))
    return F.conv2d(X, weight, stride=s, padding=p)


@mutant("avg_pool_conv", "window")
def stride_is_always_the_window(X, k, s, p):
    c = X.shape[1]
    weight = torch.full((c, 1, *k), 1 / (k[0] * k[1]))
    return F.conv2d(X, weight, stride=k, padding=p, groups=c)


@mutant("avg_pool_conv", "window")
def divides_by_the_square_of_rows(X, k, s, p):
    c = X.shape[1]
    weight = torch.full((c, 1, *k), 1 / k[0] ** 2)
    return F.conv2d(X, weight, stride=s, padding=p, groups=c)


@mutant("avg_pool_conv", "padding")
def divides_by_real_pixels(X, k, s, p):
    return F.avg_pool2d(X, k, s, p, count_include_pad=False)


@mutant("avg_pool_conv", "padding")
def padding_forgotten(X, k, s, p):
    c = X.shape[1]
    return F.conv2d(X, torch.full((c, 1, *k), 1 / (k[0] * k[1])), stride=s, groups=c)


# ---------------------------------------------------------------- max_via_relu


@solution("max_via_relu")
def half_of_sum_and_distance(a, b):
    return (a + b + F.relu(a - b) + F.relu(b - a)) / 2


@mutant("max_via_relu", "pairs")
def right_weights_alone(a, b):
    return 0.5 * a + 0.5 * b


@mutant("max_via_relu", "pairs")
def sum_of_relus(a, b):
    return F.relu(a) + F.relu(b)


@mutant("max_via_relu", "pairs")
def adds_the_other_one(a, b):
    return F.relu(a - b) + a


@mutant("max_via_relu", "below zero")
def relu_of_both_first(a, b):
    a, b = F.relu(a), F.relu(b)
    return F.relu(a - b) + b


# ---------------------------------------------------------------- pool_cost


@solution("pool_cost")
def by_starting_places(c, n, k, s, p):
    places = c
    for i in (0, 1):
        if n[i] + 2 * p[i] < k[i]:
            raise ValueError("too large")
        places *= len(range(0, n[i] + 2 * p[i] - k[i] + 1, s[i]))
    each = math.prod(k) - 1
    return each * places, each * places, places


@mutant("pool_cost", "plain")
def channels_squared(c, n, k, s, p):
    m = [(n[i] + 2 * p[i] - k[i]) // s[i] + 1 for i in (0, 1)]
    if any(n[i] + 2 * p[i] < k[i] for i in (0, 1)):
        raise ValueError
    steps = c * c * m[0] * m[1] * (k[0] * k[1] - 1)
    return steps, steps, c * c * m[0] * m[1]


@mutant("pool_cost", "plain")
def as_many_comparisons_as_values(c, n, k, s, p):
    m = [(n[i] + 2 * p[i] - k[i]) // s[i] + 1 for i in (0, 1)]
    if any(n[i] + 2 * p[i] < k[i] for i in (0, 1)):
        raise ValueError
    steps = c * m[0] * m[1] * k[0] * k[1]
    return steps, steps, c * m[0] * m[1]


@mutant("pool_cost", "stride")
def stride_ignored(c, n, k, s, p):
    m = [n[i] + 2 * p[i] - k[i] + 1 for i in (0, 1)]
    if min(m) < 1:
        raise ValueError
    steps = c * m[0] * m[1] * (k[0] * k[1] - 1)
    return steps, steps, c * m[0] * m[1]


@mutant("pool_cost", "padding")
def padding_stands_for_the_window(c, n, k, s, p):
    m = [(n[i] + 2 * p[i] - k[i]) // s[i] + 1 for i in (0, 1)]
    if any(n[i] + 2 * p[i] < k[i] for i in (0, 1)):
        raise ValueError
    k = [p[i] or k[i] for i in (0, 1)]
    steps = c * m[0] * m[1] * (k[0] * k[1] - 1)
    return steps, steps, c * m[0] * m[1]


@mutant("pool_cost", "padding")
def padding_on_one_side(c, n, k, s, p):
    m = [(n[i] + p[i] - k[i]) // s[i] + 1 for i in (0, 1)]
    if any(n[i] + 2 * p[i] < k[i] for i in (0, 1)):
        raise ValueError
    steps = c * m[0] * m[1] * (k[0] * k[1] - 1)
    return steps, steps, c * m[0] * m[1]


@mutant("pool_cost", "refusal")
def never_refuses(c, n, k, s, p):
    m = [max(0, (n[i] + 2 * p[i] - k[i]) // s[i] + 1) for i in (0, 1)]
    steps = c * m[0] * m[1] * (k[0] * k[1] - 1)
    return steps, steps, c * m[0] * m[1]


# ---------------------------------------------------------------- pool_grad


@solution("pool_grad")
def all_windows_at_once(kind, X):
    h, w = X.shape[0] // 2, X.shape[1] // 2
    blocks = X[: 2 * h, : 2 * w].reshape(h, 2, w, 2).transpose(1, 2).reshape(h, w, 4)
    if kind == "avg":
        parts = torch.full_like(blocks, 0.25)
    else:
        parts = F.one_hot(blocks.argmax(-1), 4).to(X.dtype)
    inside = parts.reshape(h, w, 2, 2).transpose(1, 2).reshape(2 * h, 2 * w)
    return F.pad(inside, (0, X.shape[1] - 2 * w, 0, X.shape[0] - 2 * h))


@mutant("pool_grad", "maximum")
def spread_for_the_maximum_too(kind, X):
    grad = torch.zeros_like(X)
    grad[: X.shape[0] // 2 * 2, : X.shape[1] // 2 * 2] = 0.25
    return grad


@mutant("pool_grad", "average")
def whole_gradient_to_every_pixel(kind, X):
    X = X.clone().requires_grad_()
    if kind == "max":
        return torch.autograd.grad(F.max_pool2d(X[None, None], 2).sum(), X)[0]
    return torch.autograd.grad(4 * F.avg_pool2d(X[None, None], 2).sum(), X)[0]


@mutant("pool_grad", "tie")
def all_winners_get_one(kind, X):
    grad = torch.zeros_like(X)
    for i in range(0, X.shape[0] - 1, 2):
        for j in range(0, X.shape[1] - 1, 2):
            window = X[i : i + 2, j : j + 2]
            won = window == window.max()
            grad[i : i + 2, j : j + 2] = won.to(X.dtype) if kind == "max" else 0.25
    return grad


@mutant("pool_grad", "tie")
def winners_share(kind, X):
    grad = torch.zeros_like(X)
    for i in range(0, X.shape[0] - 1, 2):
        for j in range(0, X.shape[1] - 1, 2):
            window = X[i : i + 2, j : j + 2]
            won = (window == window.max()).to(X.dtype)
            grad[i : i + 2, j : j + 2] = won / won.sum() if kind == "max" else 0.25
    return grad


@mutant("pool_grad", "edge")
def reads_the_last_row(kind, X):
    grad = torch.zeros_like(X)
    for i in range(0, X.shape[0], 2):
        for j in range(0, X.shape[1], 2):
            window = X[i : i + 2, j : j + 2]
            if kind == "max":
                row, column = divmod(window.argmax().item(), window.shape[1])
                grad[i + row, j + column] = 1
            else:
                grad[i : i + 2, j : j + 2] = 1 / window.numel()
    return grad


# ---------------------------------------------------------------- min_pool


@solution("min_pool")
def turned_around_at_a_ceiling(X, k, s, p):
    top = X.max()
    return top - F.max_pool2d(top - X, k, s, p)


@mutant("min_pool", "padding")
def zero_padding(X, k, s, p):
    wide = F.pad(X, (p[1], p[1], p[0], p[0]))
    return -F.max_pool2d(-wide, k, s)


@mutant("min_pool", "plain")
def sign_turned_once(X, k, s, p):
    return F.max_pool2d(-X, k, s, p)


@mutant("min_pool", "plain")
def the_maximum(X, k, s, p):
    return F.max_pool2d(X, k, s, p)


@mutant("min_pool", "stride")
def default_stride(X, k, s, p):
    return -F.max_pool2d(-X, k, padding=p)


# ---------------------------------------------------------------- soft_pool


@solution("soft_pool")
def by_softmax(x, beta):
    return ((beta * x.double()).softmax(-1) * x.double()).sum(-1).to(x.dtype)


@mutant("soft_pool", "between")
def weights_instead_of_the_sum(x, beta):
    return (beta * x).softmax(-1)


@mutant("soft_pool", "between")
def beta_forgotten(x, beta):
    return (x.softmax(-1) * x).sum(-1)


@mutant("soft_pool", "between")
def log_of_the_mean_of_exponentials(x, beta):
    if beta == 0:
        return x.mean(-1)
    return ((beta * x).logsumexp(-1) - math.log(x.shape[-1])) / beta


@mutant("soft_pool", "between")
def over_all_windows(x, beta):
    weights = (beta * x).flatten().softmax(0).reshape(x.shape)
    return (weights * x).sum(-1)


@mutant("soft_pool", "far from zero")
def overflows(x, beta):
    weights = (beta * x).exp()
    return (weights * x).sum(-1) / weights.sum(-1)


# ---------------------------------------------------------------- halvings


@solution("halvings")
def step_by_step(n, ceil_mode):
    sizes = []
    while n > 1:
        n = -(-n // 2) if ceil_mode else n // 2
        sizes.append(n)
    return tuple(sizes)


@mutant("halvings", "up")
def ceil_mode_ignored(n, ceil_mode):
    sizes = []
    while n > 1:
        n //= 2
        sizes.append(n)
    return tuple(sizes)


@mutant("halvings", "down")
def always_rounded_up(n, ceil_mode):
    sizes = []
    while n > 1:
        n = (n + 1) // 2
        sizes.append(n)
    return tuple(sizes)


@mutant("halvings", "down")
def stride_of_one(n, ceil_mode):
    return tuple(range(n - 1, 0, -1))


@mutant("halvings", "down")
def stops_at_two(n, ceil_mode):
    sizes = []
    while n > 2:
        n = (n + ceil_mode) // 2
        sizes.append(n)
    return tuple(sizes)


# ---------------------------------------------------------------- forgiven


@solution("forgiven")
def by_window_numbers(n, k):
    whole = n // k
    seen = [min(place // k, whole) for place in range(n)]  # all of the rest is one place
    return sum(a == b for a, b in pairwise(seen)) / (n - 1)


@mutant("forgiven", "full")
def share_inside_a_window(n, k):
    return (k - 1) / k


@mutant("forgiven", "full")
def counts_what_changes(n, k):
    return (n - 1) // k / (n - 1)


@mutant("forgiven", "full")
def divides_by_places(n, k):
    return 1 - (n - 1) // k / n


@mutant("forgiven", "rest")
def rest_forgotten(n, k):
    return 1 - (n // k - 1) / (n - 1)


@mutant("forgiven", "rest")
def every_move_into_the_rest_counts(n, k):
    return 1 - (n // k - 1 + n % k) / (n - 1)
