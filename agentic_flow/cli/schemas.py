"""JSON Schemas (draft 2020-12) of what `--output-format json` and `stream-json` print.

`shapes.py` makes the objects; a test holds every object of a run against these, with no key left over.
"""

from typing import Any

from agentic_flow.core.outcome import Outcome
from agentic_flow.core.profiles import Complexity, TaskType
from agentic_flow.core.remembered import Feedback
from agentic_flow.core.values import FileAction, Output

_DRAFT = "https://json-schema.org/draft/2020-12/schema"
_TEXT: dict[str, Any] = {"type": "string"}
_COUNT: dict[str, Any] = {"type": "integer", "minimum": 0}
_MAYBE_TEXT: dict[str, Any] = {"type": ["string", "null"]}
_DOLLARS: dict[str, Any] = {
    "type": ["number", "null"],
    "minimum": 0,
    "description": "US dollars; null when nobody knows, never 0 for that.",
}
_MILLISECONDS = {**_COUNT, "description": "Milliseconds."}
_STATUS: dict[str, Any] = {"enum": list(dict.fromkeys(outcome.status for outcome in Outcome))}


def _object(**properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _list_of(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


_USAGE = _object(input_tokens=_COUNT, output_tokens=_COUNT, cached_input_tokens=_COUNT)
_SAVED = {
    "anyOf": [
        _object(source=_TEXT, usage=_USAGE, cost_usd=_DOLLARS, duration_ms=_MILLISECONDS),
        {"type": "null"},
    ],
    "description": "What answers from the cache or a recording took the first time; null without any.",
}
_SHARE: dict[str, Any] = {"type": "number", "minimum": 0, "maximum": 1}
_PROFILE = _object(
    token_count={**_COUNT, "description": "The task with its context, and the expected output."},
    prompt_tokens={**_COUNT, "description": "The agent's instructions as well."},
    expected_output_tokens=_COUNT,
    task_type={"enum": [kind.value for kind in TaskType]},
    complexity={"enum": [step.value for step in Complexity]},
    difficulty=_SHARE,
    languages=_list_of(_TEXT),
    has_code={"type": "boolean"},
    private={"type": "boolean", "description": "Whether the task stays on this machine."},
    private_because=_MAYBE_TEXT,
)
_CANDIDATE = _object(
    provider=_TEXT,
    model=_TEXT,
    cost_usd=_DOLLARS,
    latency_s={"type": ["number", "null"], "minimum": 0, "description": "Seconds, an estimate."},
    strength={**_SHARE, "type": ["number", "null"]},
    obstacle={**_MAYBE_TEXT, "description": "Why it cannot serve; null when it can."},
    passed_over={**_MAYBE_TEXT, "description": "Why it was not taken; null where it was or cannot serve."},
)
_ROUTE = _object(
    provider=_TEXT,
    model=_TEXT,
    reason=_TEXT,
    profile={
        "anyOf": [_PROFILE, {"type": "null"}],
        "description": "null where a name decided, not the task.",
    },
    candidates=_list_of(_CANDIDATE),
)
_ATTEMPT = _object(
    provider=_TEXT,
    model=_TEXT,
    outcome=_STATUS,
    error=_MAYBE_TEXT,
    usage=_USAGE,
    cost_usd=_DOLLARS,
    started={**_TEXT, "format": "date-time", "description": "UTC."},
    duration_ms=_MILLISECONDS,
    saved=_SAVED,
)
_FILE = _object(
    path={**_TEXT, "description": "Relative to the output folder, `/` between parts."},
    action={"enum": [action.value for action in FileAction]},
    bytes=_COUNT,
    sha256={"type": "string", "pattern": "^[0-9a-f]{64}$"},
    added={**_list_of(_TEXT), "description": "Imports that the answer forgot and that were put in."},
    preview={"type": "boolean", "description": "Whether nothing was done: `--preview` says what would be."},
    needs_overwrite={
        "type": "boolean",
        "description": "Of a preview: whether the run would ask first, or refuse where nobody can be asked.",
    },
)
_CHECK = _object(command=_TEXT, exit_code={"type": "integer"}, output_tail=_TEXT, duration_ms=_MILLISECONDS)
_RESULT = _object(
    run_id=_TEXT,
    status=_STATUS,
    exit_code={"enum": [outcome.exit_code for outcome in Outcome]},
    error=_MAYBE_TEXT,
    agent=_TEXT,
    provider=_MAYBE_TEXT,
    model=_MAYBE_TEXT,
    route={"anyOf": [_ROUTE, {"type": "null"}]},
    attempts=_list_of(_ATTEMPT),
    text={**_TEXT, "description": "All that the model said, whole or not."},
    files=_list_of(_FILE),
    checks=_list_of(_CHECK),
    usage=_USAGE,
    cost_usd=_DOLLARS,
    cached={
        "type": "boolean",
        "description": "Whether every answer had been given before: no model was asked.",
    },
    saved=_SAVED,
    ttft_ms={"type": ["integer", "null"], "description": "Milliseconds from the start to the first word."},
    duration_ms=_MILLISECONDS,
)


_ENDED = _object(
    id={
        **_MAYBE_TEXT,
        "description": "The line's number where it names none; null for an unread line.",
    },
    line={**_COUNT, "description": "Where the task stands in its file, from 1."},
    task_sha256={**_TEXT, "description": "Of what was asked; empty where it could not be read."},
    context_sha256={
        **_TEXT,
        "description": "Of the context files as a good task left them; empty where there are none.",
    },
    **_RESULT["properties"],
)
_REMEMBERED = _object(
    **_RESULT["properties"],
    started={**_TEXT, "format": "date-time", "description": "UTC."},
    task={**_MAYBE_TEXT, "description": "null where no words were kept (--no-log)."},
    project={**_TEXT, "description": "The project's folder."},
    output_dir=_TEXT,
    feedback={"enum": [*(word.value for word in Feedback), None]},
    escalated={"type": "boolean", "description": "Whether a stronger model had to take over."},
)


def _event(name: str, fields: dict[str, Any]) -> dict[str, Any]:
    return _object(event={"const": name}, **fields["properties"])


_EVENTS = [
    _event(
        "run.started",
        _object(run_id=_TEXT, agent=_TEXT, output={"enum": [output.value for output in Output]}),
    ),
    _event("route.decided", _ROUTE),
    _event("attempt.started", _object(provider=_TEXT, model=_TEXT)),
    _event("text.delta", _object(text=_TEXT)),
    _event("attempt.failed", _object(**_ATTEMPT["properties"], then=_MAYBE_TEXT)),
    _event("file.written", _FILE),
    _event("file.previewed", _FILE),
    _event("file.refused", _object(path=_TEXT, reason=_TEXT)),
    _event("check.finished", _CHECK),
    _event("warning", _object(text=_TEXT)),
    _event("run.finished", _RESULT),
]


def result_schema() -> dict[str, Any]:
    """Return the schema of the one object of `--output-format json`."""
    return {"$schema": _DRAFT, "title": "agentic-flow result", **_RESULT}


def batch_schema() -> dict[str, Any]:
    """Return the schema of each line of a batch's results."""
    return {"$schema": _DRAFT, "title": "agentic-flow batch", **_ENDED}


def route_schema() -> dict[str, Any]:
    """Return the schema of the one object of `route --json`."""
    return {"$schema": _DRAFT, "title": "agentic-flow route", **_ROUTE}


def run_schema() -> dict[str, Any]:
    """Return the schema of the object of `history show --json` and of each line of `history export`."""
    return {"$schema": _DRAFT, "title": "agentic-flow run", **_REMEMBERED}


def event_schema() -> dict[str, Any]:
    """Return the schema of each line of `--output-format stream-json`."""
    return {"$schema": _DRAFT, "title": "agentic-flow event", "oneOf": _EVENTS}
