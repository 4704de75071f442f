"""Check the types of assets/js with TypeScript; jsconfig.json says how strictly. Writes nothing.

The sources stay plain JavaScript: their types stand in comments and in assets/js/types.d.ts.
"""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def tsc() -> Path:
    """Return TypeScript's native program, or stop with what to do."""
    for pattern in ("*/lib/tsc", "*/lib/tsc.exe"):
        for found in (ROOT / "node_modules/@typescript").glob(pattern):
            return found
    sys.exit("tsc is missing: run `python tools/build_js.py --install` (see CONTRIBUTING.md)")


def problems(folder: Path = ROOT) -> list[str]:
    """Return what is wrong in the sources below `folder`, one line each, with file and line."""
    run = subprocess.run(
        [tsc(), "--project", "jsconfig.json", "--pretty", "false"],
        cwd=folder, capture_output=True, text=True, encoding="utf-8", check=False,
    )  # fmt: skip
    said = (run.stdout + run.stderr).splitlines()
    if run.returncode and not said:
        said = [f"tsc ended with {run.returncode} and said nothing"]
    return said if run.returncode else []


def main() -> int:
    """Print the problems; return the exit status."""
    found = problems()
    print(*found, sep="\n", end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
