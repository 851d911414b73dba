# make        set up and run the main job        make test   set up and run the tests
# make clean  remove the results                 make unlock after a killed run
PYTHON ?= python3
CORES ?= $(shell nproc 2>/dev/null || echo 2)
BIN := .venv/bin
SNAKEMAKE := $(BIN)/snakemake --cores $(CORES)

.PHONY: all setup test report bench lint format lock clean unlock distclean

all: setup
	@if [ -d .snakemake/locks ] && ! pgrep -f '[s]nakemake.*--cores' >/dev/null; then $(BIN)/snakemake --unlock --quiet all; fi
	@$(SNAKEMAKE)
	@echo "Figures are in results/figures, tables in results/searches and results/models."

setup: .venv/installed

# uv is ten times faster than pip; where it cannot be had, pip does the same from the same lock.
.venv/installed: envs/requirements.lock
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13) and "darkaon needs Python 3.11 to 3.13: make PYTHON=python3.12")'
	@echo "Setting up .venv from $<"
	@if $(BIN)/python -m pip install --quiet --disable-pip-version-check uv 2>/dev/null; \
	then $(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes -r $<; \
	else $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<; fi
	@touch $@

test: setup
	$(BIN)/python -m pytest -q -n $(CORES)

report: all
	@$(BIN)/snakemake --cores 1 --report results/report.html --quiet all
	@echo "results/report.html"

bench: setup
	@$(BIN)/python scripts/benchmark_limits.py
	@$(BIN)/python scripts/benchmark_exclusion.py

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/snakefmt --check Snakefile workflow
	$(BIN)/mypy
	$(BIN)/snakemake --lint

format: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/snakefmt Snakefile workflow

lock: setup
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url \
	    --no-emit-find-links --no-annotate envs/requirements.in -o envs/requirements.lock

unlock: setup
	@$(BIN)/snakemake --unlock

clean:
	rm -rf results .snakemake

distclean: clean
	rm -rf .venv
