"""Questions of the page *Common mistakes*: claims to be judged, some of them right."""

from d2lmini.exercises.spec import Quiz

QUIZZES = (
    Quiz(
        name="mistakes-judge-count",
        prompt="“The number of windows along an axis is (n + P − k)/s, rounded up.”",
        options={
            "a": "True: a step that has begun counts as a step.",
            "b": "False: round down, then add one.",
            "c": "False: round down, and that is all.",
        },
        correct="b",
        why={
            "a": "Often it gives the right number, but not when s divides n + P − k: with n = 3, "
            "k = 1, s = 1 it says 2, and there are 3 windows.",
            "b": "⌊(n + P − k)/s⌋ counts the *steps*. There is one window more than there are "
            "steps: the one at the start.",
            "c": "This forgets the window at the start, before the first step.",
        },
    ),
    Quiz(
        name="mistakes-judge-roll",
        prompt="“Roll the input of a convolution layer two columns to the right (what leaves on "
        "the right comes back on the left, in the padding too). Its output stays the same: the "
        "layer is translation invariant.”",
        options={"a": "True.", "b": "False."},
        correct="b",
        why={
            "a": "This is what the word seems to promise. But a layer that gave the same maps for "
            "every place could tell nothing about places.",
            "b": "The output rolls along, two columns to the right. That is *equivariance*. "
            "Invariant is at most what is decided at the end.",
        },
    ),
    Quiz(
        name="mistakes-judge-flip",
        prompt="“One layer correlates, the other convolves and starts from the flipped kernel. "
        "Trained on the same data, both give exactly the same outputs.”",
        options={
            "a": "True.",
            "b": "False: the outputs differ, though only a little.",
            "c": "False: the kernel is flipped, so the outputs are quite different.",
        },
        correct="a",
        why={
            "a": "The two agree before the first update. So the losses agree, the gradients are "
            "flips of each other, and so are the kernels after every update.",
            "b": "“Hardly any difference” is what is often written. There is none: only the kernel "
            "that is stored differs.",
            "c": "With the *same* kernel they would differ. But each layer learns the kernel that "
            "suits its own way of sliding.",
        },
    ),
    Quiz(
        name="mistakes-judge-assign",
        prompt="“A layer that fills its output element by element, `Y[i, j] = ...`, cannot be "
        "differentiated by PyTorch.”",
        options={"a": "True.", "b": "False."},
        correct="b",
        why={
            "a": "It was true for a framework that is now retired, and the sentence outlived it.",
            "b": "PyTorch records the assignment like any other operation. The gradient is right; "
            "it is only slow.",
        },
    ),
    Quiz(
        name="mistakes-judge-same",
        prompt="“`nn.Conv2d(8, 8, kernel_size=5, padding=2)` keeps height and width.”",
        options={
            "a": "True.",
            "b": "False: it needs `padding=4`.",
            "c": "False: the output is larger by two rows.",
        },
        correct="a",
        why={
            "a": "`padding` is per side, so P = 4 in all, and P = k − 1 keeps the size.",
            "b": "The total is 4, but PyTorch takes the padding of *one* side.",
            "c": "The padding adds four rows, and the kernel takes four away.",
        },
    ),
    Quiz(
        name="mistakes-judge-border",
        prompt="“`nn.MaxPool2d(3, padding=1)` looks at zeros beyond the border.”",
        options={"a": "True.", "b": "False."},
        correct="b",
        why={
            "a": "Convolutions do, so one expects it here. On a picture of negative numbers a zero "
            "would win every window at the border.",
            "b": "The border counts as −∞, which never wins: a padded place is as good as absent.",
        },
    ),
    Quiz(
        name="mistakes-judge-mlp",
        prompt="“On pictures, a convolutional network beats a perceptron with as many parameters.”",
        options={
            "a": "Always: it knows what neighbours are.",
            "b": "That depends on which network it is and how it is trained.",
            "c": "Never on small grey pictures.",
        },
        correct="b",
        why={
            "a": "The knowledge is of use only if the network learns. The LeNet that many books "
            "print hardly learns for whole epochs.",
            "b": "In our study the same 61,706 parameters give the best network of the comparison "
            "and the worst.",
            "c": "On 28×28 pictures a well-trained LeNet wins clearly.",
        },
    ),
    Quiz(
        name="mistakes-new-square",
        prompt="A page derives a formula and checks it on one example: a 5×5 picture, a 3×3 "
        "kernel, stride 1. What does the check leave open?",
        options={
            "a": "Nothing: the formula was wrong or it was right.",
            "b": "Whether height and width are mixed up, and what happens when a stride does not "
            "divide.",
            "c": "Only whether it holds for larger pictures.",
        },
        correct="b",
        why={
            "a": "Many wrong formulas pass this example. The cell above counted such cases.",
            "b": "A square example cannot tell height from width, and with stride 1 nothing is "
            "ever rounded.",
            "c": "Size is the least worry: a larger square with stride 1 would let the same "
            "mistakes pass.",
        },
    ),
    Quiz(
        name="mistakes-new-reshape",
        prompt="To apply a linear layer at every pixel, somebody turns (N, 3, h, w) into "
        "(N, h·w, 3) by `reshape`. The shapes agree and nothing complains. Which kind of mistake "
        "is it?",
        options={
            "a": "None: the shape is right.",
            "b": "A right shape with wrong values: `reshape` keeps the order in memory, so the "
            "three numbers of a “pixel” come from one channel.",
            "c": "A rounding error.",
        },
        correct="b",
        why={
            "a": "A shape says how many numbers there are along each axis, not which ones.",
            "b": "`flatten` the places, then `transpose`. One known value, compared by hand, would "
            "have shown it.",
            "c": "The values are quite different ones, not nearly the same.",
        },
    ),
    Quiz(
        name="mistakes-new-seed",
        prompt="“With the new pooling my network reached 0.912 instead of 0.910, so the new "
        "pooling is better.” What is missing first?",
        options={
            "a": "A larger network.",
            "b": "Several seeds for both, and their spread.",
            "c": "A reason why the new pooling is better.",
        },
        correct="b",
        why={
            "a": "This would change two things at once.",
            "b": "Another seed moves such a number by about as much. A difference means something "
            "in units of that spread.",
            "c": "A good reason is found quickly, for either outcome. First comes the difference, "
            "then its reason.",
        },
    ),
)
