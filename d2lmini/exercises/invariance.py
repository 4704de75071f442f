"""Questions of chapter *From fully connected layers to convolutions*."""

from d2lmini.exercises.spec import Quiz

QUIZZES = (
    Quiz(
        name="invariance-opening",
        prompt="1,000 units, fully connected with a million pixels, in float32:",
        options={
            "a": "about a million weights, 4 MB",
            "b": "10⁹ weights, 1 GB",
            "c": "10⁹ weights, 4 GB",
            "d": "10¹² weights, 4 TB",
        },
        correct="c",
        why={
            "a": "This adds units and pixels. But *every* unit has a weight for *every* pixel, so "
            "the two numbers multiply.",
            "b": "The count is right, but a float32 number takes four bytes, not one.",
            "c": "10⁶ pixels times 10³ units, four bytes each.",
            "d": "That would be a layer with as many units as pixels.",
        },
    ),
    Quiz(
        name="invariance-shuffle",
        prompt="The perceptron is trained from scratch and tested on shuffled pictures. Compared "
        "with the same training on the pictures themselves, its accuracy",
        options={
            "a": "falls to that of guessing",
            "b": "falls clearly, but stays above guessing",
            "c": "stays the same, up to the luck of the start",
        },
        correct="c",
        why={
            "a": "*You* could no longer tell a shoe from a shirt. But the pixels are all there, "
            "always at the same new place, and that is all that a perceptron goes by.",
            "b": "This would be so if the perceptron had made use of neighbourhood before. It "
            "never knew which pixels are neighbours.",
            "c": "Shuffle the columns of the first weight matrix along, and every unit answers as "
            "before. The rest of the section shows that training cannot tell either.",
        },
    ),
    Quiz(
        name="invariance-shared",
        prompt="A dense layer from 28×28 pixels to 28×28 units has 784² = 614,656 weights. Now a "
        "weight may depend only on *where the pixel lies as seen from the unit*. How many "
        "different weights are left?",
        options={"a": "28", "b": "784", "c": "3,025", "d": "307,328"},
        correct="c",
        why={
            "a": "28 is the number of rows. A pixel may lie up to 27 rows above or below the unit, "
            "and as many columns beside it.",
            "b": "One weight for each pixel would do if all units stood at the same place. Seen "
            "from a corner the others lie on one side, seen from the opposite corner on the "
            "other: there are more offsets than pixels.",
            "c": "Along each axis the offset runs from −27 to 27. That is 55 values, and "
            "55² = 3,025.",
            "d": "This takes half, as if each pair of places shared one weight. But *all* pairs "
            "with the same offset share one.",
        },
    ),
    Quiz(
        name="invariance-peak",
        prompt="The scene moves by (3, 2), into its empty border. The peak of the score map",
        options={
            "a": "stays at (22, 49), with height 25",
            "b": "goes to (25, 51), with height 25",
            "c": "goes to (25, 51), and is lower",
            "d": "falls apart: a moved figure is a new one to the kernel",
        },
        correct="b",
        why={
            "a": "This would be invariance of the map. The map says *where*, so it has to change.",
            "b": "The windows are the same, only elsewhere: place moves along, height stays.",
            "c": "The kernel is laid on every window with the same weights. No place is worth "
            "less than another.",
            "d": "So it would be for a dense layer, which has weights of its own for each place. "
            "A kernel meets the same window again, a little further on.",
        },
    ),
    Quiz(
        name="invariance-dense-weights",
        prompt="A fully connected layer turns a 28×28 picture into a hidden picture of the same "
        "size. How many weights, without biases?",
        options={"a": "784", "b": "1,568", "c": "614,656", "d": "25"},
        correct="c",
        why={
            "a": "That is the number of inputs; each of the outputs needs as many.",
            "b": "Inputs and outputs are added here. Each pair has a weight, so they multiply.",
            "c": "784 · 784.",
            "d": "That is a convolution layer with Δ = 2.",
        },
    ),
    Quiz(
        name="invariance-which-equivariant",
        prompt="Moves lose nothing here: the border is circular, height and width are even. "
        "Which sentence is *wrong*?",
        options={
            "a": "A convolution with stride 1 is equivariant to every move.",
            "b": "Flatten and a linear layer with ten outputs are equivariant to every move.",
            "c": "The maximum over a whole feature map is invariant to every move.",
            "d": "A convolution with stride 2 is equivariant to moves by an even number of pixels.",
        },
        correct="b",
        why={
            "a": "True: the same weights at every place.",
            "b": "Ten scores have no places that could move along, and the layer has weights of "
            "its own for each pixel. It is neither equivariant nor, in general, invariant.",
            "c": "True: the values only change places, and a maximum does not ask for places.",
            "d": "True, and in general only for those: half a place does not exist.",
        },
    ),
    Quiz(
        name="invariance-delta-three",
        prompt="A kernel reaches Δ = 3 pixels in every direction. How many weights has it?",
        options={"a": "6", "b": "9", "c": "36", "d": "49"},
        correct="d",
        why={
            "a": "2Δ counts the two sides of one axis and leaves the middle out.",
            "b": "Δ² would be a kernel from 1 to Δ. It also reaches to the other side, and the "
            "middle belongs to it.",
            "c": "4Δ² forgets the middle row and the middle column.",
            "d": "From −3 to 3 there are seven places, and 7² = 49.",
        },
    ),
    Quiz(
        name="invariance-neighbours",
        prompt="What does a perceptron know, before training, about which pixels are neighbours?",
        options={
            "a": "The rows, because `Flatten` writes them one after the other",
            "b": "Nothing",
            "c": "Everything, since it is joined with all pixels",
        },
        correct="b",
        why={
            "a": "The order of its inputs means nothing to a sum. Any fixed order gives the same "
            "network.",
            "b": "Its weights start at random, each by itself. What belongs together it would "
            "have to find out from examples.",
            "c": "It is joined with all pixels, but with each one alike: no connection says that "
            "two of them lie side by side.",
        },
    ),
)
