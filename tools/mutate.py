"""Change every operator and constant of a module in turn and see whether a test turns red.

    python tools/mutate.py ops layers scenes            # all mutants; the survivors are listed
    python tools/mutate.py ops --only corr2d,out_size   # of these definitions alone

The tests are collected once. Each mutant is a forked copy of that process whose functions got the
changed code, so a run takes minutes. POSIX only. Run it after a change to what a chapter teaches.
"""

import argparse
import ast
import inspect
import os
import signal
import sys
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import pytest
from _pytest.runner import runtestprotocol

ROOT = Path(__file__).resolve().parent.parent
SECONDS = 120  # a mutant that runs longer, say in an endless loop, counts as found
COMPARE = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
BINARY = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult, ast.Mod: ast.Mult, ast.Pow: ast.Mult, ast.MatMult: ast.Mult,
}  # fmt: skip


@dataclass(frozen=True)
class Mutant:
    """One change of one node: the definition it is in, its line, what was changed, the module."""

    owner: str
    line: int
    change: str
    code: str


def changes(node: ast.AST) -> Iterator[tuple[str, Callable[[ast.AST], None]]]:
    """Yield ``(what, how)`` for each way to change this node."""
    match node:
        case ast.Compare():
            for i, op in enumerate(node.ops):
                new = COMPARE[type(op)]

                def swap(n, i=i, new=new):
                    n.ops[i] = new()

                yield f"{type(op).__name__} → {new.__name__}", swap
        case ast.BinOp() | ast.AugAssign() if type(node.op) in BINARY:
            new = BINARY[type(node.op)]
            yield f"{type(node.op).__name__} → {new.__name__}", lambda n: setattr(n, "op", new())
        case ast.BoolOp():
            other = ast.Or if isinstance(node.op, ast.And) else ast.And
            yield f"→ {other.__name__}", lambda n: setattr(n, "op", other())
        case ast.UnaryOp(op=ast.USub()):
            yield "sign dropped", lambda n: setattr(n, "op", ast.UAdd())
        case ast.UnaryOp(op=ast.Not()):
            yield "not dropped", lambda n: setattr(n, "operand", ast.UnaryOp(ast.Not(), n.operand))
        case ast.If() | ast.IfExp():
            for value in (True, False):
                constant = ast.Constant(value)
                if value and any(isinstance(n, ast.NamedExpr) for n in ast.walk(node.test)):
                    continue  # the body would use a name that is not there
                yield f"if {value}", lambda n, c=constant: setattr(n, "test", c)
        case ast.Constant(value=bool()):
            yield f"→ {not node.value}", lambda n: setattr(n, "value", not n.value)
        case ast.Constant(value=int() | float()):
            for by in (1, -1):
                yield f"{by:+d}", lambda n, by=by: setattr(n, "value", n.value + by)
        case ast.Constant(value=str()) if node.value.strip():
            yield "text changed", lambda n: setattr(n, "value", n.value + "X")


def left_alone(tree: ast.AST) -> set[int]:
    """Return the ids of nodes that compute nothing: docstrings and annotations."""
    found: set[int] = set()
    for node in ast.walk(tree):
        for name in ("annotation", "returns"):
            if part := getattr(node, name, None):
                found |= {id(inner) for inner in ast.walk(part)}
        body = getattr(node, "body", None)
        if isinstance(body, list) and body and isinstance(body[0], ast.Expr):
            found.add(id(body[0].value))
        if isinstance(node, ast.JoinedStr):  # a text is changed whole, not its format
            found |= {id(part.format_spec) for part in node.values if hasattr(part, "format_spec")}
    return found


def mutants(source: str) -> Iterator[Mutant]:
    """Yield every mutant of a module's source."""
    tree = ast.parse(source)
    skip = left_alone(tree)
    owners = {
        id(inner): top.name
        for top in tree.body
        if isinstance(top, ast.FunctionDef | ast.ClassDef)
        for inner in ast.walk(top)
    }
    for index, node in enumerate(ast.walk(tree)):
        if id(node) in skip:
            continue
        for what, how in changes(node):
            changed = ast.parse(source)
            how(list(ast.walk(changed))[index])
            before = ast.unparse(node).split("\n")[0][:60]
            code = ast.unparse(ast.fix_missing_locations(changed))
            yield Mutant(owners.get(id(node), ""), node.lineno, f"{before}: {what}", code)


def patch(module: types.ModuleType, code: str) -> None:
    """Give the functions, methods and constants of a loaded module what `code` defines."""
    new = types.ModuleType(module.__name__)
    sys.modules[module.__name__] = new  # dataclasses look their module up
    exec(compile(code, module.__file__ or "", "exec"), new.__dict__)
    sys.modules[module.__name__] = module
    for name, value in vars(new).items():
        old = vars(module).get(name)
        if isinstance(value, types.FunctionType) and value.__globals__ is vars(new):
            take(old, value)
        elif isinstance(value, type) and value.__module__ == module.__name__:
            for method, body in vars(value).items():
                if isinstance(body, types.FunctionType) and body.__globals__ is vars(new):
                    take(vars(old)[method], body)
        elif isinstance(value, dict) and not name.startswith("__"):
            old.clear()
            old.update(value)
        elif isinstance(value, int | float | str | tuple) and not name.startswith("__"):
            setattr(module, name, value)


def take(old: types.FunctionType, new: types.FunctionType) -> None:
    """Let a function that others have imported already behave as another one."""
    old.__code__ = new.__code__
    old.__defaults__, old.__kwdefaults__ = new.__defaults__, new.__kwdefaults__


class Loop:
    """A pytest plugin: in place of one run of the tests, one for each mutant."""

    def __init__(self, names: list[str], only: set[str]) -> None:
        self.modules = [import_module(f"d2lmini.{name}") for name in names]
        self.only = only
        self.total = 0
        self.survivors: list[str] = []

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        for module in self.modules:
            source = Path(module.__file__ or "").read_text(encoding="utf-8")
            for mutant in mutants(source):
                if self.only and mutant.owner not in self.only:
                    continue
                self.total += 1
                if self.survives(session.items, module, mutant):
                    where = f"{module.__name__}.{mutant.owner}:{mutant.line}"
                    self.survivors.append(f"{where}  {mutant.change}")
                    print(f"\nsurvives: {self.survivors[-1]}", flush=True)
        return True

    def survives(self, items: list, module: types.ModuleType, mutant: Mutant) -> bool:
        """Run the tests on a mutant in a process of its own, the likeliest first."""
        sys.stdout.flush()
        child = os.fork()
        if child:
            return os.waitpid(child, 0)[1] == 0
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1)
        os.dup2(quiet, 2)
        signal.alarm(SECONDS)
        try:
            patch(module, mutant.code)
            os._exit(int(any(red(item) for item in sorted(items, key=rank(mutant.owner)))))
        except BaseException:
            os._exit(2)


def rank(owner: str) -> Callable[[pytest.Item], int]:
    """Return a key that puts tests first which name the definition."""

    def key(item: pytest.Item) -> int:
        function = getattr(item, "function", None)
        text = item.nodeid + (inspect.getsource(function) if function else "")
        return -text.count(owner)

    return key


def red(item: pytest.Item) -> bool:
    """Run one test and say whether it failed."""
    return any(report.failed for report in runtestprotocol(item, log=False, nextitem=None))


def main(argv: list[str]) -> int:
    """Run the mutants and print the share that was found; 1 when less than 95 %."""
    parser = argparse.ArgumentParser(description="Change each operator; see whether a test fails.")
    parser.add_argument("modules", nargs="+", help="modules of d2lmini, such as ops")
    parser.add_argument("--only", default="", help="definitions, separated by commas")
    args = parser.parse_args(argv)
    tests = [path for name in args.modules for path in sorted(ROOT.glob(f"tests/test_{name}*.py"))]
    tests += [ROOT / "tests/test_out_size.py"] if "ops" in args.modules else []
    doctests = [ROOT / f"d2lmini/{name}.py" for name in args.modules]
    loop = Loop(args.modules, set(filter(None, args.only.split(","))))
    options = ["-q", "-s", "-p", "no:cacheprovider", "--doctest-modules", "--rootdir", str(ROOT)]
    code = pytest.main([*options, *map(str, {*tests, *doctests})], plugins=[loop])
    if code not in (0, 5) or not loop.total:
        print("no mutant was tried: do the tests run?")
        return 2
    found = loop.total - len(loop.survivors)
    print(f"\n{found} of {loop.total} mutants found: {100 * found / loop.total:.1f} %")
    return int(found < 0.95 * loop.total)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
