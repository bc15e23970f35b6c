# The two commands are `make up` and `make test`; both install what the machine lacks.

STACK ?= dev
PYTHON ?= python3
VENV := venv
IN_VENV := $(VENV)/bin/python
SANDBOX := $(IN_VENV) -m sandbox

# Compiled once, the providers' SDKs load in a second instead of five.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: up down recover preview test lint setup
.DEFAULT_GOAL := up

up: setup ## Bring Coder up in the sandbox, on the stack STACK
	$(SANDBOX) up
	$(SANDBOX) recover $(STACK)
	$(SANDBOX) pulumi up --yes --stack $(STACK)
	$(SANDBOX) show $(STACK)

preview: setup ## Say what an update would change
	$(SANDBOX) up
	$(SANDBOX) pulumi preview --diff --stack $(STACK)

recover: setup ## Put right what a killed update left behind
	$(SANDBOX) up
	$(SANDBOX) recover $(STACK)

down: ## Stop the sandbox; data and state stay for the next `make up`
	@if [ -x $(IN_VENV) ]; then $(SANDBOX) down; fi

test: lint ## Check everything, the sandbox included
	$(IN_VENV) -m pytest tests

lint: setup
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/pyright

setup: $(VENV)/installed
	@$(SANDBOX) setup

$(VENV)/installed: requirements.txt requirements-dev.txt
	@$(PYTHON) -m sandbox.prerequisites
	@echo "Installing the Python packages into $(VENV) (about a minute)"
	@test -x $(IN_VENV) || $(PYTHON) -m venv $(VENV)
	@$(VENV)/bin/pip install --quiet --disable-pip-version-check --no-compile -r requirements-dev.txt
	@touch $@
