# Every target says what it does, and does only what is missing.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMPS := $(VENV)/.stamps
NODE   := studio/node_modules/.package-lock.json
BUILT  := src/safelight/studio_dist/index.html

# The tests start Safelight a few hundred times. Where this is set, each start compiles torch and the rest anew: 20 seconds.
unexport PYTHONDONTWRITEBYTECODE

STUDIO_SOURCES := $(shell find studio/src studio/public -type f 2>/dev/null) studio/index.html studio/vite.config.ts studio/tsconfig.json

.DEFAULT_GOAL := help
.PHONY: help install run test check bench studio types docs wheel packages audit sbom clean lint test-python test-studio test-browser

help: ## Show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

install: $(STAMPS)/run ## Make .venv with everything that running needs

run: $(STAMPS)/run $(BUILT) ## Serve the studio on http://127.0.0.1:8000
	@echo "==> Serving on http://127.0.0.1:8000 (Ctrl-C stops)"
	@$(BIN)/safelight serve

# Linters and the studio's own tests take one core each; Python and browser tests want both.
test: ## Run everything: linters, types, Python, studio and browser
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target lint test-studio
	@$(MAKE) --no-print-directory test-python
	@$(MAKE) --no-print-directory test-browser
	@echo "==> Everything passed"

check: lint test-studio-check ## Run linters and type checkers only
	@echo "==> Checked"

bench: $(STAMPS)/run ## Measure side by side with the bare model, diffusers and whole requests
	@echo "==> Measuring; this takes half an hour, and with BENCH=--quick some minutes"
	@$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[local,bench,openai,ray]'
	@$(BIN)/python benchmarks/all.py $(BENCH)

studio: $(BUILT) ## Build the studio

types: $(STAMPS)/test $(NODE) ## Write the OpenAPI document and the studio's types made from it
	@echo "==> Writing studio/openapi.json and the types"
	@$(BIN)/safelight openapi -o studio/openapi.json
	@cd studio && npm run --silent generate-types

docs: $(STAMPS)/test ## Write the reference pages that are made from the code
	@echo "==> Writing docs/reference"
	@$(BIN)/python docs/reference.py

wheel: $(STAMPS)/run $(BUILT) ## Build the wheel, with the studio and the embedded model inside
	@echo "==> Building the wheel into dist/"
	@$(BIN)/pip wheel --quiet --no-deps --wheel-dir dist .

packages: $(STAMPS)/test $(BUILT) ## Build wheel and sdist into dist/, as a release does
	@echo "==> Building wheel and sdist into dist/"
	@$(BIN)/pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist .
	@$(BIN)/hatchling build --target sdist

# These two ask a database of weaknesses on the network, or need a tool that only they need: CI and releases run them.
audit: $(STAMPS)/venv $(NODE) ## Compare every pinned dependency with the known weaknesses (needs the network)
	@echo "==> Auditing constraints.txt and studio/package-lock.json"
	@$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt pip-audit
	@$(BIN)/pip-audit --requirement constraints.txt --no-deps --disable-pip --progress-spinner=off
	@cd studio && npm audit --omit=dev

sbom: $(STAMPS)/run ## List everything that is installed, as CycloneDX, into dist/
	@echo "==> Writing dist/safelight.cdx.json"
	@mkdir -p dist
	@$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt cyclonedx-bom
	@$(BIN)/cyclonedx-py environment --pyproject pyproject.toml --output-format JSON --output-file dist/safelight.cdx.json

clean: ## Remove what was built and installed; pictures and settings stay
	rm -rf $(VENV) dist build src/safelight/studio_dist studio/node_modules .mypy_cache .ruff_cache .pytest_cache .import_linter_cache

# ---- the parts

lint: $(STAMPS)/test
	@echo "==> Linters: ruff, mypy, import-linter"
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports

# In CI a test that fails is tried once more, in Python as in the browser, and said to have been (RERUN).
# One more than there are cores: a fifth of the time, tests wait for servers.
HANDS := $(shell $(PYTHON) -c 'import os; print((os.cpu_count() or 1) + 1)')
test-python: $(STAMPS)/test $(BUILT)
	@echo "==> Python tests"
	@OMP_NUM_THREADS=1 $(BIN)/pytest --numprocesses=$(HANDS) --maxprocesses=4 --dist=loadfile $(if $(CI),--reruns=1) $(PYTEST)

test-studio-check: $(NODE)
	@echo "==> Studio: biome, types"
	@cd studio && npm run --silent check

test-studio: test-studio-check $(BUILT)
	@echo "==> Studio tests"
	@cd studio && npm run --silent test

# The browser tests draw with the embedded model where it is there. In CI they are never skipped.
E2E_ENGINE ?= $(if $(wildcard models/sprite/model_index.json),local,fake)
CHROMIUM := $(or $(E2E_CHROMIUM),$(firstword $(wildcard /usr/bin/chromium /usr/bin/chromium-browser /usr/bin/google-chrome)))
test-browser: $(STAMPS)/test $(BUILT) $(NODE)
ifeq ($(CHROMIUM),)
	@if [ -n "$$CI" ]; then echo "==> Browser tests: Chromium is missing, and CI does not skip them"; exit 1; fi
	@echo "==> Browser tests SKIPPED: no Chromium at /usr/bin/chromium (E2E_CHROMIUM names another)"
else
	@echo "==> Browser tests with $(CHROMIUM), drawing with the $(E2E_ENGINE) engine"
	@cd studio && E2E_CHROMIUM=$(CHROMIUM) E2E_ENGINE=$(E2E_ENGINE) SAFELIGHT_FAKE_STEP_S=0.2 npm run --silent e2e
endif

# ---- what is made once, and again when what it is made of changes

$(STAMPS)/venv:
	@echo "==> Making $(VENV)"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Safelight needs Python 3.11 or newer; name one: make PYTHON=python3.12 …")'
	@$(PYTHON) -m venv $(VENV)
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/run: $(STAMPS)/venv pyproject.toml constraints.txt
	@echo "==> Installing Safelight and its engine into $(VENV) (torch is large: the first time takes minutes)"
	@$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[local,provenance]'
	@touch $@

# In one go with what running needs. Only what is imported is compiled, when it is: the rest would take a minute.
$(STAMPS)/test: $(STAMPS)/venv pyproject.toml constraints.txt
	@echo "==> Installing Safelight and what the tests need into $(VENV) (torch is large: the first time takes minutes)"
	@$(BIN)/pip install --no-compile --quiet --disable-pip-version-check -c constraints.txt -e '.[jwt,local,mcp,moderation,otel,postgres,provenance,providers,ray,redis,s3,sentry,test,train]'
	@touch $(STAMPS)/run $@

$(NODE): studio/package-lock.json
	@command -v npm >/dev/null || { echo "The studio needs Node.js 20.19 or newer (https://nodejs.org)."; exit 1; }
	@echo "==> Installing the studio's packages"
	@cd studio && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

$(BUILT): $(NODE) $(STUDIO_SOURCES)
	@echo "==> Building the studio"
	@cd studio && npm run --silent build
	@touch $@
