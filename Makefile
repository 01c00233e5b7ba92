# `make` alone lists what there is.
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.runtime
TEST_STAMP := $(VENV)/.test

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Consilium needs Python 3.11 or newer; name one with PYTHON=…")'
	$(PYTHON) -m venv $(VENV)

$(STAMP): $(VENV)/bin/python requirements.lock pyproject.toml
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(TEST_STAMP): $(STAMP) requirements-test.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-test.lock
	@touch $@

setup: $(STAMP) ## the virtual environment, from the lock file
setup-test: $(TEST_STAMP) ## and what the tests need

demo: $(STAMP) ## three instances on this machine tell their story and keep serving
	$(BIN)/consilium demo

test: $(TEST_STAMP) check-tools ## everything: tools, all tests
	$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder

check: $(TEST_STAMP) check-tools ## the fast part: tools and quick tests
	$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder -m "not slow"

check-tools: $(TEST_STAMP) ## ruff, mypy, import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

fmt: $(TEST_STAMP) ## format the code
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

bench: $(TEST_STAMP) ## measure; the newest run goes to docs/dev/performance.md
	$(BIN)/python -m tests.bench.run

soak: $(TEST_STAMP) ## the long crash loop, a thousand kills; ten thousand messages between groups over a broken net; a million rows upgraded
	CONSILIUM_SOAK=1 $(BIN)/pytest -m slow tests/integration/test_crash.py
	CONSILIUM_SOAK_MESSAGES=10000 CONSILIUM_SOAK_MESSAGES_POSTGRESQL=1000 $(BIN)/pytest --timeout 1800 tests/properties/test_group_delivery.py
	CONSILIUM_SOAK=1 $(BIN)/pytest -s -m slow tests/integration/test_upgrade.py

messages: $(TEST_STAMP) ## refresh the catalogues of translations
	$(BIN)/python -m tests.support.messages

lock: ## resolve the lock files anew (needs uv)
	printf 'hatchling\neditables\n' | uv pip compile -q --no-header --universal --python-version 3.11 --generate-hashes --no-annotate --all-extras pyproject.toml - -o requirements-test.lock

.PHONY: help setup setup-test demo test check check-tools fmt bench soak messages lock
