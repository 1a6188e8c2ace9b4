# Doorstep. `make help` lists what there is. Everything lives in .venv; nothing is installed elsewhere.
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
# Compiled modules are kept, whatever the surroundings say: starts are twice as quick.
unexport PYTHONDONTWRITEBYTECODE
# Real reference data for tests and benchmarks, when a copy lies beside the project; else those tests say they are skipped.
export DOORSTEP_REFERENCE ?= $(abspath $(wildcard ../shared))
T ?= tests

.DEFAULT_GOAL := help
.PHONY: help install demo demo-reset test test-long browser lint bench shots words lock clean

help: ## this list
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Doorstep needs Python 3.11 or newer; this is $$($(PYTHON) --version). Set PYTHON=..."; exit 1; }
	@$(PYTHON) -m venv .venv || { echo "Python cannot make virtual environments here. On Debian: apt install python3-venv"; rm -rf .venv; exit 1; }

# uv is an ordinary wheel and installs four times faster; without it the same hashed lock goes through pip.
define install
	@$(BIN)/python -m pip install -q --disable-pip-version-check uv 2>/dev/null || true
	@if [ -x $(BIN)/uv ]; then VIRTUAL_ENV=$(abspath .venv) $(BIN)/uv pip install -q $(2) --require-hashes -r $(1); \
	 else $(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --require-hashes -r $(1); fi
	@printf '%s\n' "$(CURDIR)" > "$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/doorstep.pth"
	@printf '#!%s\nimport sys\nfrom portal.cli import main\nsys.exit(main())\n' "$(abspath $(BIN)/python)" > $(BIN)/portal && chmod +x $(BIN)/portal
endef

.venv/.stamp-run: requirements.lock | .venv/bin/python
	@echo "Installing what Doorstep needs (about 15 seconds) ..."
	$(call install,requirements.lock,)
	@touch $@

.venv/.stamp-dev: requirements-dev.lock | .venv/bin/python
	@echo "Installing what the tests need (about 25 seconds) ..."
	$(call install,requirements-dev.lock,--compile-bytecode)
	@touch $@ .venv/.stamp-run

install: .venv/.stamp-run ## what Doorstep needs to run, into .venv

demo: .venv/.stamp-run ## a shop to click through: install, migrate, seed, start; Ctrl-C stops it
	@exec $(BIN)/portal demo

demo-reset: .venv/.stamp-run ## forget the demo's data; the next `make demo` starts over
	@$(BIN)/portal demo --reset

test: .venv/.stamp-dev ## all tests, on SQLite and PostgreSQL, and in a browser where there is one (T=path for some)
	@$(BIN)/python -m pytest $(T) -n 3 --dist loadgroup --randomly-seed=1 -q -m "not long"

test-long: .venv/.stamp-dev ## the long searches too, whole
	@DOORSTEP_LONG=1 $(BIN)/python -m pytest $(T) -n 3 --dist loadgroup -q

browser: ## how to get a Chromium for the browser tests
	@if command -v chromium chromium-browser google-chrome >/dev/null; then echo "found: $$(command -v chromium chromium-browser google-chrome | head -1)"; \
	 else echo "No Chromium found. On Debian or Ubuntu: apt install chromium. Elsewhere: set CHROMIUM=/path/to/chrome"; fi

lint: .venv/.stamp-dev ## ruff, mypy strict, import contracts, templates
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .
	@$(BIN)/mypy
	@PYTHONPATH=. $(BIN)/lint-imports
	@$(BIN)/djlint portal --lint --quiet

bench: .venv/.stamp-dev ## measure the hot paths; one JSON line a figure
	@$(BIN)/python -m benchmarks

shots: .venv/.stamp-dev ## photograph every page into shots/ (S=390-dark-ar: only so; needs a Chromium)
	@$(BIN)/python -m tests.browser.shots $(S)

words: .venv/.stamp-dev ## bring every language's file up to date (L=fr begins a new one)
	@$(BIN)/python -m tests.support.words $(L)

lock: .venv/.stamp-dev ## renew the hashed locks from pyproject.toml
	@$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --extra postgres pyproject.toml -o requirements.lock
	@$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --all-extras pyproject.toml -o requirements-dev.lock

clean: ## remove the environment, caches, and the demo's data
	rm -rf .venv var shots .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
