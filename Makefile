# Elite Engineering Case Studies. `make help` lists the targets.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --disable-pip-version-check --no-input --require-hashes
SPHINX := $(BIN)/sphinx-build
SPHINXOPTS ?= -n -W --keep-going -j auto
BOOK := elite-engineering-case-studies
SDKS := tests/studies/stripe/sdks
TEX_PACKAGES := latexmk texlive-luatex texlive-latex-recommended texlive-latex-extra texlive-fonts-recommended texlive-plain-generic poppler-utils

# A build knows no other clock than the last commit, or SOURCE_DATE_EPOCH where you set it.  A
# tarball has neither: conf.py says so, and tools that must have a time get the first of all.
ifndef SOURCE_DATE_EPOCH
SOURCE_DATE_EPOCH := $(shell GIT_CEILING_DIRECTORIES="$(abspath $(CURDIR)/..)" git log -1 --format=%ct 2>/dev/null || echo 0)
endif
export SOURCE_DATE_EPOCH
export FORCE_SOURCE_DATE := 1

# Where you name another Python than the one in .venv, .venv is made anew.
WHICH := -c 'import sys; print(sys.version, sys.base_prefix)'
ifneq ($(origin PYTHON),file)
ifneq ($(shell "$(PYTHON)" $(WHICH)),$(shell test ! -x $(BIN)/python || $(BIN)/python $(WHICH)))
ANOTHER := another-python
endif
endif

# Tests run in as many processes as there are cores, four at most: each may start a browser.
WORKERS ?= -n auto --maxprocesses=4 --dist=worksteal
# Each example of a page needs those before it, so a file's tests stay together.
TOGETHER := $(subst worksteal,loadfile,$(WORKERS))
PYTEST := $(BIN)/python -m pytest
# The programs of the studies ask the disk to keep each of their steps.  Memory is as good for a
# test, and does not wait.
ON_MEMORY := $(if $(shell test -w /dev/shm && echo yes),TMPDIR=/dev/shm)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help html latex latexpdf epub text tangle live sdks test quick one study pythons outputs measure prose bench lint fix fonts lock linkcheck clean another-python on-one-python

help:  ## list the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

another-python:
	@test ! -e $(VENV) || echo "$(VENV) holds another Python than $(PYTHON); it is made anew."

$(VENV)/book: requirements.txt $(ANOTHER)
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; say make PYTHON=…")'
	"$(PYTHON)" -m venv $(if $(ANOTHER),--clear) $(VENV)
	$(PIP) -r requirements.txt
	@touch $@

$(VENV)/tests: $(VENV)/book requirements-test.txt
	$(PIP) -r requirements.txt -r requirements-test.txt
	@touch $@

$(VENV)/live: $(VENV)/book requirements-live.txt
	$(PIP) -r requirements.txt -r requirements-live.txt
	@touch $@

# A build killed while writing leaves indexes that the next one would trust; so each writes a stamp
# at its end, and without the stamp the next reads and writes everything.  flock, where the system
# has it, keeps two builds apart.
LOCK := $(if $(shell command -v flock),flock build/.lock)
define build
	@mkdir -p build
	@$(LOCK) sh -ec '\
	    fresh=""; test -e build/$(1).stamp || fresh="-E -a"; rm -f build/$(1).stamp; \
	    $(SPHINX) $(SPHINXOPTS) $$fresh -c . -d build/doctrees/$(1) -b $(1) source build/$(1); \
	    touch build/$(1).stamp'
endef

html: $(VENV)/book  ## the web edition, in build/html
	$(call build,html)
	@echo "Open build/html/index.html"

epub: $(VENV)/book  ## the electronic book, in build/epub
	$(call build,epub)
	@echo "Made build/epub/$(BOOK).epub"

text: $(VENV)/book  ## plain text, in build/text
	$(call build,text)

tangle: $(VENV)/book  ## the programs of the studies as plain files, in build/tangle
	$(call build,tangle)
	@echo "Made build/tangle"

latex: $(VENV)/book
	$(call build,latex)

latexpdf: need-tex latex  ## the print edition, build/latex/…pdf (needs TeX)
	@$(BIN)/python tools/typeset.py build/latex/$(BOOK).tex
	@echo "Made build/latex/$(BOOK).pdf"

.PHONY: need-tex
need-tex:
	@command -v latexmk >/dev/null && command -v lualatex >/dev/null || { \
	    echo "The print edition needs TeX. On Debian or Ubuntu: sudo apt-get install --no-install-recommends $(TEX_PACKAGES)"; exit 1; }

live: $(VENV)/live  ## rebuild and reload while you write
	PYTHONDONTWRITEBYTECODE=1 $(BIN)/sphinx-autobuild -n -c . -d build/doctrees/live --watch _ext --watch conf.py source build/live

# Stripe's libraries of other years, each major in a folder of its own.  What those for Python need,
# requests and typing-extensions, they find among the packages of the tests.
FOR_NODE := $(if $(shell command -v npm),$(VENV)/sdks/node/stamp,without-npm)
sdks: $(VENV)/sdks/python $(FOR_NODE)  ## Stripe's libraries of other years, for the tests

$(VENV)/sdks/python: $(wildcard $(SDKS)/stripe*.txt) | $(VENV)/book
	rm -rf $(VENV)/sdks/python*
	for list in $(notdir $(^:.txt=)); do \
	    $(PIP) --no-deps --target $(VENV)/sdks/python$${list#stripe} -r $(SDKS)/$$list.txt || exit 1; done
	@touch $@

$(VENV)/sdks/node/stamp: $(SDKS)/package.json $(SDKS)/package-lock.json | $(VENV)/book
	@mkdir -p $(@D)
	cp $^ $(@D)
	cd $(@D) && npm ci --ignore-scripts --no-audit --no-fund
	@touch $@

.PHONY: without-npm
without-npm:
	@echo "Stripe's libraries for Node need npm. On Debian or Ubuntu: sudo apt-get install --no-install-recommends nodejs npm"

test: lint sdks  ## lint and every test that can run here
	$(CORE) --cov=casebook.core --cov-branch --cov-report=term:skip-covered --cov-fail-under=100
	$(STUDIES)
	$(BIN)/python tools/chunktests.py --check build/studies.coverage
	$(PYTEST) $(WORKERS) tests/print tests/site tests/press --ignore=tests/press/core

CORE = $(PYTEST) $(WORKERS) tests/press/core
# The tests of the programs and the sessions of the pages; coverage counts lines of Markdown.
STUDIES = $(ON_MEMORY) $(PYTEST) $(TOGETHER) tests/studies source/elite \
    --cov --cov-config=tests/studies/coverage.ini --cov-context=test --cov-report=term-missing

quick: lint  ## an answer within a minute: linters, the core, the fast tests of the studies
	$(ON_MEMORY) $(PYTEST) $(WORKERS) -m "not slow" tests/press/core tests/studies
	$(PYTEST) source/elite

one: $(VENV)/tests  ## some tests: make one T="tests/press -k title", or of a study: make one S=stripe
	@test -n "$(T)$(S)" || { echo 'Say which: make one T="tests/press -k title", or make one S=stripe'; exit 1; }
	@test -z "$(S)" || test -n "$(OF_STUDY)" || { echo 'There are no tests of a study "$(S)", and no sessions.'; exit 1; }
	$(if $(S),$(ON_MEMORY) )$(PYTEST) $(if $(S),$(TOGETHER) $(OF_STUDY) )$(T)

# pytest fails where it is told of a page and finds neither session nor exercise there.
OF_STUDY = $(if $(S),$(strip $(wildcard tests/studies/$(S)/) $(sort $(shell grep -rlsE '\{(session|exercise)\}' source/elite/$(S)*))))

# What you say to make is in the environment, where the shell leaves quotes alone.
study: $(VENV)/book  ## begin a study: make study NAME=acme-queue TITLE="Acme: the queue"
	@$(BIN)/python tools/newstudy.py "$$NAME" "$$TITLE"

pythons:  ## core, press and studies on every Python from 3.11 on that is installed
	"$(PYTHON)" tools/pythons.py

on-one-python: $(VENV)/tests sdks
	$(CORE)
	$(ON_MEMORY) $(PYTEST) $(TOGETHER) tests/studies source/elite
	$(PYTEST) $(WORKERS) tests/press --ignore=tests/press/core

outputs: $(VENV)/tests  ## store anew what pages show of runs (source/elite/outputs)
	$(ON_MEMORY) $(BIN)/python tools/outputs.py
	$(STUDIES) --cov-fail-under=0
	$(BIN)/python tools/chunktests.py build/studies.coverage

# Alone on the machine, and on a real disk: a test may run in memory, a measurement may not.
measure: $(VENV)/tests  ## measure by the clock and store it: make measure, or ONE=stripe/key-cost
	@$(BIN)/python tools/measure.py $(ONE)

prose: $(VENV)/book  ## how pages read: make prose, or make prose P="--long source/elite/x.md"
	@$(BIN)/python tools/prose.py $(P)

bench: $(VENV)/tests  ## measure what the press costs, into source/authors/speed.md
	$(BIN)/python tools/bench.py source/authors/speed.md

lint: $(VENV)/tests  ## ruff and mypy, on the press and on the code of the pages
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/python tools/lintcode.py

fix: $(VENV)/tests  ## format the press, the tests and the code of the pages
	$(BIN)/ruff check --fix-only
	$(BIN)/ruff format
	$(BIN)/python tools/lintcode.py --fix

fonts: $(VENV)/tests  ## cut the book's fonts anew from the wheels
	$(BIN)/python tools/fonts.py

COMPILE := build/uv/bin/uv pip compile --quiet --upgrade --universal --generate-hashes --python-version 3.11 \
    --no-emit-index-url --no-header --no-annotate --no-strip-extras

lock:  ## renew requirements*.txt, and the pins of Stripe's libraries
	"$(PYTHON)" -m venv build/uv && build/uv/bin/pip install --quiet uv
	for set in requirements requirements-test requirements-live; do \
	    $(COMPILE) --fork-strategy fewest $$set.in -o $$set.txt || exit 1; done
	for major in 5 7 10; do \
	    echo "stripe==$$major.*" | $(COMPILE) --no-deps - -o $(SDKS)/stripe$$major.txt || exit 1; done
	cd $(SDKS) && npm update --package-lock-only --ignore-scripts --omit-lockfile-registry-resolved

linkcheck: $(VENV)/book  ## open every outward link (needs the network)
	$(SPHINX) -c . -d build/doctrees/linkcheck -b linkcheck source build/linkcheck

clean:  ## remove what was built
	rm -rf build
