"""Questions of chapter *Channels*: first those of the text, then the graded ones."""

from d2lmini.exercises.spec import Quiz

QUIZZES = (
    Quiz(
        name="channels-opening",
        prompt=(
            "A 3×3 convolution layer turns a colour picture (red, green, blue) into 16 maps, "
            "with bias. How many numbers does it learn?"
        ),
        options={"a": "160", "b": "432", "c": "448", "d": "480"},
        correct="c",
        why={
            "a": "16·9 weights and 16 biases: this gives every output map a kernel that sees one "
            "colour only. A kernel spans all three.",
            "b": "16·3·9 counts every weight, and forgets the biases.",
            "c": "16 kernels of 3·9 weights, and one bias for each of the 16 maps.",
            "d": "16·3·9 weights are right, but 16·3 biases are too many: a bias belongs to an "
            "output map, not to a pair of input and output.",
        },
    ),
    Quiz(
        name="channels-maps",
        prompt=(
            "An input with two channels meets one kernel of shape (2, 2, 2): a 2×2 slice for each "
            "channel. How many output maps come out?"
        ),
        options={"a": "one", "b": "two", "c": "four"},
        correct="a",
        why={
            "a": "The two partial maps are added up, place by place, and their sum is the output.",
            "b": "There are two partial maps on the way, but they are added. Keeping them apart is "
            "possible too: a depthwise convolution, later in this chapter.",
            "c": "Every slice meets its own channel only, so there are two pairs, not four.",
        },
    ),
    Quiz(
        name="channels-bias-once",
        prompt=(
            "Two input channels give 19 and 37 at some place, together 56. The layer has a bias "
            "of 10. What is the output at this place?"
        ),
        options={"a": "56", "b": "66", "c": "76"},
        correct="b",
        why={
            "a": "The bias changes every output, also when the kernel spans several channels.",
            "b": "First the sum over the input channels, then the bias, once.",
            "c": "This adds the bias for each input channel. It belongs to the output channel and "
            "is added once, after the sum.",
        },
    ),
    Quiz(
        name="channels-desk",
        prompt=(
            "A 1×1 kernel with three output channels has the same row of weights three times: "
            "1/3, 1/3, 1/3. You show the three new channels as red, green and blue. What do you "
            "see?"
        ),
        options={
            "a": "the same picture, blurred",
            "b": "the picture in grey, as sharp as before",
            "c": "the same picture, a third as bright",
        },
        correct="b",
        why={
            "a": "Blurring takes neighbours. A 1×1 kernel reads one pixel at a time.",
            "b": "All three new channels hold the mean of the old ones, and equal red, green and "
            "blue is grey. No pixel has looked at another.",
            "c": "That would be 1/3 on the diagonal and 0 elsewhere: every colour for itself.",
        },
    ),
    Quiz(
        name="channels-late-clip",
        prompt=(
            "A layer `Conv2d(8, 1, …)` takes the 8 frames of a clip as its channels, and its "
            "weights fire on a dot that moves right in frames 0 to 2. The same dot starts its "
            "move three frames later. What does the layer say?"
        ),
        options={
            "a": "the same, three frames later in the output",
            "b": "the same, at the same place of the output",
            "c": "it may miss the move: its weights are tied to frames 0 to 2",
        },
        correct="c",
        why={
            "a": "The output has no time axis that anything could move along.",
            "b": "Then it would have to slide its kernel along the frames. It spans them all at "
            "once, each with a weight of its own.",
            "c": "An axis that the kernel spans is an axis along which nothing is shared. To find "
            "the move whenever it happens, slide in time: `Conv3d`.",
        },
    ),
    Quiz(
        name="channels-backward",
        prompt=(
            "The forward pass of a convolution in the middle of a network costs 1 unit of work. "
            "What does its backward pass cost?"
        ),
        options={"a": "half a unit", "b": "1 unit", "c": "2 units", "d": "4 units"},
        correct="c",
        why={
            "a": "Every weight and every input needs a gradient; none of it comes free.",
            "b": "That pays for one of two gradients, the one for the weights or the one for the "
            "input.",
            "c": "Each product of the forward pass has two factors. Each factor needs one product "
            "on the way back.",
            "d": "Two gradients, each as dear as the forward pass, make 2.",
        },
    ),
    Quiz(
        name="channels-bias-count",
        prompt="How many biases has `nn.Conv2d(3, 4, kernel_size=1)`?",
        options={"a": "1", "b": "3", "c": "4", "d": "12"},
        correct="c",
        why={
            "a": "Every output channel has its own.",
            "b": "Biases belong to output channels, not to input channels.",
            "c": "One for each output channel, used at every pixel.",
            "d": "That is the number of weights, one for each pair of channels.",
        },
    ),
    Quiz(
        name="channels-weight-count",
        prompt="And how many weights?",
        options={"a": "3", "b": "4", "c": "7", "d": "12"},
        correct="d",
        why={
            "a": "That is one kernel. There are four.",
            "b": "A kernel spans all three input channels, so it holds three weights, not one.",
            "c": "Channels are multiplied, not added: every output reads every input.",
            "d": "Four kernels of shape 3×1×1. With the 4 biases the layer learns 16 numbers.",
        },
    ),
    Quiz(
        name="channels-conv1d-shape",
        prompt="What is the shape of the weights of `nn.Conv1d(3, 4, kernel_size=5)`?",
        options={"a": "(5,)", "b": "(4, 5)", "c": "(3, 4, 5)", "d": "(4, 3, 5)"},
        correct="d",
        why={
            "a": "That would be one kernel on one channel. The 1 counts the axes along which the "
            "kernel slides; it still spans all channels.",
            "b": "A kernel has a row of 5 weights for each of the three input channels.",
            "c": "The right numbers in the order of the call. The tensor has the output channels "
            "first.",
            "d": "Output channels, input channels, then the kernel along its one sliding axis.",
        },
    ),
    Quiz(
        name="channels-double",
        prompt=(
            "You double both the input and the output channels of a layer. Its multiplications "
            "grow by a factor of …"
        ),
        options={"a": "2", "b": "3", "c": "4", "d": "8"},
        correct="c",
        why={
            "a": "That is right for doubling one of the two, and for the biases.",
            "b": "The two factors multiply, they do not add.",
            "c": "Twice as many kernels, each twice as deep.",
            "d": "The kernel is deeper and there are more of them; it is not wider too.",
        },
    ),
    Quiz(
        name="channels-groups-shape",
        prompt=(
            "`nn.Conv2d(8, 16, kernel_size=3, groups=4)`: what is the shape of its weights, "
            "compared with (16, 8, 3, 3) without groups?"
        ),
        options={"a": "(4, 8, 3, 3)", "b": "(16, 2, 3, 3)", "c": "(4, 2, 3, 3)", "d": "unchanged"},
        correct="b",
        why={
            "a": "All 16 output channels are still there; each reads fewer inputs.",
            "b": "Each of the 16 kernels spans only the 8/4 = 2 channels of its group.",
            "c": "That is one group. There are four, one behind the other in the same tensor.",
            "d": "A zero that is never used would have to be stored. Groups leave it out.",
        },
    ),
)

CONVERSE = Quiz(
    name="channels-converse",
    id="E21",
    points=1,
    prompt="Is every 5×5 kernel a composition of two 3×3 kernels?",
    options={
        "a": "yes, it only takes the right two",
        "b": "no: the two have 18 weights, of which 17 are free, and the kernel has 25",
        "c": "no: a composition of two kernels is always symmetric",
        "d": "yes, since two layers can compute more than one",
    },
    correct="b",
    why={
        "a": "Look at a single axis: 1 0 1 is no composition of two real kernels of two weights. "
        "With a b and c d it would take ac = 1, ad + bc = 0 and bd = 1, and no real numbers do.",
        "b": "Twice one and half the other compose to the same kernel, so one of the 18 is spent "
        "on nothing. What has 17 free numbers cannot reach all that has 25.",
        "c": "1 2 and 1 3 compose to 1 5 6.",
        "d": "With an activation between them they can. Without one they are a single convolution, "
        "and not even any.",
    },
)

DOUBLING = Quiz(
    name="channels-twice",
    id="E23",
    points=1,
    prompt="You double the input *and* the output channels of a layer. By which factors do its "
    "multiplications, its weights, its biases and its output numbers grow?",
    options={
        "a": "2, 2, 2, 2",
        "b": "4, 4, 4, 4",
        "c": "4, 4, 2, 2",
        "d": "4, 2, 2, 2",
    },
    correct="c",
    why={
        "a": "Weights and products belong to *pairs* of an input and an output channel, and there "
        "are four times as many pairs.",
        "b": "Biases and outputs know nothing of the input channels, so they only double.",
        "c": "Multiplications and weights count pairs of channels; biases and outputs count output "
        "channels alone.",
        "d": "At every place each weight is used once, so weights and multiplications grow alike.",
    },
)

PADDING = Quiz(
    name="channels-double-padding",
    id="E23",
    points=1,
    prompt="At stride 1 you double the total padding of a layer, P = 4, with n = 28 and k = 5 "
    "along both axes. By which factor does its work grow?",
    options={"a": "1.14", "b": "1.31", "c": "2", "d": "4"},
    correct="b",
    why={
        "a": "This is 32/28, the factor along one axis. There are two.",
        "b": "The output grows from 28×28 to 32×32, and (32/28)² = 1.31.",
        "c": "Only the border doubles; the picture inside it stays as it is.",
        "d": "It would be four times if the output had twice the height and twice the width.",
    },
)

ONE_BY_ONE = Quiz(
    name="channels-one-by-one-work",
    id="E24",
    points=1,
    prompt="How many MACs does a 1×1 convolution from c_i to c_o channels take on a picture of "
    "h×w pixels?",
    options={"a": "(c_i + c_o)·h·w", "b": "c_i·c_o", "c": "c_i·c_o·h·w", "d": "9·c_i·c_o·h·w"},
    correct="c",
    why={
        "a": "Each output channel reads each input channel: the two multiply.",
        "b": "This is the number of weights. Each is used at every pixel.",
        "c": "c_o outputs at each of h·w pixels, each a sum of c_i products. Only k_h·k_w = 1 "
        "drops out.",
        "d": "The 9 belongs to a 3×3 kernel.",
    },
)

DEARER = Quiz(
    name="channels-three-by-three",
    id="E24",
    points=1,
    prompt="On one picture, a 3×3 convolution with `padding=1` leads from c to c channels, a 1×1 "
    "convolution from c to c_o channels. When does the 3×3 take more MACs?",
    options={"a": "always", "b": "when c_o < 3c", "c": "when c_o < 9c", "d": "when c_o < c"},
    correct="c",
    why={
        "a": "With enough output channels a 1×1 becomes as dear as you like.",
        "b": "The kernel is three pixels wide *and* three high.",
        "c": "9·c·c against c·c_o at each pixel.",
        "d": "Then it does for certain, but also long after.",
    },
)

ALWAYS = Quiz(
    name="channels-always",
    id="E25",
    points=1,
    prompt="Two programs compute the same convolution in float32 and add its products in different "
    "orders. What is always true of their outputs?",
    options={
        "a": "They are equal in every bit, since the sum is the same.",
        "b": "They differ in some bit, since the orders differ.",
        "c": "They agree up to rounding, and need not be equal in every bit.",
        "d": "If they differ at all, the two compute different things.",
    },
    correct="c",
    why={
        "a": "The sum on paper is. A float keeps 24 binary digits of each intermediate result, and "
        "those depend on the order.",
        "b": "Often they agree nevertheless: small integers lose nothing, and short sums little.",
        "c": "So compare with `allclose` or `assert_close`, and never with `==`.",
        "d": "Then no program would agree with itself on another machine. Ask how large the "
        "difference is.",
    },
)

SHARE = Quiz(
    name="channels-groups-share",
    id="X5",
    points=1,
    prompt="A grouped layer with g groups, written as a dense one: what part of the dense weights "
    "is zero, and what do work and weights of the grouped layer cost, compared with the dense "
    "one?",
    options={
        "a": "1/g is zero; the cost is 1 − 1/g",
        "b": "1 − 1/g is zero; the cost is 1/g",
        "c": "1 − 1/g² is zero; the cost is 1/g²",
        "d": "1 − 1/g is zero; work is 1/g, weights are as many as before",
    },
    correct="b",
    why={
        "a": "The wrong way round: 1/g is the part in the blocks.",
        "b": "Of g × g blocks the g on the diagonal are used: 1/g of all. The rest is neither "
        "stored nor multiplied.",
        "c": "Each block is 1/g² of the table, but there are g of them.",
        "d": "A zero that is never used is not stored either: the shape is (c_o, c_i/g, k_h, k_w).",
    },
)

WHERE = Quiz(
    name="channels-slip-hidden",
    id="X6",
    points=1,
    prompt="`per_pixel`, as it was found, has a slip. On which inputs is its result right "
    "nevertheless, whatever the numbers?",
    options={
        "a": "when h = w",
        "b": "when the picture has a single pixel, or the layer a single output channel",
        "c": "when c_i = c_o",
        "d": "when the batch holds one picture",
    },
    correct="b",
    why={
        "a": "The slip confuses pixels with channels, not height with width.",
        "b": "Changing two axes moves no number when one of them has length 1.",
        "c": "The result has c_o channels and h·w pixels; how many channels came in is over by "
        "then.",
        "d": "The batch is the first axis before and after. It hides nothing.",
    },
)
