# make        set up and run the main job        make test   set up and run the tests
# make programme   the same with every search and model (config/programme.yaml)      make clean   remove the results
PYTHON ?= python3
CORES ?= $(shell nproc 2>/dev/null || echo 2)
BIN := .venv/bin
SNAKEMAKE := $(BIN)/snakemake --cores $(CORES)

.PHONY: alpaca all programme setup slurm htcondor test fuzz schemas test-survival test-wheel browser docs dist test-slurm test-htcondor test-reana report bench bench-events bench-workflow lint format lock clean distclean

all: setup
	@$(SNAKEMAKE)
	@echo "Figures are in results/figures, tables in results/searches and results/models."
	@echo "The wider programme, every search and model: make programme"

programme: setup
	@$(SNAKEMAKE) --configfile config/programme.yaml
	@echo "Figures are in results/sets/programme/figures, tables in results/searches and results/sets/programme/models."

setup: .venv/installed

# The executor of a batch system in an environment of its own: its plugin slows every start of Snakemake.
slurm htcondor: %: .venv-%/installed

# uv is ten times faster than pip; where it cannot be had, pip does the same from the same lock.
define INSTALL
@test -x $(@D)/bin/python || $(PYTHON) -m venv $(@D)
@$(@D)/bin/python -c 'import sys; v = sys.version_info[:2]; v > (3, 14) and print("warning: Python %d.%d is newer than those that darkaon was tried with (3.11 to 3.14)" % v); sys.exit(v < (3, 11) and "darkaon needs Python 3.11 or newer: make PYTHON=python3.12")'
@echo "Setting up $(@D) from $^"
@if $(@D)/bin/python -m pip install --quiet --disable-pip-version-check uv 2>/dev/null; \
then $(@D)/bin/uv pip install --quiet --compile-bytecode --python $(@D)/bin/python --require-hashes $(addprefix -r ,$^); \
else $(@D)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes $(addprefix -r ,$^); fi
@touch $@
endef

.venv/installed: envs/requirements.lock
	$(INSTALL)

.venv-slurm/installed .venv-htcondor/installed .venv-docs/installed: .venv-%/installed: envs/requirements.lock envs/%.lock
	$(INSTALL)

test: setup
	$(BIN)/python -m pytest -q -n $(CORES)

# 2,000 damaged inputs of each kind; 100 are among the tests.
fuzz: setup
	FUZZ_EXAMPLES=2000 $(BIN)/python -m pytest -q tests/fuzz -n $(CORES)

# The JSON Schemas that the YAML files name in their first lines.
schemas: setup
	$(BIN)/python scripts/write_schemas.py

# Kills runs of a small analysis 20 times.
test-survival: setup
	$(BIN)/python -m pytest -q -rP -n $(CORES) --dist load -m survival tests/workflow/test_survival.py

# What the tests of the explorer need beside Debian's chromium and chromium-driver.
browser: .venv/browser
.venv/browser: envs/browser.lock .venv/installed
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r $<
	@touch $@

# The wheel in fresh environments of every Python that is here, and the locks for each version of Python.
test-wheel: setup
	$(BIN)/python -m pytest -q -rP -n $(CORES) --dist load -m wheel tests/package

# Wheel and sdist in dist/; the documentation in docs/_build/html.
dist: setup
	@rm -rf dist
	$(BIN)/python -m hatchling build -d dist

docs: .venv-docs/installed
	.venv-docs/bin/sphinx-build -q -W --keep-going -b html docs docs/_build/html
	.venv-docs/bin/sphinx-build -q -W -D nb_execution_mode=off -b doctest docs docs/_build/doctest
	@echo "docs/_build/html/index.html"

# On a real one-node SLURM (root only), on HTCondor's bindings without a pool, and REANA's check of reana.yaml.
test-slurm: slurm
test-htcondor: htcondor
test-slurm test-htcondor test-reana: test-%: setup
	$(BIN)/python -m pytest -q -s -m cluster tests/cluster/test_$*.py

report: all
	@$(BIN)/snakemake --cores 1 --report results/report.html --quiet all
	@echo "results/report.html"

bench: setup
	@$(BIN)/python scripts/benchmark_limits.py
	@$(BIN)/python scripts/benchmark_exclusion.py
	@$(BIN)/python scripts/benchmark_rates.py --alpaca .venv-alpaca/bin/python

# Reading events, beside uproot alone; 8 GB of disk (without --large 1 GB).
bench-events: setup
	@$(BIN)/python scripts/benchmark_events.py --large

# ALPaca beside us in `make bench`; some minutes to install.
alpaca:
	@test -x .venv-alpaca/bin/python || $(PYTHON) -m venv .venv-alpaca
	@.venv-alpaca/bin/python -m pip install --quiet --disable-pip-version-check uv
	@.venv-alpaca/bin/uv pip install --quiet --python .venv-alpaca/bin/python -r envs/alpaca.in

# A whole run: the default analysis, then 10,000 mass hypotheses x 10 lifetimes from 500 event files (ten minutes).
bench-workflow: setup
	@$(BIN)/python scripts/benchmark_workflow.py --cores $(CORES)
	@$(BIN)/python scripts/benchmark_workflow.py --cores $(CORES) --masses 10000 --lifetimes 10 --files 500

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/snakefmt --check Snakefile workflow
	$(BIN)/mypy
	PYTHONPATH=scripts $(BIN)/lint-imports --no-cache
	$(BIN)/snakemake --lint

format: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/snakefmt Snakefile workflow

LOCK := uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url \
	    --no-emit-find-links --no-annotate
lock: setup
	$(BIN)/$(LOCK) envs/requirements.in -o envs/requirements.lock
	$(BIN)/$(LOCK) -c envs/requirements.lock envs/docs.in -o envs/docs.lock
	for name in slurm htcondor browser; do $(BIN)/$(LOCK) --no-deps envs/$$name.in -o envs/$$name.lock; done

clean:
	rm -rf results .snakemake

distclean: clean
	rm -rf .venv .venv-slurm .venv-htcondor .venv-docs dist docs/_build
