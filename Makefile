# Every verb that a person needs. `make` alone lists them.
SHELL := /bin/bash
.SHELLFLAGS := -eo pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV ?= .venv
# Replace it where a CPU build of torch must be chosen:
#   make site INSTALL="uv pip install --python .venv/bin/python --torch-backend=cpu"
INSTALL ?= $(VENV)/bin/python -m pip install --quiet --disable-pip-version-check
PY := $(VENV)/bin/python
READY := $(VENV)/.ready
NODE_READY := node_modules/.package-lock.json

# jupyter and nbgrader start their helpers by name; one thread, because contention makes two slower
export PATH := $(abspath $(VENV))/bin:$(PATH)
export OMP_NUM_THREADS := 1
export PYDEVD_DISABLE_FILE_VALIDATION := 1
export JUPYTER_PLATFORM_DIRS := 1
# after `make data` nobody looks for the pictures on the network again
OFFLINE := D2LMINI_OFFLINE=1 D2LMINI_QUIET=1

# `make site SOLUTIONS=none` builds a copy of the book from which every solution was cut
SOLUTIONS ?= all
PLACE := $(if $(filter none,$(SOLUTIONS)),_build/unsolved,.)
BOOK := D2LMINI_SOLUTIONS=$(SOLUTIONS) $(VENV)/bin/jupyter-book build $(PLACE) -W -n --keep-going
SITE := $(if $(filter none,$(SOLUTIONS)),_build/unsolved/,)_build/html

.PHONY: help site serve test check book-test notebooks release grade explorers bench clean env data requirements screenshots

help:  ## list the verbs
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

site: data  ## build the website: environment, data, executed chapters, pages; SOLUTIONS=none without solutions
	$(PY) tools/needs.py jupyter-book
	$(if $(filter none,$(SOLUTIONS)),$(OFFLINE) $(PY) tools/unsolved.py)
	$(OFFLINE) $(BOOK)
	$(PY) tools/audit_site.py $(SITE)
	@$(PY) -c "import pathlib; print('\nOpen', pathlib.Path('$(SITE)/index.html').resolve().as_uri())"

serve: site  ## build the website and serve it on this machine
	@echo "Ctrl-C ends it"; $(PY) -m http.server --bind 127.0.0.1 --directory $(SITE) 8000

test: check site $(NODE_READY)  ## every check: `check`, notebooks, site, explorers, browser, faults
	$(PY) tools/needs.py browser
	-$(PY) tools/needs.py sandbox   # without one its tests are skipped, and fail where CI is set
	$(OFFLINE) $(PY) -m pytest --nbval --nbval-current-env --nbval-cell-timeout 600 -q -p no:cacheprovider chapters
	$(OFFLINE) $(PY) -m pytest -q -n 2 -m slow tests/exercises
	$(OFFLINE) $(PY) -m pytest -q -m "slow or browser" tests --ignore tests/exercises

check: data $(NODE_READY)  ## the quick checks: style, types, unit tests, doctests, sync; no training, no browser
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	$(PY) tools/export_notebooks.py --check
	$(PY) tools/release.py --check
	$(PY) tools/check_numbers.py
	$(PY) tools/check_style.py
	$(PY) tools/check_seeds.py
	$(PY) tools/check_js.py
	$(OFFLINE) $(PY) -m pytest -q --doctest-modules d2lmini
	$(OFFLINE) $(PY) -m pytest -q -n 2 --dist loadfile -m "not slow and not browser" tests

notebooks: data  ## execute the chapters whose source changed and write their notebooks
	$(OFFLINE) $(PY) tools/export_notebooks.py

release: data  ## make the assignments from the chapters: student notebooks in assignments/release
	$(OFFLINE) $(PY) tools/release.py

explorers: $(NODE_READY)  ## bundle the explorers from assets/js into d2lmini/static
	$(PY) tools/build_js.py

bench: site $(NODE_READY)  ## measure speed as ratios in one run; writes benchmarks/results.md
	$(PY) tools/needs.py browser
	$(OFFLINE) $(PY) -m benchmarks.bench

# what may follow `make grade`: a name of the command line for each of ours
GRADING = $(if $(DASK),--dask "$(DASK)") $(if $(SEED),--seed "$(SEED)") $(if $(ONLY),--only "$(ONLY)") \
	$(if $(SPECS),--specs "$(SPECS)") $(if $(ASSIGNMENT),--assignment "$(ASSIGNMENT)") \
	$(if $(JOBS),--jobs "$(JOBS)") $(if $(EXPLAIN),--explain)

grade: env  ## grade notebooks: SUBMISSIONS=dir OUT=dir [SEED= ONLY= EXPLAIN=1 SPECS=dir DASK=tcp://… JOBS= ASSIGNMENT=]
	@test -n "$(SUBMISSIONS)" -a -n "$(OUT)" || { $(PY) -m d2lmini.grading --help; exit 2; }
	-@$(PY) tools/needs.py sandbox
	$(PY) -m d2lmini.grading "$(SUBMISSIONS)" "$(OUT)" $(GRADING)

screenshots:  ## picture every built page, light and dark, wide and narrow, into _build/screenshots
	$(PY) tools/screenshots.py

requirements:  ## make requirements.txt anew from requirements.in, with the newest allowed versions
	$(PYTHON) tools/pin.py

clean:  ## remove what was built; the environment and the data stay
	rm -rf _build .pytest_cache .mypy_cache .ruff_cache .hypothesis

env: $(READY)

$(READY): requirements.txt pyproject.toml
	$(PYTHON) -c "import sys; sys.version_info >= (3, 11) or sys.exit('d2lmini needs Python 3.11 or newer, this is ' + sys.version.split()[0] + ': make PYTHON=python3.12 ...')"
	test -x $(PY) || $(PYTHON) -m venv $(VENV)
	$(INSTALL) -r requirements.txt
	$(INSTALL) --no-deps --editable .
	touch $@

data: env
	$(PY) tools/needs.py data

$(NODE_READY): package.json package-lock.json $(READY)
	$(PY) tools/build_js.py --install
	touch $@
