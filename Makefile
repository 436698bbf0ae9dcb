# Elite Engineering Case Studies. `make help` lists the targets.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SPHINX := PYTHONDONTWRITEBYTECODE=1 $(BIN)/sphinx-build
SPHINXOPTS ?= -n -W --keep-going -j auto
BOOK := elite-engineering-case-studies
TEX_PACKAGES := latexmk texlive-luatex texlive-latex-recommended texlive-latex-extra texlive-fonts-recommended texlive-plain-generic poppler-utils

# A build knows no other clock than the last commit.
export SOURCE_DATE_EPOCH := $(shell git log -1 --format=%ct 2>/dev/null || echo 0)
export FORCE_SOURCE_DATE := 1

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help html latex latexpdf epub text tangle live test outputs bench lint fonts lock linkcheck clean

help:  ## list the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(VENV)/book: requirements.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; say make PYTHON=…")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

$(VENV)/tests: $(VENV)/book requirements-test.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt -r requirements-test.txt
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

tangle: $(VENV)/book  ## the miniatures as plain files, in build/tangle
	$(call build,tangle)
	@echo "Made build/tangle"

latex: $(VENV)/book
	$(call build,latex)

latexpdf: need-tex latex  ## the print edition, build/latex/…pdf (needs TeX)
	@cd build/latex && rm -f $(BOOK).pdf && latexmk -lualatex -interaction=nonstopmode -halt-on-error -silent $(BOOK).tex \
	    || { tail -40 $(BOOK).log; exit 1; }
	$(BIN)/python tools/printgate.py build/latex/$(BOOK).log
	@echo "Made build/latex/$(BOOK).pdf"

.PHONY: need-tex
need-tex:
	@command -v latexmk >/dev/null && command -v lualatex >/dev/null || { \
	    echo "The print edition needs TeX. On Debian or Ubuntu: sudo apt-get install --no-install-recommends $(TEX_PACKAGES)"; exit 1; }

live: $(VENV)/tests  ## rebuild and reload while you write
	$(BIN)/sphinx-autobuild -n -c . -d build/doctrees/live source build/live

test: $(VENV)/tests  ## lint and every test that can run here
	$(MAKE) lint
	$(BIN)/python -m pytest tests/press/core --cov=casebook.core --cov-branch --cov-report=term:skip-covered --cov-fail-under=100
	$(STUDIES)
	$(BIN)/python tools/chunktests.py --check build/studies.coverage
	$(BIN)/python -m pytest --ignore=tests/press/core --ignore=tests/studies

# The tests of the miniatures and the sessions of the pages; coverage counts lines of Markdown.
STUDIES = $(BIN)/python -m pytest tests/studies source/elite \
    --cov --cov-config=tests/studies/coverage.ini --cov-context=test --cov-report=term-missing

outputs: $(VENV)/tests  ## store anew what pages show of runs (source/elite/outputs)
	$(BIN)/python tools/outputs.py
	$(STUDIES)
	$(BIN)/python tools/chunktests.py build/studies.coverage

bench: $(VENV)/tests  ## measure what the press costs, into source/authors/speed.md
	$(BIN)/python tools/bench.py source/authors/speed.md

lint: $(VENV)/tests tangle  ## ruff and mypy, on the press and on the code of the pages
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/python tools/lintcode.py build/tangle

fonts: $(VENV)/tests  ## cut the book's fonts anew from the wheels
	$(BIN)/python tools/fonts.py

lock:  ## renew requirements*.txt
	$(PYTHON) -m venv build/uv && build/uv/bin/pip install --quiet uv
	for set in requirements requirements-test; do \
	    build/uv/bin/uv pip compile --quiet --upgrade --universal --generate-hashes --fork-strategy fewest \
	        --python-version 3.11 --no-emit-index-url --no-header --no-annotate --no-strip-extras $$set.in -o $$set.txt || exit 1; done

linkcheck: $(VENV)/book  ## open every outward link (needs the network)
	$(SPHINX) -c . -d build/doctrees/linkcheck -b linkcheck source build/linkcheck

clean:  ## remove what was built
	rm -rf build
