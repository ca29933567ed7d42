# Everything that this repository does, in one word each. `make help` lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help setup rehearse rehearse-status rehearse-down image test lint format bench lock

BIN := .venv/bin
LIMIT := $(if $(TARGETS),--limit '$(TARGETS)')
export PATH := $(CURDIR)/$(BIN):$(PATH)
# Containers often set it; without bytecode every start of Ansible compiles it anew, which doubles its time.
unexport PYTHONDONTWRITEBYTECODE

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## Make the virtual environments from the hashed locks
	@scripts/setup

rehearse: setup ## Build, deploy and verify against stand-ins of the clouds on this machine (TARGETS= picks some)
	@python -m rehearsal up
	@ansible-playbook deploy.yml -i inventories/rehearsal $(LIMIT)

rehearse-status: setup ## Show what of the rehearsal runs
	@python -m rehearsal status

rehearse-down: setup ## Stop the rehearsal; leaves no process, container, network or port
	@python -m rehearsal down

image: setup ## Build the image into the local engine
	@ansible-playbook playbooks/image.yml

test: setup ## Lint and test everything
	@scripts/lint
	@python -m pytest --numprocesses=2

lint: setup ## All static checks
	@scripts/lint

format: setup ## Bring the Python code into shape
	@ruff check --fix . && ruff format .

bench: setup ## Measure; prints ratios of alternating runs
	@python -m tests.bench

lock: setup ## Resolve the dependencies anew and write the hashed locks
	@scripts/lock
