"""What an exercise is, written down once: plain records, no behaviour."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Quiz:
    """A question with one right option, and a sentence for every option.

    Args:
        name: key of the quiz, ``chapter-topic`` in lower case: letters, digits, hyphens.
        prompt: the question. In all texts `` `code` `` and ``*emphasis*`` are allowed, and
            formulas are written in Unicode (``m = ⌊(n + P − k)/s⌋ + 1``), never in LaTeX.
        options: key (``"a"``, ``"b"``, …) to text, in the order shown; two to six.
        correct: key of the right option.
        why: for every option why it is right or wrong; never only "wrong".
        points: 0 for a question of a chapter; more when it is graded.
        id: number of the exercise in the course's list (``"E25"``), or "".

    Raises:
        ValueError: a name, an option or an explanation is missing or does not fit.

    >>> Quiz("demo", "1 + 1?", {"a": "2", "b": "11"}, "a", {"a": "A sum.", "b": "Joined."}).points
    0
    """

    name: str
    prompt: str
    options: dict[str, str]
    correct: str
    why: dict[str, str]
    points: int = 0
    id: str = ""

    def __post_init__(self) -> None:
        if problem := self._problem():
            raise ValueError(f"quiz {self.name!r}: {problem}")

    def _problem(self) -> str | None:
        keys = list(self.options)
        plain = self.name.isascii() and self.name.replace("-", "").isalnum()
        if not plain or self.name != self.name.lower():
            return "the name must hold lower-case letters, digits and hyphens only"
        if keys != list("abcdef"[: len(keys)]) or len(keys) < 2:
            return f"the options must be a, b, … (2 to 6 of them), got {keys}"
        if self.correct not in self.options:
            return f"correct is {self.correct!r}, the options are {keys}"
        if list(self.why) != keys:
            return f"why must explain the options {keys} in order, got {list(self.why)}"
        texts = [self.prompt, *self.options.values(), *self.why.values()]
        if not all(text.strip() for text in texts):
            return "a text is empty"
        return None if self.points >= 0 else f"points must be at least 0, got {self.points}"
