# Needs only Python 3.11 with pip.  Everything runs in .venv, which is installed from the lock file.
.DEFAULT_GOAL := help
.PHONY: help demo replay test lint bench bench-live independent operating storm faults attack kills mutants coverage
.PHONY: compiled stack slow silence kafka redis secrets services-stop jars format lock clean

PYTHON ?= $(firstword $(foreach name,python3.11 python3.12 python3.13 python3,$(shell command -v $(name) 2>/dev/null)))
BIN := .venv/bin
INSTALLED := .venv/installed
COMPILED := build/compiled
TESTED_COMPILED := monitor alerts independent $(addprefix streams/,processor records replay store/rows)
JARS := .services/kafka/jars
PYTEST ?= $(BIN)/python -m pytest
COMPILE := uv pip compile --universal --python-version 3.11 --fork-strategy fewest \
  --generate-hashes --no-emit-index-url --no-annotate --no-header --quiet

help: ## list the targets
	@sed -nE 's/^([a-z-]+):.*## (.*)/make \1\t\2/p' $(MAKEFILE_LIST)

demo: $(INSTALLED) ## run everything in one process: fold ProDERM from Kafka and raise its alerts
	$(BIN)/tocsin demo $(ARGS)

replay: $(INSTALLED) ## fold the same log from its file, and print all tables and watches in seconds
	$(BIN)/tocsin replay studies/proderm/log.jsonl $(ARGS)

test: $(INSTALLED) ## run all tests except the long campaigns, and the docstring examples
	$(PYTEST) -n 2 --dist loadfile --doctest-modules monitor alerts streams board tocsin tests $(ARGS)

lint: $(INSTALLED) ## check style, format and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright

bench: $(INSTALLED) ## measure records per second and bytes per case
	$(BIN)/python -m benchmarks $(ARGS)

bench-live: $(INSTALLED) jars ## compare the worker with its peers on a real Kafka and a real Redis
	$(BIN)/python -m benchmarks.live $(ARGS)

independent: $(INSTALLED) ## compute every published case of statistics (CASES=FILE: of another file), and print what differs
	$(BIN)/python -m tests.independent.run_cases $(CASES)

operating: $(INSTALLED) ## run the long campaigns: error rates over thousands of simulated trials
	$(PYTEST) -m campaign -s tests/operating $(ARGS)

storm: $(INSTALLED) ## simulate crashes, lost replies, rollbacks and zombie workers with 10,000 seeds
	$(BIN)/python -m tests.simulation $(ARGS)

faults: $(INSTALLED) jars ## inject 300 real faults into Kafka, Redis and three workers
	$(BIN)/python -m tests.faults $(ARGS)

mutants: $(INSTALLED) ## make 200 small faults in the product, and print those that no test finds
	$(BIN)/python -m tests.mutants $(ARGS)

coverage: $(INSTALLED) ## measure which lines the tests run, started processes included; speeds up mutants
	$(BIN)/python -m tests.mutants --map $(ARGS)

kills: $(INSTALLED) jars ## kill intake, broker and worker 20 times while records are sent over HTTP
	$(BIN)/python -m tests.kills $(ARGS)

attack: $(INSTALLED) jars ## send hostile feeds to a live worker, and print how long another study waits
	$(BIN)/python -m tests.attack $(ARGS)

# Built from a source archive: compiled modules beside the sources would be imported in their place.
compiled: $(INSTALLED) ## build a wheel compiled by mypyc in dist/ (needs gcc), install it in .venv-compiled, test it
	@$(BIN)/python -c 'import os, shlex, shutil, sysconfig; \
	  cc = os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc"; \
	  shutil.which(shlex.split(cc)[0]) or exit(f"no C compiler ({cc}): install gcc, or use the pure-Python package")'
	rm -rf $(COMPILED) .venv-compiled dist/tocsin-*-cp*.whl
	mkdir -p $(COMPILED)/src
	$(BIN)/python -m hatchling build -t sdist -d $(COMPILED)
	tar -xzf $(COMPILED)/tocsin-*.tar.gz -C $(COMPILED)/src --strip-components=1
	cd $(COMPILED)/src && HATCH_BUILD_HOOK_ENABLE_MYPYC=1 \
	  $(CURDIR)/$(BIN)/python -m hatchling build -t wheel -d $(CURDIR)/dist
	$(BIN)/python -m venv .venv-compiled
	.venv-compiled/bin/python -m pip install --quiet --require-hashes -r requirements.lock
	.venv-compiled/bin/python -m pip install --quiet --no-deps --no-index dist/tocsin-*-cp*.whl
	$(MAKE) --no-print-directory compiled-check

compiled-check: ## compare the installed compiled package with the sources, and run the tests of what is compiled
	cd $(COMPILED)/src && rm -rf monitor alerts streams board tocsin
	test ! -d ../shared || ln -sfn $(CURDIR)/../shared $(COMPILED)/shared
	cd $(COMPILED)/src && $(CURDIR)/.venv-compiled/bin/tocsin --version | grep -F '(compiled)'
	cd $(COMPILED)/src && $(CURDIR)/.venv-compiled/bin/tocsin replay --json --quiet \
	  studies/proderm/log.jsonl > $(CURDIR)/$(COMPILED)/compiled.json
	$(BIN)/tocsin replay --json --quiet studies/proderm/log.jsonl > $(COMPILED)/pure.json
	cmp $(COMPILED)/pure.json $(COMPILED)/compiled.json
	cd $(COMPILED)/src && $(CURDIR)/.venv-compiled/bin/python -m pytest \
	  -n 2 --dist loadfile $(addprefix tests/,$(TESTED_COMPILED)) $(ARGS)

stack: $(INSTALLED) jars ## start and stop the programs of `docker compose up` without Docker
	$(PYTEST) -m campaign tests/deploy $(ARGS)

slow: $(INSTALLED) jars ## run the tests of whole processes that wait longest: dead brokers, frozen workers, full stores
	$(PYTEST) -m campaign tests/contract tests/kills tests/scenarios/test_demo.py --ignore tests/contract/test_silence.py $(ARGS)

silence: $(INSTALLED) jars ## test that a real Alertmanager keeps alerts firing for eleven minutes without a deliverer
	$(PYTEST) -m campaign -s tests/contract/test_silence.py $(ARGS)

kafka: $(INSTALLED) jars ## start a private Kafka broker (needs Java 17) and print its address
	@$(BIN)/python -m streams.local start kafka

redis: $(INSTALLED) ## start a private Redis or Valkey server and print its address
	@$(BIN)/python -m streams.local start redis

services-stop: ## stop the private servers; `make clean` removes their data
	@test ! -d .services || $(BIN)/python -m streams.local stop

secrets: $(INSTALLED) ## write passwords, tokens and certificates for `docker compose up` to .secrets/
	@$(BIN)/python deploy/make_secrets.py .secrets

jars: $(JARS) ## download Apache Kafka's server, 47 jars (needs Maven)

format: $(INSTALLED) ## fix style and format automatically
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: ## resolve the lock files again (needs uv); UPGRADE=1 takes newer versions
	$(COMPILE) --all-extras --group dev $(if $(UPGRADE),--upgrade) pyproject.toml \
	  --output-file requirements.lock
	$(COMPILE) --extra board --extra clinical --extra notify --extra report --constraint requirements.lock pyproject.toml \
	  --output-file deploy/requirements.lock
	printf '%s\n' hatchling hatch-mypyc | $(COMPILE) --constraint requirements.lock - --output-file deploy/build.lock

clean: services-stop ## remove all build results, and the private servers with their data
	rm -rf .services .venv .venv-compiled .mutants benchmarks/live/.venv build dist .pytest_cache .ruff_cache .hypothesis

# The stamp is written last, so an interrupted installation is repeated.
$(INSTALLED): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Tocsin needs Python 3.11 or later: make PYTHON=/path/to/python3.11" >&2; exit 2; }
	test -x $(BIN)/pip || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

# The folder is emptied first: Java might load a jar of another version left in it.
$(JARS): deploy/kafka/pom.xml
	rm -rf $(@D)/libs
	mvn -q -B --strict-checksums -f $< dependency:copy-dependencies \
	  -DoutputDirectory=$(CURDIR)/$(@D)/libs
	@touch $@
