"""Runs are told to an OpenTelemetry collector: by the GenAI conventions, without words, in no run's way."""

import json
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from agentic_flow.core.profiles import Complexity, TaskProfile, TaskType
from agentic_flow.core.remembered import RememberedRun
from agentic_flow.core.values import Decision, RunResult, Target
from agentic_flow.telemetry.describing import describe_run
from tests.cli.test_keys_stay import KEYS, gossip
from tests.program import Flow
from tests.providers.loopback import Asked, Loopback, Peer, head, says

TAKEN = says(head(200, content_type="application/x-protobuf"))
ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
WORDS = {"OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT": "true"}
DONE: dict[str, object] = {"finish": "end", "input_tokens": 500, "output_tokens": 30}
NEXT: dict[str, object] = {"next": True}
HELLO: dict[str, object] = {"text": "A SECRET ANSWER"}


@pytest.fixture
def flow(flow: Flow, tmp_path: Path) -> Flow:
    """Return the program that waits for its collector for as long as a busy machine may take, or SECONDS."""
    (tmp_path / "sitecustomize.py").write_text(
        "import os, agentic_flow.telemetry as telemetry\n"
        "telemetry._SECONDS = float(os.environ.get('SECONDS', '60'))\n"
    )
    return Flow(flow.cwd, {**flow.env, "PYTHONPATH": f"{tmp_path}:{flow.env['PYTHONPATH']}"})


def files(code: str) -> dict[str, object]:
    return {"text": f"sums.py\n```python\n{code}\n```\n"}


def valued(attributes: Any) -> dict[str, Any]:
    """Return a message's attributes as plain values."""
    values: dict[str, Any] = {}
    for each in attributes:
        value = getattr(each.value, each.value.WhichOneof("value"))
        values[each.key] = [item.string_value for item in value.values] if hasattr(value, "values") else value
    return values


def spans(asked: list[Asked]) -> list[Any]:
    """Return what came to /v1/traces, the run's span first."""
    bodies = [each.body for each in asked if each.line.startswith("POST /v1/traces ")]
    resources = [
        each for body in bodies for each in ExportTraceServiceRequest.FromString(body).resource_spans
    ]
    found = [span for each in resources for scope in each.scope_spans for span in scope.spans]
    return sorted(found, key=lambda span: bool(span.parent_span_id))


def points(asked: list[Asked]) -> dict[str, list[Any]]:
    """Return what came to /v1/metrics: points by metric."""
    bodies = [each.body for each in asked if each.line.startswith("POST /v1/metrics ")]
    resources = [
        each for body in bodies for each in ExportMetricsServiceRequest.FromString(body).resource_metrics
    ]
    metrics = [metric for each in resources for scope in each.scope_metrics for metric in scope.metrics]
    return {metric.name: list(metric.histogram.data_points) for metric in metrics}


def ask(flow: Flow, model: str, *more: str, agent: str = "reviewer", **environment: str) -> tuple[int, str]:
    """Give a task with a secret to an agent; return the exit code and what stderr said."""
    task = ("--agent", agent, "--model", model, "--task", "A SECRET TASK", "--no-stdin")
    done = flow(*task, *more, **environment)
    return done.returncode, done.stderr


def test_a_run_is_a_span_and_each_attempt_one_below_it(flow: Flow) -> None:
    model = flow.script("model", files("assert 1 + 1 == 3"), DONE, NEXT, files("assert 1 + 1 == 2"), DONE)
    with Loopback([TAKEN]) as collector:
        check = ("--check", "python3 sums.py", "-o", "out")
        code, said = ask(flow, model, *check, agent="coder", **{ENDPOINT: collector.url + "/"})

    assert code == 0, said
    assert "OTEL" not in said
    run, first, second = spans(collector.asked)
    assert (run.name, run.kind) == ("invoke_agent coder", run.SPAN_KIND_INTERNAL)
    of_run = valued(run.attributes)
    assert of_run.pop("agentic_flow.run.id") in flow("history", "show").stdout
    name = model.removeprefix("scripted/")
    assert of_run == {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.agent.name": "coder",
        "gen_ai.provider.name": "scripted",
        "gen_ai.request.model": name,
        "gen_ai.response.model": name,
        "gen_ai.usage.input_tokens": 1000,
        "gen_ai.usage.output_tokens": 60,
        "agentic_flow.outcome": "ok",
        "agentic_flow.exit_code": 0,
        "agentic_flow.attempts": 2,
        "agentic_flow.escalated": False,
        "agentic_flow.cached": False,
        "agentic_flow.cost_usd": 0.0,
    }
    assert [span.parent_span_id for span in (first, second)] == [run.span_id] * 2
    assert {span.trace_id for span in (run, first, second)} == {run.trace_id}
    assert first.start_time_unix_nano <= first.end_time_unix_nano <= second.start_time_unix_nano
    assert run.start_time_unix_nano <= first.start_time_unix_nano
    assert second.end_time_unix_nano <= run.end_time_unix_nano
    assert first.name == f"chat {name}"
    assert valued(first.attributes) == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "scripted",
        "gen_ai.request.model": name,
        "gen_ai.response.model": name,
        "gen_ai.response.finish_reasons": ["stop"],
        "gen_ai.usage.input_tokens": 500,
        "gen_ai.usage.output_tokens": 30,
        "agentic_flow.outcome": "check",
        "agentic_flow.cached": False,
        "agentic_flow.cost_usd": 0.0,
    }, "the call did all it should; what it wrote did not"
    assert valued(second.attributes)["agentic_flow.outcome"] == "ok"

    metrics = points(collector.asked)
    (took,) = metrics["gen_ai.client.operation.duration"]
    tokens = {
        valued(each.attributes)["gen_ai.token.type"]: each.sum
        for each in metrics["gen_ai.client.token.usage"]
    }
    assert (took.count, tokens) == (2, {"input": 1000.0, "output": 60.0})
    assert valued(took.attributes)["gen_ai.request.model"] == name
    assert all(b"SECRET" not in each.body and b"1 + 1" not in each.body for each in collector.asked)


def test_a_failed_call_says_its_kind_and_not_its_sentence(flow: Flow) -> None:
    model = flow.script("model", {"fail": "refused_key", "message": "THE SENTENCE"})
    with Loopback([TAKEN]) as collector:
        code, said = ask(flow, model, **{ENDPOINT: collector.url})

    assert (code, "THE SENTENCE" in said) == (4, True)
    for span in spans(collector.asked):
        assert span.status.code == span.status.STATUS_CODE_ERROR
        assert valued(span.attributes)["error.type"] == "auth"
    (took,) = points(collector.asked)["gen_ai.client.operation.duration"]
    assert valued(took.attributes)["error.type"] == "auth"
    assert all(b"THE SENTENCE" not in each.body for each in collector.asked)


def test_a_cut_answer_says_why_the_model_stopped(flow: Flow) -> None:
    model = flow.script("model", HELLO, {"finish": "max_tokens", "input_tokens": 5, "output_tokens": 3})
    with Loopback([TAKEN]) as collector:
        ask(flow, model, **{ENDPOINT: collector.url})

    of_call = valued(spans(collector.asked)[1].attributes)
    assert of_call["gen_ai.response.finish_reasons"] == ["length"]
    assert of_call["error.type"] == "incomplete"


def test_words_are_sent_only_when_asked_for_and_never_of_a_run_that_keeps_none(flow: Flow) -> None:
    model = flow.script("model", HELLO, DONE)
    with Loopback([TAKEN]) as collector:
        ask(flow, model, **WORDS, **{ENDPOINT: collector.url})
    with Loopback([TAKEN]) as silent:
        ask(flow, model, "--no-log", **WORDS, **{ENDPOINT: silent.url})

    of_run = valued(spans(collector.asked)[0].attributes)
    assert json.loads(of_run["gen_ai.input.messages"]) == [
        {"role": "user", "parts": [{"type": "text", "content": "A SECRET TASK"}]}
    ]
    assert json.loads(of_run["gen_ai.output.messages"]) == [
        {
            "role": "assistant",
            "parts": [{"type": "text", "content": "A SECRET ANSWER"}],
            "finish_reason": "stop",
        }
    ]
    assert len(silent.asked) == 2
    assert all(b"SECRET" not in each.body for each in silent.asked)


def test_words_that_no_router_would_let_off_this_machine_stay_here(flow: Flow) -> None:
    task = "Charge the card 4539 1488 0343 6467"
    with Loopback([TAKEN]) as collector:
        done = flow("--auto-route", "--task", task, "--no-stdin", **WORDS, **{ENDPOINT: collector.url})

    assert "the task stays on this machine" in done.stderr, "there is no local model"
    assert valued(spans(collector.asked)[0].attributes)["agentic_flow.outcome"] == "local_model"
    # All of its digits: four may stand in the id of a run, which is of a time.
    assert all(b"4539 1488" not in each.body for each in collector.asked)


@pytest.mark.parametrize("private", [None, "it holds a key"])
def test_words_of_a_private_task_that_was_answered_here_stay_too(private: str | None) -> None:
    profile = TaskProfile(20, 100, 100, TaskType.CODING, Complexity.LOW, 0.1, private=private)
    decision = Decision(Target("onnx", "some"), "stays here", profile=profile)
    result = RunResult("run", "ok", 0, "coder", decision=decision, text="Done.")
    run = RememberedRun(result, "2026-11-25T12:00:00.000Z", "/project", "/project/out", "Keep this")

    attributes = describe_run(run, [], words=True).attributes

    assert ("gen_ai.input.messages" in attributes) is (private is None)
    assert ("gen_ai.output.messages" in attributes) is (private is None)


def test_no_key_reaches_the_collector(flow: Flow) -> None:
    """Not even where a provider repeats it as the name of its model, or the task holds it."""
    with Loopback([gossip]) as server, Loopback([TAKEN]) as collector:
        names = {**KEYS, **WORDS, "OPENROUTER_BASE_URL": server.url, ENDPOINT: collector.url}
        for task in ("Create hello.py", "refuse", f"Say {KEYS['OPENROUTER_API_KEY']}"):
            asked = ("--agent", "coder", "--model", "openrouter/maker/model", "--task", task, "--no-files")
            flow(*asked, "--no-stdin", **names)

    assert len(collector.asked) == 6
    assert [span.kind for span in spans(collector.asked) if span.parent_span_id] == [3, 3, 3], "client"
    assert all(b"GREPME" not in each.body for each in collector.asked)


def nothing_there() -> str:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return f"http://user:password@127.0.0.1:{listening.getsockname()[1]}"


def silent(peer: Peer, _: Asked) -> None:
    peer.wait(30)


@pytest.mark.parametrize("answer", [None, silent, says(head(404)), says(b"nonsense")])
def test_a_collector_that_takes_nothing_is_told_of_once_and_fails_no_run(flow: Flow, answer: Any) -> None:
    model = flow.script("model", HELLO, DONE)
    task = {"task": "Say hello", "agent": "reviewer", "model": model}
    (flow.cwd / "tasks.jsonl").write_text("".join(json.dumps({**task, "seed": n}) + "\n" for n in range(3)))
    with Loopback([answer or TAKEN]) as collector:
        url = collector.url if answer else nothing_there()
        done = flow("batch", "tasks.jsonl", "--results", "results.jsonl", SECONDS="1", **{ENDPOINT: url})

    assert done.returncode == 0, done.stderr
    assert done.stderr.count("did not take this run's metrics and traces") == 1
    assert url.split("@")[-1].removeprefix("http://") in done.stderr
    assert "password" not in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("address", ["collector", "http://", "http://user:password@[::"])
def test_a_collector_s_address_that_is_none_is_said_to_be_none(flow: Flow, address: str) -> None:
    model = flow.script("model", HELLO, DONE)

    code, said = ask(flow, model, SECONDS="1", **{ENDPOINT: address})

    assert code == 0
    assert f"the collector at an address that cannot be read ({ENDPOINT}) did not take" in said
    assert "password" not in said


def test_a_collector_of_traces_alone_is_asked_for_no_metrics(flow: Flow) -> None:
    def traces_only(peer: Peer, asked: Asked) -> None:
        peer.send(head(200 if "/v1/traces" in asked.line else 404))

    model = flow.script("model", HELLO, DONE)
    with Loopback([traces_only]) as collector:
        _, said = ask(flow, model, **{ENDPOINT: collector.url})
        _, quiet = ask(flow, model, OTEL_METRICS_EXPORTER="none", **{ENDPOINT: collector.url})

    assert "did not take this run's metrics; " in said
    assert "OTEL_METRICS_EXPORTER=none" in said
    assert "OTEL" not in quiet
    assert len(spans(collector.asked)) == 4


@pytest.fixture
def loaded(flow: Flow) -> Flow:
    """Return the program that writes down whether OpenTelemetry was loaded, and can be without it."""
    (flow.cwd / "sitecustomize.py").write_text(
        "import atexit, os, sys\n"
        "if 'WITHOUT' in os.environ: sys.modules['opentelemetry'] = None\n"
        "names = lambda: [name for name in sys.modules if 'opentelemetry' in name or 'telemetry' in name]\n"
        "atexit.register(lambda: open('loaded', 'w').write(' '.join(names())))\n"
    )
    return Flow(flow.cwd, {**flow.env, "PYTHONPATH": f"{flow.cwd}:{flow.env['PYTHONPATH']}"})


def test_without_the_extra_one_warning_says_what_to_install(loaded: Flow) -> None:
    code, said = ask(
        loaded, loaded.script("model", HELLO, DONE), WITHOUT="1", **{ENDPOINT: "http://127.0.0.1:4318"}
    )
    assert code == 0
    assert said.count("agentic-flow[otel]") == 1


@pytest.mark.parametrize(
    "environment", [{}, {ENDPOINT: "http://127.0.0.1:4318", "OTEL_SDK_DISABLED": "true"}]
)
def test_nothing_is_loaded_where_nobody_asks(loaded: Flow, environment: Mapping[str, str]) -> None:
    """Somebody is the person: a cloned project's `.env` names no collector."""
    (loaded.cwd / ".env").write_text(f"{ENDPOINT}=http://127.0.0.1:4318\n")
    code, said = ask(loaded, loaded.script("model", HELLO, DONE), **environment)

    assert (code, "OTEL" in said) == (0, False)
    assert (loaded.cwd / "loaded").read_text() == ""
