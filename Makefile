# Everything runs from .venv, made from the pins in requirements/. `make help` lists the targets.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --quiet --disable-pip-version-check

# demo.txt is part of dev.txt (same versions), so the second stamp also satisfies the first.
DEMO_READY := $(VENV)/.installed-demo
DEV_READY  := $(VENV)/.installed-dev

# Who is asked for known vulnerabilities: pypi or osv.
VULNERABILITIES ?= pypi

# Same platform-neutral pins for every file: dev.txt is resolved first, the smaller ones follow its versions.
COMPILE := $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --python-version 3.11 \
           --custom-compile-command "make pins" pyproject.toml requirements/build.in

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory
.NOTPARALLEL:
.PHONY: help demo test test-long check check-style check-format check-types check-imports check-protos check-generated \
        check-house format mutation bench audit sbom serve proto pins clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' Makefile

demo: $(DEMO_READY) ## replay 25,000 real baskets through a running network, settle them, verify the evidence
	@$(BIN)/coalition demo --baskets 25000 --out build/demo

# The tests start some hundred processes: what Python compiles is kept, even where the environment says not to.
test test-long: export PYTHONDONTWRITEBYTECODE =

test: $(DEV_READY) ## run the tests (not those that take minutes; the rules of the house are among the checks)
	@$(BIN)/python -m compileall -q -j 0 coalition settlement tests/support
	@$(BIN)/pytest -n 3 --dist loadfile --no-loadscope-reorder -m "not long and not debian" --ignore=tests/house tests

test-long: $(DEV_READY) ## run the tests that take minutes, and every property on a thousand cases
	@$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder --hypothesis-profile=many \
	  -m "(long or hypothesis) and not debian" tests

check: $(DEV_READY) ## run every check of the code, all of them even if one fails
	@$(MAKE) --keep-going check-style check-format check-types check-imports check-protos check-generated check-house
	@echo "all checks hold"

check-style: $(DEV_READY) ## ... style (ruff)
	@echo "== style"
	@$(BIN)/ruff check --quiet .

check-format: $(DEV_READY) ## ... formatting (ruff; `make format` mends it)
	@echo "== formatting"
	@$(BIN)/ruff format --check --quiet --output-format concise .

check-types: $(DEV_READY) ## ... types (mypy --strict)
	@echo "== types"
	@$(BIN)/mypy --no-error-summary

check-imports: $(DEV_READY) ## ... who may import whom (import-linter)
	@echo "== imports"
	@told=$$($(BIN)/lint-imports --no-logo --no-cache) || { echo "$$told"; false; }

check-protos: $(DEV_READY) ## ... protos (buf lint)
	@echo "== protos"
	@$(BIN)/buf lint

check-generated: $(DEV_READY) ## ... generated code is what the protos say
	@echo "== generated code"
	@$(BIN)/python proto/generate.py --check

check-house: $(DEV_READY) ## ... rules of the house (tests/house)
	@echo "== house rules"
	@$(BIN)/pytest --quiet tests/house

format: $(DEV_READY) ## put every file into the project's format
	@$(BIN)/ruff format --quiet .
	@$(BIN)/ruff check --quiet --select I --fix .

mutation: $(DEV_READY) ## change the pure rules in every small way and see that the tests notice (some ten minutes)
	@rm -rf build/mutation && mkdir -p build/mutation && cp -R coalition settlement tests pyproject.toml build/mutation
	@cd build/mutation && nice -n 15 ../../$(BIN)/mutmut run --max-children 2
	@cd build/mutation && ../../$(BIN)/mutmut results --all true | ../../$(BIN)/python -m tests.mutation

bench: $(DEV_READY) ## measure throughput, latency and memory into build/bench.json
	@mkdir -p build
	@$(BIN)/python -m tests.benchmarks --out build/bench.json

audit: $(DEV_READY) ## look up known vulnerabilities of everything pinned (asks a service on the network)
	@for file in run dev; do \
	  echo "== requirements/$$file.txt"; \
	  $(BIN)/pip-audit --strict --require-hashes --disable-pip --progress-spinner off --desc off \
	    --vulnerability-service $(VULNERABILITIES) --requirement requirements/$$file.txt \
	  || { echo "No clean audit by the service '$(VULNERABILITIES)': see above. If it is out of reach from here, name another," \
	            "for example: make audit VULNERABILITIES=osv" >&2; exit 1; }; \
	done

sbom: $(DEV_READY) ## write build/sbom.json: what a running network consists of, with versions and hashes (CycloneDX)
	@mkdir -p build
	@PYTHONWARNINGS=ignore $(BIN)/cyclonedx-py requirements --pyproject pyproject.toml --output-reproducible \
	  --output-file build/sbom.json requirements/run.txt
	@echo "written: build/sbom.json"

serve: $(DEMO_READY) ## run the network's server on this machine
	@$(BIN)/coalition serve

proto: $(DEV_READY) ## generate coalition/api from proto/
	@$(BIN)/python proto/generate.py

# An upgrade on purpose: `make pins UPGRADE=--upgrade`.
pins: $(DEV_READY) ## resolve requirements/*.txt again from pyproject.toml
	@$(COMPILE) $(UPGRADE) --extra demo --extra dev --output-file requirements/dev.txt
	@$(COMPILE) --constraints requirements/dev.txt --extra demo --output-file requirements/demo.txt
	@$(COMPILE) --constraints requirements/dev.txt --output-file requirements/run.txt

clean: ## remove build/, caches and .venv
	@rm -rf build $(VENV) *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	@find coalition settlement tests proto -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or newer is needed; name one: make PYTHON=python3.12 ..." >&2; exit 1; }
	@echo "making $(VENV)"
	@$(PYTHON) -m venv $(VENV) \
	  || { rm -rf $(VENV); echo "On Debian and Ubuntu, 'apt-get install python3-venv' brings the missing part." >&2; exit 1; }

# pip refuses an editable install under hashes, hence the second call; it fetches nothing.
$(DEMO_READY): requirements/demo.txt pyproject.toml | $(VENV)/bin/python
	@echo "installing requirements/demo.txt"
	@$(PIP) install --require-hashes -r requirements/demo.txt
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(DEV_READY): requirements/dev.txt pyproject.toml | $(VENV)/bin/python
	@echo "installing requirements/dev.txt"
	@$(PIP) install --require-hashes -r requirements/dev.txt
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $(DEMO_READY) $@
