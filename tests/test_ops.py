"""Every operation against an oracle from elsewhere: PyTorch's own, autograd or plain counting."""

import math
import reprlib
from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as F

from d2lmini.ops import (
    conv1x1,
    conv_macs,
    corr2d,
    corr2d_multi_in,
    corr2d_multi_in_out,
    corr2d_windows,
    float_dtype,
    pad2d,
    pool2d,
    receptive_field,
)

repeatable = settings(deadline=None, derandomize=True, max_examples=40, database=None)
both = pytest.mark.parametrize("corr", [corr2d, corr2d_windows])

FLOATS = [torch.float16, torch.bfloat16, torch.float32, torch.float64]
INTEGERS = [torch.bool, torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64]


def draw(shape: tuple[int, ...], seed: int = 0, dtype: torch.dtype = torch.float64) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


NO_CHANNELS = st.just(())
CHANNELS = st.tuples(st.integers(1, 4), st.integers(1, 4))  # (c_i, c_o)


@st.composite
def picture_and_kernel(draw_from, channels=NO_CHANNELS):
    """Shapes of a picture and of a kernel that fits, seldom square, with a seed."""
    n_h, n_w = draw_from(st.integers(1, 7)), draw_from(st.integers(1, 7))
    k_h, k_w = draw_from(st.integers(1, n_h)), draw_from(st.integers(1, n_w))
    return draw_from(channels), (n_h, n_w), (k_h, k_w), draw_from(st.integers(0, 2**16))


# ---------------------------------------------------------------- dtype


@pytest.mark.parametrize("dtype", INTEGERS, ids=str)
def test_integers_and_booleans_are_computed_as_float32(dtype):
    assert float_dtype(torch.ones(2, dtype=dtype)) == torch.float32
    assert (
        float_dtype(torch.ones(2, dtype=dtype), torch.ones(2, dtype=torch.int64)) == torch.float32
    )


@pytest.mark.parametrize("dtype", FLOATS, ids=str)
def test_a_float_dtype_stays_beside_integers(dtype):
    a, whole = torch.ones(2, dtype=dtype), torch.ones(2, dtype=torch.int64)
    assert float_dtype(a) == float_dtype(a, whole) == float_dtype(whole, a) == dtype


def test_the_widest_float_dtype_wins_wherever_it_stands():
    half, single, double = (
        torch.ones(1, dtype=t) for t in (torch.float16, torch.float32, torch.float64)
    )
    assert float_dtype(half, single, double) == float_dtype(double, half, single) == torch.float64
    assert float_dtype(half, single) == torch.float32
    assert float_dtype(torch.ones(1, dtype=torch.complex64), half) == torch.complex64


# ---------------------------------------------------------------- pad2d


@repeatable
@given(
    shape=st.tuples(st.integers(1, 5), st.integers(1, 5)),
    sides=st.tuples(*[st.integers(0, 3)] * 4),
    value=st.floats(-5, 5, width=32),
)
def test_pad2d_equals_functional_pad(shape, sides, value):
    X = draw(shape)
    top, bottom, left, right = sides
    expected = F.pad(X, (left, right, top, bottom), value=value)
    assert torch.equal(pad2d(X, top, bottom, left, right, value), expected)


@pytest.mark.parametrize("dtype", FLOATS + INTEGERS, ids=str)
def test_pad2d_keeps_the_dtype(dtype):
    Y = pad2d(torch.ones(2, 2, dtype=dtype), 1, 0, 0, 2)
    assert Y.dtype == dtype and Y.shape == (3, 4)
    assert Y.double().tolist() == [[0, 0, 0, 0], [1, 1, 0, 0], [1, 1, 0, 0]]


def test_pad2d_without_widths_is_a_copy():
    X = torch.ones(2, 3)
    Y = pad2d(X)
    Y[0, 0] = 5
    assert X[0, 0] == 1 and Y.shape == X.shape


def test_pad2d_takes_widths_by_name_and_numpy_integers():
    X = torch.tensor([[1, 2]])
    assert pad2d(X, bottom=1).tolist() == [[1, 2], [0, 0]]
    assert pad2d(X, left=np.int64(1), value=7).tolist() == [[7, 1, 2]]


def test_pad2d_lets_the_gradient_through():
    X = draw((2, 3)).requires_grad_()
    assert torch.autograd.gradcheck(lambda X: pad2d(X, 1, 2, 0, 1, value=3.0), (X,))


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan, 0, True, np.float32(0.5)])
def test_pad2d_takes_every_number_into_a_float_picture(value):
    corner = pad2d(torch.ones(1, 1), top=1, value=value)[0, 0].item()
    assert corner == value or (math.isnan(value) and math.isnan(corner))


@pytest.mark.parametrize(
    ("dtype", "good"),
    [(torch.uint8, (0, 255)), (torch.int8, (-128, 127)), (torch.bool, (0, 1, True)),
     (torch.int64, (-(2**63), 2**63 - 1, 2.0)), (torch.float16, (65504.0, -65504.0))],
)  # fmt: skip
def test_pad2d_takes_the_extremes_of_a_dtype(dtype, good):
    for value in good:
        assert pad2d(torch.ones(1, 1, dtype=dtype), right=1, value=value)[0, 1].item() == value


@pytest.mark.parametrize(
    ("dtype", "value"),
    [(torch.uint8, -1), (torch.uint8, 256), (torch.int8, 128), (torch.int8, -129), (torch.bool, 2),
     (torch.int64, 0.5), (torch.int64, math.nan), (torch.int32, math.inf), (torch.int64, 2**63),
     (torch.float16, 65505.0), (torch.float16, -1e6)],
)  # fmt: skip
def test_pad2d_refuses_a_border_that_the_dtype_would_change(dtype, value):
    with pytest.raises(ValueError) as error:
        pad2d(torch.ones(1, 1, dtype=dtype), top=1, value=value)
    assert str(error.value) == (
        f"a border of {value!r} does not fit {dtype}: convert the input first, X.float()"
    )


@pytest.mark.parametrize("value", ["0", None, 1j, [0]], ids=repr)
def test_pad2d_refuses_a_border_that_is_no_number(value):
    with pytest.raises(ValueError, match="border value must be a number") as error:
        pad2d(torch.ones(1, 1), top=1, value=value)
    assert str(error.value).endswith(f"got {value!r}")


@pytest.mark.parametrize("side", ["top", "bottom", "left", "right"])
@pytest.mark.parametrize("bad", [-1, 1.0, math.nan, "1", None, True], ids=repr)
def test_pad2d_refuses_a_width_that_is_no_whole_number(side, bad):
    rule = "at least 0" if bad == -1 else "a whole number"
    with pytest.raises(ValueError) as error:
        pad2d(torch.ones(2, 2), **{side: bad})
    assert str(error.value) == f"padding at the {side} must be {rule}, got {bad!r}"


# ---------------------------------------------------------------- cross-correlation


@both
@repeatable
@given(case=picture_and_kernel())
def test_correlation_equals_conv2d(corr, case):
    _, n, k, seed = case
    X, K = draw(n, seed), draw(k, seed + 1)
    torch.testing.assert_close(corr(X, K), F.conv2d(X[None, None], K[None, None])[0, 0])


@both
@repeatable
@given(case=picture_and_kernel())
def test_correlation_of_integers_is_exact(corr, case):
    _, n, k, seed = case
    rng = torch.Generator().manual_seed(seed)
    X, K = (torch.randint(-9, 10, size, generator=rng) for size in (n, k))
    Y = corr(X, K)
    for i in range(n[0] - k[0] + 1):
        for j in range(n[1] - k[1] + 1):
            total = sum(
                int(X[i + a, j + b]) * int(K[a, b]) for a in range(k[0]) for b in range(k[1])
            )
            assert Y[i, j] == total
    assert Y.dtype == torch.float32 and Y.shape == (n[0] - k[0] + 1, n[1] - k[1] + 1)


@both
def test_the_hand_worked_example(corr):
    X, K = torch.arange(9).reshape(3, 3), torch.tensor([[0, 1], [2, 3]])
    assert corr(X, K).tolist() == [[19, 25], [37, 43]]
    assert corr(X, torch.flip(K, (0, 1))).tolist() == [[5, 11], [23, 29]]
    padded = [[0, 3, 8, 4], [9, 19, 25, 10], [21, 37, 43, 16], [6, 7, 8, 0]]
    assert corr(pad2d(X, 1, 1, 1, 1), K).tolist() == padded


@both
@pytest.mark.parametrize("dtype", [torch.uint8, torch.int8, torch.int16, torch.bool], ids=str)
def test_narrow_integers_do_not_overflow(corr, dtype):
    high = 1 if dtype == torch.bool else torch.iinfo(dtype).max
    X = torch.full((3, 3), high, dtype=dtype)
    Y = corr(X, X[:2, :2])
    assert Y.dtype == torch.float32
    torch.testing.assert_close(Y, torch.full((2, 2), float(4 * high * high)))


@both
@pytest.mark.parametrize("x_dtype", [*FLOATS, torch.int64, torch.uint8], ids=str)
@pytest.mark.parametrize("k_dtype", FLOATS, ids=str)
def test_correlation_has_the_promoted_dtype(corr, x_dtype, k_dtype):
    X = torch.arange(12).reshape(3, 4).to(x_dtype)
    K = torch.tensor([[1, 0], [0, 1]]).to(k_dtype)
    Y = corr(X, K)
    assert Y.dtype == float_dtype(X, K)
    assert Y.double().tolist() == [[5, 7, 9], [13, 15, 17]]


@both
def test_correlation_passes_gradcheck_in_both_arguments(corr):
    X, K = draw((4, 5), 1).requires_grad_(), draw((2, 3), 2).requires_grad_()
    assert torch.autograd.gradcheck(corr, (X, K))


@both
def test_correlation_leaves_its_inputs_alone_and_takes_strided_views(corr):
    base_x, base_k = draw((10, 6), 3), draw((3, 4), 4)
    X, K = base_x[::2].T, base_k[:, ::2].T
    assert not X.is_contiguous() and not K.is_contiguous()
    before_x, before_k = base_x.clone(), base_k.clone()
    Y = corr(X, K)
    torch.testing.assert_close(Y, F.conv2d(X[None, None], K[None, None])[0, 0])
    assert torch.equal(base_x, before_x) and torch.equal(base_k, before_k)


@both
def test_correlation_with_a_kernel_of_ones_and_of_the_full_size(corr):
    X = draw((3, 5), 5)
    torch.testing.assert_close(corr(X, torch.ones(1, 1, dtype=X.dtype)), X)
    torch.testing.assert_close(corr(X, X), (X * X).sum().reshape(1, 1))


@both
def test_correlation_stays_on_the_device_of_its_inputs(corr):
    Y = corr(torch.ones(5, 6, device="meta"), torch.ones(2, 3, device="meta"))
    assert Y.device.type == "meta" and Y.shape == (4, 4)


@both
def test_two_devices_are_refused(corr):
    with pytest.raises(ValueError) as error:
        corr(torch.ones(5, 6), torch.ones(2, 3, device="meta"))
    assert str(error.value) == "X is on cpu, but K on meta: move one of them with .to(...)"


@both
@pytest.mark.parametrize("kernel", [(4, 1), (1, 5), (4, 5)])
def test_a_kernel_larger_than_the_input_along_any_axis_is_refused(corr, kernel):
    with pytest.raises(ValueError) as error:
        corr(torch.ones(3, 4), torch.ones(kernel))
    assert str(error.value) == (
        f"kernel {kernel} is larger than the input (3, 4): add padding or use a smaller kernel"
    )


@both
@pytest.mark.parametrize("kernel", [(0, 1), (1, 0), (0, 0)])
def test_an_empty_kernel_is_refused(corr, kernel):
    with pytest.raises(ValueError) as error:
        corr(torch.ones(3, 4), torch.ones(kernel))
    assert str(error.value) == f"the kernel is empty: shape {kernel}"


@both
def test_an_empty_picture_is_refused(corr):
    with pytest.raises(ValueError, match=r"larger than the input \(0, 4\)"):
        corr(torch.ones(0, 4), torch.ones(1, 1))


WRONG_TYPES = [None, "X", 3, math.nan, True, [[1.0]], np.ones((3, 3))]
named = pytest.mark.parametrize("bad", WRONG_TYPES, ids=lambda x: type(x).__name__)


@named
@pytest.mark.parametrize(
    ("run", "axes"),
    [
        (lambda bad: corr2d(bad, torch.ones(1, 1)), "X must be a tensor with 2"),
        (lambda bad: corr2d(torch.ones(1, 1), bad), "K must be a tensor with 2"),
        (lambda bad: corr2d_windows(bad, torch.ones(1, 1)), "X must be a tensor with 2"),
        (lambda bad: corr2d_windows(torch.ones(1, 1), bad), "K must be a tensor with 2"),
        (lambda bad: pad2d(bad, 1), "X must be a tensor with 2"),
        (lambda bad: pool2d(bad, (1, 1)), "X must be a tensor with 2"),
        (lambda bad: corr2d_multi_in(bad, torch.ones(1, 1, 1)), "X must be a tensor with 3"),
        (lambda bad: corr2d_multi_in(torch.ones(1, 1, 1), bad), "K must be a tensor with 3"),
        (lambda bad: corr2d_multi_in_out(bad, torch.ones(1, 1, 1, 1)), "X must be a tensor with 3"),
        (lambda bad: corr2d_multi_in_out(torch.ones(1, 1, 1), bad), "K must be a tensor with 4"),
        (lambda bad: conv1x1(bad, torch.ones(1, 1, 1, 1)), "X must be a tensor with 3"),
        (lambda bad: conv1x1(torch.ones(1, 1, 1), bad), "K must be a tensor with 4"),
    ],
)
def test_what_is_no_tensor_is_named(run, axes, bad):
    with pytest.raises(ValueError) as error:
        run(bad)
    assert str(error.value) == f"{axes} axes, got {type(bad).__name__}: {reprlib.repr(bad)}"


@pytest.mark.parametrize("x", range(6))
@pytest.mark.parametrize("k", range(6))
@pytest.mark.parametrize(
    ("corr", "x_axes", "k_axes"),
    [(corr2d, 2, 2), (corr2d_windows, 2, 2), (corr2d_multi_in, 3, 3), (corr2d_multi_in_out, 3, 4),
     (conv1x1, 3, 4)],
)  # fmt: skip
def test_only_the_right_number_of_axes_is_taken(corr, x_axes, k_axes, x, k):
    X, K = torch.ones((1,) * x), torch.ones((1,) * k)
    if (x, k) == (x_axes, k_axes):
        assert corr(X, K).sum() == 1
        return
    name, axes, shape = ("K", k_axes, K.shape) if x == x_axes else ("X", x_axes, X.shape)
    with pytest.raises(ValueError) as error:
        corr(X, K)
    assert str(error.value) == f"{name} must have {axes} axes, got shape {tuple(shape)}"


# ---------------------------------------------------------------- channels


@repeatable
@given(case=picture_and_kernel(CHANNELS))
def test_several_channels_equal_conv2d(case):
    (c_i, c_o), n, k, seed = case
    X, K = draw((c_i, *n), seed), draw((c_o, c_i, *k), seed + 1)
    expected = F.conv2d(X[None], K)[0]
    torch.testing.assert_close(corr2d_multi_in_out(X, K), expected)
    torch.testing.assert_close(corr2d_multi_in(X, K[-1]), expected[-1])


@repeatable
@given(case=picture_and_kernel(CHANNELS))
def test_a_1x1_convolution_equals_conv2d_and_a_linear_layer(case):
    (c_i, c_o), n, _, seed = case
    X, K = draw((c_i, *n), seed), draw((c_o, c_i, 1, 1), seed + 1)
    torch.testing.assert_close(conv1x1(X, K), F.conv2d(X[None], K)[0])
    torch.testing.assert_close(conv1x1(X, K), corr2d_multi_in_out(X, K))
    torch.testing.assert_close(
        conv1x1(X, K), F.linear(X.movedim(0, -1), K[:, :, 0, 0]).movedim(-1, 0)
    )


def test_integer_channels_are_computed_as_float32():
    X = torch.stack([torch.arange(9).reshape(3, 3), torch.arange(1, 10).reshape(3, 3)])
    K = torch.tensor([[[0, 1], [2, 3]], [[1, 2], [3, 4]]])
    one = corr2d_multi_in(X, K)
    assert one.tolist() == [[56, 72], [104, 120]] and one.dtype == torch.float32
    all_three = corr2d_multi_in_out(X, torch.stack((K, K + 1, K + 2)))
    assert all_three.dtype == torch.float32
    assert all_three[1].tolist() == [[76, 100], [148, 172]]
    narrow = conv1x1(torch.full((2, 1, 1), 200, dtype=torch.uint8), torch.full((1, 2, 1, 1), 3))
    assert narrow.dtype == torch.float32 and narrow.item() == 1200


@pytest.mark.parametrize("run", [corr2d_multi_in_out, conv1x1])
def test_channel_functions_pass_gradcheck(run):
    X, K = draw((2, 2, 3)).requires_grad_(), draw((3, 2, 1, 1), 1).requires_grad_()
    assert torch.autograd.gradcheck(run, (X, K))


@pytest.mark.parametrize(("c_x", "c_k"), [(2, 3), (3, 2), (0, 0), (1, 0), (0, 1)])
def test_channels_that_differ_or_are_missing_are_refused(c_x, c_k):
    sentence = (
        f"the input has {c_x} channels, the kernel {c_k}: both need the same number, at least 1"
    )
    X, K = torch.ones(c_x, 3, 3), torch.ones(c_k, 1, 1)
    for run, kernel in ((corr2d_multi_in, K), (corr2d_multi_in_out, K[None]), (conv1x1, K[None])):
        with pytest.raises(ValueError) as error:
            run(X, kernel)
        assert str(error.value) == sentence


@pytest.mark.parametrize("run", [corr2d_multi_in_out, conv1x1])
def test_no_output_channel_is_refused(run):
    with pytest.raises(ValueError, match=r"at least one kernel .* got shape \(0, 2, 1, 1\)"):
        run(torch.ones(2, 3, 3), torch.ones(0, 2, 1, 1))


def test_conv1x1_refuses_a_wider_kernel():
    for kernel in ((3, 2, 1, 2), (3, 2, 2, 1)):
        with pytest.raises(ValueError) as error:
            conv1x1(torch.ones(2, 4, 4), torch.ones(kernel))
        assert str(error.value) == f"each kernel must be 1×1, got K of shape {kernel}"


def test_several_channels_refuse_a_kernel_that_does_not_fit():
    with pytest.raises(ValueError, match=r"kernel \(4, 1\) is larger than the input \(3, 3\)"):
        corr2d_multi_in_out(torch.ones(2, 3, 3), torch.ones(1, 2, 4, 1))


# ---------------------------------------------------------------- pooling


@pytest.mark.parametrize(("mode", "oracle"), [("max", F.max_pool2d), ("avg", F.avg_pool2d)])
@repeatable
@given(case=picture_and_kernel())
def test_pool2d_equals_pytorchs_pooling(mode, oracle, case):
    _, n, k, seed = case
    X = draw(n, seed)
    expected = oracle(X[None, None], k, stride=1)[0, 0]
    torch.testing.assert_close(pool2d(X, k, mode), expected)


def test_pool2d_takes_the_maximum_unless_told_otherwise_and_does_not_start_at_0():
    X = torch.tensor([[-4.0, -3.0], [-2.0, -1.0]])
    assert pool2d(X, (2, 2)).tolist() == [[-1.0]]
    assert pool2d(X, [1, 2], "avg").tolist() == [[-3.5], [-1.5]]


@pytest.mark.parametrize("mode", ["max", "avg"])
@pytest.mark.parametrize("dtype", FLOATS + INTEGERS, ids=str)
def test_pool2d_keeps_floats_and_makes_float32_of_the_rest(mode, dtype):
    X = torch.ones(3, 3).to(dtype)
    Y = pool2d(X, (2, 2), mode)
    assert Y.dtype == float_dtype(X) and Y.shape == (2, 2) and Y.unique().tolist() == [1]


@pytest.mark.parametrize("mode", ["max", "avg"])
def test_pool2d_leaves_its_input_alone_and_passes_gradcheck(mode):
    base = draw((8, 5), 6)
    X, before = base[::2].T, base.clone()
    pool2d(X, (2, 3), mode)
    assert torch.equal(base, before)
    distinct = torch.randperm(12).double().reshape(3, 4).requires_grad_()
    assert torch.autograd.gradcheck(lambda X: pool2d(X, (2, 3), mode), (distinct,))


def test_pool2d_stays_on_its_device():
    assert pool2d(torch.ones(4, 5, device="meta"), (2, 2)).device.type == "meta"


@pytest.mark.parametrize("mode", ["mean", "MAX", "", None, 1, ["max"], math.nan], ids=repr)
def test_pool2d_refuses_an_unknown_mode(mode):
    with pytest.raises(ValueError) as error:
        pool2d(torch.ones(3, 3), (2, 2), mode)
    assert str(error.value) == f"mode must be 'max' or 'avg', got {mode!r}"


@pytest.mark.parametrize("size", [2, None, "22", (2,), (2, 2, 2), 2.0], ids=repr)
def test_pool2d_refuses_what_is_no_pair(size):
    with pytest.raises(ValueError) as error:
        pool2d(torch.ones(3, 3), size)
    assert str(error.value) == f"pool_size must be a pair (height, width), got {size!r}"


@pytest.mark.parametrize(
    ("size", "words"),
    [((0, 1), "at least 1, got 0"), ((1, -1), "at least 1, got -1"), ((1.0, 1), "got 1.0"),
     ((1, math.nan), "got nan"), (("1", 1), "got '1'"), ((1, True), "got True"),
     ((4, 1), "spans 4 places, but the padded input has only 3"),
     ((1, 6), "spans 6 places, but the padded input has only 5")],
)  # fmt: skip
def test_pool2d_refuses_a_window_that_cannot_be(size, words):
    with pytest.raises(ValueError) as error:
        pool2d(torch.ones(3, 5), size)
    assert words in str(error.value) and "kernel size" in str(error.value)


@pytest.mark.parametrize("shape", [(), (3,), (1, 3, 3), (1, 1, 3, 3)])
def test_pool2d_and_pad2d_refuse_other_numbers_of_axes(shape):
    for run in (lambda X: pool2d(X, (1, 1)), pad2d):
        with pytest.raises(ValueError) as error:
            run(torch.ones(shape))
        assert str(error.value) == f"X must have 2 axes, got shape {shape}"


# ---------------------------------------------------------------- receptive field


def field_by_autograd(layers: list[tuple[int, int, int]]) -> tuple[int, int]:
    """Build the stack in PyTorch and look which inputs reach two neighbouring outputs."""
    need = 2  # outputs of the last layer; walk back to the input size that gives them
    for k, s, d in reversed(layers):
        need = (need - 1) * s + d * (k - 1) + 1
    x = torch.zeros(1, 1, need, dtype=torch.float64, requires_grad=True)
    h = x
    for k, s, d in layers:
        h = F.conv1d(h, torch.ones(1, 1, k, dtype=torch.float64), stride=s, dilation=d)
    assert h.shape[-1] == 2
    spans = []
    for i in (0, 1):
        (grad,) = torch.autograd.grad(h[0, 0, i], x, retain_graph=True)
        reached = grad[0, 0].nonzero().flatten()
        spans.append((int(reached[0]), int(reached[-1])))
    return spans[0][1] - spans[0][0] + 1, spans[1][0] - spans[0][0]


@repeatable
@given(
    layers=st.lists(
        st.tuples(st.integers(1, 4), st.integers(1, 3), st.integers(1, 3)), min_size=1, max_size=4
    )
)
def test_receptive_field_equals_what_autograd_reaches(layers):
    fields = receptive_field(layers)
    assert len(fields) == len(layers)
    for depth in range(1, len(layers) + 1):
        assert fields[depth - 1] == field_by_autograd(layers[:depth])


def test_receptive_field_fills_in_stride_1_and_dilation_1():
    assert receptive_field([(3,), (3,), (3,)]) == [(3, 1), (5, 1), (7, 1)]
    assert (
        receptive_field([(3, 2), [3]])
        == receptive_field([(3, 2, 1), (3, 1, 1)])
        == [(3, 2), (7, 2)]
    )
    assert receptive_field([]) == []


@pytest.mark.parametrize("layer", [(), (3, 1, 1, 1), 3, "3", None, 3.0], ids=repr)
def test_receptive_field_refuses_what_is_no_layer(layer):
    with pytest.raises(ValueError) as error:
        receptive_field([(3,), layer])
    assert str(error.value) == f"a layer is (k,), (k, s) or (k, s, d), got {layer!r}"


@pytest.mark.parametrize("position", [0, 1, 2])
@pytest.mark.parametrize("bad", [0, -1, 1.0, math.nan, "1", None, True], ids=repr)
def test_receptive_field_names_a_bad_number_and_its_layer(position, bad):
    layer = tuple(bad if i == position else 2 for i in range(3))
    name = ("kernel size (k)", "stride (s)", "dilation (d)")[position]
    rule = "at least 1" if type(bad) is int else "a whole number"
    with pytest.raises(ValueError) as error:
        receptive_field([(3,), layer])
    assert str(error.value) == f"{name} must be {rule}, got {bad!r} in the layer {layer}"


# ---------------------------------------------------------------- cost


@repeatable
@given(
    case=picture_and_kernel(channels=st.tuples(st.integers(1, 3), st.integers(1, 3))),
    groups=st.integers(1, 3),
)
def test_conv_macs_equals_a_count_of_the_products(case, groups):
    (a, b), n, k, _ = case
    c_i, c_o = a * groups, b * groups
    X, K = torch.ones(1, c_i, *n), torch.ones(c_o, c_i // groups, *k)
    Y = F.conv2d(X, K, groups=groups)  # ones times ones: each product adds exactly 1
    assert conv_macs(c_i, c_o, k, tuple(Y.shape[2:]), groups) == int(Y.double().sum())


def test_conv_macs_of_lenet_and_of_a_depthwise_pair():
    assert conv_macs(1, 6, (5, 5), (28, 28)) == 117_600
    assert conv_macs(6, 16, (5, 5), (10, 10)) == 240_000
    full = conv_macs(64, 128, (3, 3), (14, 14))
    split = conv_macs(64, 64, (3, 3), (14, 14), groups=64) + conv_macs(64, 128, (1, 1), (14, 14))
    assert Fraction(split, full) == Fraction(1, 128) + Fraction(1, 9)


@pytest.mark.parametrize("c", [(3, 4), (4, 3), (3, 3)])
def test_conv_macs_refuses_groups_that_do_not_divide_the_channels(c):
    with pytest.raises(ValueError) as error:
        conv_macs(*c, (1, 1), (1, 1), groups=2)
    assert str(error.value) == f"groups=2 must divide both c_i={c[0]} and c_o={c[1]}"


@pytest.mark.parametrize("position", range(7))
@pytest.mark.parametrize("bad", [0, -2, 2.0, math.nan, "2", None, True], ids=repr)
def test_conv_macs_names_a_bad_number(position, bad):
    v = [bad if i == position else 1 for i in range(7)]
    name = ("c_i", "c_o", "k_h", "k_w", "m_h", "m_w", "groups")[position]
    rule = "at least 1" if type(bad) is int else "a whole number"
    with pytest.raises(ValueError) as error:
        conv_macs(v[0], v[1], (v[2], v[3]), (v[4], v[5]), v[6])
    assert str(error.value) == f"{name} must be {rule}, got {bad!r}"


@pytest.mark.parametrize("bad", [3, None, "33", (3,), (3, 3, 3)], ids=repr)
def test_conv_macs_refuses_what_is_no_pair(bad):
    for name, sizes in (("kernel", (bad, (1, 1))), ("out", ((1, 1), bad))):
        with pytest.raises(ValueError) as error:
            conv_macs(1, 1, *sizes)
        assert str(error.value) == f"{name} must be a pair (height, width), got {bad!r}"
