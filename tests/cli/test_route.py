"""`route` and `--auto-route` decide from the task, say why, and call nobody."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from agentic_flow.cli.schemas import route_schema
from tests.program import Flow

KEYS = {"ANTHROPIC_API_KEY": "sk-ant-nobody", "OPENROUTER_API_KEY": "sk-or-nobody"}
HARD, EASY = "Build a complex distributed system", "write hello world"
GUIDE_RULES = [
    {"condition": "token_count < 500", "provider": "onnx", "model": "phi-3-mini", "reason": "fast"},
    {
        "condition": "task_type == 'coding'",
        "provider": "openrouter",
        "model": "deepseek/deepseek-coder-33b-instruct",
        "reason": "specialised",
    },
    {
        "condition": "complexity == 'high'",
        "provider": "anthropic",
        "model": "claude-3-opus",
        "reason": "complex",
    },
    {
        "condition": "default",
        "provider": "openrouter",
        "model": "meta-llama/llama-3.1-8b-instruct",
        "reason": "balanced",
    },
]
CODING = "openrouter/deepseek/deepseek-v4.1-flash"  # what the guide's retired model stands for


@pytest.fixture
def local(flow: Flow) -> list[str]:
    """Return flags of a machine on which the default model and Phi-3 lie; deciding does not open them."""
    for name in ("qwen2.5-coder-0.5b", "phi-3-mini"):
        folder = flow.cwd / "weights" / name
        folder.mkdir(parents=True)
        (folder / "genai_config.json").write_text("{}")
    return ["--models-dir", "weights"]


def routed(flow: Flow, *arguments: str, **keys: str) -> dict[str, Any]:
    done = flow("route", "--json", *arguments, **keys)
    assert done.returncode == 0, done.stderr
    decision: dict[str, Any] = json.loads(done.stdout)
    Draft202012Validator(route_schema()).validate(decision)
    return decision


def target(decision: dict[str, Any]) -> str:
    return f"{decision['provider']}/{decision['model']}"


def config(flow: Flow, **routing: object) -> None:
    (flow.cwd / "router.config.json").write_text(json.dumps({"routing": routing}))


@pytest.mark.parametrize(
    ("task", "chosen"),
    [
        (HARD, "anthropic/claude-opus-5-5"),
        (EASY, "onnx/qwen2.5-coder-0.5b"),
        ("Create a Python REST API with JWT authentication, pagination and pytest tests", CODING),
    ],
)
def test_what_ships_sends_each_task_where_it_belongs(
    flow: Flow, local: list[str], task: str, chosen: str
) -> None:
    assert target(routed(flow, "--task", task, *local, **KEYS)) == chosen


@pytest.mark.parametrize(
    ("task", "chosen"),
    [
        (HARD, "anthropic/claude-opus-5-5"),
        (EASY, "onnx/phi-3-mini"),
        ("Write a Java class for a bounded queue with tests for each method and a thread-safe cache", CODING),
    ],
)
def test_the_rules_of_the_guide(flow: Flow, local: list[str], task: str, chosen: str) -> None:
    config(flow, rules=GUIDE_RULES)
    assert target(routed(flow, "--task", task, *local, **KEYS)) == chosen


def test_a_strategy_puts_the_shipped_rules_aside(flow: Flow, local: list[str]) -> None:
    config(flow, strategy="cost-optimized")
    decisions = [routed(flow, "--task", task, *local, **KEYS) for task in (EASY, HARD)]

    assert [target(decision) for decision in decisions] == [
        "onnx/qwen2.5-coder-0.5b",
        "anthropic/claude-sonnet-5-5",
    ]
    assert all(decision["reason"].startswith("cost-optimized: the cheapest") for decision in decisions)


def test_a_priority_puts_rules_aside_too(flow: Flow, local: list[str]) -> None:
    decision = routed(flow, "--task", EASY, "--priority", "quality", *local, **KEYS)
    assert target(decision) == "anthropic/claude-opus-5-5"
    assert decision["reason"].startswith("quality: the strongest")


def test_without_keys_and_models_it_still_answers_and_says_what_is_missing(flow: Flow) -> None:
    decision = routed(flow, "--task", HARD)

    assert target(decision) == "onnx/qwen2.5-coder-0.5b"
    assert "no ANTHROPIC_API_KEY" in decision["reason"]
    assert "agentic-flow download-model qwen2.5-coder-0.5b" in decision["reason"]


@pytest.mark.parametrize(
    "asked", [["--priority", "privacy", "--task", EASY], ["--task", "Use ghp_" + "a1B2" * 9]]
)
def test_privacy_fails_with_the_command_rather_than_leave_the_machine(flow: Flow, asked: list[str]) -> None:
    done = flow("route", *asked, **KEYS)

    assert done.returncode == 10
    assert "run `agentic-flow download-model qwen2.5-coder-0.5b`" in done.stderr


def test_privacy_in_the_configuration_holds_without_auto_route(flow: Flow) -> None:
    config(flow, strategy="privacy")
    done = flow("--task", EASY, "--no-stdin", "--dry-run", **KEYS)
    assert done.returncode == 10


@pytest.mark.parametrize(
    "named", [["-m", "anthropic/opus"], ["-m", "onnx/smollm2-135m", "--escalate-to", "openrouter/coding"]]
)
def test_privacy_refuses_whoever_names_a_hosted_model(flow: Flow, named: list[str]) -> None:
    config(flow, strategy="privacy")
    done = flow("--task", EASY, *named, "--check", "true", "--no-stdin", "--dry-run", **KEYS)

    assert done.returncode == 2
    assert "is hosted, and nothing may leave this machine: the priority is privacy" in done.stderr


def test_privacy_wins_over_the_hosted_model_of_an_agent_and_of_the_configuration(
    flow: Flow, local: list[str]
) -> None:
    (flow.cwd / "agents").mkdir()
    agent = "---\nname: hosted\ndescription: d\nmodel: anthropic/opus\n---\nYou.\n"
    (flow.cwd / "agents/hosted.md").write_text(agent, encoding="utf-8")
    said = {"routing": {"strategy": "privacy"}, "defaults": {"model": "anthropic/opus"}}
    (flow.cwd / "router.config.json").write_text(json.dumps(said), encoding="utf-8")

    for agent in ("hosted", "reviewer"):
        done = flow("-a", agent, "--task", EASY, *local, "--no-stdin", "--dry-run", **KEYS)
        assert done.returncode == 0, done.stderr
        assert done.stderr.startswith("model: onnx/")


def test_a_rule_for_a_model_that_is_not_there_names_the_rule(flow: Flow) -> None:
    said = {"routing": {"rules": [{"condition": "default", "provider": "onnx", "model": "phi-44"}]}}
    (flow.cwd / "router.config.json").write_text(json.dumps(said), encoding="utf-8")

    done = flow("route", "--task", EASY)

    assert done.returncode == 3
    assert "routing.rules[0].model: there is no model 'onnx/phi-44'" in done.stderr
    assert "did you mean onnx/phi-4?" in done.stderr


def test_privacy_stays_on_a_machine_that_can_serve(flow: Flow, local: list[str]) -> None:
    decision = routed(flow, "--task", HARD, "--priority", "privacy", *local, **KEYS)

    assert decision["provider"] == "onnx"
    hosted = [each for each in decision["candidates"] if each["provider"] != "onnx"]
    assert hosted
    assert all("stays on this machine" in each["obstacle"] for each in hosted)


def test_a_run_says_target_and_reason_and_with_v_every_candidate(flow: Flow) -> None:
    done = flow("--auto-route", "--task", HARD, "--dry-run", "--no-stdin", "-v", **KEYS)

    lines = done.stderr.splitlines()
    assert (done.returncode, done.stdout) == (0, "")
    assert lines[0].startswith("model: anthropic/claude-opus-5-5 (rule 1, complexity == 'high': ")
    assert lines[1].startswith("task: high ")
    chosen = [line for line in lines if line.startswith("> ")]
    assert len(chosen) == 1
    assert chosen[0].split()[1] == "anthropic/claude-opus-5-5"


@pytest.mark.parametrize("wish", [["--auto-route"], ["--priority", "cost"]])
def test_a_model_and_a_wish_that_one_be_chosen_contradict(flow: Flow, wish: list[str]) -> None:
    done = flow("--model", "onnx/default", *wish, "--task", EASY, "--no-stdin")
    assert done.returncode == 2
    assert "give one of them" in done.stderr


def test_the_results_of_an_auto_routed_run_are_as_described(flow: Flow) -> None:
    schema = json.loads(flow("config", "schema", "result").stdout)
    done = flow(
        *("--auto-route", "--task", HARD, "--dry-run", "--no-stdin", "--output-format", "json"), **KEYS
    )
    result = json.loads(done.stdout)

    Draft202012Validator(schema).validate(result)
    assert result["route"]["profile"]["complexity"] == "high"
    assert len(result["route"]["candidates"]) > 5


def test_context_files_are_part_of_the_job(flow: Flow) -> None:
    Path(flow.cwd, "big.py").write_text("value = compute(1, 2)\n" * 2000)
    alone, beside = (routed(flow, "--task", EASY, *more) for more in ([], ["--context", "big.py"]))

    assert beside["profile"]["token_count"] > alone["profile"]["token_count"] + 10_000
