# `make` alone lists the commands. Those that need packages or programs install them first.

STACK ?= dev
PYTHON ?= python3
VENV := venv
IN_VENV := $(VENV)/bin/python
SANDBOX := $(IN_VENV) -m sandbox
# Tests run beside each other; more workers than cores, as those in the sandbox mostly wait.
WORKERS ?= 4
# Empty to run without the policy pack: `make up POLICIES=`.
POLICIES ?= --policy-pack policy $(addprefix --policy-pack-config ,$(wildcard policies.json))
LOCK := $(VENV)/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--custom-compile-command "make lock"

# Compiled once, the providers' SDKs load in a second instead of five.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup up preview recover down test-unit test lint lock
.PHONY: stacks install kubeconfig comment simulated-comment deploy drift
.DEFAULT_GOAL := help

help: ## List the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-17s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

setup: $(VENV)/installed ## Install packages and build what the sandbox runs
	@$(SANDBOX) setup

up: setup ## Deploy the stack STACK (dev) in the sandbox
	$(SANDBOX) up
	$(SANDBOX) recover $(STACK)
	$(SANDBOX) pulumi up --yes --stack $(STACK) $(POLICIES)
	$(SANDBOX) show $(STACK)

preview: setup ## Show what an update of the stack STACK would change
	$(SANDBOX) up
	$(SANDBOX) pulumi preview --diff --stack $(STACK) $(POLICIES)

recover: setup ## Repair the stack STACK after a killed update
	$(SANDBOX) up
	$(SANDBOX) recover $(STACK)

down: ## Stop the sandbox; data and state are kept
	@if [ -x $(IN_VENV) ]; then $(SANDBOX) down; fi

test-unit: setup ## Run the unit tests
	$(IN_VENV) -m pytest tests/unit --numprocesses auto --durations 10

test: lint ## Run lint and all tests, those in the sandbox included
	$(IN_VENV) -m pytest tests --numprocesses $(WORKERS) --durations 10

lint: setup ## Check style, format, types and workflows
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/pyright
	$(VENV)/bin/actionlint .github/workflows/*.yml
	$(VENV)/bin/zizmor --offline --quiet .github

lock: $(VENV)/installed ## Write each requirements*.txt from its .in file; UPGRADE=--upgrade for newer versions
	$(LOCK) requirements-dev.in --output-file requirements-dev.txt $(UPGRADE)
	$(LOCK) requirements.in --constraints requirements-dev.txt --output-file requirements.txt $(UPGRADE)
	$(LOCK) policy/requirements.in --constraints requirements-dev.txt --output-file policy/requirements.txt $(UPGRADE)
	$(LOCK) examples/consumer/requirements.in --constraints requirements-dev.txt \
		--output-file examples/consumer/requirements.txt $(UPGRADE)

# The workflows' commands, with the `pulumi` and the credentials of the environment.

REQUIRE_STACK = $(if $(filter file,$(origin STACK)),$(error STACK is missing: type `make $@ STACK=prod`))
CI = $(IN_VENV) -m ci
SIMULATED := Made in a simulated account, without credentials: everything is new there, and nothing is \
	compared with what is deployed. The log says which settings were replaced.

stacks: ## Print the stacks that the workflows deploy: all but the samples
	@$(PYTHON) -m ci stacks

install: $(VENV)/program ## Install the packages of the program and of the policy pack alone

kubeconfig: install ## Write the kubeconfig of the cluster of the stack STACK
	@$(REQUIRE_STACK)$(CI) kubeconfig --stack $(STACK)

comment: install ## Preview the stack STACK and comment on its pull request
	@$(REQUIRE_STACK)$(CI) comment --stack $(STACK) -- $(POLICIES)

simulated-comment: setup ## Preview the stack STACK in the sandbox, without credentials, for review
	$(SANDBOX) up
	@$(CI) comment --stack $(STACK) --pulumi "$(SANDBOX) pulumi" --note "$(SIMULATED)" -- $(POLICIES)

deploy: install ## Update the stack STACK
	@$(REQUIRE_STACK)pulumi up --yes --non-interactive --stack $(STACK) $(POLICIES)

drift: install ## Compare the stack STACK with the deployed resources, and open or close an issue
	@$(REQUIRE_STACK)$(CI) drift --stack $(STACK) -- $(POLICIES)

# A part of what `installed` installs. Both files have the same versions of what is in both.
PIP_INSTALL := $(VENV)/bin/pip install --quiet --disable-pip-version-check --no-compile
$(VENV)/program: requirements.txt policy/requirements.txt
	@echo "Installing the program's Python packages into $(VENV)"
	@test -x $(IN_VENV) || $(PYTHON) -m venv $(VENV)
	@$(PIP_INSTALL) -r requirements.txt
	@$(PIP_INSTALL) -r policy/requirements.txt
	@$(IN_VENV) -m sandbox.engine.policy_virtualenv
	@touch $@

$(VENV)/installed: requirements.txt requirements-dev.txt
	@$(PYTHON) -m sandbox.machine.prerequisites
	@echo "Installing the Python packages into $(VENV) (about a minute)"
	@test -x $(IN_VENV) || $(PYTHON) -m venv $(VENV)
	@$(VENV)/bin/pip install --quiet --disable-pip-version-check --no-compile -r requirements-dev.txt
	@touch $@
