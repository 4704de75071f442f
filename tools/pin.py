"""Write requirements.txt: all that requirements.in brings into an empty environment.

    python tools/pin.py

The header stays. Packages that belong to one kind of machine (CUDA's libraries, ``nvidia-*``) are
left out: pip adds them where they are needed.
"""

import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MACHINE_ONLY = ("nvidia-", "cuda-", "triton")


def complete(freeze: str) -> list[str]:
    """Return the pins of a ``pip freeze``, without build labels (``+cpu``) and machine packages."""
    pins = [line.split("+")[0] for line in freeze.splitlines() if "==" in line]
    return sorted((p for p in pins if not p.startswith(MACHINE_ONLY)), key=str.lower)


def main() -> None:
    """Install into a temporary environment and write its list."""
    target = ROOT / "requirements.txt"
    header = [
        line for line in target.read_text(encoding="utf-8").splitlines() if line.startswith("#")
    ]
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        python = Path(folder) / ("Scripts" if sys.platform == "win32" else "bin") / "python"
        pip = [str(python), "-m", "pip", "--disable-pip-version-check"]
        subprocess.run(
            [*pip, "install", "--quiet", "-r", str(ROOT / "requirements.in")], check=True
        )
        freeze = subprocess.run([*pip, "freeze"], check=True, capture_output=True, text=True).stdout
    target.write_text("\n".join([*header, *complete(freeze)]) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
