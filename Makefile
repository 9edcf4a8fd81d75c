# Every target makes .venv and installs what it needs; a second run is quick.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export OPENBLAS_NUM_THREADS ?= 1

.PHONY: help reproduce paper test verify benchmark docs clean

help:
	@echo "make reproduce   run every experiment at the quick preset and write reports/quick/index.html"
	@echo "make paper       run every experiment at the paper preset and write reports/paper/appendix.pdf"
	@echo "make test        ruff, mypy --strict, import-linter and pytest"
	@echo "make verify      the long statistical tests"
	@echo "make benchmark   speed ratios, side by side in one run"
	@echo "make docs        the documentation: docs/_build/html/index.html"

$(VENV)/installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; set PYTHON=...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable ".[test,dask,networks,docs]"
	@touch $@

reproduce: $(VENV)/installed
	$(BIN)/python -m experiments --preset quick

paper: $(VENV)/installed
	$(BIN)/python -m experiments --preset paper
	@kpsewhich siunitx.sty >/dev/null || { echo "reports/paper/appendix.tex is written; to compile it, install LaTeX (Debian: texlive-latex-recommended texlive-science lmodern) and run make paper again" >&2; exit 3; }
	cd reports/paper && pdflatex -interaction=nonstopmode -halt-on-error appendix.tex && pdflatex -interaction=nonstopmode -halt-on-error appendix.tex

test: $(VENV)/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -n auto

verify: $(VENV)/installed
	$(BIN)/python -m tests.verify

benchmark: $(VENV)/installed
	for script in benchmarks/*.py; do echo "== $$script"; $(BIN)/python $$script || exit 1; done

docs: $(VENV)/installed
	$(BIN)/python -m sphinx -W --keep-going -b html docs docs/_build/html

clean:
	rm -rf $(VENV) docs/_build docs/api data/quick reports/quick
