"""Write requirements.txt: all that requirements.in brings into an empty environment.

    python tools/pin.py

The header stays. Left out are pip itself and what belongs to one kind of machine (CUDA's
libraries): pip adds that where it is needed.
"""

import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LEFT_OUT = ("nvidia-", "cuda-", "triton", "pip==")


def complete(freeze: str) -> list[str]:
    """Return the pins of a ``pip freeze``, without build labels (``+cpu``) and machine packages."""
    pins = [line.split("+")[0] for line in freeze.splitlines() if "==" in line]
    return sorted((p for p in pins if not p.startswith(LEFT_OUT)), key=str.lower)


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
        command = [*pip, "freeze", "--all"]
        freeze = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    target.write_text("\n".join([*header, *complete(freeze)]) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
