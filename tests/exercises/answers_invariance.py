"""Answers to the exercises of *From fully connected layers to convolutions*."""

import math

import torch
from torch.nn import functional as F

from tests.exercises.answers import mutant, solution

# ---------------------------------------------------------------- E1


@solution("pixelwise_linear")
def channels_last_and_back(X, W, b):
    return (X.permute(1, 2, 0) @ W.T + b).permute(2, 0, 1)


@solution("pixelwise_linear")
def one_pixel_in_each_row(X, W, b):
    rows = X.flatten(1).T
    return F.linear(rows, W, b).T.reshape(-1, *X.shape[1:])


@mutant("pixelwise_linear", "channels")
def each_kernel_sees_one_channel(X, W, b):
    return torch.stack([W[d, d % len(X)] * X[d % len(X)] + b[d] for d in range(len(W))])


@mutant("pixelwise_linear", "places")
def kernel_as_large_as_the_picture(X, W, b):
    whole = X.sum((1, 2), keepdim=True).expand_as(X)
    return torch.einsum("dc,chw->dhw", W, whole) + b[:, None, None]


@mutant("pixelwise_linear", "places")
def reshaped_instead_of_transposed(X, W, b):
    c_i, h, w = X.shape
    return (X.reshape(h * w, c_i) @ W.T + b).reshape(h, w, len(W)).permute(2, 0, 1)


@mutant("pixelwise_linear", "bias")
def bias_forgotten(X, W, b):
    return torch.einsum("dc,chw->dhw", W, X)


@mutant("pixelwise_linear", "bias")
def one_bias_for_all(X, W, b):
    return torch.einsum("dc,chw->dhw", W, X) + b.mean()


# ---------------------------------------------------------------- E3


@solution("pixel_usage")
def one_axis_then_the_other(n, k, p):
    starts = torch.arange(-p, n + p - k + 1)[:, None]
    places = torch.arange(n)
    hits = ((starts <= places) & (places < starts + k)).sum(0)
    return hits[:, None] * hits


@solution("pixel_usage")
def ones_correlated_with_ones(n, k, p):
    windows = torch.ones(1, 1, n + 2 * p - k + 1, n + 2 * p - k + 1)
    usage = F.conv_transpose2d(windows, torch.ones(1, 1, k, k), padding=p)
    return usage[0, 0].round().long()


@mutant("pixel_usage", "border")
def padding_makes_all_pixels_equal(n, k, p):
    return torch.full((n, n), k * k)


@mutant("pixel_usage", "inside")
def one_end_of_the_axis(n, k, p):
    axis = torch.tensor([min(i + 1 + p, n - i + p, k) for i in range(n)])
    return axis[:, None] * axis


@mutant("pixel_usage", "border")
def zeros_counted_as_pixels(n, k, p):
    size = n + 2 * p
    usage = torch.zeros(size, size, dtype=torch.long)
    for i in range(size - k + 1):
        for j in range(size - k + 1):
            usage[i : i + k, j : j + k] += 1
    return usage


@mutant("pixel_usage", "border")
def padding_ignored(n, k, p):
    usage = torch.zeros(n, n, dtype=torch.long)
    for i in range(n - k + 1):
        for j in range(n - k + 1):
            usage[i : i + k, j : j + k] += 1
    return usage


@mutant("pixel_usage", "inside")
def real_pixels_of_each_window(n, k, p):
    ones = F.pad(torch.ones(1, 1, n, n), (p, p, p, p))
    return F.conv2d(ones, torch.ones(1, 1, k, k))[0, 0].long()


# ---------------------------------------------------------------- E4


@solution("corr1d")
def windows_times_kernel(x, k, stride, dilation):
    span = dilation * (len(k) - 1) + 1
    return x.unfold(0, span, stride)[:, ::dilation] @ k


@solution("corr1d")
def formula_in_two_loops(x, k, stride, dilation):
    m = math.floor((len(x) - dilation * (len(k) - 1) - 1) / stride) + 1
    out = x.new_zeros(m)
    for i in range(m):
        for a in range(len(k)):
            out[i] += k[a] * x[i * stride + a * dilation]
    return out


@mutant("corr1d", "plain")
def kernel_flipped(x, k, stride, dilation):
    return F.conv1d(x[None, None], k.flip(0)[None, None], stride=stride, dilation=dilation)[0, 0]


@mutant("corr1d", "stride")
def stride_ignored(x, k, stride, dilation):
    return F.conv1d(x[None, None], k[None, None], dilation=dilation)[0, 0]


@mutant("corr1d", "dilation")
def dilation_ignored(x, k, stride, dilation):
    return F.conv1d(x[None, None], k[None, None], stride=stride)[0, 0]


@mutant("corr1d", "stride")
def size_rounded_up(x, k, stride, dilation):
    span = dilation * (len(k) - 1) + 1
    m = math.ceil((len(x) - span) / stride)
    return torch.stack([(x[i * stride :][:span:dilation] * k).sum() for i in range(m)])


@mutant("corr1d", "dilation")
def signal_thinned_first(x, k, stride, dilation):
    return F.conv1d(x[::dilation][None, None], k[None, None], stride=stride)[0, 0]


# ---------------------------------------------------------------- E6


@solution("conv_full")
def stamps(f, g):
    full = torch.zeros(f.shape[0] + g.shape[0] - 1, f.shape[1] + g.shape[1] - 1)
    for a in range(g.shape[0]):
        for b in range(g.shape[1]):
            full[a : a + f.shape[0], b : b + f.shape[1]] += g[a, b] * f
    return full


@solution("conv_full")
def transposed_layer(f, g):
    return F.conv_transpose2d(f[None, None], g[None, None])[0, 0]


@mutant("conv_full", "rows")
def correlation_instead(f, g):
    p_h, p_w = g.shape[0] - 1, g.shape[1] - 1
    return F.conv2d(f[None, None], g[None, None], padding=(p_h, p_w))[0, 0]


@mutant("conv_full", "rows")
def only_where_it_fits(f, g):
    if g.numel() > f.numel():
        f, g = g, f
    return F.conv2d(f[None, None], g.flip(0, 1)[None, None])[0, 0]


@mutant("conv_full", "tables")
def flipped_along_one_axis(f, g):
    p_h, p_w = g.shape[0] - 1, g.shape[1] - 1
    flipped = g.flip(0) if g.shape[1] == 1 else g.flip(1)
    return F.conv2d(f[None, None], flipped[None, None], padding=(p_h, p_w))[0, 0]


@mutant("conv_full", "tables")
def square_kernels_only(f, g):
    p = max(g.shape) - 1
    full = F.conv2d(f[None, None], g.flip(0, 1)[None, None], padding=p)[0, 0]
    return full[:, p:-p] if 1 in g.shape and p else full


# ---------------------------------------------------------------- X11


@solution("loud_tile")
def sign_everywhere_but_one(K):
    tile = 5 * K
    tile.view(-1)[K.abs().argmin()] = 0
    tile.view(-1)[K.abs().argmax()] *= 3
    return tile


@solution("loud_tile")
def half_of_it(K):
    flat = K.flatten()
    tile = torch.zeros_like(flat)
    keep = flat.abs().sort(descending=True).indices[: (len(flat) + 1) // 2]
    tile[keep] = 9 * flat[keep]
    return tile.view_as(K)


@mutant("loud_tile", "cross")
def a_multiple(K):
    return 2 * K


@mutant("loud_tile", "cross")
def bright_everywhere(K):
    return torch.full_like(K, 9)


@mutant("loud_tile", "any kernel")
def sign_of_the_weight_forgotten(K):
    tile = torch.zeros_like(K)
    tile.view(-1)[0] = 3 * (K**2).sum() / K.view(-1)[0].abs()
    return tile


@mutant("loud_tile", "cross")
def kernel_turned(K):
    return K.flip(0)


@solution("normalised_score")
def window_by_window(X, K):
    m_h, m_w = X.shape[0] - K.shape[0] + 1, X.shape[1] - K.shape[1] + 1
    out = torch.zeros(m_h, m_w)
    for i in range(m_h):
        for j in range(m_w):
            window = X[i : i + K.shape[0], j : j + K.shape[1]]
            if window.any():
                out[i, j] = (window / window.norm() * (K / K.norm())).sum()
    return out


@solution("normalised_score")
def windows_as_unit_vectors(X, K):
    windows = X.unfold(0, K.shape[0], 1).unfold(1, K.shape[1], 1).flatten(2)
    return F.normalize(windows, dim=-1, eps=1e-30) @ F.normalize(K.flatten(), dim=0)


@mutant("normalised_score", "brightness")
def window_length_forgotten(X, K):
    windows = X.unfold(0, K.shape[0], 1).unfold(1, K.shape[1], 1).flatten(2)
    return windows @ K.flatten() / K.norm() ** 2


@mutant("normalised_score", "windows")
def divided_by_the_energy(X, K):
    windows = X.unfold(0, K.shape[0], 1).unfold(1, K.shape[1], 1).flatten(2)
    energy = (windows**2).sum(-1).clamp(min=1e-30)
    return windows @ K.flatten() / energy / K.norm()


@mutant("normalised_score", "zeros")
def zero_divided_by_zero(X, K):
    windows = X.unfold(0, K.shape[0], 1).unfold(1, K.shape[1], 1).flatten(2)
    return windows @ K.flatten() / (windows.norm(dim=-1) * K.norm())


@mutant("normalised_score", "brightness")
def one_added_below_the_line(X, K):
    windows = X.unfold(0, K.shape[0], 1).unfold(1, K.shape[1], 1).flatten(2)
    return windows @ K.flatten() / (windows.norm(dim=-1) * K.norm() + 1)


@mutant("normalised_score", "windows")
def means_taken_away(X, K):
    windows = X.unfold(0, K.shape[0], 1).unfold(1, K.shape[1], 1).flatten(2)
    windows, k = windows - windows.mean(-1, keepdim=True), K.flatten() - K.mean()
    return F.cosine_similarity(windows, k, dim=-1)


@mutant("normalised_score", "windows")
def divided_by_the_largest(X, K):
    windows = X.unfold(0, K.shape[0], 1).unfold(1, K.shape[1], 1).flatten(2)
    score = windows @ K.flatten()
    return score / score.abs().max()
