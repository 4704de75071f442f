"""See to what pip cannot: the right Jupyter Book, the full Fashion-MNIST, a browser, a sandbox.

    python tools/needs.py jupyter-book data browser sandbox

As root on Debian or Ubuntu data, browser and sandbox come from apt-get. Elsewhere the browser
comes from Playwright's own installer and the data from a mirror. What cannot be had is said in one
sentence: without the data the embedded subset serves, without a browser its checks cannot run,
without a sandbox nothing is graded.
"""

import os
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))


def apt_install(package: str) -> bool:
    """Install a Debian package as root; False where that is not possible."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0 or not shutil.which("apt-get"):
        return False
    print(f"installing {package} with apt-get", flush=True)
    env = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    # an update may fail for one source and still leave a list that serves
    for command in (["update", "-qq"], ["install", "-y", "-qq", package]):
        done = subprocess.run(["apt-get", *command], env=env, capture_output=True, text=True)
    if done.returncode:
        print(f"apt-get could not install {package}: {done.stderr.strip()[-300:]}", flush=True)
    return done.returncode == 0


def jupyter_book() -> str | None:
    """Refuse any other Jupyter Book: 2 is another program, which renames this book's settings."""
    found = version("jupyter-book")
    if found.split(".")[0] == "1":
        return None
    return f"this book needs Jupyter Book 1, found {found}: pip install -r requirements.txt"


def browser() -> str | None:
    """Make sure that there is a browser; return what is wrong."""
    from playwright.sync_api import sync_playwright

    from tools import chromium

    def missing() -> str | None:
        with sync_playwright() as playwright:
            try:
                chromium.find(playwright)
            except chromium.NoBrowser as problem:
                return str(problem)
        return None

    if not missing() or apt_install("chromium"):
        return missing()
    subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False)
    return missing()


def data() -> str | None:
    """Try to get the full data set; the embedded subset serves where that fails."""
    from d2lmini.data import fashion_mnist, source, where

    if source() == "subset" and not apt_install("dataset-fashion-mnist"):
        fashion_mnist()  # tries the mirrors and says what happened
    print(f"data: {where()}", flush=True)
    return None


def sandbox() -> str | None:
    """Make sure that strangers' code can be held; return why it cannot."""
    if not shutil.which("bwrap", path=os.defpath):
        apt_install("bubblewrap")
    return preflight()


def preflight() -> str | None:
    """Try the sandbox; imported late, because the other needs do without the grader."""
    from d2lmini.grading.sandbox import preflight as tried

    return tried()


NEEDS = {"jupyter-book": jupyter_book, "data": data, "browser": browser, "sandbox": sandbox}


def main(names: list[str]) -> None:
    """Provide each thing that is named; end with the sentences of what is missing."""
    problems = [problem for name in names if (problem := NEEDS[name]())]
    sys.exit("\n".join(problems) or 0)


if __name__ == "__main__":
    main(sys.argv[1:])
