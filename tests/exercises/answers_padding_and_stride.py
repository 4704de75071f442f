"""Answers to the exercises of *Padding and stride*."""

import math

import numpy as np
import torch
from torch.nn import functional as F

from tests.exercises.answers import mutant, solution


@solution("my_out_size")
def by_counting_starts(n, k, p=0, s=1, d=1):
    last = n + 2 * p - (d * (k - 1) + 1)
    if last < 0:
        raise ValueError("too large")
    return len(range(0, last + 1, s))


@mutant("my_out_size", "stride")
def ceiling_without_one(n, k, p=0, s=1, d=1):
    span = d * (k - 1) + 1
    if span > n + 2 * p:
        raise ValueError
    return math.ceil((n + 2 * p - span) / s)


@mutant("my_out_size", "stride")
def not_floored(n, k, p=0, s=1, d=1):
    span = d * (k - 1) + 1
    if span > n + 2 * p:
        raise ValueError
    return (n + 2 * p - span) / s + 1


@mutant("my_out_size", "plain")
def padding_counted_once(n, k, p=0, s=1, d=1):
    span = d * (k - 1) + 1
    if span > n + 2 * p:
        raise ValueError
    return (n + p - span) // s + 1


@mutant("my_out_size", "dilation")
def dilation_forgotten(n, k, p=0, s=1, d=1):
    if d * (k - 1) + 1 > n + 2 * p:
        raise ValueError
    return (n + 2 * p - k) // s + 1


@mutant("my_out_size", "refusal")
def never_refuses(n, k, p=0, s=1, d=1):
    return max(0, (n + 2 * p - d * (k - 1) - 1) // s + 1)


# ---------------------------------------------------------------- find_conv


@solution("find_conv")
def smallest_by_stride(n, m, k_max=11):
    """Longest stride first, and PyTorch's own shapes as the judge."""
    for s in range(n + 2 * k_max, 0, -1):
        for k in range(k_max, 0, -1):
            for p in range(k):
                if n + 2 * p >= k and len(range(0, n + 2 * p - k + 1, s)) == m:
                    return k, p, s


@solution("find_conv")
def by_calculation(n, m, k_max=11):
    """Compare the sizes: grow with padding, shrink by the kernel, else choose a stride."""
    for k in range(1, k_max + 1):
        for p in range(k):
            last = n + 2 * p - k  # place where the last window may start
            if last < 0:
                continue
            s = last + 1 if m == 1 else last // (m - 1)
            if s >= 1 and last // s + 1 == m:
                return k, p, s


@mutant("find_conv", "any")
def padding_without_bound(n, m, k_max=11):
    for k in range(1, k_max + 1):
        for p in range(n + m, -1, -1):
            for s in range(1, n + 2 * p + 1):
                if k <= n + 2 * p and (n + 2 * p - k) // s + 1 == m:
                    return k, p, s


@mutant("find_conv", "any")
def padding_as_large_as_the_kernel(n, m, k_max=11):
    for k in range(1, k_max + 1):
        for p in range(k, -1, -1):
            for s in range(1, n + 2 * p + 1):
                if k <= n + 2 * p and (n + 2 * p - k) // s + 1 == m:
                    return k, p, s


@mutant("find_conv", "any")
def known_sizes_only(n, m, k_max=11):
    return {14: (5, 0, 1), 224: (9, 0, 4)}.get(n, (1, 0, 1) if m == 28 else (1, 0, 2))


@mutant("find_conv", "any")
def odd_kernels_with_same_padding_only(n, m, k_max=11):
    for k in range(1, k_max + 1, 2):
        for s in range(1, n + 1):
            if -(-n // s) == m:
                return k, (k - 1) // 2, s
    return 1, 0, 1


@mutant("find_conv", "asked")
def kernel_as_large_as_needed(n, m, k_max=11):
    k = abs(n - m) + 1
    return k, 0 if m <= n else k - 1, 1


@mutant("find_conv", "any")
def ceiling_for_a_floor(n, m, k_max=11):
    for k in range(1, k_max + 1):
        for p in range(k):
            for s in range(1, n + 2 * p + 1):
                if k <= n + 2 * p and math.ceil((n + 2 * p - k) / s) == m:
                    return k, p, s


# ---------------------------------------------------------------- reflect_pad


@solution("reflect_pad")
def by_numbered_places(X, p):
    def mirror(n):
        if p > n - 1:
            raise ValueError("p is too large")
        places = torch.arange(-p, n + p).abs()
        return torch.where(places > n - 1, 2 * (n - 1) - places, places)

    rows, columns = mirror(X.shape[0]), mirror(X.shape[1])
    return X[rows[:, None], columns]


@solution("reflect_pad")
def by_numpy(X, p):
    if p >= X.shape[0] or p >= X.shape[1]:
        raise ValueError("p is too large")
    return torch.from_numpy(np.pad(X.numpy(), p, mode="reflect"))


@mutant("reflect_pad", "mirror")
def edge_repeated(X, p):
    if p >= min(X.shape):
        raise ValueError
    return torch.from_numpy(np.pad(X.numpy(), p, mode="symmetric"))


@mutant("reflect_pad", "mirror")
def columns_only(X, p):
    if p >= min(X.shape):
        raise ValueError
    return F.pad(X[None, None], (p, p, 0, 0), mode="reflect")[0, 0]


@mutant("reflect_pad", "mirror")
def corners_left_empty(X, p):
    if p >= min(X.shape):
        raise ValueError
    Y = F.pad(X[None, None], (p, p, p, p), mode="reflect")[0, 0].clone()
    for rows in (slice(0, p), slice(p + X.shape[0], None)):
        Y[rows, :p] = 0
        Y[rows, p + X.shape[1] :] = 0
    return Y


@mutant("reflect_pad", "mirror")
def not_turned_round(X, p):
    if p >= min(X.shape):
        raise ValueError
    for _ in range(2):
        X = torch.cat([X[1 : p + 1], X, X[len(X) - 1 - p : -1]]).T
    return X


@mutant("reflect_pad", "refusal")
def reflection_never_refuses(X, p):
    return torch.from_numpy(np.pad(X.numpy(), p, mode="reflect"))


@mutant("reflect_pad", "refusal")
def one_side_looked_at(X, p):
    if p >= max(X.shape):
        raise ValueError
    return torch.from_numpy(np.pad(X.numpy(), p, mode="reflect"))


@mutant("reflect_pad", "refusal")
def refuses_one_too_late(X, p):
    if p > min(X.shape):
        raise ValueError
    return torch.from_numpy(np.pad(X.numpy(), p, mode="reflect"))


# ---------------------------------------------------------------- replicate_pad


@solution("replicate_pad")
def by_clamped_places(X, p):
    rows, columns = (torch.arange(-p, n + p).clamp(0, n - 1) for n in X.shape)
    return X[rows][:, columns]


@mutant("replicate_pad", "edge")
def zeros_around(X, p):
    return F.pad(X, (p, p, p, p))


@mutant("replicate_pad", "edge")
def zeros_in_the_corners(X, p):
    Y = F.pad(X, (p, p, p, p))
    Y[:p, p : p + X.shape[1]], Y[p + len(X) :, p : p + X.shape[1]] = X[0], X[-1]
    Y[p : p + len(X), :p], Y[p : p + len(X), p + X.shape[1] :] = X[:, :1], X[:, -1:]
    return Y


@mutant("replicate_pad", "wide")
def refuses_as_reflection_does(X, p):
    if p >= min(X.shape):
        raise ValueError
    return F.pad(X[None, None], (p, p, p, p), mode="replicate")[0, 0]


@mutant("replicate_pad", "edge")
def other_edge(X, p):
    for _ in range(2):
        X = torch.cat([X[-1:]] * p + [X] + [X[:1]] * p).T
    return X


@mutant("replicate_pad", "wide")
def whole_picture_repeated(X, p):
    return torch.from_numpy(np.pad(X.numpy(), p, mode="wrap"))


# ---------------------------------------------------------------- enlarge


@solution("enlarge")
def by_painting_kernels(X, K, s=1, p=0):
    """Each pixel paints the whole kernel, times itself, into the output."""
    (n_h, n_w), (k_h, k_w) = X.shape, K.shape
    Y = X.new_zeros((n_h - 1) * s + k_h, (n_w - 1) * s + k_w)
    for i in range(n_h):
        for j in range(n_w):
            Y[i * s : i * s + k_h, j * s : j * s + k_w] += X[i, j] * K
    return Y[p : Y.shape[0] - p, p : Y.shape[1] - p]


@solution("enlarge")
def as_a_gradient(X, K, s=1, p=0):
    """The way back of a convolution is its transposed one."""
    size = [(n - 1) * s - 2 * p + k for n, k in zip(X.shape, K.shape, strict=True)]
    x = torch.zeros(1, 1, *size, requires_grad=True)
    y = F.conv2d(x, K[None, None], stride=s, padding=p)
    return torch.autograd.grad(y, x, X[None, None])[0][0, 0]


@mutant("enlarge", "flip")
def kernel_not_flipped(X, K, s=1, p=0):
    (n_h, n_w), (k_h, k_w) = X.shape, K.shape
    wide = X.new_zeros((n_h - 1) * s + 1, (n_w - 1) * s + 1)
    wide[::s, ::s] = X
    h, w = k_h - 1 - p, k_w - 1 - p
    return F.conv2d(F.pad(wide, (w, w, h, h))[None, None], K[None, None])[0, 0]


@mutant("enlarge", "flip")
def kernel_transposed_instead(X, K, s=1, p=0):
    return F.conv_transpose2d(X[None, None], K.T[None, None], stride=s, padding=p)[0, 0]


@mutant("enlarge", "stride")
def s_zeros_between(X, K, s=1, p=0):
    more = s + 1 if s > 1 else 1
    return F.conv_transpose2d(X[None, None], K[None, None], stride=more, padding=p)[0, 0]


@mutant("enlarge", "stride")
def zeros_behind_the_last(X, K, s=1, p=0):
    Y = F.conv_transpose2d(X[None, None], K[None, None], stride=s, padding=p)[0, 0]
    return F.pad(Y, (0, s - 1, 0, s - 1))


@mutant("enlarge", "stride")
def pixels_repeated(X, K, s=1, p=0):
    (n_h, n_w), (k_h, k_w) = X.shape, K.shape
    wide = X.repeat_interleave(s, 0).repeat_interleave(s, 1)
    wide = wide[: (n_h - 1) * s + 1, : (n_w - 1) * s + 1]
    h, w = k_h - 1 - p, k_w - 1 - p
    return F.conv2d(F.pad(wide, (w, w, h, h))[None, None], K.flip(0, 1)[None, None])[0, 0]


@mutant("enlarge", "padding")
def padding_left_out(X, K, s=1, p=0):
    return F.conv_transpose2d(X[None, None], K[None, None], stride=s)[0, 0]


@mutant("enlarge", "padding")
def padding_added(X, K, s=1, p=0):
    Y = F.conv_transpose2d(X[None, None], K[None, None], stride=s)[0, 0]
    return F.pad(Y, (p, p, p, p))


# ---------------------------------------------------------------- field_and_jump


@solution("field_and_jump")
def by_going_down(layers):
    """From the last element back to the picture: r places need (r − 1)s + d(k − 1) + 1."""
    seen, jump = 1, 1
    for k, s, d in reversed(layers):
        seen = (seen - 1) * s + d * (k - 1) + 1
        jump = jump * s
    return seen, jump


@solution("field_and_jump")
def by_sets_of_places(layers):
    def places(element):
        found = {element}
        for k, s, d in reversed(layers):
            found = {i * s + t * d for i in found for t in range(k)}
        return found

    first, second = places(0), places(1)
    return max(first) - min(first) + 1, min(second) - min(first)


@mutant("field_and_jump", "stride")
def own_stride_too_early(layers):
    r, j = 1, 1
    for k, s, d in layers:
        j *= s
        r += d * (k - 1) * j
    return r, j


@mutant("field_and_jump", "stride")
def jump_forgotten(layers):
    return 1 + sum(d * (k - 1) for k, s, d in layers), math.prod(s for k, s, d in layers)


@mutant("field_and_jump", "stride")
def jumps_added(layers):
    r, j = 1, 1
    for k, s, d in layers:
        r += d * (k - 1) * j
        j += s - 1
    return r, j


@mutant("field_and_jump", "dilation")
def dilation_ignored(layers):
    r, j = 1, 1
    for k, s, _ in layers:
        r += (k - 1) * j
        j *= s
    return r, j


@mutant("field_and_jump", "dilation")
def span_is_d_times_k(layers):
    r, j = 1, 1
    for k, s, d in layers:
        r += (d * k - 1) * j
        j *= s
    return r, j


@mutant("field_and_jump", "dilation")
def dilation_in_the_jump(layers):
    r, j = 1, 1
    for k, s, d in layers:
        r += d * (k - 1) * j
        j *= s * d
    return r, j


@mutant("field_and_jump", "depth")
def kernels_added_up(layers):
    r, j = 0, 1
    for k, s, d in layers:
        r += (d * (k - 1) + 1) * j
        j *= s
    return r, j


@mutant("field_and_jump", "depth")
def last_layer_only(layers):
    *_, (k, s, d) = layers or [(1, 1, 1)]
    return d * (k - 1) + 1, s
