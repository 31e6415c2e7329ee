# One-word verbs; each is one line in `make help`.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.PHONY: help setup play match broker peer spectate soak sim check environments test fuzz bench docs style types clean

VENV := .venv
PYTHON := $(VENV)/bin/python
NETPLAY := $(VENV)/bin/netplay
READY := $(VENV)/.ready

# What the verbs take: make peer ENV=CartPole-v1 NAME=ann BROKER=192.168.1.5 CONTROLLER=random
CONFIG ?= configs/matches/knights_archers_zombies.toml
MINUTES ?= 5
SEEDS ?= 1-300
MESSAGES ?= 100000
ENV ?=
NAME ?=
BROKER ?=
CONTROLLER ?=
ROOM ?=
MATCH ?=
PLAYERS ?=
BIND ?=
ARGS :=

help:  ## list the verbs
	@awk -F ':|## ' '/^[a-z]+:.*## / { printf "  make %-12s %s\n", $$1, substr($$0, index($$0, "## ") + 3) }' Makefile

setup: $(READY)  ## make .venv and install netplay into it (the other verbs do it first)
	@echo "ready: $(NETPLAY)"

$(READY): pyproject.toml requirements.lock
	@.ci/make-venv $(VENV)
	@$(PYTHON) -m pip install --quiet --disable-pip-version-check -r requirements.lock
	@$(PYTHON) -m pip install --quiet --disable-pip-version-check --no-deps -e .
	@touch $@

play: $(READY)  ## play knights and archers: a broker and two peers on this machine
	@$(NETPLAY) match configs/matches/knights_archers_zombies.toml $(ARGS)

match: $(READY)  ## play any match file: CONFIG=configs/matches/cooperative_pong.toml
	@$(NETPLAY) match $(CONFIG) $(ARGS)

broker: $(READY)  ## start a broker for the machines around [BIND=address]
	@$(NETPLAY) broker $(if $(BIND),--bind $(BIND)) $(ARGS)

peer: $(READY)  ## join as one player: ENV=CartPole-v1 [NAME= BROKER= CONTROLLER= ROOM= PLAYERS=]
	@test -n "$(ENV)" || { echo "make peer: name the environment, as in make peer ENV=CartPole-v1" >&2; exit 2; }
	@$(NETPLAY) peer --env $(ENV) $(if $(NAME),--name $(NAME)) $(if $(BROKER),--broker $(BROKER)) \
		$(if $(CONTROLLER),--controller $(CONTROLLER)) $(if $(ROOM),--room $(ROOM)) \
		$(if $(PLAYERS),--players $(PLAYERS)) $(ARGS)

spectate: $(READY)  ## watch a match that runs [BROKER= MATCH=id or room NAME=]
	@$(NETPLAY) spectate $(if $(BROKER),--broker $(BROKER)) $(if $(MATCH),--match $(MATCH)) \
		$(if $(NAME),--name $(NAME)) $(ARGS)

soak: $(READY)  ## many matches at once, with faults, and a verdict: MINUTES=5
	@$(NETPLAY) soak configs/soak/short.toml --minutes $(MINUTES) $(ARGS)

sim: $(READY)  ## whole matches in virtual time, with every fault, each judged: SEEDS=1-300
	@$(NETPLAY) sim --seeds $(SEEDS) $(ARGS)

check: $(READY)  ## can this environment be played? ENV=CartPole-v1
	@test -n "$(ENV)" || { echo "make check: name the environment, as in make check ENV=CartPole-v1" >&2; exit 2; }
	@$(NETPLAY) check $(ENV) $(ARGS)

environments: $(READY)  ## check all of configs/checks/environments.toml, and write docs/environments.md
	@$(PYTHON) docs/diagrams/environments_page.py

test: $(READY)  ## run the tests
ifdef ARGS
	@$(PYTHON) -m pytest $(ARGS)
else  # real processes wait for what needs no clock, and play two matches at a time at most
	@$(PYTHON) -m pytest -n auto --dist worksteal --ignore tests/processes
	@$(PYTHON) -m pytest -n 2 --dist worksteal tests/processes
endif

fuzz: $(READY)  ## tell running brokers and peers 100,000 messages, and crowd at their doors: MESSAGES=100000
	@FUZZ_MESSAGES=$(MESSAGES) $(PYTHON) -m pytest -s --timeout 3600 tests/processes/test_live_fuzz.py $(ARGS)
	@DOORS_SECONDS=10 $(PYTHON) -m pytest -s --timeout 600 tests/processes/test_doors.py $(ARGS)

bench: $(READY)  ## what a frame costs, beside the bare floor
	@$(PYTHON) tests/bench/run.py $(ARGS)

docs: $(READY)  ## draw the diagrams of docs/ anew, from the code they show
	@$(PYTHON) docs/diagrams/state_machines.py
	@$(PYTHON) docs/diagrams/event_page.py
	@$(PYTHON) docs/diagrams/one_frame.py
	@$(PYTHON) docs/diagrams/bench_bars.py
	@$(PYTHON) docs/diagrams/window_pictures.py

style: $(READY)  ## lint and formatting
	@$(VENV)/bin/ruff check
	@$(VENV)/bin/ruff format --check

types: $(READY)  ## static types
	@$(VENV)/bin/mypy

clean:  ## remove .venv, caches and runs
	@rm -rf $(VENV) build dist runs *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
