"""The shape of the package: who imports whom, what an import costs, where the address stands."""

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "d2lmini"
# Each module may import those before it. What is not here fails: give every module its place.
ORDER = [
    "ops",
    "scenes",
    "digits",
    "layers",
    "nets",
    "download",
    "sources",
    "data",
    "train",
    "records",
    "weights",
    "draw",
    "widgets",
    "explore",
    "explorers",
    "exercises",
    "grading",
]
HEAVY = {"torch", "numpy", "matplotlib", "ipywidgets", "anywidget", "IPython"}
MODULES = sorted(p for p in PACKAGE.rglob("*.py") if p != PACKAGE / "__init__.py")
SOURCES = [
    path
    for folder in ("d2lmini", "tools", "tests", "benchmarks", "_ext", "chapters")
    for path in sorted((ROOT / folder).rglob("*.py"))
]


def imports(tree: ast.AST, package: str = "d2lmini") -> set[str]:
    """Return the modules of the package that a module imports, wherever in it."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = (
                f"{package}.{node.module}" if node.level and node.module else node.module or package
            )
            names = [f"{base}.{alias.name}" for alias in node.names] if base == package else [base]
        else:
            continue
        found |= {name.split(".")[1] for name in names if name.startswith(f"{package}.")}
    return found


def out_of_order(modules: dict[str, str], order: list[str]) -> list[str]:
    """Say in sentences which imports go upwards; ``modules`` maps names to code."""
    problems = []
    for name, code in modules.items():
        if name not in order:
            problems.append(f"{name} has no place in the order of imports")
            continue
        allowed = set(order[: order.index(name) + 1])
        problems += [
            f"{name} imports {other}, which stands below it"
            for other in sorted(imports(ast.parse(code)) & set(order) - allowed)
        ]
    return problems


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def test_modules_import_only_from_those_above_them():
    assert len(MODULES) >= 8
    for path in MODULES:
        name = path.relative_to(PACKAGE).parts[0].removesuffix(".py")  # a folder has one place
        assert out_of_order({name: read(path)}, ORDER) == [], path.name


def test_an_import_upwards_is_found():
    upwards = {"a": "from d2lmini.b import x", "b": "", "c": ""}
    assert out_of_order(upwards, ["a", "b"]) == [
        "a imports b, which stands below it",
        "c has no place in the order of imports",
    ]
    for code in (
        "from .b import x",
        "from . import b",
        "import d2lmini.b",
        "from d2lmini import b",
    ):
        assert imports(ast.parse(f"def f():\n    {code}")) == {"b"}, code


def test_importing_the_package_is_cheap():
    code = (
        "import sys, time; start = time.perf_counter(); import d2lmini;"
        "spent = time.perf_counter() - start;"
        "import json; print(json.dumps([spent, sorted(m.split('.')[0] for m in sys.modules)]))"
    )
    runs = []
    for _ in range(5):
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT
        )
        assert done.returncode == 0, done.stderr
        runs.append(json.loads(done.stdout))
    assert min(spent for spent, _ in runs) <= 0.020, "the best of five imports takes over 20 ms"
    assert not HEAVY & set(runs[0][1])
    assert "d2lmini" in runs[0][1]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_module_imports_a_star(path):
    stars = [
        node.lineno
        for node in ast.walk(ast.parse(read(path)))
        if isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names)
    ]
    assert stars == []


READS_OR_WRITES = re.compile(
    r"\.(?:read_text|read_bytes|write_text|write_bytes|open|mkdir|unlink|urlopen|run|load|loads)$"
    r"|^(?:open|print|urlopen)$"
)


def work_at_import(tree: ast.Module) -> list[str]:
    """Return the calls at module level that read, write or print.

    Reading one of the package's own static files, ``STATIC / name``, is like importing a module.
    """

    def walk(node):
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
                continue
            if isinstance(child, ast.If) and "__main__" in ast.unparse(child.test):
                continue
            call = ast.unparse(child) if isinstance(child, ast.Call) else ""
            if re.search(r"\(STATIC / '[\w.]+'\)\.read_text", call):
                continue
            if call and READS_OR_WRITES.search(ast.unparse(child.func)):
                yield f"line {child.lineno}: {call}"
            yield from walk(child)

    return list(walk(tree))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_no_module_reads_or_writes_when_it_is_imported(path):
    assert work_at_import(ast.parse(read(path))) == []


def test_work_at_import_is_found_but_not_in_functions():
    code = "X = Path('a').read_text()\nclass A:\n    y = open('b')\ndef f():\n    print(1)"
    assert len(work_at_import(ast.parse(code))) == 2


def test_importing_every_module_touches_no_file_but_its_own(tmp_path):
    code = (
        "import sys, importlib, pathlib\n"
        "root, names = pathlib.Path(sys.argv[1]), sys.argv[2:]\n"
        "import torch, numpy, matplotlib.pyplot, ipywidgets, anywidget, tqdm.auto\n"
        "seen, data = [], ('e.gz', '.npz', 'json')\n"
        "def hook(event, args):\n"
        "    if event == 'open' and isinstance(args[0], str) and isinstance(args[1], str):\n"
        "        if any(c in args[1] for c in 'wax+') or args[0][-4:] in data:\n"
        "            seen.append(args[0])\n"
        "    if event in ('socket.connect', 'subprocess.Popen'):\n"
        "        seen.append(event)\n"
        "sys.addaudithook(hook)\n"
        "for name in names: importlib.import_module('d2lmini.' + name)\n"
        "own = str(root / 'd2lmini' / 'static')\n"
        "print([s for s in seen if '__pycache__' not in s and not s.startswith(own)])\n"
    )
    paths = [path.relative_to(PACKAGE).with_suffix("") for path in MODULES]
    names = [".".join(path.parts) for path in paths if path.stem != "__init__"]
    done = subprocess.run(
        [sys.executable, "-c", code, str(ROOT), *names],
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"


def tracked() -> list[Path]:
    """Return the files of the repository that a person writes or commits, generated ones too."""
    done = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [ROOT / name for name in done.stdout.splitlines() if (ROOT / name).is_file()]


def test_the_repository_address_stands_in_the_settings_alone():
    address = (yaml.safe_load(read(ROOT / "_config.yml"))["repository"] or {})["url"]
    if not address:
        # Nothing to search for yet; what must hold is that nobody wrote one elsewhere.
        pattern = re.compile(
            r"git\+https://(?!git\.example|\{)[\w.]+/|github\.com/(?!example/)[\w-]+/d2lmini"
        )
    else:
        pattern = re.compile(re.escape(address.removeprefix("https://")))
    generated = {".ipynb"}  # the bootstrap cell holds it; sync test 1 makes it the settings' own
    found = [
        path.relative_to(ROOT).as_posix()
        for path in tracked()
        if path.suffix in {".py", ".md", ".toml", ".yml", ".yaml", ".txt", ".cff", ".json", ".js"}
        and path.suffix not in generated
        and path.name != "_config.yml"
        and pattern.search(read(path))
    ]
    assert found == []


def test_data_addresses_stand_in_one_module():
    word = re.compile(r"https?://[^\s\"']*(?:fashion|train-images|t10k)[^\s\"']*", re.I)
    holders = [path.name for path in MODULES if word.search(read(path))]
    assert len(holders) <= 1, f"mirrors of the data stand in {holders}"


def test_asserts_are_on():
    assert __debug__, "python -O would remove the asserts that hold every number"


def subscripted_traits(tree: ast.Module) -> list[int]:
    """Return the lines whose annotation subscripts a trait type, as in ``T.Int[Any, Any]``."""
    notes = [node.returns for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    notes += [node.annotation for node in ast.walk(tree) if isinstance(node, ast.AnnAssign)]
    found = [part for note in notes if note for part in ast.walk(note)]
    return [
        part.lineno
        for part in found
        if isinstance(part, ast.Subscript) and ast.unparse(part.value).startswith("T.")
    ]


def test_trait_types_are_never_subscripted_at_run_time():
    """Traitlets before 5.10, which Colab has, cannot: the module would not even import."""
    assert subscripted_traits(ast.parse("def f() -> T.Int[int, int]: ...")) == [1]
    for path in (ROOT / "d2lmini").rglob("*.py"):
        source = path.read_text(encoding="utf-8")
        if lines := subscripted_traits(ast.parse(source)):
            assert "from __future__ import annotations" in source, f"{path.name}, lines {lines}"
