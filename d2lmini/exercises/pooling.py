"""Questions of chapter *Pooling*."""

from d2lmini.exercises.spec import Quiz

QUIZZES = (
    Quiz(
        name="pooling-opening",
        prompt="In how many of the 7 cases does the output stay *exactly* the same?",
        options={"a": "in none", "b": "in 3 of 7", "c": "in 4 of 7", "d": "in all 7"},
        correct="c",
        why={
            "a": "This would be so if each output saw one pixel only. A window sees two, "
            "and does not care in which of them the bright one lies.",
            "b": "3 is the number of moves that *cross* from one window into the next. "
            "Those are the ones that change the output.",
            "c": "One move inside each of the 4 windows goes unnoticed; the other 3 cross a "
            "border.",
            "d": "This is the legend. A move from one window into the next changes two outputs.",
        },
    ),
    Quiz(
        name="pooling-default-stride",
        prompt="The numbers 0 to 15 as a 4×4 picture, `X4`. What does `nn.MaxPool2d(3)(X4)` give?",
        options={
            "a": "2×2 outputs: 10 11, 14 15",
            "b": "one output: 10",
            "c": "one output: 15",
            "d": "an error, since 3 does not divide 4",
        },
        correct="b",
        why={
            "a": "This is a stride of 1, the default of a convolution. Pooling has another one.",
            "b": "The default stride is the window, 3. A second window would hang over the edge, "
            "and the largest value of the first is 10.",
            "c": "The largest pixel of all is 15, but it lies in the last row and column, "
            "which no window reads.",
            "d": "The size formula has a floor: what does not fit is left unread, without a word.",
        },
    ),
    Quiz(
        name="pooling-negative-border",
        prompt="A 3×3 picture in which every pixel is −1, max pooling with a 3×3 window, stride 1 "
        "and `padding=1`. What does the output hold?",
        options={
            "a": "−1 everywhere",
            "b": "0 around the edge and −1 in the middle",
            "c": "0 everywhere",
            "d": "−∞ in the corners",
        },
        correct="a",
        why={
            "a": "The padding holds −∞, which never wins. Every window has a real pixel to choose.",
            "b": "This is what padding by hand with zeros gives: a 0 beats a −1.",
            "c": "The middle window holds no padding at all, so it cannot give 0.",
            "d": "−∞ is what the padding holds, but each corner window also holds real pixels.",
        },
    ),
    Quiz(
        name="pooling-gradient",
        prompt="Max pooling of the window 0 1 / 3 4. How is the gradient 1 of the output divided "
        "among the four inputs?",
        options={
            "a": "1/4 to each",
            "b": "in proportion to the values: most to the 4, nothing to the 0",
            "c": "all of it to the 4",
            "d": "nothing to anyone: a maximum has no derivative",
        },
        correct="c",
        why={
            "a": "This is average pooling.",
            "b": "The values decide who wins, and nothing else: a slightly larger 3 "
            "changes nothing in the output.",
            "c": "The output *is* the 4. When it rises by a little, so does the output; "
            "when another rises by a little, nothing happens.",
            "d": "It has none where two values tie. Everywhere else it has one.",
        },
    ),
    Quiz(
        name="pooling-whole-places",
        prompt="Max pooling with window 2 and stride 2. The picture moves by 1 pixel, and the "
        "output may be moved back by as many whole places as you like. Is it then the old output?",
        options={
            "a": "yes, always: pooling forgives one pixel",
            "b": "yes for an even shift, in general not for an odd one such as 1",
            "c": "no, for no shift at all",
            "d": "only if the average is taken instead of the maximum",
        },
        correct="b",
        why={
            "a": "It forgives some of it. Pixels that crossed from one window into the next "
            "form new groups with new maxima.",
            "b": "Moved by 2, the same pixels meet in the same windows, one window further. "
            "Moved by 1, they meet other pixels.",
            "c": "A shift of 2 is one whole place of the output, and nothing is left over.",
            "d": "The average has the same trouble. It comes from the stride.",
        },
    ),
    Quiz(
        name="pooling-parameters",
        prompt="How many parameters does `nn.MaxPool2d(2)` have behind a layer with 16 channels?",
        options={"a": "0", "b": "4", "c": "64", "d": "1,040"},
        correct="a",
        why={
            "a": "A maximum has nothing to learn.",
            "b": "These would be the weights of one 2×2 kernel. A pooling window has no weights.",
            "c": "This counts 4 weights for each channel, as a convolution with one kernel "
            "per channel has.",
            "d": "This is `nn.Conv2d(16, 16, 2)`: 16·16·4 weights and 16 biases.",
        },
    ),
    Quiz(
        name="pooling-channels-out",
        prompt="32 pictures with 6 channels of 28×28, in a tensor of shape (32, 6, 28, 28). "
        "What shape comes out of `nn.AvgPool2d(2)`?",
        options={
            "a": "(32, 1, 14, 14)",
            "b": "(32, 3, 14, 14)",
            "c": "(32, 6, 14, 14)",
            "d": "(32, 6, 27, 27)",
        },
        correct="c",
        why={
            "a": "This adds the channels up, as a convolution does. Pooling keeps them apart.",
            "b": "The window covers height and width; channels are not pooled.",
            "c": "Every channel by itself, and height and width halved.",
            "d": "This is a stride of 1. The default stride is the window, here 2.",
        },
    ),
    Quiz(
        name="pooling-average-corner",
        prompt="A 2×2 picture of ones goes through `nn.AvgPool2d(2, stride=1, padding=1)`. "
        "What stands in the corner of the output?",
        options={"a": "1", "b": "1/2", "c": "1/4", "d": "0"},
        correct="c",
        why={
            "a": "This is `count_include_pad=False`: divide by the number of real pixels.",
            "b": "This stands beside the corner, where two of the four places are real.",
            "c": "The corner window holds one real pixel and three zeros, and all four count.",
            "d": "The window holds one real pixel, a 1, so its average is above 0.",
        },
    ),
    Quiz(
        name="pooling-overlap-size",
        prompt="A 28×28 map goes through `nn.MaxPool2d(3, stride=2)`. How large is the output?",
        options={"a": "9×9", "b": "13×13", "c": "14×14", "d": "26×26"},
        correct="b",
        why={
            "a": "This is the default stride of 3. Here it is set to 2.",
            "b": "⌊(28 − 3)/2⌋ + 1 = 12 + 1 = 13.",
            "c": "28/2 would need a padding of 1, or `ceil_mode=True`.",
            "d": "This is a stride of 1.",
        },
    ),
    Quiz(
        name="pooling-identity",
        prompt="Let f be max pooling. Which statement holds for *all* pictures X and Y?",
        options={
            "a": "f(X + Y) = f(X) + f(Y)",
            "b": "f(3X) = 3 f(X)",
            "c": "f(−X) = −f(X)",
            "d": "f(X · Y) = f(X) · f(Y), element by element",
        },
        correct="b",
        why={
            "a": "X = 0 1 and Y = 1 0 refute it: the maximum of the sum is 1, "
            "the sum of the maxima is 2.",
            "b": "A positive factor changes no order, so the winner stays the winner.",
            "c": "A change of sign turns the order around: X = 0 1 gives 0 on the left, "
            "and −1 on the right.",
            "d": "X = 0 1 and Y = 1 0 again: 0 on the left, 1 on the right.",
        },
    ),
)
