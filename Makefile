# Heropstart. `make demo` shows the product at work, `make test` proves it; `make help` lists the rest.
# Only relative paths here: the project may stand in a folder whose name holds spaces.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
VENDOR := fleet/web/static/vendor
TEXTS := $(shell find fleet agents -name '*.po')
CATALOGUES := $(TEXTS:.po=.mo)
WORKERS ?= 2
# A file of tests stays on one worker (its machine, browser or service is made once); the slow files start first.
PYTEST := $(PY) -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(PYTEST_ARGS)

# Disk tools live in sbin, which an ordinary user's PATH lacks; vng looks for its helper on PATH.
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH):/usr/sbin:/sbin

.PHONY: help setup demo test test-unit test-postgres15 check lint types imports security templates bench golden-image live-image docs pictures lifecycle lock clean distclean

help: ## list the targets
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 26

# --- environment: each step leaves a stamp, so that a second run does nothing

setup: $(VENV)/.installed $(VENDOR)/.copied $(CATALOGUES) ## environment, front-end files and translations

$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed: make PYTHON=python3.11 ...")'
	$(PYTHON) tools/require.py setup --strict
	$(PYTHON) -m venv $(VENV)
	touch $@

$(VENV)/.locked: requirements.txt | $(VENV)/.made
	$(PY) -m pip install --quiet --require-hashes -r requirements.txt
	touch $@

$(VENV)/.installed: pyproject.toml $(VENV)/.locked
	$(PY) -m pip install --quiet --no-deps --no-build-isolation -e .
	touch $@

node_modules/.installed: package.json package-lock.json .npmrc | $(VENV)/.made
	npm ci --ignore-scripts --no-progress --loglevel=error
	touch $@

$(VENDOR)/.copied: node_modules/.installed tools/vendor.py | $(VENV)/.made
	$(PY) tools/vendor.py $(VENDOR)
	touch $@

$(CATALOGUES) &: $(TEXTS) | $(VENV)/.installed
	$(PY) -m fleet.web.translations compile

# --- the two commands

demo: setup ## the main job for real, then the web app on localhost; ONCE=1: without staying up
	$(PYTHON) tools/require.py demo --strict
	$(PY) -m fleet.cli demo $(if $(ONCE),--once)

test: test-unit test-postgres15 ## every test, those of the tables on both PostgreSQL versions

test-unit: setup
	$(PYTHON) tools/require.py test
	$(PYTEST)

# Migrations, chain, policies and what stands on them; the walk of `strangers` asks every route and table once. The rest asks nothing
# of the database that these do not, and those that start an embedded server of their own would never ask the version named here.
ON_15 := $(addprefix tests/fleet/,db audit strangers organisations custody departures devices intake drives tasks)

test-postgres15: setup | test-unit
	$(PY) tools/postgres.py $(PYTEST) -m "db and not browser" --ignore=tests/fleet/db/test_embedded.py $(ON_15)

# --- gates; `make -k check` shows all that is wrong at once

check: lint types imports security templates ## ruff, mypy, import contracts, bandit, templates and translations

lint: setup
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .

types: setup
	$(PY) -m mypy

imports: setup
	$(VENV)/bin/lint-imports --no-logo

# What ruff's S rules check as well is left to ruff: there each opt-out stands in the line, with its reason.
security: setup
	$(PY) -m bandit -q -c pyproject.toml --skip B101,B105,B106,B107,B314,B405,B608,B704 -r fleet agents labels

templates: setup
	$(PY) -m fleet.web.translations check

# --- the rest

bench: setup ## benchmarks into build/bench/; ONLY=wipe,intake picks some
	$(PYTHON) tools/require.py bench
	mkdir -p build/bench
	only='$(ONLY)'; for name in $${only//,/ }; do test -e tests/benchmarks/bench_$$name.py || { echo "no benchmark $$name" >&2; exit 2; }; done; \
	for script in tests/benchmarks/bench_*.py; do name=$$(basename $$script .py); \
	  case ",$${only:-$${name#bench_}}," in *,$${name#bench_},*) $(PY) $$script ;; esac; \
	done

# Root, because the image's files belong to root; Debian comes from where this computer's own apt has it.
golden-image: setup ## a bootable Debian for laptops, into build/images/; PROFILE=family for desktop, office and browser
	$(PYTHON) tools/require.py golden --strict
	$(PY) -m tools.images.golden $(or $(PROFILE),minimal) build/images

live-image: setup ## a stick that starts a donated computer with the agent, build/live/heropstart-live.img; CONFIG=live.toml
	$(PYTHON) tools/require.py golden --strict
	$(PY) -m tools.live.stick build/live/heropstart-live.img $(if $(CONFIG),--config $(CONFIG))

docs: setup ## the documentation as a web site, in build/site/
	NO_MKDOCS_2_WARNING=1 $(PY) -m mkdocs build --strict

pictures: setup ## the pictures of the documentation in docs/img/, anew from the running application and a bench's screen
	$(PYTHON) tools/require.py test
	HEROPSTART_PICTURES=docs/img $(PY) -m pytest -q -k test_pictures tests/e2e/test_pages_browser.py tests/agents/kiosk/test_kiosk_browser.py

lifecycle: setup ## the page of the lifecycle, anew from its table
	$(PY) -m fleet.devices.diagram > docs/.lifecycle.md
	mv docs/.lifecycle.md docs/lifecycle.md

lock: ## compile the locks anew after a change of pyproject.toml
	$(PY) -m uv pip compile pyproject.toml --all-extras --generate-hashes --universal --no-header --no-annotate --python-version 3.11 -o requirements.txt -q
	$(PY) -m uv pip compile pyproject.toml --extra bench --generate-hashes --universal --no-header --no-annotate --python-version 3.11 -c requirements.txt -o requirements-bench.txt -q

clean: ## what was built, not the environment
	rm -rf build dist site $(VENDOR) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .demo
	find fleet agents -name '*.mo' -delete

distclean: clean ## the environment too
	rm -rf $(VENV) node_modules
