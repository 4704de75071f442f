"""Exercises of chapter *From fully connected layers to convolutions* that are answered in words."""

from d2lmini.exercises.spec import Discussion, Quiz

PIXEL_LAYER = Quiz(
    name="invariance-pixel-layer",
    id="E1",
    points=1,
    prompt="A convolution layer with several channels and Δ = 0. What does it do?",
    options={
        "a": "Each unit sees the whole picture: the kernel is as large as the picture.",
        "b": "At each pixel one and the same fully connected layer acts on the channels.",
        "c": "Each channel is multiplied by a weight of its own, and channels never meet.",
        "d": "It is a fully connected layer on the flattened picture.",
    },
    correct="b",
    why={
        "a": "That is the other extreme. Δ says how far a unit looks beyond its own pixel, and "
        "here it does not.",
        "b": "The sums over a and b have one term left, the sum over the channels stays: at each "
        "pixel a matrix times a column of channels, plus a bias. Neighbours are never seen.",
        "c": "The sum over c is still there: every output channel adds up all input channels.",
        "d": "Then each pixel would have weights of its own and would see all others. Here one "
        "small matrix serves all pixels.",
    },
)

WHERE_PLACE_MATTERS = Discussion(
    name="where_place_matters",
    id="E2",
    rubric=(
        "Names four problems in which the same patch means something else at another place.",
        "They are of different kinds: not four times gravity, or four times the rules of a game.",
        "Says for each what gives places their meaning. A turn or a change of size is no answer: "
        "the question is about moves.",
        "Offers a remedy: later layers that know places, coordinates as additional channels, or "
        "leaving the maximum over all places out.",
    ),
    model=(
        "*Gravity:* in a photograph taken upright, a blue patch is sky at the top and water at the "
        "bottom. *Rules:* on a chessboard the same pawn is about to become a queen on one row "
        "only. *Anatomy:* on an X-ray picture the heart belongs on one side; on the other it is a "
        "finding. *The frame:* on a form, the same ink means a date in one box and a sum in "
        "another; a loop at the top of a digit makes a nine, at the bottom a six.\n\n"
        "In all four, a kernel that is shared by all places, followed by a maximum, gives one "
        "answer to two different things. What helps is to keep the place: hand the map, and not "
        "its maximum, to a fully connected layer, or give the network two more channels that hold "
        "the row and the column of each pixel."
    ),
)

PLACE_MATTERS = Quiz(
    name="invariance-place-matters",
    id="E2",
    points=1,
    prompt="A network shares its kernels over all places and keeps only the largest answer of "
    "each map. Which task is out of its reach, however many pictures it sees?",
    options={
        "a": "Is there a cat in the picture?",
        "b": "Which of the three lamps of a traffic light is lit, in a grey picture?",
        "c": "Does the arrow point up or down?",
        "d": "None: what matters does not depend on where it is.",
    },
    correct="b",
    why={
        "a": "A cat is a cat wherever it sits: for this the assumption is made.",
        "b": "Without colour a lit lamp is the same bright disc three times. Only its place says "
        "which one it is, and the maximum has thrown the place away.",
        "c": "A turned arrow is not a moved arrow but another pattern. A kernel of its own finds "
        "it, wherever it is.",
        "d": "Often so, and not always: sky and ground, boards, forms, left and right in medicine.",
    },
)

BORDER_CHOICES = Discussion(
    name="border_choices",
    id="E3",
    rubric=(
        "Names giving up the border: the output shrinks with every layer, and pixels at the edge "
        "are seen by fewer windows.",
        "Names filling up with zeros, and its price: a dark frame that is not in the picture and "
        "tells the layer where the border is.",
        "Names one way to fill up from the picture itself (reflect, replicate, circular), and its "
        "price: things that are not there, or neighbours that are none.",
    ),
    model=(
        "*Leave the border out.* Only windows that fit are used. Nothing is invented, but the "
        "output is smaller, by k − 1 in each direction and for every layer, and a corner pixel "
        "enters one window only.\n\n*Fill up with zeros.* The size stays. But the layer sees a "
        "dark frame, and its answers there tell it where the border is.\n\n*Fill up from the "
        "picture:* repeat the last pixel, reflect, or join opposite edges. Brightness stays "
        "natural; but a reflected shape, a smeared line or a neighbour from the other side is "
        "invented too."
    ),
)

EQUAL_USAGE = Quiz(
    name="invariance-equal-usage",
    id="E3",
    points=1,
    prompt="A 7×7 picture, a 3×3 kernel, stride 1. With how many zeros on each side do all pixels "
    "lie in equally many windows?",
    options={
        "a": "with 0, for every window then holds real pixels only",
        "b": "with 1: the output keeps its size, so all pixels count equally",
        "c": "with 2",
        "d": "with no padding at all",
    },
    correct="c",
    why={
        "a": "True of the windows, but a corner pixel lies in one of them and a pixel in the "
        "middle in nine.",
        "b": "One zero on each side gives 4 windows to a corner, 6 to an edge and 9 to the "
        "inside. Keeping the size is something else than treating all pixels alike.",
        "c": "k − 1 = 2: now a window can start two places before the first pixel, so each pixel "
        "is met by all nine weights. The price is an output of 9×9, larger than the picture.",
        "d": "There is one. Count the windows for two zeros per side.",
    },
)

SOUND_LAYERS = Discussion(
    name="sound_layers",
    id="E4",
    rubric=(
        "Gives the shapes: input (channels, time), a kernel that slides along time alone and spans "
        "all channels, output (channels, time).",
        "Says what the assumptions mean for sound: an event sounds the same whenever it happens, "
        "and near moments belong together.",
        "Gives the reason for long kernels, stride or dilation: thousands of samples a second, so "
        "a few neighbouring samples cover next to no time.",
        "Spectrogram: a move along time is harmless, a move along frequency is not, because it "
        "changes the pitch, and with it what is heard.",
    ),
    model=(
        "A recording has the shape (channels, time), one channel for mono and two for stereo. A "
        "kernel has the shape (channels, length) and slides along time; each kernel gives one "
        "channel of the output. Weight sharing says that a click is a click whenever it comes; "
        "locality says that what belongs together lies close in time.\n\nWith 16,000 samples a "
        "second, three neighbours cover a fifth of a thousandth of a second, less than one wave of "
        "any voice. Hence long kernels; or a stride, which passes fewer samples on; or dilation, "
        "which covers more time with the same number of weights.\n\nIn a spectrogram a move along "
        "time means earlier or later: harmless. A move along frequency means higher or lower: it "
        "turns one note into another and a man's voice into something odd, since the overtones of "
        "a tone do not move by equal steps. Low and high frequencies may well need kernels of "
        "their own."
    ),
)

TEXT_LAYERS = Discussion(
    name="text_layers",
    id="E5",
    rubric=(
        "The kernel slides along the words only; the numbers of a word vector are channels, which "
        "it spans.",
        "One output sees a few neighbouring words and can detect a phrase, wherever it stands in "
        "the sentence.",
        "Locality fails: words far apart can belong together (a pronoun and its noun, *not* and "
        "what it denies).",
        "Sharing fails, or loses something: order matters across windows, and the maximum over all "
        "places forgets it.",
    ),
    model=(
        "Yes, within limits. Lay the word vectors side by side as a tensor (channels, words). The "
        "kernel slides along the words and spans all channels: neighbouring numbers of a word "
        "vector have no meaning, so sliding along them makes no sense. One output sees a few words "
        "and can learn to find a phrase, such as *not good*, wherever it stands. Such layers are "
        "fast, and do well at telling what a text is about or whether it praises.\n\nLanguage "
        "breaks both assumptions. A pronoun may refer to a noun a page earlier, beyond every "
        "kernel. And the place matters: who comes before the verb did it. Sentences also differ "
        "in length, so something must bring the outputs together, and a maximum over all places "
        "forgets in which order the phrases stood. Deeper layers and dilation help; layers that "
        "let every word look at every other do more."
    ),
)

COMMUTES_PROOF = Discussion(
    name="convolution_commutes",
    id="E6",
    rubric=(
        "Substitutes a′ = i − a and b′ = j − b in the double sum.",
        "Says that a′ and b′ run over all integers, each once, when a and b do.",
        "Says where finite support is used: the sums have finitely many terms, so their order does "
        "not matter.",
    ),
    model=(
        "Fix i and j. The sum of f[a, b] · g[i − a, j − b] runs over all integers a and b. Only "
        "finitely many terms are not zero, because f is zero at all but finitely many places; so "
        "the sum exists and its terms may be taken in any order. Put a′ = i − a and b′ = j − b. "
        "As a runs over all integers, a′ does too, meeting each exactly once, only backwards; the "
        "same for b′. Since a = i − a′ and b = j − b′, the sum becomes the sum of "
        "g[a′, b′] · f[i − a′, j − b′] over all integers, and that is (g * f) at the place i, j."
    ),
)

NOT_COMMUTING = Quiz(
    name="invariance-not-commuting",
    id="E6",
    points=1,
    prompt="Cross-correlation at all places where two rows overlap at all. Which pair shows that "
    "it does not commute?",
    options={
        "a": "1 2 and 1 2",
        "b": "1 2 and 2 1",
        "c": "1 2 and 3 6",
        "d": "none: the order of a sum does not matter",
    },
    correct="b",
    why={
        "a": "Exchanging equal rows changes nothing: 2 5 2 both times.",
        "b": "One way 1 4 4, the other way 4 4 1: exchanging the two turns the answer round.",
        "c": "The second row is three times the first, so both ways give 6 15 6.",
        "d": "Within one place it does not. But exchanging the rows moves the terms to other "
        "places: the answer is read backwards.",
    },
)

LARGEST_SCORE = Quiz(
    name="invariance-largest-score",
    id="X11",
    points=1,
    prompt="Each score is divided by the length of the window and by the length of the kernel. "
    "What is the largest possible value, and which windows reach it?",
    options={
        "a": "25, and only the cross reaches it",
        "b": "1, and only the cross itself reaches it",
        "c": "1, for every positive multiple of the cross, however faint",
        "d": "There is no largest value: a brighter window scores more.",
    },
    correct="c",
    why={
        "a": "25 is the score before the division: the cross has the squared length 25.",
        "b": "The value is right. But half the cross has half the length and half the score, so it "
        "reaches 1 as well.",
        "c": "The score is the cosine of the angle between two vectors: 1 if they point in the "
        "same direction, less otherwise. Length, and so brightness, no longer counts.",
        "d": "So it was before. Now a brighter window is divided by a greater length.",
    },
)
