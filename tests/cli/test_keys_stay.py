"""Keys go to their provider and nowhere else: not into a word, a result, a log, the ledger, a list or a file.

The server repeats every key it gets, in each place where a careless program would copy it from.
"""

import json
from collections.abc import Generator
from pathlib import Path

import pytest

from tests.program import Flow
from tests.providers.loopback import Asked, Loopback, Peer, head

KEYS = {"ANTHROPIC_API_KEY": "sk-ant-api03-GREPME-1234567890", "OPENROUTER_API_KEY": "sk-or-v1-GREPME-abcdef"}
STRANGERS = "ghp_" + "GREPME1234" * 4
"""No key of this machine, and yet one by its form."""
JSON = {"content-type": "application/json"}
HELLO = "hello.py\n```python\nprint('hello')\n```\n"


def event(**content: object) -> bytes:
    return f"data: {json.dumps(content)}\n\n".encode()


def gossip(peer: Peer, asked: Asked) -> None:
    """Answer in the way that the words of the prompt, or the model, ask for; repeat the key in errors."""
    key = asked.headers.get("x-api-key") or asked.headers["authorization"].removeprefix("Bearer ")
    headers = {**JSON, "request-id": key, "x-api-key": key}
    path, body = asked.line.split()[1], asked.body.decode()
    other = next(each for each in KEYS.values() if each != key)
    words = f"the key {key} is no good, nor is {other}, nor {STRANGERS}"
    complaint = json.dumps({"error": {"message": words, "type": key}}).encode()
    if path.endswith("/key"):
        peer.send(head(200, headers), json.dumps({"data": {"label": key, "limit_remaining": 1}}).encode())
    elif "/models" in path:
        models = [
            {"id": "maker/model", "name": key},
            {"id": "claude-opus-5-5", "display_name": key},
            {"id": key},
        ]
        peer.send(head(200, headers), json.dumps({"data": models}).encode())
    elif "refuse" in body:
        peer.send(head(401, headers), complaint)
    elif "fail" in body:
        peer.send(head(500, headers), complaint)
    elif "redirect" in body:
        peer.send(head(307, {"location": f"https://elsewhere.example/?key={key}"}))
    elif "break off" in body:
        peer.send(head(200, {"x-echo": key}), complaint.join((b"data: ", b"\n\n")))
    elif path.endswith("/messages"):
        said = event(type="content_block_delta", delta={"type": "text_delta", "text": HELLO})
        stop = event(type="message_delta", delta={"stop_reason": "end_turn"}, usage={"output_tokens": 9})
        start = event(type="message_start", message={"model": key, "usage": {"input_tokens": 9}})
        peer.send(head(200, {"x-echo": key}), start, said, stop, event(type="message_stop"))
    else:
        choice = {"delta": {"content": HELLO}, "finish_reason": "stop", "native_finish_reason": key}
        said = event(choices=[choice], usage={"cost": 0.01}, model=key)
        peer.send(head(200, {"x-echo": key}), said, b"data: [DONE]\n\n")


@pytest.fixture
def flow(flow: Flow) -> Generator[Flow]:
    with Loopback([gossip]) as server:
        urls = {"ANTHROPIC_BASE_URL": server.url, "OPENROUTER_BASE_URL": server.url}
        yield Flow(flow.cwd, {**flow.env, **KEYS, **urls})


RUNS = [
    *(
        ["--agent", "coder", "--model", model, "--task", task, "--output-format", form, "-o", "out", "-v"]
        for model in ("anthropic/claude-opus-5-5", "openrouter/maker/model")
        for task, form in (
            ("Create hello.py", "json"),
            ("refuse", "json"),
            ("redirect", "text"),
            ("break off", "stream-json"),
        )
    ),
    ["--agent", "coder", "--task", "fail", "--config", "hasty.json"],
    ["doctor", "--call"],
    ["doctor", "--call", "--json"],
    ["models", "list", "--provider", "openrouter"],
    ["models", "show", "anthropic/claude-opus-5-5", "--json"],
    ["config", "show"],
    ["config", "show", "--json"],
    ["history", "list"],
]


def test_a_grep_over_everything_finds_no_key(flow: Flow) -> None:
    hasty = {"fallback": {"retryAttempts": 1, "backoffMs": 1, "chain": ["openrouter"]}}
    (flow.cwd / "hasty.json").write_text(json.dumps(hasty))
    said: dict[str, str] = {}
    for arguments in RUNS:
        done = flow(*arguments)
        said[" ".join(arguments)] = done.stdout + done.stderr
    assert "created: hello.py" in said[" ".join(RUNS[4])] or (flow.cwd / "out/hello.py").exists()
    assert "the key *** is no good, nor is ***, nor ***" in said[" ".join(RUNS[1])]

    files = [
        path for root in (flow.cwd, Path(flow.env["HOME"])) for path in root.rglob("*") if path.is_file()
    ]
    assert any(path.name == "ledger.sqlite3" for path in files)
    assert any(path.parent.name == "catalogue" for path in files)
    for where, words in [
        *said.items(),
        *((str(path), path.read_bytes().decode("latin-1")) for path in files),
    ]:
        for key in (*KEYS.values(), STRANGERS):
            assert key not in words, where
            assert key[-10:] not in words, where


def test_the_history_keeps_no_key_of_anybody(flow: Flow) -> None:
    """What the router takes for a key is one in the history, too."""
    model = flow.script("echo", {"echo": True}, {"finish": "end"})
    task = f"Deploy with {STRANGERS} and DB_PASSWORD=kT9vLq2x, then tell me"
    assert flow("-a", "reviewer", "-m", model, "-t", task).returncode == 0

    for words in (["list"], ["show"], ["export"]):
        said = flow("history", *words).stdout
        assert "Deploy with [key] and DB_PASSWORD=[key], then" in said, words
    for path in Path(flow.env["HOME"]).rglob("*"):
        assert path.is_dir() or not any(
            word in path.read_bytes() for word in (STRANGERS.encode(), b"kT9vLq2x")
        ), path


def test_a_key_that_goes_to_a_named_model_is_warned_of(flow: Flow) -> None:
    """Who names a hosted model, or nobody, gets it; whether the key should go there is theirs to know."""
    (flow.cwd / "settings.ini").write_text(f"[deploy]\ntoken = {STRANGERS}\n")
    shown, warned = ["--context", "settings.ini"], "the task goes to anthropic although it holds a key"
    ask = ["--agent", "coder", "--task", "Create hello.py", "-o", "out", "--overwrite"]

    assert warned in flow(*ask, *shown, "--model", "anthropic/claude-opus-5-5").stderr
    assert warned in flow(*ask, *shown).stderr
    assert warned not in flow(*ask, "--model", "anthropic/claude-opus-5-5").stderr
    assert warned not in flow(*ask, *shown, "--model", flow.script("m", {"text": "x"})).stderr
