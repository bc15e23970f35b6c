# The two commands are `make up` and `make test`; both install what the machine lacks.

STACK ?= dev
PYTHON ?= python3
VENV := venv
IN_VENV := $(VENV)/bin/python
SANDBOX := $(IN_VENV) -m sandbox
LOCK := $(VENV)/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--custom-compile-command "make lock"

# Compiled once, the providers' SDKs load in a second instead of five.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: up down recover preview test lint lock setup
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

lock: $(VENV)/installed ## Write the locked requirements anew; UPGRADE=--upgrade takes newer versions
	$(LOCK) requirements-dev.in --output-file requirements-dev.txt $(UPGRADE)
	$(LOCK) requirements.in --constraints requirements-dev.txt --output-file requirements.txt $(UPGRADE)

setup: $(VENV)/installed
	@$(SANDBOX) setup

$(VENV)/installed: requirements.txt requirements-dev.txt
	@$(PYTHON) -m sandbox.machine.prerequisites
	@echo "Installing the Python packages into $(VENV) (about a minute)"
	@test -x $(IN_VENV) || $(PYTHON) -m venv $(VENV)
	@$(VENV)/bin/pip install --quiet --disable-pip-version-check --no-compile -r requirements-dev.txt
	@touch $@
