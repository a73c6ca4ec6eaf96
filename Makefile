# Everything a person needs: GNU make and Python 3.11 or newer. `make help` lists the targets.

PYTHON ?= python3
VENV   ?= .venv
# Interpreters that the release is tried on.
PYTHONS ?= $(PYTHON)
OUT    ?= demo-output

BIN := $(VENV)/bin
QUESTION := I enlarged an old photo 4x and it looks new. How does AI do that?

.PHONY: help demo test test-all lint types docs docs-links release-check clean
.DEFAULT_GOAL := help

help:
	@echo "make demo      install what is needed, ask a question, enlarge a photograph"
	@echo "make test      the tests, without the slow ones"
	@echo "make test-all  all tests"
	@echo "make lint      ruff: rules and formatting"
	@echo "make types     mypy"
	@echo "make docs      the documentation, from docs/ to site/index.html; a broken link fails"
	@echo "make docs-links  try the links that lead outside (needs a network)"
	@echo "make release-check PYTHONS='python3.11 python3.12'  build, install and use what would be released"
	@echo "make clean     remove the virtual environment, caches and outputs"
	@echo
	@echo "PYTHON=$(PYTHON) makes the virtual environment in VENV=$(VENV)."

# --- installation: a stamp for each set of extras, renewed when pyproject.toml changes ---

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "whichmodel needs Python 3.11 or newer; set PYTHON=..." >&2; exit 2; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed-demo: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable '.[demo]'
	@touch $@

$(VENV)/.installed-test: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable '.[demo,test]'
	@touch $@ $(VENV)/.installed-demo

$(VENV)/.installed-docs: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable '.[docs]'
	@touch $@

# --- what it does ---

demo: $(VENV)/.installed-demo
	@$(BIN)/python scripts/demo_photo.py $(OUT)/photo.png
	@echo
	@echo '$$ whichmodel ask "$(QUESTION)" --photo $(OUT)/photo.png --run -o $(OUT)/enlarged.png'
	@echo
	@$(BIN)/whichmodel ask "$(QUESTION)" --photo $(OUT)/photo.png --run -o $(OUT)/enlarged.png
	@echo
	@echo "Look at $(OUT)/enlarged.before-after.png first, then open $(OUT)/enlarged.png.evidence/evidence.html:"
	@echo "what of the result is in the photo, and what was made up. Everything written is in $(OUT)/:"
	@ls $(OUT)

test: $(VENV)/.installed-test
	$(BIN)/python -m pytest -m "not slow"

test-all: $(VENV)/.installed-test
	$(BIN)/python -m pytest

lint: $(VENV)/.installed-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.installed-test
	$(BIN)/mypy

docs: $(VENV)/.installed-docs
	$(BIN)/sphinx-build --fail-on-warning --keep-going --quiet --builder html docs site
	@echo "site/index.html"

docs-links: $(VENV)/.installed-docs
	$(BIN)/sphinx-build --builder linkcheck docs site/.links

release-check: $(VENV)/.installed-demo
	$(BIN)/python scripts/demo_photo.py build/release-photo.png
	$(BIN)/python scripts/check_release.py --photo build/release-photo.png --dist dist $(PYTHONS)

clean:
	rm -rf $(VENV) $(OUT) site docs/made build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find src tests scripts benchmarks -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true
