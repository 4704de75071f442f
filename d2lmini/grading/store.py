"""What a grading run keeps on disk: each result once it is there, and the seed."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import quote

from d2lmini.grading.grade import Job, Result

PLAIN = " @,=~"  # beside letters, digits and _.-~: what a file name may hold anywhere
LONGEST = 120


def file_name(text: str) -> str:
    """Return a name that every file system takes; equal texts, and only these, have equal ones.

    >>> file_name("s017"), file_name("a/b"), len(file_name("x" * 300))
    ('s017', 'a%2Fb', 120)
    """
    name = quote(text, safe=PLAIN)
    if name.startswith((".", " ")):
        name = f"%{ord(name[0]):02X}{name[1:]}"
    if len(name) <= LONGEST:
        return name
    return name[: LONGEST - 17] + "~" + hashlib.sha256(text.encode()).hexdigest()[:16]


def write(path: Path, content: str | bytes) -> None:
    """Write a file whole or not at all, whatever happens meanwhile."""
    data = content.encode() if isinstance(content, str) else content
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(handle)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def key_of(job: Job, fingerprint: str) -> str:
    """Return a hash of all that a result depends on."""
    everything = json.dumps([job, fingerprint], sort_keys=True)
    return hashlib.sha256(everything.encode()).hexdigest()


class Results:
    """The results of a run, a file each: ``results/ASSIGNMENT/STUDENT.json``.

    They tell inputs and times, so the folder is the teacher's alone.
    """

    def __init__(self, out: Path) -> None:
        self.folder = out / "results"
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o700)

    def path(self, student: str, assignment: str) -> Path:
        """Return where a result lies."""
        return self.folder / assignment / f"{file_name(student)}.json"

    def load(self, job: Job, key: str) -> Result | None:
        """Return the stored result of a job, None where there is none or another key's."""
        try:
            text = self.path(job["student"], job["assignment"]).read_text(encoding="utf-8")
            stored: dict[str, Any] = json.loads(text)
            found: Result = stored["result"]
            return found if stored["key"] == key else None
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def save(self, result: Result, key: str, seconds: float) -> None:
        """Keep a result."""
        text = json.dumps(
            {"key": key, "seconds": round(seconds, 3), "result": result},
            indent=1,
            ensure_ascii=False,
        )
        write(self.path(result["student"], result["assignment"]), text + "\n")


def seed_of(out: Path, given: int | None) -> int:
    """Return the seed of a run: the given one, the stored one, or a new one; it is stored.

    The grades rest on nobody knowing it, so only the owner may read it.

    Raises:
        ValueError: the stored one is no number, or the given one is negative.
    """
    path = out / "seed.txt"
    if given is not None and given < 0:
        raise ValueError(f"SEED must not be negative, got {given}")
    if given is None and path.exists():
        text = path.read_text(encoding="utf-8").strip()
        if not text.isdecimal():
            raise ValueError(f"{path} holds no seed; remove it, or say SEED=…")
        return int(text)
    seed = secrets.randbits(63) if given is None else given
    write(path, f"{seed}\n")  # mkstemp gives 0600
    return seed
