"""What a chapter defines in front of the reader is the code that the package imports."""

import ast
from pathlib import Path

import pytest

from tests.book.sample_book import HEADER
from tools.chapters import ROOT, read_book, read_cells

# What each chapter must develop itself. A name that goes from a chapter must go from here, seen by
# a reviewer; names beyond these are compared as soon as the package has them too.
EXPECTED = {
    "invariance": {"shuffled", "hidden_glyph"},
    "correlation": {"corr2d", "corr2d_windows", "pair", "Conv2D", "edge_image", "learn"},
    "padding-and-stride": {"out_size", "pad2d", "comp_conv2d", "pixel_usage"},
    "channels": {"corr2d_multi_in", "corr2d_multi_in_out", "conv1x1", "linear_per_pixel"},
    "pooling": {"pool2d", "shift_test"},
    "lenet": {"LeNet", "make_mlp", "layer_summary", "activations"},
    "mistakes": set(),  # its cells use what the chapters define
}
# The modules that chapters teach; what stands elsewhere (searching for files, drawing) may
# share a name with a chapter's own small helper.
TAUGHT = ("ops", "scenes", "layers", "nets", "data", "train")
Definition = ast.FunctionDef | ast.ClassDef


def core(node: ast.AST) -> str:
    """Return what a reader must see unchanged: no docstring, types or leading argument checks."""

    class Strip(ast.NodeTransformer):
        def visit_FunctionDef(self, function):
            self.generic_visit(function)
            function.returns = None
            arguments = function.args
            every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
            for argument in [*every, arguments.vararg, arguments.kwarg]:
                if argument:
                    argument.annotation = None
            function.body = body(function.body)
            return function

        def visit_ClassDef(self, cls):
            self.generic_visit(cls)
            cls.body = body(cls.body)
            return cls

        def visit_AnnAssign(self, node):
            return ast.Assign([node.target], node.value, lineno=0) if node.value else None

    def body(statements):
        first = statements[0]
        if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
            statements = statements[1:]
        while statements and is_check(statements[0]):
            statements = statements[1:]
        return statements or [ast.Pass()]

    return ast.dump(Strip().visit(node))


def is_check(statement: ast.stmt) -> bool:
    """Say whether a statement only refuses bad arguments."""
    if not isinstance(statement, ast.If) or statement.orelse:
        return False
    return all(isinstance(inner, ast.Raise) for inner in statement.body)


def definitions(tree: ast.Module) -> list[Definition]:
    """Return the functions and classes at top level."""
    return [node for node in tree.body if isinstance(node, Definition)]


def in_package(package: Path) -> dict[str, Definition]:
    """Return the public definitions of the taught modules, by name; no two modules share one."""
    found: dict[str, Definition] = {}
    for path in (package / f"{name}.py" for name in TAUGHT):
        for node in definitions(ast.parse(path.read_text(encoding="utf-8"))):
            if not node.name.startswith("_"):
                assert node.name not in found, f"{node.name} is defined twice, again in {path.name}"
                found[node.name] = node
    return found


OWN = {"variant", "exercise", "solution"}  # tags of cells that may define something else


def in_chapter(path: Path) -> dict[str, tuple[Definition, int]]:
    """Return what a chapter's cells define, without variants, stubs and solutions."""
    found = {}
    for cell in read_cells(path):
        if cell.kind == "code" and not OWN & set(cell.tags):
            code = "\n".join(
                "" if row.lstrip().startswith("%") else row for row in cell.source.split("\n")
            )
            for node in definitions(ast.parse(code)):
                found[node.name] = (node, cell.line + node.lineno - 1)
    return found


def compare(path: Path, package: dict[str, Definition]) -> tuple[set[str], list[str]]:
    """Return the names that were compared and, in sentences, those that parted."""
    shared = {name: found for name, found in in_chapter(path).items() if name in package}
    parted = [
        f"chapters/{path.name}:{line}: {name} is not the code that d2lmini has"
        for name, (node, line) in shared.items()
        if core(node) != core(package[name])
    ]
    return set(shared), parted


@pytest.mark.parametrize("name", [path.stem for path in read_book().chapters()])
def test_a_chapter_shows_the_code_that_is_imported(name):
    compared, parted = compare(ROOT / "chapters" / f"{name}.md", in_package(ROOT / "d2lmini"))
    assert parted == []
    missing = EXPECTED.get(name, set()) - compared
    assert not missing, f"{name}.md must define {sorted(missing)}, and so must d2lmini"
    assert name in EXPECTED, f"say in EXPECTED what {name}.md defines"


PACKAGE = '''
class Box(Base):
    """Hold a size.

    >>> Box(3)
    """

    size: int = 3

    def grow(self, by: int = 1, *, twice: bool = False) -> int:
        """Return more."""
        if by < 0:
            raise ValueError("by must be at least 0")
        if twice:
            raise ValueError("no")
        return self.size + by + 1
'''
SHOWN = """
class Box(Base):
    size = 3
    def grow(self, by=1, *, twice=False):
        return (self.size + by
                + 1)
"""


def sample(tmp_path: Path, code: str, tags: str = "") -> Path:
    path = tmp_path / "sample.md"
    path.write_text(f"{HEADER}# T\n\n```{{code-cell}} ipython3\n{tags}{code}\n```\n")
    return path


def test_docstrings_types_checks_and_layout_may_differ(tmp_path):
    package = {"Box": definitions(ast.parse(PACKAGE))[0]}
    assert compare(sample(tmp_path, SHOWN), package) == ({"Box"}, [])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("+ 1", "+ 2"),
        ("by=1", "by=2"),
        ("size = 3", "size = 4"),
        ("grow", "expand"),
        ("Base", "Other"),
    ],
)
def test_a_definition_that_parts_from_the_package_is_found(tmp_path, old, new):
    package = {"Box": definitions(ast.parse(PACKAGE))[0]}
    _, parted = compare(sample(tmp_path, SHOWN.replace(old, new, 1)), package)
    assert parted == ["chapters/sample.md:10: Box is not the code that d2lmini has"]


def test_a_check_inside_the_body_is_no_argument_check(tmp_path):
    package = {
        "f": definitions(ast.parse("def f(x):\n    y = 2 * x\n    if y: raise E\n    return y"))[0]
    }
    _, parted = compare(sample(tmp_path, "def f(x):\n    y = 2 * x\n    return y"), package)
    assert len(parted) == 1


def test_a_variant_is_not_compared(tmp_path):
    package = {"Box": definitions(ast.parse(PACKAGE))[0]}
    path = sample(tmp_path, SHOWN.replace("+ 1", "+ 2"), ":tags: [variant]\n")
    assert compare(path, package) == (set(), [])
