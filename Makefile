# mlwright: `make demo` runs the main job, `make test` checks everything. Both set up what they need.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.mlwright-installed
export UV_PYTHON_DOWNLOADS := never

.PHONY: setup demo test lint types imports unit coverage bench nightly generated lock templates-lock clean help

help: ## list the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

setup: $(STAMP) ## install into .venv what the lock names

$(STAMP): requirements.lock requirements-uv.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "mlwright needs Python 3.11 or newer; found $$($(PYTHON) --version). Set PYTHON=python3.11 (or newer)."; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) \
		|| { echo "Python's venv module is missing. On Debian and Ubuntu: apt-get install python3-venv."; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-uv.lock
	$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

demo: setup ## the main job on this machine: local GitHub, push, pull request (ONCE=1 ends by itself)
	$(BIN)/mlwright demo $(if $(ONCE),--once)

test: setup lint types imports unit ## everything that must hold before a commit lands

lint: setup
	$(BIN)/ruff check bot agents tests migrations
	$(BIN)/ruff format --check bot agents tests migrations

types: setup
	$(BIN)/mypy

imports: setup
	$(BIN)/lint-imports

# Files go out in the order of their names: ordered by their number of tests, the few long ones came last, on one worker.
SUITE := $(BIN)/python -m pytest -n 2 --dist loadgroup --no-loadscope-reorder -m "not nightly"

unit: setup
	$(SUITE)

coverage: setup ## the suite with branch coverage, which more than doubles the time of what only computes
	rm -f .coverage .coverage.*
	$(SUITE) --cov --cov-report=term:skip-covered

nightly: setup ## the slower proof (also in .github/workflows/nightly.yml)
	$(BIN)/python -m pytest -m nightly

generated: setup ## generate, install, test and demo every scenario, or ONLY="churn-nightly my.yaml" (KEEP=folder keeps them)
	$(BIN)/python -m tests.generated $(ONLY) $(if $(KEEP),--keep $(KEEP)) $(if $(JOBS),--jobs $(JOBS))

bench: setup ## speed and calls as JSON on standard output
	@$(BIN)/python -m tests.bench

lock: ## refresh requirements.lock and requirements-uv.lock
	$(BIN)/uv pip compile --quiet pyproject.toml --group dev --universal --generate-hashes --no-strip-extras --python-version 3.11 --upgrade -o requirements.lock
	echo 'uv' | $(BIN)/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --constraint requirements.lock -o requirements-uv.lock -

templates-lock: setup ## resolve anew what generated repositories install (templates/dependencies.yaml to templates/locks)
	$(BIN)/python -m agents.render.refresh_locks --day $$(date -u +%F)

clean: ## remove what setup and the demo made
	rm -rf $(VENV) .mlwright-state .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .coverage .coverage.*
