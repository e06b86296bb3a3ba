# Every command of the project, once. CI runs `make check` and `make test` and nothing else.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

# Where uv puts itself and where scripts/install-uv puts it, for shells whose profile has not been read again.
export PATH := $(HOME)/.local/bin:$(HOME)/.cargo/bin:$(PATH)
# The tests start Python some hundred times: what was compiled once is kept, whatever the shell says.
unexport PYTHONDONTWRITEBYTECODE
# Linking from the cache is not always possible, and no news.
export UV_LINK_MODE ?= copy
# pytest-xdist measures memory as well as time: two workers is what the time limits were set on.
WORKERS ?= 2
# What `make install` adds to remiss and its pages: postgres, pii, demo.
EXTRAS ?=
RUN := uv run --no-sync

.PHONY: help
help: ## this list
	@echo "remiss: make TARGET"
	@sed -n 's/^\([a-z][a-z-]*\):.*## \(.*\)/  \1@\2/p' $(MAKEFILE_LIST) | awk -F@ '{ printf "%-12s %s\n", $$1, $$2 }'

.PHONY: install
install: uv ## remiss with its pages in .venv, without the demo and its models; EXTRAS="postgres pii" adds these
	@uv sync --locked --inexact --no-default-groups --extra serve $(EXTRAS:%=--extra %)
	@$(RUN) python -m scripts.assets
	@echo "remiss is in .venv/bin: source .venv/bin/activate"

.PHONY: demo
demo: uv ## the main job on real flights: logs, models, capture, catalog and estimates in ./demo, in about a minute
	@uv sync --locked --inexact --no-default-groups --extra demo --extra serve
	@$(RUN) python -m scripts.assets
	@echo "remiss is in .venv/bin: source .venv/bin/activate"
	@$(RUN) remiss demo ./demo --serve

.PHONY: test
test: setup postgresql chromium ## everything CI tests, on SQLite and on private PostgreSQL servers that it starts itself
	$(RUN) pytest -n $(WORKERS) --dist worksteal

.PHONY: check
check: format lint types arrows docs schema fragments site ## all quick checks: no services, under two minutes

.PHONY: soak
soak: export REMISS_HOSTILE_TEXTS = 500
soak: setup postgresql chromium firefox ## the long versions of the tests, some 50 minutes on two idle cores (22 of them alone); run before an issue is called resolved
	$(RUN) pytest -m "soak and alone" || alone=$$?; \
	$(RUN) pytest -n $(WORKERS) --dist worksteal -m "soak and not alone"; \
	test -z "$${alone-}" || { echo "of the tests that had the machine to themselves some failed: see above"; exit $$alone; }

.PHONY: bench
bench: setup postgresql ## both sides of every performance promise, into bench/RESULTS.md
	$(RUN) python -m bench

.PHONY: format
format: setup ## is the code formatted?
	$(RUN) ruff format --check

.PHONY: lint
lint: setup ## ruff's findings
	$(RUN) ruff check

.PHONY: types
types: setup ## mypy, strict on src
	$(RUN) mypy

.PHONY: arrows
arrows: setup ## do imports point down?
	$(RUN) lint-imports --no-logo

.PHONY: docs
docs: setup ## is the reference in step with the code, and do links resolve?
	$(RUN) python -m scripts.actions --check
	$(RUN) python -m scripts.reference --check
	$(RUN) python -m scripts.links

.PHONY: schema
schema: setup ## are the committed schema files what the migrations make?
	$(RUN) python -m scripts.schema --check

.PHONY: fragments
fragments: setup ## are the changelog fragments well-formed?
	$(RUN) python -m scripts.fragments

.PHONY: shape
shape: setup ## how large and how tangled the source is: each rule's figure, its bound and its aim
	$(RUN) python -m scripts.shape

.PHONY: tidy
tidy: setup ## format, fix what ruff can fix, and regenerate the reference and the schema files
	$(RUN) ruff check --fix
	$(RUN) ruff format
	$(RUN) python -m scripts.actions
	$(RUN) python -m scripts.reference
	$(RUN) python -m scripts.schema

.PHONY: screenshots
screenshots: setup chromium ## pictures of the pages for README and docs, from the demo that `make demo` made
	$(RUN) python -m scripts.screenshots

# What builds the site is no part of the developers' environment: it has one of its own.
.PHONY: site
site: uv ## the documentation as a site, in .work/site/html; no page of it needs a network
	@UV_PROJECT_ENVIRONMENT=.work/site-env uv sync --locked --quiet --only-group site
	@.work/site-env/bin/python -m scripts.site

.PHONY: hooks
hooks: setup ## run the quick checks before every commit
	$(RUN) pre-commit install

.PHONY: setup
setup: uv ## the environment of developers: every extra as locked, and what the pages use of others
	@uv sync --locked --all-extras --compile-bytecode --quiet
	@$(RUN) python -m scripts.assets

.PHONY: assets
assets: setup ## the scripts and styles that the pages use, from npm, where the package wants them

.PHONY: uv
uv:
	@command -v uv >/dev/null || scripts/install-uv

.PHONY: postgresql
postgresql:
	@scripts/provide-postgresql

.PHONY: chromium
chromium:
	@scripts/provide-chromium

.PHONY: firefox
firefox:
	@scripts/provide-firefox
