# Suicha: `make run` to see it, `make test` to prove it, `make check` for everything CI demands of the source.
# Needs Python >= 3.11 and make; Node >= 20.19 is used where present, else PyPI's wheel of it.
SHELL := /bin/bash
VENV := .venv
PY := $(VENV)/bin/python
PORT ?= 8080
SANDBOX_PORT ?= 8081
STAMPS := var/.stamps
WEB_SOURCES := $(shell find web -type f -not -path 'web/node_modules/*' -not -path 'web/dist/*' 2>/dev/null)

.PHONY: run test test-browser screenshots test-hard check setup lock format clean

run: setup
	@$(PY) -m app.cli demo --port $(PORT) --sandbox-port $(SANDBOX_PORT)

test: setup
	@$(PY) -m pytest -n 4 -m "not browser and not hard"
	@cd web && ../.ci/node npm test --silent

# The whole way in Debian's Chromium.
test-browser: setup
	@$(PY) -m pytest -n 2 -m "browser and not hard" tests/e2e

# The same with new pictures in docs/images.
screenshots: setup
	@SUICHA_SCREENSHOTS=1 $(PY) -m pytest -m "browser and not hard" tests/e2e

# What takes long: crash tests, large registers. Not part of CI.
test-hard: setup
	@$(PY) -m pytest -m hard --timeout 3600

check: setup
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/mypy
	@$(VENV)/bin/lint-imports --no-logo
	@cd web && ../.ci/node npm run --silent typecheck
	@$(PY) -m app.cli check-config config.example.toml

setup: $(STAMPS)/native $(STAMPS)/web

$(STAMPS)/python: requirements.lock pyproject.toml
	@echo '安装 Python 依赖（首次约一分钟）… / installing Python packages'
	@./.ci/setup-python
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/native: services/drawing/loops.c $(STAMPS)/python
	@$(PY) -m services.drawing.native
	@touch $@

$(STAMPS)/modules: web/package-lock.json web/package.json $(STAMPS)/python
	@echo '安装页面依赖 … / installing web packages'
	@cd web && ../.ci/node npm ci --no-audit --no-fund --loglevel=error
	@$(PY) -m app.fonts web/node_modules var/fonts
	@touch $@

$(STAMPS)/web: $(STAMPS)/modules $(WEB_SOURCES)
	@echo '构建页面 … / building the pages'
	@cd web && ../.ci/node npm run --silent build -- --logLevel warn
	@touch $@

# New locks after a change of pyproject.toml; no index address may stand in them.
lock:
	@$(VENV)/bin/uv --version >/dev/null 2>&1 || $(VENV)/bin/pip install --quiet uv
	@$(VENV)/bin/uv pip compile pyproject.toml --universal --python-version 3.11 --group dev --generate-hashes \
	  --no-emit-index-url --no-annotate --no-header --quiet --output-file requirements.lock
	@$(VENV)/bin/uv pip compile --group node --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-annotate --no-header --quiet --output-file requirements-node.lock

format:
	@$(VENV)/bin/ruff check --fix --quiet . ; $(VENV)/bin/ruff format --quiet .

clean:
	rm -rf $(VENV) var web/node_modules web/dist
