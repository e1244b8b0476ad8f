# Everything a developer types. `make` alone lists the targets. Each target sets up .venv first, when needed.
MAKEFLAGS += --no-print-directory
SHELL := /bin/bash
.DEFAULT_GOAL := help

PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
SAY_HOME := from pipelines.extract.sources import home_of; from pipelines.settings import Settings; \
	print(home_of(Settings.load()).root.resolve())

.PHONY: help nightly test lint golden dev faults docs bench

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

nightly: $(READY) ## read the source, build and publish a release, write the reports
	@$(BIN)/exr nightly

test: $(READY) ## run the tests, without the long fault runs
	@$(BIN)/python -m pytest -n 2 --dist loadfile

lint: $(READY) ## check form and types of Python and SQL
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@if find sql -name '*.sql' 2>/dev/null | grep -q .; then $(BIN)/sqlfluff lint --disable-progress-bar sql; fi

golden: $(READY) ## write the golden pages and messages anew; read their diff before you commit
	@$(BIN)/python -m pytest tests/golden --update-golden

dev: $(READY) ## open the Dagster UI on the same home as `make nightly`
	@home="$$($(BIN)/python -c '$(SAY_HOME)')" && mkdir -p "$$home/dagster" && \
		cp dagster.yaml "$$home/dagster/dagster.yaml" && \
		DAGSTER_HOME="$$home/dagster" $(BIN)/dagster dev -m assets.definitions

faults: $(READY) ## run the long tests that kill nights and break inputs
	@$(BIN)/python -m pytest -m faults

docs: $(READY) ## write the generated pages of docs/ anew
	@$(BIN)/python docs/generate.py

bench: $(READY) ## measure our figures beside a peer or a limit
	@$(BIN)/python -m benchmarks

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "Python 3.11 or newer is needed as '$(PYTHON)'. Another one: make PYTHON=/path/to/python3.11 ..." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "Python's venv module is missing. On Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	@echo "Setting up .venv (the first time: a minute or two, 1.7 GB) ..."
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear .venv
	@$(BIN)/python -m pip install -qq --disable-pip-version-check -e '.[test]' -c constraints.txt
	@touch $@
