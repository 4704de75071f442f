"""Questions of chapter *Cross-correlation*."""

from d2lmini.exercises.spec import Quiz

QUIZZES = (
    Quiz(
        name="correlation-opening",
        prompt="The picture has the rows 0 1 2, 3 4 5 and 6 7 8, the kernel the rows 0 1 and 2 3. "
        "Which outputs does the window find, in its own order?",
        options={
            "a": "19, 25, 37, 43",
            "b": "5, 11, 23, 29",
            "c": "19, 37, 25, 43",
            "d": "19 alone",
        },
        correct="a",
        why={
            "a": "The window fits in four places and goes right first, then down. "
            "The first sum is 0·0 + 1·1 + 3·2 + 4·3 = 19.",
            "b": "These are the outputs of the kernel turned round, with the rows 3 2 and 1 0: "
            "a convolution in the sense of mathematics. We meet it below.",
            "c": "The four sums are right, but this order goes down first. "
            "The window goes right first.",
            "d": "This is what comes out if the window jumps by its own width and fits only once. "
            "It moves by one.",
        },
    ),
    Quiz(
        name="correlation-dtype",
        prompt="A bright pixel of 200 meets a weight of 2, both stored as `uint8`. "
        "What does PyTorch say the product is?",
        options={"a": "400", "b": "255", "c": "144", "d": "an error"},
        correct="c",
        why={
            "a": "This needs a type that can hold it; `uint8` ends at 255.",
            "b": "Cutting off at the end would be kind. The number runs on from 0 instead.",
            "c": "400 − 256 = 144: after 255 counting starts again from 0, without a word.",
            "d": "An error would be welcome. There is none, which is why `corr2d` converts first.",
        },
    ),
    Quiz(
        name="correlation-transposed",
        prompt="The edge picture is transposed: its edges now run horizontally, and it has 8 rows "
        "and 6 columns. What does the kernel 1 −1 answer?",
        options={
            "a": "the same table as before, with its 1 and −1",
            "b": "the transposed table: a row of 1 and a row of −1",
            "c": "zeros only, 8×5 of them",
            "d": "nothing: the shapes do not fit",
        },
        correct="c",
        why={
            "a": "The picture has changed, so there is no reason for the old answer, "
            "and its shape of 6×7 is impossible here.",
            "b": "This is what the *transposed kernel* answers. The kernel itself was not turned.",
            "c": "The kernel compares a pixel with its right neighbour. Along each row nothing "
            "changes, so every difference is 0.",
            "d": "A kernel of one row and two columns fits into every picture with two columns.",
        },
    ),
    Quiz(
        name="correlation-rate",
        prompt="The stability limit is 2/60 = 0.0333. You start from the weights (0, 0) "
        "with a rate of 0.05. What happens?",
        options={
            "a": "The loss explodes: the rate is above the limit.",
            "b": "The loss falls to 0.",
            "c": "The loss stays as it is.",
            "d": "The loss falls, then rises again.",
        },
        correct="b",
        why={
            "a": "It does from nearly every start. But the limit belongs to the steep direction, "
            "and this start has no error in it.",
            "b": "The error (−1, 1) lies exactly in the flat direction, whose own limit is "
            "2/12 = 0.167. Nothing is there that could grow.",
            "c": "This needs a gradient of 0. The loss at this start is 12, not a minimum.",
            "d": "This is what a small steep part does: first hidden, then growing. "
            "Here there is none at all.",
        },
    ),
    Quiz(
        name="correlation-noise",
        prompt="Noise lies on every pixel. Which 5×5 kernel brings the picture back best?",
        options={
            "a": "all 25 weights equal: 1/25",
            "b": "a single 1 in the centre",
            "c": "a bump: large in the centre, small further out",
            "d": "an edge kernel, since noise is a sudden change",
        },
        correct="c",
        why={
            "a": "This removes most of the noise, and with it every fine line: "
            "a pixel two places away counts as much as the pixel itself.",
            "b": "This leaves the picture as it is, with all its noise.",
            "c": "Neighbours are often alike, so they help; the nearer, the more. "
            "The weights end up close to 1 in sum.",
            "d": "An edge kernel answers 0 on flat areas. It would keep the noise "
            "and remove the picture.",
        },
    ),
    Quiz(
        name="correlation-second-output",
        prompt="The picture has the rows 0 1 2, 3 4 5 and 6 7 8, the kernel the rows 0 1 and 2 3. "
        "What is `Y[0, 1]`?",
        options={"a": "25", "b": "37", "c": "11", "d": "12"},
        correct="a",
        why={
            "a": "The window covers 1, 2, 4 and 5: 1·0 + 2·1 + 4·2 + 5·3 = 25.",
            "b": "This is `Y[1, 0]`, one row down. The first index is the row.",
            "c": "This uses the kernel turned round, as a true convolution does.",
            "d": "This adds the four pixels up and forgets the weights.",
        },
    ),
    Quiz(
        name="correlation-sign",
        prompt="Black is 0, white is 1. Going right, a row changes from *black to white*. "
        "What does the kernel 1 −1 answer at that edge?",
        options={"a": "+1", "b": "−1", "c": "0", "d": "+1 or −1, depending on the row"},
        correct="b",
        why={
            "a": "This is the answer from white to black: 1 − 0.",
            "b": "Left minus right is 0 − 1 = −1.",
            "c": "0 stands where both neighbours are equal, and here they differ.",
            "d": "The kernel is the same everywhere. Only the two pixels count.",
        },
    ),
    Quiz(
        name="correlation-shape",
        prompt="A 6×8 picture, a kernel of one row and two columns. How large is the output?",
        options={"a": "5×7", "b": "6×8", "c": "6×7", "d": "6×9"},
        correct="c",
        why={
            "a": "This takes one off both axes, as a 2×2 kernel does. Here one row costs no row.",
            "b": "The size stays only with padding, or with a 1×1 kernel.",
            "c": "6 − 1 + 1 = 6 rows and 8 − 2 + 1 = 7 columns.",
            "d": "This adds the kernel's width instead of taking it away.",
        },
    ),
    Quiz(
        name="correlation-bias-rate",
        prompt="Edge picture, 1×2 kernel, sum of squares, rate 0.02. "
        "Does training converge from every start?",
        options={
            "a": "without a bias yes, with one no",
            "b": "in both cases",
            "c": "in neither case",
            "d": "with a bias yes, without one no",
        },
        correct="a",
        why={
            "a": "The limit is 0.0333 without a bias and 0.0161 with one; 0.02 lies between.",
            "b": "This takes the bias for harmless. It more than doubles the largest curvature.",
            "c": "Without a bias the limit is 0.0333, and 0.02 is well below.",
            "d": "A bias is one more direction. It can never make the steepest direction flatter.",
        },
    ),
    Quiz(
        name="correlation-three-layers",
        prompt="Three layers with 3×3 kernels, stride 1. "
        "How wide is the receptive field of one output?",
        options={"a": "3", "b": "5", "c": "9", "d": "7"},
        correct="d",
        why={
            "a": "This is what one layer sees. The others widen the view.",
            "b": "This is the field after two layers.",
            "c": "Widths are not multiplied or added whole: neighbouring windows overlap.",
            "d": "The first layer sees 3, and each further one adds a pixel on both sides.",
        },
    ),
)
