"""Questions of chapter *Padding and stride*: first those of the text, then the graded ones."""

from d2lmini.exercises.spec import Discussion, Quiz

QUIZZES = (
    Quiz(
        name="padding-opening",
        prompt="How large is the picture at the top, and which share of the 240×240 is gone?",
        options={
            "a": "240×240, nothing is gone",
            "b": "220×220, 16.0 % is gone",
            "c": "200×200, 30.6 % is gone",
            "d": "190×190, 37.3 % is gone",
        },
        correct="c",
        why={
            "a": "A window must fit inside the picture, so it has fewer places to start than "
            "there are pixels. The size stays only if somebody adds a border.",
            "b": "That takes two rows from each layer: the half of the kernel that hangs over one "
            "side. It hangs over both sides.",
            "c": "Each layer takes four rows and four columns, ten layers take forty.",
            "d": "That takes five rows from each layer. A window of five covers its own first "
            "row, so only four starts are lost.",
        },
    ),
    Quiz(
        name="padding-unread",
        prompt="A 3×3 kernel slides over a 6×6 picture, two places at a time, without padding. "
        "How large is the output, and is every column read?",
        options={
            "a": "3×3, and every column is read",
            "b": "2×2, and every column is read",
            "c": "2×2, and the last column is not read",
            "d": "4×4, and every column is read",
        },
        correct="c",
        why={
            "a": "Six places divided by a step of two. But the third window would start at place "
            "4, counted from 0, and its last column would lie at place 6. There is no place 6.",
            "b": "Two windows of three columns would cover all six if they stood side by side. "
            "They overlap: the second one starts at place 2 and ends at place 4.",
            "c": "The windows start at places 0 and 2. The second one ends at place 4, and a step "
            "further would leave the picture. Nobody reads place 5.",
            "d": "This is the output for a step of one.",
        },
    ),
    Quiz(
        name="padding-corner",
        prompt="In how many windows does a corner pixel lie, and in how many a pixel in the "
        "middle?",
        options={"a": "9 and 9", "b": "1 and 9", "c": "4 and 9", "d": "1 and 36"},
        correct="b",
        why={
            "a": "The kernel has nine weights, and in the middle each of them meets the pixel "
            "once. At the corner eight of them would need a window that hangs over the edge.",
            "b": "Only the very first window holds the corner. A pixel in the middle meets each "
            "of the nine weights once.",
            "c": "Four windows would hold the corner if they could start one place outside the "
            "picture. Without padding they cannot.",
            "d": "There are 36 windows in all, but a pixel lies only in those that start at most "
            "two places before it: three times three.",
        },
    ),
    Quiz(
        name="padding-alias",
        prompt="A signal swings 1, −1, 1, −1, … You keep every second sample. What is left?",
        options={
            "a": "The same swing, half as fast",
            "b": "A constant",
            "c": "Zero everywhere, since the swings cancel",
            "d": "The same swing, half as high",
        },
        correct="b",
        why={
            "a": "A slow swing would look like that. This one is back at its start after two "
            "samples, so each sample that we keep has the same value.",
            "b": "Every second sample is the same 1. The fastest wave has become the slowest.",
            "c": "They would cancel if neighbours were averaged. Here nothing is averaged: a "
            "stride skips.",
            "d": "Skipping changes no value; it only leaves values out.",
        },
    ),
    Quiz(
        name="padding-same-size",
        prompt="A 28×28 picture, k = 5, `padding=2`, stride 1. How large is the output?",
        options={"a": "24×24", "b": "26×26", "c": "28×28", "d": "30×30"},
        correct="c",
        why={
            "a": "This leaves the padding out.",
            "b": "This counts the padding on one side only; `padding` is per side.",
            "c": "P = 4 = k − 1, so the size stays.",
            "d": "This adds the four but takes only two away; the kernel costs k − 1.",
        },
    ),
    Quiz(
        name="padding-none",
        prompt="A 28×28 picture, k = 5, stride 1, no padding. How large is the output?",
        options={"a": "23×23", "b": "24×24", "c": "26×26", "d": "28×28"},
        correct="b",
        why={
            "a": "This is 28 − 5: it forgets the one for the first window.",
            "b": "28 − 5 + 1 = 24.",
            "c": "This takes half of the kernel away on one side only.",
            "d": "This would need padding.",
        },
    ),
    Quiz(
        name="padding-stride-four",
        prompt="A 224×224 picture, k = 11, `stride=4`, `padding=1`. How large is the output?",
        options={"a": "53×53", "b": "54×54", "c": "55×55", "d": "56×56"},
        correct="b",
        why={
            "a": "This counts the steps and forgets the one for the first window.",
            "b": "⌊(224 + 2 − 11)/4⌋ + 1 = ⌊53.75⌋ + 1 = 54.",
            "c": "This rounds up *and* adds one.",
            "d": "This is 224/4, which needs more padding than this.",
        },
    ),
    Quiz(
        name="padding-even-kernel",
        prompt='`nn.Conv2d(1, 1, kernel_size=4, padding="same")`: where do the three rows of '
        "zeros go?",
        options={
            "a": "two on top, one at the bottom",
            "b": "one on top, two at the bottom",
            "c": "one and a half each",
            "d": "all three at the bottom",
        },
        correct="b",
        why={
            "a": "This is the convention of many books, and not what PyTorch does.",
            "b": "PyTorch gives the larger share to the bottom and the right.",
            "c": "This cannot be: rows come whole.",
            "d": "This would shift the picture by more than a pixel.",
        },
    ),
    Quiz(
        name="padding-cost",
        prompt="A 28×28 picture, k = 5, stride 1. You double the padding from 2 to 4 per side. "
        "What happens to the number of multiplications?",
        options={
            "a": "It stays the same",
            "b": "It grows by about 31 %",
            "c": "It doubles",
            "d": "It grows fourfold",
        },
        correct="b",
        why={
            "a": "That holds for the weights: there are 25 before and after.",
            "b": "The cost is k² for each output, and the output grows from 28×28 to 32×32: 1.31 "
            "times as many.",
            "c": "This takes the padding for the picture: only the border grew.",
            "d": "This takes the padding for the picture, and doubles it in both directions: only "
            "the border grew.",
        },
    ),
)

ALIAS = Quiz(
    name="padding-folded-tone",
    id="E19",
    points=1,
    prompt="A recording has 8,000 samples for each second. A tone in it swings 3,000 times a "
    "second. You keep every second sample and play the result at 4,000 samples a second. How "
    "often does the tone that you hear swing?",
    options={
        "a": "3,000 times a second",
        "b": "1,500 times a second",
        "c": "1,000 times a second",
        "d": "not at all: it is too high, so it is gone",
    },
    correct="c",
    why={
        "a": "4,000 samples a second carry 2,000 swings at most: a swing takes two samples, one up "
        "and one down.",
        "b": "Half as many samples do not make half the tone: at 4,000 samples a second the result "
        "takes as long to play as the recording did.",
        "c": "It is folded at 2,000: as far as it lay above, it comes out below. 4,000 − 3,000 = "
        "1,000, and no later layer can tell it from a true tone of 1,000.",
        "d": "If only it were. What is too fast does not vanish, it returns in disguise. To be rid "
        "of it, smooth before you skip.",
    },
)

SOUND = Discussion(
    name="stride_on_sound",
    id="E19",
    rubric=(
        "says that half as many frames are left.",
        "says that the highest pitch that can be represented is halved too.",
        "says that a tone above that limit comes out as a lower one (aliasing).",
        "asks for smoothing, a low-pass, before the stride.",
    ),
    model="A stride of 2 keeps every second frame, so there are half as many. A swing takes at "
    "least two samples, so the highest pitch that can be represented is half as high as before.\n\n"
    "A tone just above that limit is not lost: it is folded down, as cos πt became a constant, and "
    "comes out as a tone just below it. Afterwards nobody can tell the two apart. So take out what "
    "is too fast before you skip: average neighbours with a smoothing kernel, then stride.\n\n"
    "That the result sounds twice as fast is true only if one plays it at the old rate.",
)

SAVES = Quiz(
    name="padding-stride-saves",
    id="E20",
    points=1,
    prompt="A 224×224 picture, k = 3, p = 1. The stride goes from 1 to 2. By which factors do "
    "multiplications, memory for the output and number of weights change?",
    options={"a": "1/2, 1/2, 1", "b": "1/4, 1/4, 1", "c": "1/4, 1/4, 1/4", "d": "1/4, 1/2, 1"},
    correct="b",
    why={
        "a": "Half as many rows *and* half as many columns. In one dimension it would be 1/2.",
        "b": "112×112 outputs instead of 224×224, each with 9 products as before; the kernel does "
        "not know how far it is moved.",
        "c": "The kernel has 3×3 weights at any stride.",
        "d": "Every output is one sum of products and one number to store: both shrink alike.",
    },
)

STRIDES = Quiz(
    name="padding-stride-pair",
    id="E20",
    points=1,
    prompt="And for strides (s_h, s_w) in general: about what part of the multiplications is left?",
    options={"a": "1/(s_h + s_w)", "b": "1/(s_h·s_w)", "c": "1/max(s_h, s_w)", "d": "1/(s_h·s_w)²"},
    correct="b",
    why={
        "a": "Rows and columns are thinned out one after the other: the two factors multiply.",
        "b": "1/s_h of the rows, and in each of them 1/s_w of the columns. Exactly so when both "
        "divide; else the floor makes it a little different.",
        "c": "Thinning the rows leaves all columns in the rows that stay.",
        "d": "Each stride counts once: it belongs to one axis.",
    },
)

GAIN = Discussion(
    name="stride_gain_and_loss",
    id="E20",
    rubric=(
        "names an advantage that is not about cost: later layers see more of the picture.",
        "names a disadvantage: fine detail is lost, it aliases, places go unread, or the layer is "
        "equivariant only to shifts by multiples of s.",
    ),
    model="An advantage: a step of 2 in this layer is a step of two input pixels for every layer "
    "after it, so their windows see more of the picture. Two 3×3 layers see 5×5 pixels, and 7×7 if "
    "the first one has stride 2.\n\n"
    "A disadvantage: three of four outputs are never computed. Fine detail is lost, fast changes "
    "come out as slow ones, and a picture moved by a single pixel gives another pattern and not "
    "the same one moved.",
)

SIDES = Quiz(
    name="padding-same-sides",
    id="X2",
    points=1,
    prompt='`padding="same"` with k = 2, 4 and 6: how many columns of zeros stand on the left and '
    "on the right?",
    options={
        "a": "0 and 1, 1 and 2, 2 and 3",
        "b": "1 and 0, 2 and 1, 3 and 2",
        "c": "1 and 1, 2 and 2, 3 and 3",
        "d": "0 and 1, 0 and 3, 0 and 5",
    },
    correct="a",
    why={
        "a": "P = k − 1 is odd; PyTorch puts the larger part behind: on the right, at the bottom.",
        "b": "So do many books, and other programs. PyTorch has the larger part on the right.",
        "c": "That is P = k, and the picture would grow by one column.",
        "d": "In all that is P = k − 1, as it must be; but only the odd one is on one side alone.",
    },
)
