PYTHON ?= python3
BIN := .venv/bin
CARGO = cd rust && CARGO_TARGET_DIR="$${ROCKOLA_CACHE:-$$HOME/.cache/rockola}/rust" cargo

.PHONY: setup demo test soak check lint contract words screenshots bench up services load locust rust rustcheck rustdeny cluster-tools cluster

setup:  ## everything the other targets need, into .venv
	@test -x $(BIN)/uv || { $(PYTHON) -m venv .venv && $(BIN)/pip install --quiet uv; }
	@$(BIN)/uv sync --quiet --locked --no-editable --compile-bytecode --reinstall-package rockola --extra kafka --extra redis --extra mongo

demo: setup  ## the whole system on this machine, with a vote file being counted
	@$(BIN)/rockola demo

up: setup  ## the whole system on this machine
	@$(BIN)/rockola up

services: setup  ## Kafka, Valkey and a MongoDB-wire server on this machine, and the command that uses them
	@$(BIN)/python -m tools.services

locust: setup  ## Locust, into an environment of its own: gevent and its plug-in for pytest change what they meet
	@UV_PROJECT_ENVIRONMENT=.venv/load $(BIN)/uv sync --quiet --locked --no-editable --no-dev --compile-bytecode --reinstall-package rockola --extra load

load: locust  ## votes by Locust for a `rockola up` that runs, until Ctrl-C; then every promise is asked for
	@.venv/load/bin/locust --config load/locust.conf

cluster-tools: setup  ## what the tests of the chart need, into the cache: minutes, the first time
	@$(BIN)/python -m tools.helm && $(BIN)/python -m tools.crds && $(BIN)/python -m tools.cluster build

cluster: cluster-tools  ## one node of Kubernetes on this machine with the chart on it, until Ctrl-C
	@$(BIN)/python -m tools.cluster

test: setup locust  ## every test
	@$(BIN)/pytest

soak: setup  ## the longer forms of tests
	@$(BIN)/pytest -m soak tests/fault tests/contract

check: setup lint  ## the edit loop: lint, unit and embedded contract tests, but for the slow ones
	@ROCKOLA_EMBEDDED=1 $(BIN)/pytest -rfE -m "not slow" tests/unit tests/contract

lint: setup  ## style, types, imports, sizes
	@$(BIN)/ruff format --check . && $(BIN)/ruff check . && $(BIN)/mypy && $(BIN)/lint-imports && $(BIN)/python tools/sizes.py

contract: setup  ## generated code from contract/vote.proto
	@$(BIN)/python -m grpc_tools.protoc -Icontract --python_out=src/rockola/vote --pyi_out=src/rockola/vote contract/vote.proto

words: setup  ## the catalogues of the pages, from what templates and scripts say
	@PYTHONPATH=. $(BIN)/python -m tools.words

screenshots: setup  ## pictures of the pages, into docs/screenshots
	@PYTHONPATH=tests:tests/e2e:. $(BIN)/python tests/e2e/screenshots.py

bench: setup  ## what it counts per second here, beside the plain way
	@PYTHONPATH=. $(BIN)/python benchmarks/run.py

rust:  ## the doors in Rust: rockola-door, into the cache folder
	@$(CARGO) build --quiet --release --locked

rustcheck:  ## their style and lints, and their own tests; the same profile, so that little is compiled twice
	@$(CARGO) fmt --check
	@$(CARGO) clippy --quiet --release --all-targets --locked -- -D warnings
	@$(CARGO) test --quiet --release --locked

rustdeny:  ## licences, sources and advisories of their dependencies; needs cargo-deny
	@$(CARGO) deny --locked check
