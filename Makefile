# Every target makes .venv and installs what it needs; a second run is quick.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export OPENBLAS_NUM_THREADS ?= 1

.PHONY: help reproduce test verify benchmark clean

help:
	@echo "make reproduce   run every experiment at the quick preset and write reports/quick/index.html"
	@echo "make test        ruff, mypy --strict, import-linter and pytest"
	@echo "make verify      the long statistical tests"
	@echo "make benchmark   speed ratios against batched numpy"

$(VENV)/installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; set PYTHON=...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable ".[test,dask,networks,docs]"
	@touch $@

reproduce: $(VENV)/installed
	$(BIN)/python -m experiments --preset quick

test: $(VENV)/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -n auto

verify: $(VENV)/installed
	$(BIN)/python -m tests.verify

benchmark: $(VENV)/installed
	$(BIN)/python benchmarks/index_speed.py

clean:
	rm -rf $(VENV) data/quick reports/quick
