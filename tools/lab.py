"""Start a real JupyterLab that asks nobody else anything, and drive it from a browser.

The browser tests and the redraw benchmark share this module.
"""

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

START_S, OPEN_MS, ASK_MS = 120, 90_000, 15_000
# What the page does inside JupyterLab; each promise is bounded, for Playwright does not bound it.
_READY = """app.restored.then(() => app.shell.currentWidget.context.ready)
  .then(() => app.shell.currentWidget.sessionContext.ready)
  .then(() => kernel().info).then(() => true)"""
_RUN_ALL = """app.commands.execute("notebook:run-all-cells").then(() => true)"""
_ASK = """kernel().requestExecute({code: "", silent: true, user_expressions: {it: arg}}).done
  .then(reply => reply.content.user_expressions.it)"""
_ERRORS = """() => [...window.jupyterapp.shell.currentWidget.content.model.cells]
  .flatMap(cell => cell.type === "code" ? cell.outputs.toJSON() : [])
  .filter(output => output.output_type === "error").map(e => `${e.ename}: ${e.evalue}`)"""
_BOUNDED = """([ms, arg]) => {
  const app = window.jupyterapp;
  const kernel = () => app.shell.currentWidget.sessionContext.session.kernel;
  return Promise.race([%s, new Promise(done => setTimeout(done, ms, null))]);
}"""
SETTINGS = {
    "@jupyterlab/apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    # every cell in the page, also those out of sight: a test reads outputs that nobody scrolled to
    "@jupyterlab/notebook-extension/tracker": {"windowingMode": "none"},
}
CONFIG = {
    "ServerApp": {
        "ip": "127.0.0.1",
        "port_retries": 0,
        "open_browser": False,
        "allow_root": True,
        "terminals_enabled": False,
    },
    "LabApp": {
        "expose_app_in_browser": True,
        "extension_manager": "readonly",
        "news_url": None,
        "check_for_updates_class": "jupyterlab.handlers.announcements.NeverCheckForUpdate",
    },
}
DISABLED = (
    "@jupyterlab/apputils-extension:announcements",
    "@jupyterlab/extensionmanager-extension",
)
FOLDERS = {
    "HOME": "home",
    "JUPYTER_CONFIG_DIR": "config",
    "JUPYTER_DATA_DIR": "data",
    "JUPYTER_RUNTIME_DIR": "runtime",
    "JUPYTERLAB_SETTINGS_DIR": "settings",
    "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
    "IPYTHONDIR": "ipython",
    "MPLCONFIGDIR": "matplotlib",
    "XDG_CACHE_HOME": "cache",
}


class LabError(RuntimeError):
    """Raised when the server or a notebook in it does not do what it was asked to."""


def _free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def _write(path: Path, content: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), encoding="utf-8")


def _environment(private: Path) -> dict[str, str]:
    env = {k: v for k, v in os.environ.items() if not k.startswith(("JUPYTER", "PYTEST"))}
    for name, folder in FOLDERS.items():
        env[name] = str(private / folder)
        (private / folder).mkdir(parents=True, exist_ok=True)
    _write(private / "config" / "jupyter_server_config.json", CONFIG)
    labconfig = private / "config" / "labconfig" / "page_config.json"
    _write(labconfig, {"disabledExtensions": dict.fromkeys(DISABLED, True)})
    for name, values in SETTINGS.items():
        _write(private / "settings" / f"{name}.jupyterlab-settings", values)
    return env | {"OMP_NUM_THREADS": "1", "D2LMINI_QUIET": "1"}


def _wait(server: subprocess.Popen[bytes], address: str, token: str, log: Path) -> None:
    ask = urllib.request.Request(
        f"{address}/api/status", headers={"Authorization": f"token {token}"}
    )
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    end = time.monotonic() + START_S
    while time.monotonic() < end:
        if server.poll() is not None:
            raise LabError(f"JupyterLab ended with {server.returncode}: {_tail(log)}")
        try:
            with direct.open(ask, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.3)
    raise LabError(f"JupyterLab did not answer in {START_S} s: {_tail(log)}")


def _tail(log: Path) -> str:
    return log.read_text(encoding="utf-8", errors="replace")[-1500:]


def _stop(server: subprocess.Popen[bytes]) -> None:
    """End the server, which ends its kernels; kernels of a killed server see that and end too."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(server.pid, sign)
            server.wait(20)
            return
        except ProcessLookupError:
            return
        except subprocess.TimeoutExpired:
            continue


@contextmanager
def jupyterlab(folder: Path, private: Path) -> Iterator[tuple[str, str]]:
    """Serve `folder` in JupyterLab and yield its address and token.

    `private` holds its home, settings and log. Raises LabError when it does not start.
    """
    env, token, port = _environment(private), secrets.token_hex(16), _free_port()
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", f"--ServerApp.port={port}"]
    command += [f"--IdentityProvider.token={token}", f"--ServerApp.root_dir={folder}"]
    log = private / "log.txt"
    with log.open("wb") as out:
        server = subprocess.Popen(
            command, cwd=folder, env=env, stdin=subprocess.DEVNULL, stdout=out,
            stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        try:
            address = f"http://127.0.0.1:{port}"
            _wait(server, address, token, log)
            yield address, token
        finally:
            _stop(server)


class Notebook:
    """A notebook that is open in JupyterLab, in a page of Playwright."""

    def __init__(self, page: Page, address: str, token: str, name: str) -> None:
        """Open `name`, a path below the served folder, and wait for its kernel."""
        self.page, self.name = page, name
        page.goto(f"{address}/lab/tree/{name}?token={token}&reset", timeout=OPEN_MS)
        page.locator(".jp-NotebookPanel").first.wait_for(timeout=OPEN_MS)
        if self._within(OPEN_MS, _READY) is None:
            raise LabError(f"{name}: no kernel in {OPEN_MS / 1000:.0f} s")

    def _within(self, ms: float, script: str, arg: str = "") -> Any:
        """Await a promise in the page; None when it takes longer than `ms`."""
        return self.page.evaluate(_BOUNDED % script, [ms, arg])

    def run_all(self, seconds: float) -> None:
        """Run every cell; raises LabError when one fails or the time is over."""
        if self._within(seconds * 1000, _RUN_ALL) is None:
            raise LabError(f"{self.name}: its cells did not end in {seconds} s")
        if failed := self.page.evaluate(_ERRORS):
            raise LabError(f"{self.name}: a cell failed: {failed[0]}")

    def ask(self, expression: str) -> str:
        """Evaluate a Python expression in the kernel and return its repr."""
        said = self._within(ASK_MS, _ASK, expression)
        if said is None:
            raise LabError(f"{self.name}: the kernel did not answer {expression!r}")
        if said["status"] != "ok":
            raise LabError(f"{self.name}: {expression!r}: {said['ename']}: {said['evalue']}")
        return str(said["data"]["text/plain"])

    def wait_for(self, expression: str, value: str, seconds: float = 15) -> bool:
        """Wait until the repr of an expression is `value`; False when the time is over."""
        return self._wait(lambda: self.ask(expression) == value, seconds)

    def wait_until_other(self, expression: str, value: str, seconds: float = 15) -> bool:
        """Wait until the repr of an expression is no longer `value`; False when time is over."""
        return self._wait(lambda: self.ask(expression) != value, seconds)

    def _wait(self, done: Callable[[], bool], seconds: float) -> bool:
        end = time.monotonic() + seconds
        while not done():
            if time.monotonic() > end:
                return False
            self.page.wait_for_timeout(100)
        return True
