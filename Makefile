# Everything a fresh machine needs is Python 3.11 or newer and make: each goal sets up what it uses.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export OMP_NUM_THREADS ?= 1

.PHONY: help demo test check screenshots format clean

help: ## Show the goals
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

demo: $(VENV)/installed ## Run the whole experiment small, on synthetic speech, in minutes
	$(BIN)/pft demo

test: $(VENV)/installed-dev ## Run the tests
	$(BIN)/pytest -n auto --dist loadfile

check: $(VENV)/installed-dev ## Lint, format, types, import contracts
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

screenshots: $(VENV)/installed ## Draw the pictures in the docs from the demo
	$(BIN)/python docs/screenshots.py demo docs/screens

format: $(VENV)/installed-dev ## Format the code and mend what a linter can mend
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

clean: ## Remove what the goals have made
	rm -rf $(VENV) demo .mypy_cache .pytest_cache .ruff_cache .import_linter_cache

$(VENV)/installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	@echo "Installing pft-tui; torch is large, so this takes a minute or two the first time."
	$(BIN)/python -m pip install --quiet --editable .
	@touch $@

$(VENV)/installed-dev: $(VENV)/installed
	$(BIN)/python -m pip install --quiet --editable . --group dev
	@touch $@
