"""Questions and exercises of the course: one record each, and the functions that chapters call.

Each chapter has a module of its name here (``padding_and_stride`` for ``padding-and-stride``) with
its questions as ``QUIZZES`` and its exercises, in the chapter's order, as ``EXERCISES``; a module
``…_tasks`` beside it may hold the exercises. ``quiz`` shows a question, ``check`` judges an answer,
``discussion`` shows the model answer to an open question.
"""

from d2lmini.exercises.catalogue import every_exercise, exercises_of, find, find_exercise
from d2lmini.exercises.checking import Verdict, check
from d2lmini.exercises.quizzes import QuizBox, quiz
from d2lmini.exercises.spec import Case, Code, Discussion, Quiz
from d2lmini.exercises.talking import DiscussionBox, discussion

__all__ = [
    "Case", "Code", "Discussion", "DiscussionBox", "Quiz", "QuizBox", "Verdict", "check",
    "discussion", "every_exercise", "exercises_of", "find", "find_exercise", "quiz",
]  # fmt: skip
