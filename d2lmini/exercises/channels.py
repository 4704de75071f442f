"""Questions of chapter *Channels*."""

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
