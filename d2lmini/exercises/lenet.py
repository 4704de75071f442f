"""Questions of chapter *LeNet*."""

from d2lmini.exercises.spec import Quiz

QUIZZES = (
    Quiz(
        name="lenet-opening",
        prompt="Which of the three comes last on pictures that it has never seen?",
        options={
            "a": "LeNet as it would be built today",
            "b": "LeNet as many textbooks print it",
            "c": "the perceptron",
            "d": "none: they learn equally many numbers, so they end up close together",
        },
        correct="b",
        why={
            "a": "It comes first. Same plan as the textbook's network, other parts: this chapter "
            "finds out which of them count.",
            "b": "It loses even to the perceptron. For a long time it does not learn at all, and "
            "this chapter measures why.",
            "c": "A good guess, if convolution alone decided. It beats one LeNet and loses to the "
            "other.",
            "d": "The number of parameters says what a network could store, not what it will "
            "learn. How it is built and trained decides.",
        },
    ),
    Quiz(
        name="lenet-where",
        prompt="Where do most of LeNet's parameters sit, and where does it multiply most?",
        options={
            "a": "both in the convolutions",
            "b": "both in the linear layers",
            "c": "parameters in the convolutions, multiplications in the linear layers",
            "d": "parameters in the linear layers, multiplications in the convolutions",
        },
        correct="d",
        why={
            "a": "The convolutions do most of the work, but with few numbers: a kernel is used "
            "again at every place.",
            "b": "The linear layers hold most of the numbers, but use each of them only once.",
            "c": "The other way round. Think of how often one weight of a kernel is used.",
            "d": "A weight of a linear layer works once for a picture, a weight of a kernel at "
            "every output place.",
        },
    ),
    Quiz(
        name="lenet-loss",
        prompt="You train the classic network and watch the loss of the first hundred updates. "
        "What do you expect?",
        options={
            "a": "It falls, at first fast, then slower",
            "b": "It falls to ln 10 and stays there",
            "c": "It jumps up and becomes infinite",
        },
        correct="b",
        why={
            "a": "That is what one hopes for, and what the modern network will do.",
            "b": "It learns at once that all classes are equally frequent, and for a long time "
            "nothing else.",
            "c": "A rate of 0.9 is bold, but a sigmoid passes nothing on that is larger than one: "
            "this network stays tame.",
        },
    ),
    Quiz(
        name="lenet-pooling",
        prompt="Take the modern network and put average pooling back in place of max pooling. What "
        "does that cost?",
        options={
            "a": "more than putting the sigmoid back",
            "b": "less than putting the sigmoid back, but clearly more than the spread over seeds",
            "c": "nothing that shows above the spread over seeds",
        },
        correct="c",
        why={
            "a": "The activation decides whether the gradient gets through at all. Pooling does "
            "not.",
            "b": "The story of the strongest response that survives is a good one. It was never "
            "measured, and here the measurement does not support it.",
            "c": "The difference is smaller than the spread of either. A good story about a part "
            "is no measurement of it.",
        },
    ),
    Quiz(
        name="lenet-parameters",
        prompt="A 5×5 convolution leads from 6 to 16 channels. How many parameters has it?",
        options={"a": "400", "b": "2,400", "c": "2,416", "d": "2,496"},
        correct="c",
        why={
            "a": "This forgets the input channels.",
            "b": "This forgets the biases.",
            "c": "Sixteen kernels of 6·5·5 weights, and one bias for each output channel.",
            "d": "This has a bias for every pair of channels; there is one per *output* channel, "
            "added once.",
        },
    ),
    Quiz(
        name="lenet-flatten",
        prompt="How many numbers does `nn.Flatten` in LeNet put out for one picture?",
        options={"a": "256", "b": "400", "c": "784", "d": "1,600"},
        correct="b",
        why={
            "a": "This would be right if the first layer did not pad.",
            "b": "Sixteen maps of 5×5.",
            "c": "This counts the pixels of the picture.",
            "d": "This leaves out the second pooling.",
        },
    ),
    Quiz(
        name="lenet-third-digit",
        prompt="Same code, same seed, two computers, and the accuracies differ in the third digit. "
        "What is most likely?",
        options={
            "a": "One of them has a bug",
            "b": "Sums were rounded in another order, and training enlarged the difference",
            "c": "The seed was not used",
        },
        correct="b",
        why={
            "a": "That would be odd: it is the same code.",
            "b": "Threads and instruction sets change the order of additions.",
            "c": "That would show at the very first loss, which would then differ as well.",
        },
    ),
    Quiz(
        name="lenet-test-once",
        prompt="Why are the test pictures opened only once?",
        options={
            "a": "Evaluating takes long",
            "b": "A number that was used for choosing is too good",
            "c": "Evaluating changes the weights",
        },
        correct="b",
        why={
            "a": "It takes a second.",
            "b": "Every choice by the test pictures fits them a little.",
            "c": "It changes nothing in the network; the harm is in what *you* do with the number.",
        },
    ),
    Quiz(
        name="lenet-plateau",
        prompt="At the start the ten scores hardly differ between pictures. What do you expect of "
        "the training?",
        options={
            "a": "The loss falls to ln 10 and stays there",
            "b": "The loss becomes infinite",
            "c": "Nothing unusual",
        },
        correct="a",
        why={
            "a": "For ten equally frequent classes. The biases learn that all are equally likely, "
            "and for the time being there is nothing else to gain.",
            "b": "That comes of steps that are too large, and looks different: the loss jumps up.",
            "c": "That is what one hopes.",
        },
    ),
)
