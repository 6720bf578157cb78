# Two commands: `make demo` opens the app, `make test` checks all that it does. While writing code:
# `make check`, in about a minute. Longer: `make stress`, `make benchmarks`. The documents as a site:
# `make site`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

# Compiled modules are kept, also where the environment says otherwise: the app that a test starts, and
# `make stress` after `make test`, need not compile everything again.
export PYTHONDONTWRITEBYTECODE =

PYTEST := $(BIN)/python -m pytest -q -n auto --maxprocesses 4 --dist loadscope --no-loadscope-reorder \
  $(PYTEST_ARGS)

.PHONY: demo test check stress lint javascript types layers browser benchmarks site deploy clean

demo: $(VENV)/.installed
	$(BIN)/python app.py

test: $(VENV)/.installed-test browser lint types layers
	$(PYTEST) -m "not stress"

# What needs no server, no worker process, no browser and no training.
check: lint types layers
	$(BIN)/python -m pytest -q -n 2 -m "not stress" tests/unit

# Kills at any moment, broken connections, floods, readers fed with what strangers might send, and
# every combination of settings where `make test` tries each value once.
stress: $(VENV)/.installed-test browser
	$(PYTEST) -m stress

lint: $(VENV)/.installed-test javascript
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

# Lints the page's JavaScript with what package.json names, where Node.js is installed.
javascript:
	@if ! command -v npm >/dev/null; then \
	  echo "JavaScript is not checked: Node.js is not installed."; \
	elif ! { [ node_modules/.installed -nt package.json ] || { \
	    npm install --no-package-lock --no-audit --no-fund --silent && touch node_modules/.installed; \
	  }; }; then \
	  echo "JavaScript is not checked: npm could not install what package.json names."; \
	else node_modules/.bin/biome check --error-on-warnings; fi

types: $(VENV)/.installed-test
	$(BIN)/mypy

layers: $(VENV)/.installed-test
	$(BIN)/lint-imports

# A Chromium for the browser tests: one that is there, else Debian's when root (the one without a
# window, which takes a fifth less time, where there is one), else Playwright's.
browser: $(VENV)/.installed-test
	@$(BIN)/python tests/support/find_chromium.py || \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  apt-get update -qq && export DEBIAN_FRONTEND=noninteractive && { \
	    apt-get install -y -qq chromium-headless-shell fonts-noto-cjk || \
	    apt-get install -y -qq chromium fonts-noto-cjk; \
	  }; \
	else \
	  $(BIN)/playwright install --with-deps chromium || $(BIN)/playwright install chromium; \
	fi

$(VENV)/.installed: requirements.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet -r requirements.txt
	touch $@

$(VENV)/.installed-test: $(VENV)/.installed requirements-test.txt
	$(BIN)/python -m pip install --quiet -r requirements-test.txt
	touch $@

# Without torch, which the site does not need.
$(VENV)/.installed-docs: requirements-docs.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet -r requirements-docs.txt
	touch $@

# All that is measured, one after the other: about an hour and a half, on an idle machine.
benchmarks: $(VENV)/.installed-test browser
	for one in recurrences generation loop decoding page visitors advice inspecting inspect_page \
	  textbook budgets bases base_proposals lines; do \
	  $(BIN)/python benchmarks/$$one.py || exit 1; \
	done
	$(BIN)/python benchmarks/budgets.py night

# The documents in docs/, English and Chinese, as a site in site/. Every broken link is an error.
site: $(VENV)/.installed-docs
	$(BIN)/python docs/site/build.py site

# The app on the Hub: make deploy SPACE=you/charrnn
deploy: $(VENV)/.installed
	$(BIN)/python -m charrnn deploy $(SPACE)

clean:
	rm -rf $(VENV) node_modules runs site .mypy_cache .ruff_cache .pytest_cache
