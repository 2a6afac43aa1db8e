"""`doctor` tells the truth about who could serve, shows no key, and exits with 0 only if someone could."""

import json
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from tests.program import Flow
from tests.providers.loopback import Asked, Loopback, Peer, head
from tests.providers.toy_model import write_toy_model

OPENROUTER_KEY = "sk-or-v1-nobody-may-see-this"
ANTHROPIC_KEY = "sk-ant-nobody-may-see-this"
JSON = {"content-type": "application/json"}


def event(**content: object) -> bytes:
    return f"data: {json.dumps(content)}\n\n".encode()


def provider(peer: Peer, asked: Asked) -> None:
    """Be OpenRouter and Anthropic at once."""
    path = asked.line.split()[1]
    if path.startswith("/v1/models"):
        peer.send(head(200, JSON), b'{"data": [{"id": "claude-sonnet-5-5", "lifecycle": "active"}]}')
    elif path == "/models":
        price = {"prompt": "0.000001", "completion": "0.000002"}
        models = [
            {"id": "google/gemini-3.8-flash", "pricing": price, "expiration_date": "2020-01-01"},
            {"id": "maker/model"},
        ]
        peer.send(head(200, JSON), json.dumps({"data": models}).encode())
    elif path == "/key":
        said = {"label": OPENROUTER_KEY[:12], "limit": 10, "limit_remaining": 4.25}
        peer.send(head(200, JSON), json.dumps({"data": said}).encode())
    else:
        usage = {"prompt_tokens": 9, "completion_tokens": 16}
        answer = event(choices=[{"delta": {"content": "ok"}, "finish_reason": "length"}], usage=usage)
        peer.send(head(), answer, b"data: [DONE]\n\n")


def refusing(peer: Peer, _: Asked) -> None:
    peer.send(head(401, JSON), b'{"error": {"message": "No auth credentials found", "code": 401}}')


@pytest.fixture
def server() -> Generator[Loopback]:
    with Loopback([provider]) as server:
        yield server


@pytest.fixture
def flow(flow: Flow, server: Loopback) -> Flow:
    config = Path(flow.env["HOME"]) / ".config" / "agentic-flow" / "router.config.json"
    config.parent.mkdir(parents=True)
    config.write_text(json.dumps({"fallback": {"retryAttempts": 0}}))
    keys = {"OPENROUTER_API_KEY": OPENROUTER_KEY, "ANTHROPIC_API_KEY": ANTHROPIC_KEY}
    urls = {"OPENROUTER_BASE_URL": server.url, "ANTHROPIC_BASE_URL": server.url}
    return Flow(flow.cwd, {**flow.env, **keys, **urls})


def examined(flow: Flow, *arguments: str, **more: str) -> dict[str, Any]:
    shape: dict[str, Any] = json.loads(flow("doctor", "--json", *arguments, **more).stdout)
    return shape | {each["provider"]: each for each in shape["providers"]}


def test_it_says_who_could_serve_and_who_set_what(flow: Flow, server: Loopback) -> None:
    done = flow("doctor")
    assert done.returncode == 0
    assert done.stderr == ""
    assert "anthropic: can serve" in done.stdout
    assert "key            set (environment ANTHROPIC_API_KEY)" in done.stdout
    assert f"address        {server.url} (environment OPENROUTER_BASE_URL)" in done.stdout
    assert "credit         $4.25 left of $10.00" in done.stdout
    assert "google/gemini-3.8-flash retires on 2020-01-01" in done.stdout
    assert "onnx: cannot serve" in done.stdout
    assert "run `agentic-flow download-model" in done.stdout
    assert "without --model             anthropic/claude-sonnet-5-5" in done.stdout
    assert not [asked for asked in server.asked if asked.line.startswith("POST")]


def test_no_key_is_in_any_word_or_file(flow: Flow) -> None:
    said = "".join(
        done.stdout + done.stderr for done in (flow("doctor", "--call"), flow("doctor", "--call", "--json"))
    )
    for key in (OPENROUTER_KEY, ANTHROPIC_KEY, OPENROUTER_KEY[:12]):
        assert key not in said
    for path in Path(flow.env["HOME"]).rglob("*"):
        assert not path.is_file() or b"nobody-may-see" not in path.read_bytes(), path


def test_a_call_is_real_short_and_has_its_cost(flow: Flow, server: Loopback) -> None:
    found = examined(flow, "--provider", "openrouter", "--call")
    call = found["openrouter"]["call"]
    assert (call["model"], call["output_tokens"]) == ("google/gemini-3.8-flash", 16)
    assert call["cost_usd"] == pytest.approx(9e-6 + 32e-6)  # by the server's own list
    (asked,) = [asked for asked in server.asked if asked.line.startswith("POST")]
    assert asked.json["max_tokens"] == 16


@pytest.mark.parametrize(
    ("arguments", "more", "code", "advice"),
    [
        (
            ["--provider", "anthropic"],
            {"ANTHROPIC_API_KEY": ""},
            4,
            "set ANTHROPIC_API_KEY in the environment",
        ),
        (["--provider", "onnx"], {}, 10, "run `agentic-flow download-model"),
        (["--provider", "openrouter"], {"OPENROUTER_BASE_URL": "http://127.0.0.1:9"}, 5, "check the network"),
        ([], {"OPENROUTER_API_KEY": "", "ANTHROPIC_API_KEY": ""}, 10, "run `agentic-flow download-model"),
    ],
)
def test_where_nobody_could_serve_the_exit_code_and_the_last_line_say_why(
    flow: Flow, arguments: list[str], more: dict[str, str], code: int, advice: str
) -> None:
    done = flow("doctor", *arguments, **more)
    assert done.returncode == code
    assert advice in done.stderr.splitlines()[-1]
    assert "cannot serve" in done.stdout


def test_a_refused_key_is_found_out(flow: Flow, server: Loopback) -> None:
    server.answers = [refusing]
    done = flow("doctor", "--provider", "openrouter")
    assert done.returncode == 4
    assert "check OPENROUTER_API_KEY" in done.stderr


def test_a_key_with_nothing_left_cannot_serve(flow: Flow, server: Loopback) -> None:
    def empty(peer: Peer, asked: Asked) -> None:
        if asked.line.split()[1] == "/key":
            peer.send(head(200, JSON), b'{"data": {"limit": 10, "limit_remaining": 0}}')
        else:
            provider(peer, asked)

    server.answers = [empty]
    done = flow("doctor", "--provider", "openrouter")
    assert done.returncode == 6
    assert "nothing is left to spend with this key" in done.stderr


def test_a_server_that_knows_no_keys_is_no_problem(flow: Flow, server: Loopback) -> None:
    def plain(peer: Peer, asked: Asked) -> None:
        if asked.line.split()[1] == "/key":
            peer.send(head(404, JSON), b'{"detail": "Not Found"}')
        else:
            provider(peer, asked)

    server.answers = [plain]
    found = examined(flow, "--provider", "openrouter")["openrouter"]
    assert found["can_serve"]
    assert any("only --call proves" in warning for warning in found["warnings"])


def test_the_local_model_is_called_where_it_is(flow: Flow, smollm2: Path) -> None:
    config = flow.cwd / "mine.json"
    config.write_text(json.dumps({"providers": {"onnx": {"defaultModel": "smollm2-135m"}}}))
    found = examined(
        flow, "--provider", "onnx", "--call", "--config", str(config), "--models-dir", str(smollm2.parent)
    )["onnx"]
    assert found["can_serve"], found
    assert (found["call"]["model"], found["call"]["cost_usd"]) == ("smollm2-135m", 0)


def test_a_device_that_a_run_cannot_use_is_told_of_before(flow: Flow) -> None:
    model = write_toy_model(flow.cwd / "toy", [b"ok"], window=8192)
    onnx = {"modelPath": str(model), "executionProvider": "qnn"}
    (flow.cwd / "router.config.json").write_text(json.dumps({"providers": {"onnx": onnx}}))
    run = flow("--task", "Say ok.", "--model", "onnx/default", "--no-stdin", "--no-files")
    assert run.returncode == 10
    words = "executionProvider 'qnn' cannot be used here"
    assert words in run.stderr

    doctor = flow("doctor", "--provider", "onnx")
    assert doctor.returncode == 10
    assert "onnx: cannot serve" in doctor.stdout
    assert words in doctor.stderr
    assert f"providers.onnx.executionProvider: {words}" in flow("config", "check").stderr
