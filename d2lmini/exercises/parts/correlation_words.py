"""Exercises of chapter *Cross-correlation* that are answered in words."""

from d2lmini.exercises.spec import Discussion, Quiz

IDENTITY_TRANSPOSED = Quiz(
    name="correlation-identity-transposed",
    id="E7",
    points=1,
    prompt="The identity matrix as a picture, transposed. What does the kernel 1 −1 answer now, "
    "and why?",
    options={
        "a": "zeros only, as on the transposed picture with two edges",
        "b": "the same as before: this picture is equal to its transpose",
        "c": "the same as before: transposing never changes anything",
        "d": "the transposed table: a −1 above each 1",
    },
    correct="b",
    why={
        "a": "There the edges became horizontal, and the kernel is blind to those. A diagonal line "
        "stays a diagonal line.",
        "b": "The same picture gives the same answer. The step of part (d) is not equal to its "
        "transpose, and there the answers differ.",
        "c": "Right for this picture, wrong as a reason: the picture with two edges gave zeros "
        "when it was transposed.",
        "d": "This is what the transposed kernel answers. Here the kernel stays as it is.",
    },
)

WHICH_ERROR = Quiz(
    name="correlation-which-error",
    id="E9",
    points=1,
    prompt="Which error message does one see when gradients are computed through the class "
    "`Conv2D`, from the sum of its outputs?",
    options={
        "a": "one about an in-place operation: writing into `Y` breaks automatic differentiation",
        "b": "one about shapes: the input needs four axes",
        "c": "one about a gradient that needs a single number",
        "d": "none: weight, bias and input all get their gradients",
    },
    correct="d",
    why={
        "a": "PyTorch records the writing of an element like any other operation. It was so in a "
        "framework that has been retired.",
        "b": "This class takes pictures with two axes. `F.conv2d` wants four, but that is another "
        "function, and no matter of gradients.",
        "c": "You see it when you call `backward()` on the whole table of outputs. A sum is a "
        "single number, and the call is at fault then, not the class.",
        "d": "`gradcheck` passes, and the gradients are those of `F.conv2d`. The old question "
        "asks for an error that does not occur.",
    },
)

ERRORS_PEOPLE_MEET = Discussion(
    name="errors_people_meet",
    id="E9",
    rubric=(
        "Names three errors that a class like this one can really give, with what triggers each.",
        "Says for each what it tells: what was expected and what was handed over.",
        "Does not name the writing into `Y` as an error.",
    ),
    model=(
        "*`backward()` on the table of outputs:* “grad can be implicitly created only for scalar "
        "outputs”. A gradient needs one number to start from: take the sum, or hand over the "
        "gradient by the output.\n\n*`Conv2D(3)` without `pair`:* a whole number cannot be "
        "unpacked into height and width. A size is one number or two, and the class must accept "
        "both.\n\n*A batch with four axes:* the two sizes of the kernel cannot be matched with "
        "four sizes of the input. This class knows one picture with one channel; batches and "
        "channels are for `nn.Conv2d`.\n\nAlso met: a kernel larger than the picture, and weights "
        "in float32 beside a picture in float64, in functions that do not convert."
    ),
)

DENSE_EDGE_COUNT = Quiz(
    name="correlation-dense-edge-count",
    id="E12",
    points=1,
    prompt="The dense layer that finds the vertical edges of the 6×8 picture: how many of its "
    "weights are not 0, and with how many numbers does the kernel say the same?",
    options={
        "a": "84 of 2,016; the kernel with 2",
        "b": "96 of 2,304; the kernel with 2",
        "c": "84 of 2,016; the kernel with 84",
        "d": "42 of 2,016; the kernel with 1",
    },
    correct="a",
    why={
        "a": "42 outputs, 48 inputs, and each output reads two pixels: one 1 and one −1 in each of "
        "42 rows. The kernel is these two numbers, used 42 times.",
        "b": "This is a matrix of 48×48. But the last pixel of a row has no right neighbour: there "
        "are 6·7 = 42 outputs.",
        "c": "The 84 entries are copies of two numbers. Only the two are learned.",
        "d": "Each output needs two pixels, the left one and the right one.",
    },
)

WINDOW_SUM = Quiz(
    name="correlation-window-sum",
    id="E14",
    points=1,
    prompt="Which kernel gives the sum of every three neighbouring numbers of a signal?",
    options={"a": "1/3 1/3 1/3", "b": "1 1", "c": "1 1 1", "d": "−1 0 1"},
    correct="c",
    why={
        "a": "This is the average of three neighbours: the sum, divided by 3.",
        "b": "This adds two neighbours only.",
        "c": "Each number of the window counts once. With as many ones as there are weights, a "
        "kernel adds up its window.",
        "d": "This takes a difference across the window, the opposite of a sum.",
    },
)

DERIVATIVE_WEIGHTS = Quiz(
    name="correlation-derivative-weights",
    id="E15",
    points=1,
    prompt="How many weights does a kernel for the derivative of order d need at least?",
    options={"a": "d", "b": "d + 1", "c": "2d + 1", "d": "2 to the power d"},
    correct="b",
    why={
        "a": "With d weights, being 0 on the d powers below d leaves only the kernel of zeros.",
        "b": "d conditions say that it is 0 on the powers below d, one more that it is d! on the "
        "next. So d + 1 weights are needed, and they are determined.",
        "c": "A kernel that is centred on its pixel has this many for d = 1: −1/2 0 1/2. It is not "
        "the smallest.",
        "d": "Each difference of differences makes the kernel longer by one place, not twice as "
        "long.",
    },
)

WHAT_TWO_ROWS_LEARN = Discussion(
    name="what_two_rows_learn",
    id="E16",
    rubric=(
        "The target is 5×7: a 2×2 kernel costs one row and one column of the 6×8 picture.",
        "All rows of the picture are equal, so only the sum of each column of the kernel enters "
        "the output; these sums become 1 and −1.",
        "The two weights of a column have the same gradient, so their difference stays what it was "
        "at the start: it depends on the start, the sums do not.",
    ),
    model=(
        "A 2×2 kernel has 5×7 places on the 6×8 picture, so the target must lose a row.\n\nBecause "
        "all rows of the picture are equal, the two weights in a column of the kernel always meet "
        "the same pixel. The output depends on their sum alone, and so does the loss: the sums "
        "become 1 and −1 from every start. From weights of 0.5 the kernel becomes 0.5 −0.5 in both "
        "rows.\n\nThe two weights of a column also have the same gradient, so every update changes "
        "both by the same amount. Their difference stays what it was at the start, for ever. Two "
        "directions of the bowl are flat, with curvature 0, and no data of this kind will say "
        "anything about them."
    ),
)

TWO_BY_TWO_RATE = Quiz(
    name="correlation-two-by-two-rate",
    id="E16",
    points=1,
    prompt="The 2×2 kernel on the edge picture, without a bias, starting from weights of 0.5. What "
    "happens at the rate 0.03?",
    options={
        "a": "It converges: 0.03 is below 2/60.",
        "b": "It diverges: the curvatures are 0, 0, 20 and 100, so the limit is 0.02.",
        "c": "It diverges: two curvatures are 0, so there is no safe rate at all.",
        "d": "It converges, more slowly: four weights share the work of two.",
    },
    correct="b",
    why={
        "a": "2/60 is the limit of the 1×2 kernel. Another kernel has another Hessian.",
        "b": "Its losses are 60, 202, 800: each update makes the steep part twice as large, "
        "for 1 − 100·0.03 = −2.",
        "c": "In a direction of curvature 0 nothing moves, and so nothing diverges. The largest "
        "curvature decides.",
        "d": "Four weights change the output together, so the bowl is steeper than before, not "
        "flatter.",
    },
)

RATE_MEAN = Quiz(
    name="correlation-rate-mean",
    id="X1",
    points=1,
    prompt="The 6×8 picture and the kernel 1×2 again, but the loss is the mean of the squares and "
    "not their sum. The stability limit",
    options={
        "a": "stays at 2/60",
        "b": "becomes 42 times smaller",
        "c": "becomes 42 times larger: 1.4",
        "d": "becomes 48 times larger: 1.6",
    },
    correct="c",
    why={
        "a": "The rate is multiplied by the gradient, and the gradient of a mean is smaller.",
        "b": "The bowl becomes 42 times flatter. A flatter bowl allows a larger rate.",
        "c": "There are 6·7 = 42 outputs, so every curvature is divided by 42.",
        "d": "48 is the number of pixels. The mean runs over outputs.",
    },
)

RATE_DOUBLED = Quiz(
    name="correlation-rate-doubled",
    id="X1",
    points=1,
    prompt="You double all pixels of the picture; no bias. The stability limit",
    options={
        "a": "stays: the kernel is the same",
        "b": "becomes half as large",
        "c": "becomes a quarter",
        "d": "becomes twice as large",
    },
    correct="c",
    why={
        "a": "The limit depends on the picture alone: H = 2·Aᵀ·A, and A holds the pixels.",
        "b": "Each factor of Aᵀ·A doubles, and there are two.",
        "c": "Aᵀ·A has the pixels twice in each product, so all curvatures become four times as "
        "large. That is why pixels are scaled to [0, 1] before training.",
        "d": "Larger numbers make the bowl steeper, not flatter.",
    },
)
