# The commands behind everything. `make demo`, `make unit` and `make test` do all their own set-up, from Python 3.11
# or newer.

PYTHON ?= python3
PORT ?= 8080
DATA ?= demo-data
UV = 0.13.9

SHELL = /bin/sh
VENV = .venv/bin/python
PIP = $(VENV) -m pip --disable-pip-version-check
export PIP_NO_INPUT = 1
export PIP_ROOT_USER_ACTION = ignore

.PHONY: help demo demo-reset unit test bench lint lock clean

help:
	@echo "make demo        the portal with an imaginary school on http://127.0.0.1:$(PORT)  (PORT=$(PORT) DATA=$(DATA))"
	@echo "make demo-reset  the same, from the beginning"
	@echo "make unit        the tests that need no served portal, no PostgreSQL and no slow fault: within a minute"
	@echo "make test        every test, browser and PostgreSQL tests included: within twelve minutes on two cores"
	@echo "make bench       how fast it is, as ratios and a table (under six minutes on two quiet cores)"
	@echo "make lint        ruff and mypy"
	@echo "make lock        pin the dependencies anew, with hashes"
	@echo "make clean       remove what was installed and cached; data folders stay"

demo: .venv/.installed
	@exec $(VENV) -m creos_ui demo --port "$(PORT)" --data "$(DATA)"

# only what is a demo is removed: it has a former-system folder beside its database, or nothing at all
demo-reset:
	@if [ -e "$(DATA)" ] && ! { [ -d "$(DATA)/former-system" ] && [ -f "$(DATA)/creos.db" ]; }; then \
		echo "$(DATA) does not look like a demo: nothing was removed." >&2; exit 2; fi
	rm -rf -- "$(DATA)" "$(DATA).partial"
	@$(MAKE) --no-print-directory demo

unit: .venv/.installed-dev
	$(VENV) -m pytest -n 2 -m "not (postgres or served or slow)"

test: .venv/.installed-dev
	@chromium="$$($(VENV) -m tests.chromium)" || exit 1; \
	export CREOS_CHROMIUM="$$chromium"; \
	echo "== unit, service and database tests, on SQLite and on PostgreSQL"; \
	$(VENV) -m pytest -n 2 --ignore=tests/e2e || exit 1; \
	echo "== browser tests ($$chromium)"; \
	$(VENV) -m pytest -n 2 tests/e2e

bench: .venv/.installed-dev
	@chromium="$$($(VENV) -m tests.chromium)" || exit 1; CREOS_CHROMIUM="$$chromium" $(VENV) -m bench

lint: .venv/.installed-dev
	$(VENV) -m ruff check .
	$(VENV) -m ruff format --check .
	$(VENV) -m mypy

# UPGRADE=--upgrade takes newer versions where the pins in pyproject.toml allow them; the files name no host
lock: .venv/.uv
	.venv/uv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-header $(UPGRADE) --group build -o requirements.lock pyproject.toml
	.venv/uv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-header $(UPGRADE) --group dev -c requirements.lock -o requirements-dev.lock

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis creos_ui.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/.installed: requirements.lock pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 or newer is needed: install python3." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Python 3.11 or newer is needed, $$($(PYTHON) --version) was found: make PYTHON=/path/to/python3.11" >&2; \
		exit 1; }
	@$(PYTHON) -m venv .venv || { echo "The Python module venv is needed: install python3-venv." >&2; exit 1; }
	@echo "Installing what the portal needs (once; a minute or two) ..."
	@$(PIP) install --require-hashes -r requirements.lock
	@$(PIP) install --quiet --no-deps --no-build-isolation -e .
	@touch $@

.venv/.installed-dev: requirements-dev.lock .venv/.installed
	@echo "Installing what the tests need ..."
	@$(PIP) install --require-hashes -r requirements-dev.lock
	@touch $@

.venv/.uv: .venv/.installed
	@$(PYTHON) -m venv .venv/uv
	@.venv/uv/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV)
	@touch $@
