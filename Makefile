# Needs Python 3.11 and its pip, nothing else.  Everything runs in .venv, made from the lock.
.DEFAULT_GOAL := help
.PHONY: help demo replay test lint bench bench-live operating storm faults
.PHONY: stack silence kafka redis secrets services-stop jars format lock clean

PYTHON ?= $(firstword $(foreach name,python3.11 python3.12 python3.13 python3,$(shell command -v $(name) 2>/dev/null)))
BIN := .venv/bin
INSTALLED := .venv/installed
JARS := .services/kafka/jars
PYTEST ?= $(BIN)/python -m pytest
COMPILE := uv pip compile --universal --python-version 3.11 --fork-strategy fewest \
  --generate-hashes --no-emit-index-url --no-annotate --no-header --quiet

help: ## what there is to make
	@sed -nE 's/^([a-z-]+):.*## (.*)/make \1\t\2/p' $(MAKEFILE_LIST)

demo: $(INSTALLED) ## the whole line in one process: ProDERM comes over Kafka and the bell rings
	$(BIN)/tocsin demo $(ARGS)

replay: $(INSTALLED) ## the same log from its file: every table, every watch, in seconds
	$(BIN)/tocsin replay studies/proderm/log.jsonl $(ARGS)

test: $(INSTALLED) ## every test but the long campaigns, and the examples in the docstrings
	$(PYTEST) -n 2 --dist loadfile --doctest-modules monitor alerts streams tocsin tests $(ARGS)

lint: $(INSTALLED) ## style, format and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright

bench: $(INSTALLED) ## reports per second and bytes per case
	$(BIN)/python -m benchmarks $(ARGS)

bench-live: $(INSTALLED) jars ## the worker beside its peers on a real Kafka and a real Redis
	$(BIN)/python -m benchmarks.live $(ARGS)

operating: $(INSTALLED) ## the long campaigns: error rates over thousands of simulated trials
	$(PYTEST) -m campaign -s tests/operating $(ARGS)

storm: $(INSTALLED) ## 10,000 seeds of crashes, lost replies, rollbacks and zombies, simulated
	$(BIN)/python -m tests.simulation $(ARGS)

faults: $(INSTALLED) jars ## 300 real faults on Kafka, Redis and three workers
	$(BIN)/python -m tests.faults $(ARGS)

stack: $(INSTALLED) jars ## what `docker compose up` starts, started by hand, and ended
	$(PYTEST) -m campaign tests/deploy/test_stack.py $(ARGS)

silence: $(INSTALLED) jars ## eleven minutes without a deliverer: a real Alertmanager rings on
	$(PYTEST) -m campaign -s tests/contract/test_silence.py $(ARGS)

kafka: $(INSTALLED) jars ## start a private Kafka broker (needs Java 17) and print its address
	@$(BIN)/python -m streams.local start kafka

redis: $(INSTALLED) ## start a private Redis or Valkey server and print its address
	@$(BIN)/python -m streams.local start redis

services-stop: ## end the private servers; what they hold stays until `make clean`
	@test ! -d .services || $(BIN)/python -m streams.local stop

secrets: $(INSTALLED) ## passwords, tokens and certificates for `docker compose up`, in .secrets/
	@$(BIN)/python deploy/make_secrets.py .secrets

jars: $(JARS) ## bring Apache Kafka's server, 47 jars (needs Maven)

format: $(INSTALLED) ## put the style right where a tool can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: ## choose the versions again (needs uv); UPGRADE=1 takes newer ones
	$(COMPILE) --all-extras --group dev $(if $(UPGRADE),--upgrade) pyproject.toml \
	  --output-file requirements.lock
	$(COMPILE) --extra clinical --extra notify --constraint requirements.lock pyproject.toml \
	  --output-file deploy/requirements.lock
	echo hatchling | $(COMPILE) --constraint requirements.lock - --output-file deploy/build.lock

clean: services-stop ## remove what was built, and the private servers with what they hold
	rm -rf .services .venv benchmarks/live/.venv build dist .pytest_cache .ruff_cache .hypothesis

# The stamp is written last, so an installation that was cut short is taken up again.
$(INSTALLED): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Tocsin needs Python 3.11 or later: make PYTHON=/path/to/python3.11" >&2; exit 2; }
	test -x $(BIN)/pip || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

# Into an empty folder: a jar of another version beside the right one may be the one that is loaded.
$(JARS): deploy/kafka/pom.xml
	rm -rf $(@D)/libs
	mvn -q -B --strict-checksums -f $< dependency:copy-dependencies \
	  -DoutputDirectory=$(CURDIR)/$(@D)/libs
	@touch $@
