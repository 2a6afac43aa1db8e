"""Each kind of run loads what it needs: a remote one no model runtime, a local one no HTTP client."""

import json
import subprocess
import sys
from collections.abc import Callable, Collection
from pathlib import Path

import pytest

from tests.program import Flow
from tests.providers.loopback import Asked, Loopback, Peer, head

REMOTE, LOCAL = {"httpcore", "httpx", "httpx2"}, {"onnxruntime_genai", "onnxruntime"}
OTHERS = {"onnx", "huggingface_hub", "genai_prices"}
ASIDE = {
    "agentic_flow.cli.agents",
    "agentic_flow.ledger.history",
    "jinja2",
    "numpy",
    "rich",
    "tomllib",
    "yaml",
}
"""What some runs need, and one that writes a Python file from the cache does not."""
HELLO = "hello.py\n```python\nprint('hello')\n```\n"


def event(**content: object) -> bytes:
    return f"data: {json.dumps(content)}\n\n".encode()


def anthropic_or_openrouter(peer: Peer, asked: Asked) -> None:
    if "/messages" in asked.line:
        said = event(type="content_block_delta", delta={"type": "text_delta", "text": HELLO})
        stop = event(type="message_delta", delta={"stop_reason": "end_turn"}, usage={"output_tokens": 9})
        peer.send(head(), said, stop, event(type="message_stop"))
    elif "/models" in asked.line:
        peer.send(head(content_type="application/json"), b'{"data": [{"id": "maker/model"}]}')
    else:
        said = event(choices=[{"delta": {"content": HELLO}, "finish_reason": "stop"}])
        peer.send(head(), said, b"data: [DONE]\n\n")


@pytest.fixture
def loaded(flow: Flow) -> Callable[..., set[str]]:
    """Return what runs the program and says which of the heavy modules it had loaded at its end."""
    (flow.cwd / "sitecustomize.py").write_text(
        "import atexit, sys\n"
        f"heavy = {REMOTE | LOCAL | OTHERS | ASIDE!r}\n"
        "atexit.register(lambda: open('loaded', 'w').write(' '.join(heavy & set(sys.modules))))\n"
    )

    def run(*arguments: str, **environment: str) -> set[str]:
        path = f"{flow.cwd}:{flow.env['PYTHONPATH']}"
        done = flow(*arguments, "--no-stdin", PYTHONPATH=path, **environment)
        assert done.returncode == 0, done.stderr
        return set((flow.cwd / "loaded").read_text().split())

    return run


@pytest.mark.parametrize("model", ["anthropic/claude-opus-5-5", "openrouter/maker/model"])
def test_a_remote_run_loads_the_client_and_no_runtime(
    loaded: Callable[..., Collection[str]], model: str
) -> None:
    with Loopback([anthropic_or_openrouter]) as server:
        urls = {"ANTHROPIC_BASE_URL": server.url, "OPENROUTER_BASE_URL": server.url}
        keys = dict.fromkeys(("ANTHROPIC_API_KEY", "OPENROUTER_API_KEY"), "sk-of-nobody")
        modules = loaded(
            "--agent", "coder", "--model", model, "--task", "Create hello.py", "-o", "out", **keys, **urls
        )
    assert set(modules) - ASIDE == {"httpcore"}


def test_a_local_run_loads_the_runtime_and_no_client(
    loaded: Callable[..., Collection[str]], smollm2: Path
) -> None:
    asked = ("--model", "onnx/smollm2-135m", "--task", "Say hello", "--no-files", "--agent", "coder")
    modules = loaded(*asked, "--models-dir", str(smollm2.parent))
    assert "onnxruntime_genai" in modules
    assert not REMOTE & set(modules)


def test_a_file_from_the_cache_needs_nothing_heavy(
    loaded: Callable[..., Collection[str]], flow: Flow
) -> None:
    says = flow.cwd / "says.jsonl"
    says.write_text(json.dumps({"text": HELLO}) + "\n" + json.dumps({"finish": "end"}) + "\n")
    asked = ("--agent", "coder", "--model", f"scripted/{says}", "--task", "Create hello.py", "-o", "out")

    for _ in range(2):  # answered by the model, then from the cache
        assert not loaded(*asked, "--cache", "--overwrite")


STAGES = {"batch", "config", "extraction", "providers", "runner", "templates", "weights", "wiring"}
COMMANDS = {"agents", "batch", "benchmark", "cache", "config", "costs", "doctor", "download", "history"}


def ours_after(script: str) -> set[str]:
    """Return the modules of the package that a script had loaded at its end."""
    ask = f"import sys\n{script}\nprint(*sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True)
    return {name for name in done.stderr.split() if name.startswith("agentic_flow")}


def test_the_command_line_stands_before_any_command_or_stage_is_loaded() -> None:
    """So a task gets to its model at once. Each of these costs it milliseconds, some tens of them."""
    others = {f"agentic_flow.{stage}" for stage in STAGES} | {f"agentic_flow.cli.{name}" for name in COMMANDS}

    assert not others & ours_after("import agentic_flow.cli")


def test_help_needs_every_command_and_no_stage() -> None:
    modules = ours_after("from agentic_flow.cli import app\napp(['--help'], standalone_mode=False)")

    assert {f"agentic_flow.cli.{name}" for name in COMMANDS} <= modules
    assert not {f"agentic_flow.{stage}" for stage in STAGES} & modules
