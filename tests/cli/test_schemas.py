"""What a run prints as JSON is what `config schema` says it is, key by key."""

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.program import Flow

FILE = {"text": "a.py\n```python\nx = 1\n```\n"}
DONE = {"finish": "end", "input_tokens": 7, "output_tokens": 9}


@pytest.fixture
def validators(flow: Flow) -> dict[str, Any]:
    names = ("result", "event", "batch")
    schemas = {name: json.loads(flow("config", "schema", name).stdout) for name in names}
    for schema in schemas.values():
        Draft202012Validator.check_schema(schema)
    return {name: Draft202012Validator(schema) for name, schema in schemas.items()}


@pytest.mark.parametrize(
    ("lines", "more", "kinds"),
    [
        ([FILE, DONE], ["--check", "true"], {"file.written", "check.finished"}),
        ([FILE, DONE], ["--check", "false"], {"file.written", "check.finished"}),
        ([{"text": "../a.py\n```python\nx = 1\n```\n"}, DONE], [], {"file.refused"}),
        ([{"text": "half"}], [], {"attempt.failed"}),
        ([], ["--dry-run"], {"warning"}),
        ([], ["--agent", "nobody"], set()),
    ],
    ids=["ok", "check", "refused", "cut", "dry run", "unknown agent"],
)
def test_results_and_events_are_as_described(
    flow: Flow, validators: dict[str, Any], lines: list[dict[str, object]], more: list[str], kinds: set[str]
) -> None:
    arguments = ["-a", "coder", "-m", flow.script("model", *lines), "-t", "Create a.py", "--no-stdin", *more]

    validators["result"].validate(json.loads(flow(*arguments, "--output-format", "json").stdout))

    (flow.cwd / "a.py").unlink(missing_ok=True)
    streamed = flow(*arguments, "--output-format", "stream-json").stdout.splitlines()
    events = [json.loads(line) for line in streamed]
    for event in events:
        validators["event"].validate(event)
    assert kinds <= {event["event"] for event in events}
    assert events[-1]["event"] == "run.finished"


def test_every_result_of_a_batch_is_as_described(flow: Flow, validators: dict[str, Any]) -> None:
    tasks = '{"id": "a", "task": "Create a.py"}\n{"task": "x", "agent": "nobody"}\nno task\n{"id": "b"}\n'
    done = flow("batch", "-", "-m", flow.script("model", {**FILE}, {**DONE}), "-a", "coder", stdin=tasks)

    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert sorted(line["line"] for line in lines) == [1, 2, 3, 4]
    for line in lines:
        validators["batch"].validate(line)
