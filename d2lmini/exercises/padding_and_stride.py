"""Questions of chapter *Padding and stride*."""

from d2lmini.exercises.spec import Quiz

QUIZZES = (
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
)
