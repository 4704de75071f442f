"""nbgrader's settings for this course; the only file of the folder that is written by hand.

`make release` writes `source/` and `release/` from the chapters. nbgrader's formgrader, started in
this folder, reads the same settings.
"""

from nbgrader.converters import GenerateAssignment
from nbgrader.preprocessors import ClearSolutions

c = get_config()  # noqa: F821 (nbgrader gives it)


class Stubs(ClearSolutions):
    """Put the cell that a student starts from in the place of its solution.

    A cell of `source/` brings it as `metadata.stub`; in other cells nbgrader's own markers work.
    """

    def preprocess_cell(self, cell, resources, cell_index):
        """Replace the solution of one cell."""
        stub = cell.metadata.pop("stub", None)
        if stub is None:
            return super().preprocess_cell(cell, resources, cell_index)
        cell.source = stub
        return cell, resources


c.CourseDirectory.course_id = "d2lmini"
c.GenerateAssignment.preprocessors = [
    Stubs if step is ClearSolutions else step
    for step in GenerateAssignment.preprocessors.default_args[0]
]
# an empty notebook must run from top to bottom, so nothing is raised
c.ClearSolutions.code_stub = {"python": "...  # your code here"}
