"""The exercises that are graded: those of the package, or those of a private folder."""

from __future__ import annotations

import hashlib
import importlib.util
import platform
import re
import sys
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import d2lmini
from d2lmini.exercises.catalogue import Exercise, chapters, exercises_of
from d2lmini.grading.wall import environment

PACKAGE = Path(d2lmini.__file__).parent
MODULE = re.compile(r"[a-z][a-z0-9_]*\.py")


def load(assignment: str, folder: str = "") -> tuple[Exercise, ...]:
    """Return the exercises of an assignment in their order.

    Args:
        assignment: stem of a chapter.
        folder: where private specs lie, each a module ``STEM.py`` with a tuple ``EXERCISES``; they
            take the place of the package's. No sandbox ever sees this folder.

    Raises:
        ValueError: a private module does not hold such a tuple.
    """
    path = Path(folder) / f"{assignment.replace('-', '_')}.py"
    if not folder or not path.is_file():
        return exercises_of(assignment)
    return _private(str(path.resolve()), path.stat().st_mtime_ns)


@cache
def _private(path: str, _mtime: int) -> tuple[Exercise, ...]:
    name = f"d2lmini_private_{Path(path).stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses of the module look it up
    spec.loader.exec_module(module)
    found = getattr(module, "EXERCISES", None)
    if not isinstance(found, tuple) or not all(isinstance(one, Exercise) for one in found):
        raise ValueError(f"{path} holds no tuple EXERCISES of Code, Quiz and Discussion records")
    return found


def assignments(folder: str = "") -> dict[str, tuple[Exercise, ...]]:
    """Return the exercises of all assignments that have some.

    Raises:
        ValueError: the folder is none, lies where a sandbox can read it, or one of its modules
            holds no exercises.
    """
    stems = set(chapters())
    if folder:
        if not Path(folder).is_dir():
            raise ValueError(f"SPECS: {folder} is no folder")
        for seen in (*environment(), Path("/usr"), PACKAGE):
            if Path(folder).resolve().is_relative_to(seen):
                raise ValueError(
                    f"SPECS: {folder} lies in {seen}, which students' code can read: move it"
                )
        names = [path.name for path in Path(folder).iterdir() if MODULE.fullmatch(path.name)]
        stems |= {name.removesuffix(".py").replace("_", "-") for name in names}
    loaded = {stem: load(stem, folder) for stem in sorted(stems)}
    return {stem: found for stem, found in loaded.items() if found}


def fingerprint(folder: str = "") -> str:
    """Return a hash of all that a grade rests on: package, specs, Python, NumPy and PyTorch.

    Two machines that report the same one give the same grades.
    """
    digest = hashlib.sha256()
    roots = [PACKAGE, *([Path(folder)] if folder else [])]
    for root in roots:
        for path in sorted(root.rglob("*.py")):
            name = path.relative_to(root).as_posix().encode()
            content = path.read_bytes()
            digest.update(b"%d %b %d " % (len(name), name, len(content)) + content)
    digest.update(
        " ".join([platform.python_version(), *map(_version, ("numpy", "torch"))]).encode()
    )
    return digest.hexdigest()


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "?"
