# Needs only Python >= 3.11, make and a package index. Every target does its own set-up.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
PEERS  := .peers
FLOW   := $(BIN)/agentic-flow
AGENT  ?= coder
MODEL  ?= onnx/default
OUT    ?= out
PROVIDER ?= openrouter
# Tests run on all cores, those of a file one after another; PYTEST_ARGS=-n0 takes one core.
CORES  := -n auto --dist loadfile
TASK   ?= Create a Python calculator: calculator.py with add, subtract, multiply and divide; divide raises ValueError on zero
export TASK

.DEFAULT_GOAL := help
.PHONY: help install run demo test test-router test-onnx cover lint prices train-router docs format check benchmark-first-answer benchmark-local benchmark-coding benchmark-providers clean

help: ## list the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## / { printf "  make %-24s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

$(BIN)/agentic-flow: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "agentic-flow needs Python 3.11 or newer; run: make PYTHON=/path/to/python3.11 ..." >&2; exit 2; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/dev: pyproject.toml $(BIN)/agentic-flow
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --group dev
	@touch $@

install: $(VENV)/dev ## the package, the tools and the commit hooks
	@! test -d .git || $(BIN)/pre-commit install >/dev/null

run: $(BIN)/agentic-flow ## give TASK="..." to AGENT on MODEL (local by default), files into OUT
	@case "$(MODEL)" in onnx/*) $(FLOW) download-model "$(patsubst onnx/%,%,$(MODEL))" ;; esac
	$(FLOW) --agent "$(AGENT)" --model "$(MODEL)" --task "$$TASK" --output-dir "$(OUT)" --overwrite --no-stdin

demo: $(BIN)/agentic-flow ## a run on a scripted provider: no model, no network
	$(FLOW) --agent coder --model scripted/tests/demo.jsonl --task "Create hello.py" --output-dir "$(OUT)" --overwrite --no-stdin

test: $(VENV)/dev ## all tests; fetches the small test model first
	@$(FLOW) download-model smollm2-135m
	$(BIN)/python -m pytest $(CORES) $(PYTEST_ARGS)

test-router: $(BIN)/agentic-flow ## ask PROVIDER what it serves, and for one real answer of a few tokens
	$(FLOW) doctor --provider "$(PROVIDER)" --call

test-onnx: $(BIN)/agentic-flow ## the same of the local provider; fetches the default model first
	@$(FLOW) download-model default
	$(FLOW) doctor --provider onnx --call

cover: $(VENV)/dev ## all tests with branch coverage
	@$(FLOW) download-model smollm2-135m
	$(BIN)/python -m pytest $(CORES) --cov --cov-report=term $(PYTEST_ARGS)

lint: $(VENV)/dev ## style, strict types and import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pyright --pythonpath $(BIN)/python
	$(BIN)/lint-imports

prices: $(VENV)/dev ## renew the table of prices from genai-prices
	$(BIN)/python -m pip install --quiet --disable-pip-version-check genai-prices
	$(BIN)/python -m agentic_flow.prices.refresh

train-router: $(VENV)/dev ## train the weights of learned difficulty from the tables in ROUTING_DATA
	@test -n "$(ROUTING_DATA)" || { echo "name the folder of the tables: make train-router ROUTING_DATA=FOLDER" >&2; exit 2; }
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python benchmarks/train_router.py "$(ROUTING_DATA)"

docs: $(VENV)/dev ## make docs/cli.md and docs/config.md from the program
	$(BIN)/typer agentic_flow.cli utils docs --name agentic-flow --output docs/cli.md
	$(BIN)/python docs/reference.py

format: $(VENV)/dev ## put the code into its form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

benchmark-first-answer: $(BIN)/agentic-flow ## first answers of the two local coders to 20 everyday tasks
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --group bench
	$(FLOW) download-model qwen2.5-coder-0.5b
	$(FLOW) download-model qwen2.5-coder-1.5b
	$(BIN)/python benchmarks/first_answer.py --model onnx/qwen2.5-coder-0.5b; weak=$$?; \
	$(BIN)/python benchmarks/first_answer.py --model onnx/qwen2.5-coder-1.5b && exit $$weak

$(PEERS)/made:
	$(PYTHON) -m venv $(PEERS)/llama
	CMAKE_ARGS=-DGGML_NATIVE=ON $(PEERS)/llama/bin/pip install --quiet --no-binary llama-cpp-python llama-cpp-python
	$(PYTHON) -m venv $(PEERS)/llm
	$(PEERS)/llm/bin/pip install --quiet llm
	@touch $@

benchmark-providers: $(BIN)/agentic-flow ## the same small tasks through each model that can serve; money needs MAX_COST=DOLLARS
	$(FLOW) benchmark providers $(if $(MODELS),--models "$(MODELS)") $(if $(MAX_COST),--max-cost "$(MAX_COST)") --repeat $(or $(REPEAT),3)

benchmark-local: $(BIN)/agentic-flow $(PEERS)/made ## local models beside llama.cpp (built here: 10 minutes), start-up beside llm
	$(BIN)/python benchmarks/importer.py --gguf-dir $(PEERS) --peer $(PEERS)/llama/bin/python
	$(BIN)/python benchmarks/decoding.py --gguf-dir $(PEERS) --peer $(PEERS)/llama/bin/python
	$(FLOW) download-model qwen2.5-coder-0.5b
	$(BIN)/python benchmarks/first_token.py
	$(BIN)/python benchmarks/startup.py --peer $(PEERS)/llm/bin/llm

benchmark-coding: $(BIN)/agentic-flow ## pass rate and cost of three local models, with repair, as a cascade
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --group bench
	@for model in smollm2-135m qwen2.5-coder-0.5b qwen2.5-coder-1.5b; do $(FLOW) download-model $$model; done
	@status=0; \
	$(BIN)/python benchmarks/coding.py --kept coding-answers.jsonl --json coding.json --plot benchmarks/coding.png || status=$$?; \
	$(BIN)/python benchmarks/coding.py --kept coding-answers.jsonl --gap 10 || status=$$?; \
	exit $$status

check: lint cover ## what CI runs

clean: ## remove what these targets made here
	rm -rf $(VENV) $(PEERS) $(OUT) .coverage* .mypy_cache .ruff_cache .pytest_cache .hypothesis
