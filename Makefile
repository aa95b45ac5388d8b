# Everything runs in .venv/, which the first command makes. PYTHON names the interpreter to make it with.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INI ?= development.ini

.DEFAULT_GOAL := help
.PHONY: help run test test-fast test-seed fuzz spark thin coverage check verify screenshot bench oracle-litellm clients invariants release clean

help: ## show the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{printf "  make %-15s %s\n", $$1, $$2}'

$(VENV)/.run: setup.cfg pyproject.toml constraints.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11 ..."; exit 1; }
	@echo "Installing llmpricing into $(VENV)/ (once; about half a minute) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[seed,stores,bulk,reference,charts]' || { echo "The packages could not be installed; pip says why above."; echo "Next: check the network (behind a proxy set HTTPS_PROXY, with a mirror PIP_INDEX_URL), then run make again."; exit 1; }
	@touch $@

$(VENV)/.dev: $(VENV)/.run
	@echo "Installing the tools of the tests and checks ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[seed,stores,bulk,reference,charts,test,check]'
	@touch $@

run: $(VENV)/.run ## start the stores if needed, fill the price book, serve http://localhost:6543 (ARGS=--offline fetches nothing)
	@exec $(BIN)/llmpricing run $(INI) $(ARGS)

# One worker a core; a file's tests stay together. ARGS adds options: make test ARGS='-k alias'.
PYTEST := $(BIN)/python -m pytest -n logical --dist loadgroup --no-loadscope-reorder

test: $(VENV)/.dev ## all tests, on real stores (about 16 minutes on two quiet cores)
	$(PYTEST) $(ARGS)

test-fast: $(VENV)/.dev ## unit and functional tests (some minutes)
	$(PYTEST) tests/unit tests/functional $(ARGS)

coverage: $(VENV)/.dev ## all tests with their branches counted, in the programs they start too; fails below 95 %
	$(PYTEST) --cov --cov-report=term $(ARGS)

fuzz: $(VENV)/.dev ## requests of all shapes against the API's document, for some ten minutes; FUZZ_EXAMPLES a method
	LLMPRICING_TEST_FUZZ=$(or $(FUZZ_EXAMPLES),300) $(PYTEST) tests/functional/test_fuzz.py $(ARGS)

spark: $(VENV)/.dev ## a usage log on a local Spark, where Java is installed: the same rows and sums, also when a worker dies
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[seed,bulk,spark]'
	$(BIN)/python -m pytest tests/integration/engines $(ARGS)

thin: $(VENV)/.dev ## the wheel alone beside Arrow 14 and the newest: a book's file answers there too
	$(BIN)/python -m tests.thin_installation

SEED ?= $(shell od -An -N4 -tu4 /dev/urandom | tr -d ' ')
test-seed: SEED := $(SEED)
test-seed: $(VENV)/.dev ## the property tests with new examples, from SEED or a random number
	@echo "Hypothesis seed $(SEED). The same again: make test-seed SEED=$(SEED)"
	$(PYTEST) -m hypothesis --hypothesis-profile=here --hypothesis-seed=$(SEED) $(ARGS)

check: $(VENV)/.dev ## format, lint, types, import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

verify: $(VENV)/.run ## the checklist of README with measured figures; fails where one is missed
	@exec $(BIN)/llmpricing verify $(INI)

screenshot: $(VENV)/.dev ## README's picture of the list, from a running make run (needs Chromium and its driver)
	$(BIN)/python -m tests.browser.screenshot http://localhost:6543/ docs/list.webp

# A peer that only reads files: beside the project's environment, not in it.
POLARS := polars==2.1.0
PEERS := var/bench-peers
$(PEERS)/.$(POLARS): | $(VENV)/.dev
	@echo "Installing $(POLARS) into $(PEERS)/ (once) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade --target $(PEERS) $(POLARS)
	@touch $@

bench: $(VENV)/.dev $(PEERS)/.$(POLARS) ## ours beside its peers in one run
	@PYTHONPATH=$(PEERS) $(BIN)/python -m benchmarks

# LiteLLM brings dependencies that must not mix with ours, so it lives in an environment of its own.
LITELLM := litellm==1.101.4
ORACLE := var/litellm-oracle
$(ORACLE)/.$(LITELLM): | $(VENV)/.dev
	@$(BIN)/python -m venv --clear $(ORACLE)
	@echo "Installing $(LITELLM) into $(ORACLE)/ (once) ..."
	@$(ORACLE)/bin/python -m pip install --quiet --disable-pip-version-check $(LITELLM)
	@touch $@

oracle-litellm: $(VENV)/.dev $(ORACLE)/.$(LITELLM) ## our quotes beside LiteLLM's own calculator, entry by entry
	$(BIN)/python -m tests.oracles.litellm $(ORACLE)

LITELLM_NEWEST := litellm==1.110.2
NEWEST := var/litellm-newest
$(NEWEST)/.$(LITELLM_NEWEST): | $(VENV)/.dev
	@$(BIN)/python -m venv --clear $(NEWEST)
	@echo "Installing $(LITELLM_NEWEST) into $(NEWEST)/ (once) ..."
	@$(NEWEST)/bin/python -m pip install --quiet --disable-pip-version-check $(LITELLM_NEWEST)
	@touch $@

READERS := duckdb==2.0.1 feedparser==6.0.12 polars==1.35.2
READER_HOME := var/feed-readers
READERS_HERE := $(READER_HOME)/.$(subst $(eval ) ,-,$(READERS))
$(READERS_HERE): | $(VENV)/.dev
	@$(BIN)/python -m venv --clear $(READER_HOME)
	@echo "Installing $(READERS) into $(READER_HOME)/ (once) ..."
	@$(READER_HOME)/bin/python -m pip install --quiet --disable-pip-version-check $(READERS)
	@touch $@

CCUSAGE := ccusage@20.0.24
OPENCODE := opencode-ai@1.18.33
NPM_CLIENTS := $(if $(shell command -v npm),var/npm-clients/$(CCUSAGE)-$(OPENCODE))# none where there is no npm
var/npm-clients/$(CCUSAGE)-$(OPENCODE): | $(VENV)/.dev
	@rm -rf $@.part && mkdir -p $@.part
	@echo "Installing $(CCUSAGE) and $(OPENCODE) into $@/ (once) ..."
	@npm install --silent --no-audit --no-fund --ignore-scripts --prefix $@.part $(CCUSAGE) $(OPENCODE)
	@mv $@.part $@

clients: $(VENV)/.dev $(ORACLE)/.$(LITELLM) $(NEWEST)/.$(LITELLM_NEWEST) $(READERS_HERE) $(NPM_CLIENTS) ## real clients on our feeds: nothing lost, and calls cost what our quotes say
	$(BIN)/python -m tests.clients $(ORACLE)
	@$(if $(NPM_CLIENTS),,echo "There is no npm here: ccusage and opencode are left out.")
	$(BIN)/python -m tests.clients $(NEWEST) $(READER_HOME) $(NPM_CLIENTS)

invariants: $(VENV)/.dev ## no import of dated maps may lose or overrule an answer: LLMPRICING_TEST_LITELLM_MAPS names their folder
	$(BIN)/python -m tests.invariants $(ARGS)

# For the platform and the Python that it runs on, its image too. dist/ is emptied first.
release: $(VENV)/.run ## a versioned wheel, the folder of its image, SBOM, requirements with hashes and SHA256SUMS, in dist/
	@$(BIN)/python deploy/release.py --check
	@rm -rf dist build && mkdir build
	@$(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir dist .
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --dry-run --ignore-installed -c constraints.txt \
		--report build/report.json "$$(ls dist/llmpricing-*.whl)[seed,bulk,charts,reference]"
	@$(BIN)/python deploy/release.py build/report.json dist

clean: ## remove .venv/ and build files (not var/, where the data lives)
	rm -rf $(VENV) build dist *.egg-info
