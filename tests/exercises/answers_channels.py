"""Answers to the exercises of *Channels*."""

import torch
from torch import nn
from torch.nn import functional as F

from tests.exercises.answers import mutant, solution

# ---------------------------------------------------------------- compose


@solution("compose")
def by_pairs_with_fixed_total(k1, k2):
    (h1, w1), (h2, w2) = k1.shape, k2.shape
    K = torch.zeros(h1 + h2 - 1, w1 + w2 - 1, dtype=k1.dtype)
    for i in range(K.shape[0]):
        for j in range(K.shape[1]):
            for a in range(max(0, i - h2 + 1), min(h1, i + 1)):
                for b in range(max(0, j - w2 + 1), min(w1, j + 1)):
                    K[i, j] += k1[a, b] * k2[i - a, j - b]
    return K


@solution("compose")
def by_a_padded_layer(k1, k2):
    h, w = k2.shape
    padded = F.pad(k1, (w - 1, w - 1, h - 1, h - 1))
    return F.conv2d(padded[None, None], k2.flip(0, 1)[None, None])[0, 0]


@mutant("compose", "one axis")
def correlation_of_the_kernels(k1, k2):
    h, w = k2.shape
    padded = F.pad(k1, (w - 1, w - 1, h - 1, h - 1))
    return F.conv2d(padded[None, None], k2[None, None])[0, 0]


@mutant("compose", "one axis")
def kernels_added(k1, k2):
    K = k1.new_zeros(*(a + b - 1 for a, b in zip(k1.shape, k2.shape, strict=True)))
    K[: k1.shape[0], : k1.shape[1]] += k1
    K[: k2.shape[0], : k2.shape[1]] += k2
    return K


@mutant("compose", "one axis")
def one_place_too_large(k1, k2):
    K = F.conv_transpose2d(k1[None, None], k2[None, None])[0, 0]
    return F.pad(K, (0, 1, 0, 0))


@mutant("compose", "one axis")
def turned_round(k1, k2):
    return F.conv_transpose2d(k1[None, None], k2[None, None])[0, 0].flip(0, 1)


@mutant("compose", "two axes")
def height_for_both(k1, k2):
    K = k1.new_zeros(len(k1) + len(k2) - 1, len(k1) + len(k2) - 1)
    for i in range(len(k1)):
        for j in range(len(k1)):
            K[i : i + len(k2), j : j + len(k2)] += k1[i, j] * k2[:, : len(k2)]
    return K


@mutant("compose", "two axes")
def rows_and_columns_apart(k1, k2):
    """The row sums composed and the column sums composed, multiplied: right for one row only."""
    high = F.conv_transpose1d(k1.sum(1)[None, None], k2.sum(1)[None, None])[0, 0]
    wide = F.conv_transpose1d(k1.sum(0)[None, None], k2.sum(0)[None, None])[0, 0]
    return torch.outer(high, wide) / (k1.sum() * k2.sum())


# ---------------------------------------------------------------- conv_cost


@solution("conv_cost")
def by_a_layer_without_contents(N, c_i, c_o, size, kernel, padding, stride, bias=True):
    layer = nn.Conv2d(c_i, c_o, kernel, stride, padding, bias=bias, device="meta")
    x = torch.empty(N, c_i, *size, device="meta")
    outputs = layer(x).numel()
    taps = layer.weight[0].numel()
    memory = x.numel() + outputs + sum(p.numel() for p in layer.parameters())
    return {
        "multiplications": outputs * taps,
        "additions": outputs * (taps - 1) + (outputs if bias else 0),
        "memory": memory,
        "backward_multiplications": 2 * outputs * taps,
        "backward_memory": memory + memory,
    }


@mutant("conv_cost", "multiplications")
def output_size_rounded_up(N, c_i, c_o, size, kernel, padding, stride, bias=True):
    m = [
        -(-(n + 2 * p - k) // s) + 1
        for n, k, p, s in zip(size, kernel, padding, stride, strict=True)
    ]
    outputs, taps = N * c_o * m[0] * m[1], c_i * kernel[0] * kernel[1]
    memory = N * c_i * size[0] * size[1] + c_o * (taps + bias) + outputs
    return {
        "multiplications": outputs * taps,
        "additions": outputs * (taps - 1 + bias),
        "memory": memory,
        "backward_multiplications": 2 * outputs * taps,
        "backward_memory": 2 * memory,
    }


@mutant("conv_cost", "multiplications")
def input_size_over_stride(N, c_i, c_o, size, kernel, padding, stride, bias=True):
    m = [max(1, (n - p) // s) for n, p, s in zip(size, padding, stride, strict=True)]
    outputs, taps = N * c_o * m[0] * m[1], c_i * kernel[0] * kernel[1]
    memory = N * c_i * size[0] * size[1] + c_o * (taps + bias) + outputs
    return {
        "multiplications": outputs * taps,
        "additions": outputs * (taps - 1 + bias),
        "memory": memory,
        "backward_multiplications": 2 * outputs * taps,
        "backward_memory": 2 * memory,
    }


@mutant("conv_cost", "multiplications")
def batch_forgotten(N, c_i, c_o, size, kernel, padding, stride, bias=True):
    m = [(n + 2 * p - k) // s + 1 for n, k, p, s in zip(size, kernel, padding, stride, strict=True)]
    outputs, taps = c_o * m[0] * m[1], c_i * kernel[0] * kernel[1]
    memory = c_i * size[0] * size[1] + c_o * (taps + bias) + outputs
    return {
        "multiplications": outputs * taps,
        "additions": outputs * (taps - 1 + bias),
        "memory": memory,
        "backward_multiplications": 2 * outputs * taps,
        "backward_memory": 2 * memory,
    }


@mutant("conv_cost", "backward_multiplications")
def backward_as_forward(N, c_i, c_o, size, kernel, padding, stride, bias=True):
    m = [(n + 2 * p - k) // s + 1 for n, k, p, s in zip(size, kernel, padding, stride, strict=True)]
    outputs, taps = N * c_o * m[0] * m[1], c_i * kernel[0] * kernel[1]
    memory = N * c_i * size[0] * size[1] + c_o * (taps + bias) + outputs
    return {
        "multiplications": outputs * taps,
        "additions": outputs * (taps - 1 + bias),
        "memory": memory,
        "backward_multiplications": outputs * taps,
        "backward_memory": 2 * memory,
    }


@mutant("conv_cost", "additions")
def as_many_additions_as_products(N, c_i, c_o, size, kernel, padding, stride, bias=True):
    m = [(n + 2 * p - k) // s + 1 for n, k, p, s in zip(size, kernel, padding, stride, strict=True)]
    outputs, taps = N * c_o * m[0] * m[1], c_i * kernel[0] * kernel[1]
    memory = N * c_i * size[0] * size[1] + c_o * (taps + bias) + outputs
    return {
        "multiplications": outputs * taps,
        "additions": outputs * taps,
        "memory": memory,
        "backward_multiplications": 2 * outputs * taps,
        "backward_memory": 2 * memory,
    }


@mutant("conv_cost", "memory")
def biases_not_stored(N, c_i, c_o, size, kernel, padding, stride, bias=True):
    m = [(n + 2 * p - k) // s + 1 for n, k, p, s in zip(size, kernel, padding, stride, strict=True)]
    outputs, taps = N * c_o * m[0] * m[1], c_i * kernel[0] * kernel[1]
    memory = N * c_i * size[0] * size[1] + c_o * taps + outputs
    return {
        "multiplications": outputs * taps,
        "additions": outputs * (taps - 1 + bias),
        "memory": memory,
        "backward_multiplications": 2 * outputs * taps,
        "backward_memory": 2 * memory,
    }


@mutant("conv_cost", "backward_memory")
def weights_have_no_gradient(N, c_i, c_o, size, kernel, padding, stride, bias=True):
    m = [(n + 2 * p - k) // s + 1 for n, k, p, s in zip(size, kernel, padding, stride, strict=True)]
    outputs, taps = N * c_o * m[0] * m[1], c_i * kernel[0] * kernel[1]
    maps = N * c_i * size[0] * size[1] + outputs
    return {
        "multiplications": outputs * taps,
        "additions": outputs * (taps - 1 + bias),
        "memory": maps + c_o * (taps + bias),
        "backward_multiplications": 2 * outputs * taps,
        "backward_memory": 2 * maps + c_o * (taps + bias),
    }


# ---------------------------------------------------------------- double_padding


@solution("double_padding")
def by_counting_windows(n, k, P):
    counts = [len(range(n + total - k + 1)) ** 2 for total in (P, 2 * P)]
    if not counts[0]:
        raise ValueError("the window does not fit")
    return counts[1] / counts[0]


@mutant("double_padding", "factor")
def double_padding_double_cost(n, k, P):
    if k > n + P:
        raise ValueError
    return 2.0


@mutant("double_padding", "factor")
def one_axis_only(n, k, P):
    if k > n + P:
        raise ValueError
    return (n + 2 * P - k + 1) / (n + P - k + 1)


@mutant("double_padding", "factor")
def padding_taken_per_side(n, k, P):
    if k > n + P:
        raise ValueError
    return ((n + 4 * P - k + 1) / (n + 2 * P - k + 1)) ** 2


@mutant("double_padding", "factor")
def window_at_the_start_forgotten(n, k, P):
    if k > n + P:
        raise ValueError
    return ((n + 2 * P - k) / max(n + P - k, 1)) ** 2


@mutant("double_padding", "refusal")
def looks_at_the_doubled_padding(n, k, P):
    if k > n + 2 * P:
        raise ValueError
    return ((n + 2 * P - k + 1) / max(n + P - k + 1, 1)) ** 2


# ---------------------------------------------------------------- conv2d_matmul


@solution("conv2d_matmul")
def by_views_of_windows(X, K, padding=0, stride=1):
    X = F.pad(X, (padding, padding, padding, padding))
    windows = X.unfold(2, K.shape[2], stride).unfold(3, K.shape[3], stride)
    N, c_i, m_h, m_w, k_h, k_w = windows.shape
    rows = windows.permute(0, 2, 3, 1, 4, 5).reshape(N * m_h * m_w, c_i * k_h * k_w)
    return (rows @ K.flatten(1).T).reshape(N, m_h, m_w, len(K)).permute(0, 3, 1, 2)


@solution("conv2d_matmul")
def picture_by_picture(X, K, padding=0, stride=1):
    done = []
    for picture in X:
        columns = F.unfold(picture[None], K.shape[2:], padding=padding, stride=stride)[0]
        height = len(range(0, X.shape[2] + 2 * padding - K.shape[2] + 1, stride))
        done.append((K.reshape(len(K), -1) @ columns).reshape(len(K), height, -1))
    return torch.stack(done)


@mutant("conv2d_matmul", "channels")
def channels_last_in_the_kernel(X, K, padding=0, stride=1):
    columns = F.unfold(X, K.shape[2:], padding=padding, stride=stride)
    m_h = (X.shape[2] + 2 * padding - K.shape[2]) // stride + 1
    Y = K.permute(0, 2, 3, 1).flatten(1) @ columns
    return Y.reshape(len(X), len(K), m_h, -1)


@mutant("conv2d_matmul", "channels")
def output_reshaped_not_transposed(X, K, padding=0, stride=1):
    columns = F.unfold(X, K.shape[2:], padding=padding, stride=stride)
    m_h = (X.shape[2] + 2 * padding - K.shape[2]) // stride + 1
    Y = columns.transpose(1, 2) @ K.flatten(1).T
    return Y.reshape(len(X), len(K), m_h, -1)


@mutant("conv2d_matmul", "stride")
def stride_ignored(X, K, padding=0, stride=1):
    columns = F.unfold(X, K.shape[2:], padding=padding)
    m_h = X.shape[2] + 2 * padding - K.shape[2] + 1
    return (K.flatten(1) @ columns).reshape(len(X), len(K), m_h, -1)


@mutant("conv2d_matmul", "padding")
def padding_ignored(X, K, padding=0, stride=1):
    columns = F.unfold(X, K.shape[2:], stride=stride)
    m_h = (X.shape[2] - K.shape[2]) // stride + 1
    return (K.flatten(1) @ columns).reshape(len(X), len(K), m_h, -1)


@mutant("conv2d_matmul", "padding")
def padding_on_one_side(X, K, padding=0, stride=1):
    X = F.pad(X, (padding, 0, padding, 0))
    columns = F.unfold(X, K.shape[2:], stride=stride)
    m_h = (X.shape[2] - K.shape[2]) // stride + 1
    return (K.flatten(1) @ columns).reshape(len(X), len(K), m_h, -1)


@mutant("conv2d_matmul", "batch")
def first_picture_only(X, K, padding=0, stride=1):
    columns = F.unfold(X[:1], K.shape[2:], padding=padding, stride=stride)
    m_h = (X.shape[2] + 2 * padding - K.shape[2]) // stride + 1
    return (K.flatten(1) @ columns).reshape(1, len(K), m_h, -1)


@mutant("conv2d_matmul", "batch")
def batch_laid_side_by_side(X, K, padding=0, stride=1):
    columns = F.unfold(X, K.shape[2:], padding=padding, stride=stride)
    m_h = (X.shape[2] + 2 * padding - K.shape[2]) // stride + 1
    Y = K.flatten(1) @ columns.transpose(0, 1).flatten(1)
    return Y.reshape(len(X), len(K), m_h, -1)


# ---------------------------------------------------------------- ungroup


@solution("ungroup")
def one_kernel_after_another(K, groups):
    c_o, deep, *size = K.shape
    if c_o % groups:
        raise ValueError("groups of unequal size")
    dense = torch.zeros(c_o, deep * groups, *size, dtype=K.dtype)
    for o in range(c_o):
        first = o // (c_o // groups) * deep
        dense[o, first : first + deep] = K[o]
    return dense


@solution("ungroup")
def by_a_mask(K, groups):
    if len(K) % groups:
        raise ValueError("groups of unequal size")
    ones = [torch.ones(len(K) // groups, K.shape[1], dtype=K.dtype)] * groups
    return K.repeat(1, groups, 1, 1) * torch.block_diag(*ones)[:, :, None, None]


@mutant("ungroup", "blocks")
def no_zeros(K, groups):
    if len(K) % groups:
        raise ValueError
    return K.repeat(1, groups, 1, 1)


@mutant("ungroup", "blocks")
def channels_dealt_in_turn(K, groups):
    if len(K) % groups:
        raise ValueError
    dense = K.new_zeros(len(K), K.shape[1] * groups, *K.shape[2:])
    for o in range(len(K)):
        dense[o, o % groups :: groups] = K[o]
    return dense


@mutant("ungroup", "blocks")
def blocks_of_the_wrong_height(K, groups):
    if len(K) % groups:
        raise ValueError
    deep = K.shape[1]
    dense = K.new_zeros(len(K), deep * groups, *K.shape[2:])
    for o in range(len(K)):
        first = o // deep * deep % (deep * groups)
        dense[o, first : first + deep] = K[o]
    return dense


@mutant("ungroup", "depthwise")
def one_output_for_each_channel(K, groups):
    if len(K) % groups:
        raise ValueError
    dense = K.new_zeros(len(K), K.shape[1] * groups, *K.shape[2:])
    for i in range(groups):
        dense[i, i * K.shape[1] : (i + 1) * K.shape[1]] = K[i]
    return dense


@mutant("ungroup", "refusal")
def rest_left_empty(K, groups):
    wide, deep = len(K) // groups, K.shape[1]
    dense = K.new_zeros(len(K), deep * groups, *K.shape[2:])
    for i in range(groups):
        rows = slice(i * wide, (i + 1) * wide)
        dense[rows, i * deep : (i + 1) * deep] = K[rows]
    return dense


# ---------------------------------------------------------------- shuffle_channels


@solution("shuffle_channels")
def by_slices(X, groups):
    c = X.shape[1]
    if c % groups:
        raise ValueError("groups of unequal size")
    deep = c // groups
    return torch.cat([X[:, first::deep] for first in range(deep)], dim=1)


@mutant("shuffle_channels", "order")
def turned_back(X, groups):
    if X.shape[1] % groups:
        raise ValueError
    return torch.cat([X[:, first::groups] for first in range(groups)], dim=1)


@mutant("shuffle_channels", "order")
def nothing_moved(X, groups):
    if X.shape[1] % groups:
        raise ValueError
    return X.clone()


@mutant("shuffle_channels", "order")
def groups_swapped_as_wholes(X, groups):
    if X.shape[1] % groups:
        raise ValueError
    return torch.cat(X.chunk(groups, dim=1)[::-1], dim=1)


@mutant("shuffle_channels", "refusal")
def last_group_smaller(X, groups):
    deep = -(-X.shape[1] // groups)
    return torch.cat([X[:, first::deep] for first in range(deep)], dim=1)


# ---------------------------------------------------------------- per_pixel


@solution("per_pixel")
def by_einsum(X, W):
    return torch.einsum("oc,nchw->nohw", W, X)


@solution("per_pixel")
def channels_last_and_back(X, W):
    return (X.movedim(1, 3) @ W.T).movedim(3, 1)


@mutant("per_pixel", "pixels")
def as_it_was_found(X, W):
    N, _, h, w = X.shape
    H = X.flatten(2).transpose(1, 2) @ W.T
    return H.reshape(N, len(W), h, w)


@mutant("per_pixel", "pixels")
def input_reshaped(X, W):
    N, c_i, h, w = X.shape
    H = X.reshape(N, h * w, c_i) @ W.T
    return H.transpose(1, 2).reshape(N, len(W), h, w)


@mutant("per_pixel", "pixels")
def height_and_width_swapped(X, W):
    return torch.einsum("oc,nchw->nohw", W, X).transpose(2, 3).contiguous()


@mutant("per_pixel", "batch")
def batch_and_channels_swapped(X, W):
    N, c_i, h, w = X.shape
    pixels = X.reshape(c_i, N * h * w)
    return (W @ pixels).reshape(len(W), N, h, w).transpose(0, 1)


@mutant("per_pixel", "batch")
def pictures_averaged(X, W):
    Y = torch.einsum("oc,nchw->nohw", W, X)
    return Y.mean(0, keepdim=True).expand_as(Y)
