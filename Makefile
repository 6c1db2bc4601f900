# Everything happens in .venv; `make` alone says what there is to do.
#
# PYTHON  the Python that .venv is made from (3.11 or newer)
# JOBS    how many tests run at a time
# On Linux, PyTorch from PyPI brings gigabytes of GPU libraries that milliwatt does not use:
#   PIP_EXTRA_INDEX_URL=https://download.pytorch.org/whl/cpu make setup

PYTHON ?= python3
JOBS ?= 2
EXTRAS = compress,demo,dev,live,tflm,track,wakeword
BIN = .venv/bin
STAMP = .venv/ready
PIP = $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt

.DEFAULT_GOAL := help
.PHONY: help setup demo test lint format docs bench examples soak clean

help: ## print this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

setup: $(STAMP) ## install milliwatt and all that it needs into .venv
	@echo ".venv is ready: try .venv/bin/milliwatt"

demo: $(STAMP) ## train, compile and test a model on an emulated nRF52840, from real recordings
	$(BIN)/milliwatt demo

test: $(STAMP) ## run the whole test suite
	$(BIN)/pytest -n $(JOBS) --dist loadgroup

lint: $(STAMP) ## check style, types, imports and generated documentation
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python tools/docs.py --check

format: $(STAMP) ## put the Python files into their one format
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

docs: $(STAMP) ## write the lists in docs/ anew from the tables in the code
	$(BIN)/python tools/docs.py

bench: $(STAMP) ## measure the MLPerf Tiny models and write bench/RESULTS.md
	$(BIN)/python bench/run.py

examples: $(STAMP) ## make the applications and write examples/RESULTS.md
	$(BIN)/python examples/results.py

soak: $(STAMP) ## prove thousands of random graphs
	$(BIN)/python tests/soak.py

clean: ## remove .venv and every cache
	rm -rf .venv .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "milliwatt needs Python 3.11 or newer, but '$(PYTHON)' is $$($(PYTHON) -V 2>&1 || :)." >&2; \
	  echo "Name another one: make PYTHON=/path/to/python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "'$(PYTHON)' cannot make virtual environments: its modules venv and ensurepip are" >&2; \
	  echo "absent. On Debian and Ubuntu they come with: apt install python3-venv" >&2; exit 1; }
	@echo "Setting up .venv; the downloads take some minutes the first time."
	$(PYTHON) -m venv .venv
	$(PIP) hatchling editables
	$(PIP) --no-build-isolation -e '.[$(EXTRAS)]'
	@touch $@
