"""Buttons above each page: shown only where they lead to the right file.

The repository's address stands in _config.yml alone. Without one the theme would stop (launch
buttons) or Jupyter Book would refuse the settings (repository buttons), so both are decided here.
"""

import shutil
from pathlib import Path

GROUP = "download-buttons"


def decide(app, config) -> None:
    """Switch launch and repository buttons on where there is an address, else off."""
    options = config.html_theme_options
    address = (options.get("repository_url") or "").strip()
    for name in ("use_repository_button", "use_edit_page_button", "use_issues_button"):
        options[name] = bool(address)
    if not address:
        options["launch_buttons"] = {}


def is_notebook(env, pagename: str) -> bool:
    """Return whether the page has cells, and so an exported notebook beside its source."""
    return "kernelspec" in env.metadata.get(pagename, {})


def page(app, pagename, templatename, context, doctree) -> None:
    """Let the download button give the exported notebook, never the theme's executed page."""
    for group in context.get("header_buttons", []):
        if group.get("label") != GROUP:
            continue
        source, pdf = (b for b in group["buttons"] if b["label"] != "download-notebook-button")
        source.update(type="download", text="Source (.md)", icon="fas fa-file")
        pdf.update(text="Print or PDF", icon="fas fa-file-pdf")
        group["buttons"] = [source, pdf]
        if is_notebook(app.env, pagename):
            url = context["pathto"](pagename + ".ipynb", 1)
            group["buttons"].insert(
                0,
                {
                    "type": "download",
                    "url": url,
                    "text": "Notebook (.ipynb)",
                    "icon": "fas fa-code",
                    "tooltip": "Download notebook file",
                    "label": "download-notebook-button",
                },
            )


def finished(app, error) -> None:
    """Copy the exported notebooks beside their pages; drop the theme's executed pages."""
    if error or app.builder.format != "html":
        return
    out = Path(app.outdir)
    for name in sorted(app.env.found_docs):
        notebook = Path(app.srcdir) / f"{name}.ipynb"
        target = out / f"{name}.ipynb"
        if is_notebook(app.env, name) and notebook.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(notebook, target)
        else:
            target.unlink(missing_ok=True)  # the audit then says which notebook is missing
    for executed in out.glob("_sources/**/*.ipynb"):
        executed.unlink()


def setup(app) -> dict:
    """Decide before the theme looks, change buttons after the theme made them."""
    app.connect("config-inited", decide, priority=300)
    app.connect("html-page-context", page, priority=900)
    app.connect("build-finished", finished)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
