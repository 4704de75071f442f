"""Questions and tasks of the course, one record each; ``quiz`` shows a question.

Each chapter has a module of its name here (``padding_and_stride`` for ``padding-and-stride``)
that holds its questions as the tuple ``QUIZZES``.
"""

from d2lmini.exercises.quizzes import QuizBox, find, quiz
from d2lmini.exercises.spec import Quiz

__all__ = ["Quiz", "QuizBox", "find", "quiz"]
