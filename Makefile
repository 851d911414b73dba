# make        set up and run the main job        make test   set up and run the tests
# make programme   the same with every search and model (config/programme.yaml)      make clean   remove the results
PYTHON ?= python3
CORES ?= $(shell nproc 2>/dev/null || echo 2)
BIN := .venv/bin
SNAKEMAKE := $(BIN)/snakemake --cores $(CORES)

.PHONY: all programme setup slurm htcondor test fuzz schemas test-survival test-slurm test-htcondor test-reana report bench bench-workflow lint format lock clean distclean

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
@$(@D)/bin/python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13) and "darkaon needs Python 3.11 to 3.13: make PYTHON=python3.12")'
@echo "Setting up $(@D) from $^"
@if $(@D)/bin/python -m pip install --quiet --disable-pip-version-check uv 2>/dev/null; \
then $(@D)/bin/uv pip install --quiet --compile-bytecode --python $(@D)/bin/python --require-hashes $(addprefix -r ,$^); \
else $(@D)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes $(addprefix -r ,$^); fi
@touch $@
endef

.venv/installed: envs/requirements.lock
	$(INSTALL)

.venv-slurm/installed .venv-htcondor/installed: .venv-%/installed: envs/requirements.lock envs/%.lock
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
	$(BIN)/python -m pytest -q -s -m survival tests/workflow/test_survival.py

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
	for name in slurm htcondor; do $(BIN)/$(LOCK) --no-deps envs/$$name.in -o envs/$$name.lock; done

clean:
	rm -rf results .snakemake

distclean: clean
	rm -rf .venv .venv-slurm .venv-htcondor
