# Klara's commands. Each does its own set-up; 'make' alone lists them.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:

PY := .venv/bin/python
RASA_PY := .venv-rasa/bin/python
QUESTIONS ?= tests/evaluation/questions/validation.jsonl
ARGS ?=
PEERS ?=

export RASA_TELEMETRY_ENABLED := false
export HF_HUB_OFFLINE := 1
export MALLOC_ARENA_MAX := 2
export OMP_WAIT_POLICY := passive
export TF_CPP_MIN_LOG_LEVEL := 2
export TOKENIZERS_PARALLELISM := false
export CUDA_VISIBLE_DEVICES :=

.PHONY: help setup setup-service setup-rasa run train index test test-browser faults bench evaluate check check-articles calibrate lock clean

help: ## list the commands
	@grep -hE '^[a-z-]+:.*## ' Makefile | sed -E 's/^([a-z-]+):.*## (.*)/\1\t\2/' | while IFS=$$'\t' read -r name text; do printf '  make %-15s %s\n' "$$name" "$$text"; done

setup: ## make both environments, or bring them up to date
	@ops/setup --quiet

setup-service: ## the service's environment alone (.venv, Python 3.11)
	@ops/setup --quiet service

setup-rasa: ## Rasa's environment alone (.venv-rasa, Python 3.10)
	@ops/setup --quiet rasa

run: setup ## everything, at http://localhost:8000 and /desk; Ctrl-C stops it
	@exec $(PY) -m ops.run

train: setup ## train Rasa, if its inputs have changed
	@exec $(PY) -m ops.build model

index: setup-service ## build the search index, if its inputs have changed
	@exec $(PY) -m ops.build index

test: setup ## every test but 'faults' and 'bench'
	@exec $(PY) -m ops.suites unit content rasa conversations integration browser

test-browser: setup ## the browser tests alone
	@exec $(PY) -m ops.suites browser

faults: setup ## the fault-injection suite (long)
	@exec $(PY) -m ops.suites faults

bench: setup ## performance, side by side with plain Rasa
	@$(PY) -m ops.build
	@exec $(PY) -m tests.benchmarks.run $(ARGS)

evaluate: setup ## answer quality through the running service: make evaluate QUESTIONS=file [PEERS=1]
	@$(PY) -m ops.build
	@exec $(PY) -m tests.evaluation.run --questions "$(QUESTIONS)" $(if $(PEERS),--peers) $(ARGS)

check: setup ## ruff, import-linter, mypy in both environments, article checker
	@exec $(PY) -m ops.checks

check-articles: setup-service ## the articles alone
	@exec $(PY) -m knowledge.check $(ARGS)

calibrate: setup-service ## fit the ranker's weights on the calibration questions
	@exec $(PY) -m knowledge.calibrate $(ARGS)

lock: ## write both lock files anew from pyproject.toml
	@exec ops/lock

clean: ## remove caches and what was built; keeps the environments, database and logs
	@find . \( -name .venv -o -name .venv-rasa -o -name .git \) -prune -o -name __pycache__ -type d -exec rm -rf {} +
	@rm -rf .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis var/rasa var/index var/index-inputs.json var/test
