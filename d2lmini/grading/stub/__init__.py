"""What ``d2lmini.exercises`` is inside the sandbox: the same calls, and nothing to find."""

from typing import Any


def check(*args: Any, **kwargs: Any) -> None:
    """Do nothing: the judge sits outside."""


def quiz(*args: Any, **kwargs: Any) -> None:
    """Do nothing: the questions are not here."""


def discussion(*args: Any, **kwargs: Any) -> None:
    """Do nothing: the answers are not here."""
