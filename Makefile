# Everything a source checkout needs is in .venv; every target sets that up by itself when it is missing or out of date.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
STAMP := .venv/.set-up
FRAMEWORKS := .venv/.frameworks
HEAVY ?= $(UNSHELF_TEST_HEAVY)
LONG ?= $(UNSHELF_TEST_LONG)

.DEFAULT_GOAL := help
.PHONY: help setup demo test check fix dev bench-setup bench-deploy bench-serving bench-wake bench-density bench-records bench-arrow bench-soak constraints clean

help:  ## what there is to make
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

setup: $(STAMP)  ## everything a source checkout needs, into .venv

# The versions every developer and CI run with are in constraints.txt; users of the package get the ranges of pyproject.toml.
$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Unshelf needs Python 3.11 or newer; $(PYTHON) is older. Try: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "setting up .venv …"
	@test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt uv
	@UV_FIND_LINKS="$${UV_FIND_LINKS:-$$PIP_FIND_LINKS}" $(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --constraint constraints.txt --group dev --editable .
	@touch $@

$(FRAMEWORKS): $(STAMP)
	@echo "installing the large frameworks …"
	@UV_FIND_LINKS="$${UV_FIND_LINKS:-$$PIP_FIND_LINKS}" $(BIN)/uv pip install --quiet --python $(BIN)/python --constraint constraints.txt --group frameworks
	@touch $@

demo: setup  ## start the platform, deploy a model trained on real data, predict, stay up (ONCE=1: end after the predictions)
	@$(BIN)/unshelf demo $(if $(ONCE),--once)

test: setup $(if $(HEAVY),$(FRAMEWORKS))  ## the tests; those of the large frameworks say why they are skipped (HEAVY=1 runs them too; LONG=1: ten minutes of chaos)
	@UNSHELF_TEST_HEAVY=$(HEAVY) UNSHELF_TEST_LONG=$(LONG) $(BIN)/python -m pytest $(ARGS)

check: setup  ## what CI runs before the tests: format, lint, layers, types
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/mypy

fix: setup  ## format, and mend what the linter can mend
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

dev: setup  ## the platform in the foreground, in a home folder of its own (.unshelf)
	@$(BIN)/unshelf up --home .unshelf

bench-deploy: setup  ## time from `unshelf deploy` to the first answer, step by step
	@$(BIN)/python -m benchmarks.deploy

bench-setup: setup
	@UV_FIND_LINKS="$${UV_FIND_LINKS:-$$PIP_FIND_LINKS}" $(BIN)/uv pip install --quiet --python $(BIN)/python --constraint constraints.txt --group bench

bench-serving: bench-setup  ## requests a second and latency beside MLServer, LitServe, BentoML … (ARGS=--help: what can be chosen)
	@$(BIN)/python -m benchmarks.serving $(ARGS)

bench-wake: bench-setup  ## time to the first answer of a model without a process
	@$(BIN)/python -m benchmarks.wake $(ARGS)

bench-density: bench-setup  ## 1,000 versions on one machine: waking, memory, how the API and CLI answer
	@$(BIN)/python -m benchmarks.density $(ARGS)

bench-records: bench-setup  ## what recording costs
	@$(BIN)/python -m benchmarks.records $(ARGS)

bench-arrow: bench-setup  ## a table of a million rows as Arrow and as JSON
	@$(BIN)/python -m benchmarks.arrow $(ARGS)

bench-soak: bench-setup  ## memory over time at full load, and over 100 wake/sleep cycles
	@$(BIN)/python -m benchmarks.soak $(ARGS)

constraints: setup  ## renew constraints.txt from what the ranges of pyproject.toml allow today
	@$(BIN)/uv pip compile --quiet --upgrade --no-header --no-annotate --no-emit-index-url --no-emit-find-links --group dev --group bench pyproject.toml > constraints.new
	@{ head -n 1 constraints.txt; cat constraints.new; } > constraints.next && mv constraints.next constraints.txt && rm constraints.new

clean:  ## remove what was built here
	rm -rf .venv .unshelf build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
