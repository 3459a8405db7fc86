# Two commands work in a fresh clone: make demo, make test. Each sets up what it needs in .venv and .venv-litellm.

VENV = .venv
LITELLM = .venv-litellm

# Any Python >= 3.11 that can make virtual environments; name another one with make PYTHON=...
USABLE = import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))
CHOSEN := $(shell for python in $(or $(PYTHON),python3.14 python3.13 python3.12 python3.11 python3); do \
	"$$python" -c '$(USABLE)' 2>/dev/null && { echo "$$python"; break; }; done)

export PIP_DISABLE_PIP_VERSION_CHECK = 1
INSTALL = python -m pip install --quiet --upgrade --upgrade-strategy eager --editable .

.PHONY: help demo test test-current test-litellm lint bench clean

help:
	@echo "make demo   run pytest --llmcost on a copy of examples/support_bot"
	@echo "make test   lint and test, with current SDKs and again with litellm"
	@echo "make lint   ruff and mypy only"
	@echo "make bench  what the plugin costs, beside the same runs without it"
	@echo "make clean  remove the virtual environments and all caches"

# In a copy, so that the tree stays as it is. Without pytest-asyncio, which the example does not use.
demo: $(VENV)/.demo
	@copy=$$(mktemp -d) && trap 'rm -rf "$$copy"' EXIT && cp -R examples/support_bot/. "$$copy" && \
		python="$$PWD/$(VENV)/bin/python" && cd "$$copy" && \
		"$$python" -m pytest --llmcost -p no:asyncio -p no:cacheprovider

test: lint test-current test-litellm

test-current: $(VENV)/.test
	$(VENV)/bin/python -m pytest -q

# What matters for capture once more, with openai 2 on httpx; litellm's list of prices is not fetched.
test-litellm: export LITELLM_LOCAL_MODEL_COST_MAP = True
test-litellm: $(LITELLM)/.test
	$(LITELLM)/bin/python -m pytest -q tests/litellm tests/capture tests/test_examples.py

lint: $(VENV)/.test
	$(VENV)/bin/ruff check
	$(VENV)/bin/ruff format --check
	$(VENV)/bin/mypy

bench: $(VENV)/.test
	$(VENV)/bin/python bench/run.py

clean:
	rm -rf $(VENV) $(LITELLM) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Stamps: an environment is brought up to date when what it is made from has changed.
$(VENV)/.demo: $(VENV)/.pip pyproject.toml examples/support_bot/requirements.txt
	$(VENV)/bin/$(INSTALL) --requirement examples/support_bot/requirements.txt
	@touch $@

$(VENV)/.test: $(VENV)/.pip pyproject.toml
	$(VENV)/bin/$(INSTALL) --group test --group sdks --group lint
	@touch $@

$(LITELLM)/.test: $(LITELLM)/.pip pyproject.toml
	$(LITELLM)/bin/$(INSTALL) --group test --group litellm
	@touch $@

# pip 25.1 is the first that knows --group.
%/.pip:
	@$(if $(CHOSEN),,echo "There is no Python >= 3.11 with venv: install one, or name one with make PYTHON=..." >&2; exit 1)
	$(CHOSEN) -m venv $*
	@$*/bin/python -m pip install --quiet --upgrade 'pip>=25.1'
	@touch $@
