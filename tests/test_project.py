"""The documents of the project: they name what exists, and nothing that only one machine has."""

import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

import d2lmini
from tools.pin import LEFT_OUT

ROOT = Path(__file__).resolve().parent.parent
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
DOCUMENTS = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"]
SCRIPTS = [".ci/run", ".binder/postBuild", ".binder/start"]


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


PROJECT = tomllib.loads(read("pyproject.toml"))["project"]
MAKEFILE = read("Makefile")


def named(pattern: str, text: str) -> set[str]:
    return set(re.findall(pattern, text))


def help_verbs() -> set[str]:
    """Return the targets with a line of help: those that `make` alone lists."""
    return named(r"(?m)^([a-z-]+):.*## ", MAKEFILE) - {"help"}


def targets() -> set[str]:
    return named(r"(?m)^([a-z-]+):(?!=)", MAKEFILE)


def verbs_in(text: str, script: bool = False) -> set[str]:
    """Return the verbs that a text tells to make: in backticks, indented, or in a script."""
    start = r"^\s*" if script else r"`|^ {4,}"
    return named(rf"(?m)(?:{start})make ([a-z][a-z-]*)", text)


# ---------------------------------------------------------------- README and CONTRIBUTING


def test_the_readme_explains_the_verbs_that_make_lists_and_no_other():
    assert named(r"(?m)^\| `([a-z]+)` \|", read("README.md")) == help_verbs()


def test_make_alone_lists_every_verb_with_its_help():
    shown = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    listed = dict(re.findall(r"(?m)^  make ([a-z-]+) +(\S.*)$", shown))
    assert listed.keys() - {"help"} == help_verbs()


@pytest.mark.parametrize("name", [*DOCUMENTS, "index.md"])
def test_every_verb_that_a_document_names_is_a_target(name):
    assert verbs_in(read(name)) <= targets(), "a verb that the Makefile lacks"


def test_the_search_for_verbs_sees_commands_and_not_prose():
    text = "to make sure\nmake it\n\n    make test\n\n`make no-such` and\n"
    assert verbs_in(text) == {"test", "no-such"}
    assert verbs_in("set -e\nmake env\n  make test 2>&1\n# make x", script=True) == {"env", "test"}


def test_the_first_screen_of_the_readme_shows_the_picture_and_both_commands():
    screen = "\n".join(read("README.md").splitlines()[:24])
    assert {"site", "test"} <= verbs_in(screen)
    alt, picture = re.search(r"!\[([^\]]*)\]\(([^)]+)\)", screen).groups()
    assert len(alt) > 20 and (ROOT / picture).is_file(), picture
    for door in ("read", "run and change", "teach", "write"):
        assert f"| **{door}** |" in screen


def missing_links(text: str) -> list[str]:
    """Return the links of a document that lead to no file of the checkout."""
    links = re.findall(r"\]\(([^)\s]+)\)", text)
    return [to for to in links if "://" not in to and not (ROOT / to.split("#")[0]).exists()]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_link_of_a_document_leads_to_a_file(name):
    assert missing_links(read(name)) == []


def test_a_link_to_a_missing_file_is_seen():
    assert missing_links("[a](README.md#data) [b](no/such.md)") == ["no/such.md"]


def missing_paths(text: str) -> list[str]:
    """Return the paths in backticks that do not exist; capitals stand for a name of your own."""
    paths = re.findall(r"`((?:\.?[a-z_0-9]+/)+[\w.-]*|[\w-]+\.(?:md|txt|toml|yml|in))`", text)
    chosen = (path for path in paths if not re.search(r"\b[A-Z]{4,}\.", path))
    return [
        path for path in chosen if not (ROOT / path).exists() and not list(ROOT.glob(f"*/{path}"))
    ]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_path_that_a_document_names_exists(name):
    text = re.sub(r"`_build/[^`]*`", "", read(name))  # what is built is not in a fresh checkout
    assert missing_paths(text) == []


def test_a_path_that_does_not_exist_is_seen():
    assert missing_paths("`tools/no_such.py`, `chapters/NAME.md`, `tools/pin.py`, `book/`") == [
        "tools/no_such.py"
    ]


def test_the_readme_names_the_variables_that_choose_the_data():
    read_by_package = set()
    for path in (ROOT / "d2lmini").rglob("*.py"):
        read_by_package |= named(r"D2LMINI_[A-Z]+", path.read_text(encoding="utf-8"))
    internal = {
        "D2LMINI_QUIET",
        "D2LMINI_SITE",
        "D2LMINI_SOLUTIONS",
    }  # set by the build, not by a reader
    assert named(r"D2LMINI_[A-Z]+", read("README.md")) == read_by_package - internal


def test_continuous_integration_runs_the_test_command_of_the_readme():
    lines = read(".ci/run").splitlines()
    assert [line for line in lines if line and not line.startswith(("#", "set", "cd"))] == [
        "make test"
    ]
    assert "    make test" in read("README.md")


# ---------------------------------------------------------------- licences and version


@pytest.mark.parametrize(
    ("name", "title", "sections", "end"),
    [
        ("LICENSE", "Apache License", r"(?m)^   (\d)\. [A-Z]", "END OF TERMS AND CONDITIONS"),
        (
            "LICENSE-TEXT",
            "Attribution-ShareAlike 4.0 International",
            r"(?m)^Section (\d) -- ",
            "creativecommons.org",
        ),
    ],
)
def test_the_licences_are_there_in_full(name, title, sections, end):
    text = read(name)
    assert title in text and end in text
    found = [int(number) for number in re.findall(sections, text)]
    assert found == list(range(1, {"LICENSE": 9, "LICENSE-TEXT": 8}[name] + 1))


def test_every_licence_file_of_the_package_exists_and_the_readme_links_it():
    assert PROJECT["license-files"] == [
        "LICENSE",
        "LICENSE-TEXT",
        "d2lmini/stored/LICENSE-fashion-mnist",
    ]
    for name in PROJECT["license-files"]:
        assert (ROOT / name).is_file() and f"({name})" in read("README.md")
    assert "MIT" in read("d2lmini/stored/LICENSE-fashion-mnist")


def test_the_changelog_begins_with_the_version_of_the_package():
    newest = re.search(r"(?m)^## (\S+)", read("CHANGELOG.md"))[1]
    assert newest == PROJECT["version"] == d2lmini.__version__


# ---------------------------------------------------------------- what no file may hold

HOSTS = "|".join(  # written in two halves, so that this file does not hold them
    re.escape(f"{name}.{end}")
    for name, end in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("registry.npmjs", "org"),
        ("registry.yarnpkg", "com"),
        ("download.pytorch", "org"),
        ("deb.debian", "org"),
        ("archive.ubuntu", "com"),
    )
)
MACHINE = r"(?<![\w+/.~}*-])/(?:work|root|tmp|home/\w+|Users/\w+)\b(?!\.\w)"
UNFINISHED = r"\b(?:TO" + r"DO|FIX" + r"ME)\b"
FORBIDDEN = re.compile(f"{MACHINE}|{HOSTS}|{UNFINISHED}")
ALLOWED = {  # what a file holds because it looks for it or plants it
    "tools/check_style.py": UNFINISHED,
    "tests/book/test_site.py": MACHINE,
    "d2lmini/grading/wall.py": MACHINE,  # folders of a sandbox, not of a machine
    "tests/grading/hostile/magics.py": MACHINE,
    "tests/grading/hostile/neighbours.py": MACHINE,
}


def project_files() -> list[Path]:
    """Return what git tracks or would track; without git, everything that is not built."""
    if (ROOT / ".git").exists() and shutil.which("git"):
        command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        names = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout
        paths = [ROOT / name for name in names.decode().split("\0") if name]
    else:
        built = {"_build", "node_modules", "__pycache__", ".venv"}
        paths = [path for path in ROOT.rglob("*") if not built & set(path.parts)]
    return [path for path in paths if path.is_file()]


def test_no_file_holds_a_machine_path_a_registry_or_unfinished_work():
    files = project_files()
    assert len(files) > 50, "the list of files is too short to be the project"
    held = {}
    for path in files:
        name, text = (
            str(path.relative_to(ROOT)),
            path.read_bytes().decode("utf-8", errors="replace"),
        )
        for hit in FORBIDDEN.finditer(text):
            if not re.fullmatch(ALLOWED.get(name, "(?!)"), hit[0]):
                held[f"{name}:{text.count(chr(10), 0, hit.start()) + 1}"] = hit[0]
    assert held == {}


@pytest.mark.parametrize(
    "line",
    ['see "/ro{}ot/x"', "in /tm{}p/x", "PATH=/wo{}rk/main", "(/ho{}me/anne)", "'/Us{}ers/anne'",
     "from py{}pi.org", "https://registry.npm{}js.org/x", "# TO{}DO", "FIX{}ME: later"],
)  # fmt: skip
def test_the_search_for_what_no_file_may_hold_sees(line):
    assert FORBIDDEN.search(line.format("")) and not FORBIDDEN.search(line)


@pytest.mark.parametrize("line", ["a / work", "iVB/tmp/9k", "/usr/bin", "b/tmpx", "/workers"])
def test_the_search_for_what_no_file_may_hold_passes(line):
    assert not FORBIDDEN.search(line)


def strays(address: str, texts: dict[str, str]) -> list[str]:
    """Return the files that hold the repository's address beside _config.yml and notebooks."""
    at_home = re.compile(r"_config\.yml|(chapters|assignments/release)/.*\.ipynb")
    return [
        name
        for name, text in texts.items()
        if address and address in text and not at_home.fullmatch(name)
    ]


def test_the_address_of_the_repository_stands_in_the_settings_alone():
    address = yaml.safe_load(read("_config.yml"))["repository"]["url"].strip().removesuffix("/")
    texts = {
        str(path.relative_to(ROOT)): path.read_bytes().decode("utf-8", errors="replace")
        for path in project_files()
    }
    assert strays(address, texts) == []
    for name in [*DOCUMENTS, "index.md", "pyproject.toml"]:
        assert "github.com" not in texts[name], name


def test_a_stray_address_is_seen():
    here = "https://example.org/us/book"
    texts = {
        "_config.yml": here,
        "chapters/a.ipynb": here,
        "README.md": f"see {here}",
        "x.md": "no",
    }
    assert strays(here, texts) == ["README.md"]
    assert strays("", texts) == []


# ---------------------------------------------------------------- environment


def pins(text: str) -> dict[str, str]:
    lines = (line.split("#")[0].strip() for line in text.splitlines())
    pairs = [line.split("==") for line in lines if line]
    assert all(len(pair) == 2 for pair in pairs), "a line without an exact version"
    assert len({canonicalize_name(name) for name, _ in pairs}) == len(pairs), "a name stands twice"
    return {canonicalize_name(name): version for name, version in pairs}


def asked() -> list[Requirement]:
    lines = (line.split("#")[0].strip() for line in read("requirements.in").splitlines())
    return [Requirement(line) for line in lines if line]


def unlisted(listed: set[str]) -> dict[str, str]:
    """Return what a listed package needs on this machine and the list lacks."""
    lacking = {}
    for name in listed:
        try:
            needs = metadata.requires(name) or []
        except metadata.PackageNotFoundError:  # a package for another kind of machine
            continue
        for need in map(Requirement, needs):
            wanted = need.marker is None or need.marker.evaluate({"extra": ""})
            child = canonicalize_name(need.name)
            if wanted and child not in listed and not child.startswith(LEFT_OUT):
                lacking[child] = name
    return lacking


def test_the_pinned_environment_holds_what_was_asked_for():
    listed = pins(read("requirements.txt"))
    for need in asked():
        assert need.specifier.contains(listed[canonicalize_name(need.name)].split("+")[0]), need


def test_the_pinned_environment_is_complete():
    listed = set(pins(read("requirements.txt")))
    assert unlisted(listed) == {}
    assert list(unlisted(listed - {"markupsafe"})) == ["markupsafe"], "a gap would not be seen"


def test_the_pins_lie_within_the_ranges_of_the_package():
    listed = pins(read("requirements.txt"))
    for need in map(Requirement, PROJECT["dependencies"]):
        assert need.specifier, f"{need.name} has no lower bound"
        assert need.specifier.contains(listed[canonicalize_name(need.name)].split("+")[0]), need


# ---------------------------------------------------------------- workflows


def workflow(path: Path) -> dict:
    settings = yaml.safe_load(path.read_text(encoding="utf-8"))
    settings["on"] = settings.pop(True)  # YAML 1.1 reads the bare word `on` as true
    return settings


def steps(path: Path) -> list[dict]:
    return [step for job in workflow(path)["jobs"].values() for step in job["steps"]]


def commands(path: Path) -> str:
    return "\n".join(step["run"] for step in steps(path) if "run" in step)


def test_the_three_workflows_stand():
    assert [path.name for path in WORKFLOWS] == ["deploy.yml", "test.yml", "weekly.yml"]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_is_bounded_pinned_and_calls_verbs_that_exist(path):
    settings = workflow(path)
    assert settings["permissions"] == {"contents": "read"}
    for name, job in settings["jobs"].items():
        assert job["timeout-minutes"] <= 60, name
    for step in steps(path):
        assert ("uses" in step) != ("run" in step)
        assert re.fullmatch(r"[\w-]+/[\w-]+@v\d+", step.get("uses", "a/b@v1")), step
    verbs = verbs_in(commands(path), script=True)
    assert verbs and verbs <= targets()


def test_the_workflows_do_what_they_are_for():
    test, deploy, weekly = (
        workflow(ROOT / f".github/workflows/{n}.yml") for n in ("test", "deploy", "weekly")
    )
    assert "pull_request" in test["on"] and "make test" in commands(WORKFLOWS[1])
    assert "make site" in commands(WORKFLOWS[0])
    uses = {
        step["uses"].split("@")[0]: step.get("with")
        for step in steps(WORKFLOWS[0])
        if "uses" in step
    }
    assert uses["actions/upload-pages-artifact"] == {"path": "_build/html"}
    assert "actions/deploy-pages" in uses
    assert deploy["jobs"]["publish"]["permissions"] == {"pages": "write", "id-token": "write"}
    assert weekly["on"]["schedule"] and "make test" in commands(WORKFLOWS[2])
    assert "actions/cache" not in str(weekly)
    assert weekly["jobs"]["report"]["if"] == "failure()" and "gh issue create" in commands(
        WORKFLOWS[2]
    )


def test_the_weekly_workflow_drops_every_pin_and_keeps_jupyter_book_1():
    (script,) = re.findall(r"sed -E -i '([^']+)'", commands(WORKFLOWS[2]))
    shown = subprocess.run(
        ["sed", "-E", script, "requirements.in"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    loose = [line for line in shown.splitlines() if line and not line.startswith("#")]
    assert "jupyter-book>=1,<2" in loose and len(loose) == len(asked())
    assert not any("==" in line for line in loose)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_make_installs_with_the_command_that_a_workflow_gives(path):
    install = workflow(path)["env"]["INSTALL"]
    assert install.startswith("uv pip install") and "--torch-backend=cpu" in install
    environment = {"PATH": "/usr/bin:/bin", "INSTALL": install}
    plan = subprocess.run(
        ["make", "-n", "-B", "env", "VENV=.venv"],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert f"{install} -r requirements.txt" in plan
    assert "--python .venv/bin/python" in install


def test_pre_commit_calls_tools_that_exist():
    hooks = yaml.safe_load(read(".pre-commit-config.yaml"))["repos"][0]["hooks"]
    assert len({hook["id"] for hook in hooks}) == len(hooks) > 3
    for hook in hooks:
        interpreter, *rest = hook["entry"].split()
        assert interpreter == ".venv/bin/python" and hook["language"] == "system"
        assert all((ROOT / word).exists() for word in rest if word.endswith(".py")), hook


# ---------------------------------------------------------------- Binder


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_is_executable_and_its_syntax_is_right(name):
    assert (ROOT / name).stat().st_mode & 0o111 == 0o111
    assert read(name).startswith("#!")
    subprocess.run(["bash", "-n", str(ROOT / name)], check=True)


def test_binder_installs_the_packages_dependencies_with_the_pins_of_the_book():
    pattern = re.search(r"grep -E '([^']+)' requirements\.txt", read(".binder/postBuild"))[1]
    taken = {
        line.split("==")[0]
        for line in read("requirements.txt").splitlines()
        if re.search(pattern, line)
    }
    assert taken == {Requirement(line).name for line in PROJECT["dependencies"]}


def test_binder_takes_the_cpu_build_keeps_no_cache_and_a_python_that_fits():
    build = read(".binder/postBuild")
    assert "--torch-backend=cpu" in build and "--no-cache" in build and "set -euo pipefail" in build
    assert list(pins(read(".binder/requirements.txt"))) == ["uv"], "pip would bring CUDA"
    python = read(".binder/runtime.txt").strip().removeprefix("python-")
    assert Version(python) in Requirement(f"python{PROJECT['requires-python']}").specifier
    assert "OMP_NUM_THREADS=1" in read(".binder/start") and 'exec "$@"' in read(".binder/start")


@pytest.mark.slow
def test_an_installed_copy_holds_every_file_of_the_package(tmp_path):
    """Colab and Binder install a wheel, not this folder."""
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    source = tmp_path / "source"
    shutil.copytree(ROOT, source, ignore=shutil.ignore_patterns(".*", "_build", "node_modules"))
    subprocess.run([*command, "--wheel-dir", str(tmp_path), str(source)], check=True)
    (wheel,) = tmp_path.glob("*.whl")
    files = {name for name in zipfile.ZipFile(wheel).namelist() if name.startswith("d2lmini/")}
    listed = subprocess.run(
        ["git", "ls-files", "d2lmini"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    assert files == set(listed.stdout.split())
