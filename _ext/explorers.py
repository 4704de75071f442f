"""Book side of the explorers: their files, one flag, and rules that stop the build."""

import os
import re
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ExtensionError

import d2lmini

STATIC = Path(d2lmini.__file__).parent / "static"
VIEW = "application/vnd.jupyter.widget-view+json"
STATE = "application/vnd.jupyter.widget-state+json"
PAGE_LIMIT = 1_500_000  # characters of explorer data on one page
BOX = re.compile(r'<div id="([^"]*)" data-d2lx=')
DATA = re.compile(r'<script type="application/json">(.*?)</script>', re.S)


def before_reading(app: Sphinx, config: Config) -> None:
    """Set the flag that kernels of this build inherit, and serve the bundle."""
    os.environ["D2LMINI_SITE"] = "1"
    config.html_static_path.append(str(STATIC))


def problem(body: str) -> str | None:
    """Say why a page with this body must not be published, or return None."""
    if VIEW in body:
        return "a plain ipywidget would be dead on the page: use explore() or an explorer"
    ids = BOX.findall(body)
    if twice := sorted({i for i in ids if ids.count(i) > 1}):
        return f"two explorers share an id: {', '.join(twice)}"
    weight = sum(map(len, DATA.findall(body)))
    if weight > PAGE_LIMIT:
        return f"explorers hold {weight} characters, {PAGE_LIMIT} are allowed: use fewer frames"
    return None


def is_widget_state(script: Any) -> bool:
    """Say whether a script is the state block, which would repeat the bundle for each widget."""
    return (getattr(script, "attributes", None) or {}).get("type") == STATE


def page(app: Sphinx, pagename: str, templatename: str, context: Any, doctree: Any) -> None:
    """Check one page and add the bundle where an explorer stands."""
    body = context.get("body") or ""
    if wrong := problem(body):
        raise ExtensionError(f"{pagename}: {wrong}")
    if BOX.search(body):
        app.add_css_file("explorers.css")
        app.add_js_file("explorers.js", loading_method="defer")
    scripts = context.get("script_files") or []
    scripts[:] = [s for s in scripts if not is_widget_state(s)]


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.connect("config-inited", before_reading, priority=900)
    app.connect("html-page-context", page, priority=950)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
