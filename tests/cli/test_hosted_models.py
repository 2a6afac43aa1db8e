"""`models list|search|show` for hosted providers: asked once, kept, honest about its age, and offline."""

import json
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from tests.program import Flow
from tests.providers.loopback import Loopback, head, says

KEY = "sk-or-v1-nobody-may-see-this"
MODELS = [
    {
        "id": "maker/fast-coder",
        "name": "Maker: Fast Coder",
        "context_length": 131072,
        "top_provider": {"max_completion_tokens": 2000},
        "pricing": {"prompt": "0.0000001", "completion": "0.0000004"},
    },
    {"id": "maker/varies", "name": "Varies", "pricing": {"prompt": "-1", "completion": "-1"}},
    {
        "id": "old/one",
        "name": "Old",
        "expiration_date": "2026-12-01",
        "pricing": {"prompt": "0.000002", "completion": "0.000002"},
    },
]


@pytest.fixture
def server() -> Generator[Loopback]:
    body = json.dumps({"data": MODELS}).encode()
    with Loopback([says(head(content_type="application/json"), body)]) as server:
        yield server


@pytest.fixture
def flow(flow: Flow, server: Loopback) -> Flow:
    return Flow(flow.cwd, {**flow.env, "OPENROUTER_API_KEY": KEY, "OPENROUTER_BASE_URL": server.url})


def kept_files(flow: Flow) -> list[Path]:
    return [*(Path(flow.env["HOME"]) / ".cache" / "agentic-flow" / "catalogue").iterdir()]


def age(flow: Flow, seconds: float) -> None:
    """Let the kept list be older than it is."""
    (path,) = kept_files(flow)
    shape = json.loads(path.read_text())
    path.write_text(json.dumps({**shape, "fetched": time.time() - seconds}))


def test_a_list_is_asked_for_once_and_says_how_old_it_is(flow: Flow, server: Loopback) -> None:
    first, second = (flow("models", "list", "--provider", "openrouter") for _ in range(2))

    assert first.stdout.splitlines() == [
        "ID                CONTEXT  INPUT $/MTOK  OUTPUT $/MTOK  NOTE",
        "maker/fast-coder  131,072  0.1           0.4            Maker: Fast Coder",
        "maker/varies      ?        ?             ?              Varies",
        "old/one           ?        2             2              retires 2026-12-01",
    ]
    assert first.stderr == "openrouter: 3 models, asked just now\n"
    assert second.stdout == first.stdout
    assert "from the list kept here, just now; --refresh asks again" in second.stderr
    assert len(server.asked) == 1


def test_it_is_asked_again_when_it_is_old_or_when_told_to(flow: Flow, server: Loopback) -> None:
    flow("models", "list", "--provider", "openrouter")
    age(flow, 3 * 3600)
    assert "3 h old" in flow("models", "list", "--provider", "openrouter").stderr
    age(flow, 30 * 3600)
    assert "asked just now" in flow("models", "list", "--provider", "openrouter").stderr
    assert "asked just now" in flow("models", "list", "--provider", "openrouter", "--refresh").stderr
    assert len(server.asked) == 3


def test_offline_the_kept_list_serves_and_says_why_and_how_old(flow: Flow, server: Loopback) -> None:
    flow("models", "list", "--provider", "openrouter")
    server.answers = [says(head(503, {"content-type": "application/json"}), b"{}")]
    age(flow, 5 * 86400)
    done = flow("models", "list", "--provider", "openrouter")
    assert done.returncode == 0
    assert "maker/fast-coder" in done.stdout
    assert "warning: openrouter is busy (503)" in done.stderr
    assert "from the list kept here, 5 days old" in done.stderr

    shape = json.loads(flow("models", "list", "--provider", "openrouter", "--json").stdout)
    assert shape["age_s"] >= 5 * 86400
    assert "503" in shape["problem"]


def test_with_nothing_kept_the_failure_is_the_outcome(flow: Flow, server: Loopback) -> None:
    server.answers = [says(head(401, {"content-type": "application/json"}), b'{"error": {"message": "no"}}')]
    done = flow("models", "list", "--provider", "openrouter")
    assert (done.returncode, done.stdout) == (4, "")
    assert flow("models", "list", "--provider", "anthropic").returncode == 4


def test_the_key_is_in_no_word_and_no_file(flow: Flow, server: Loopback) -> None:
    done = flow("models", "list", "--provider", "openrouter", "--json")
    assert server.asked[0].headers["authorization"] == f"Bearer {KEY}"
    assert KEY not in done.stdout + done.stderr
    files = [path for path in Path(flow.env["HOME"]).rglob("*") if path.is_file()]
    assert files
    assert not [path for path in files if KEY.encode() in path.read_bytes()]


def test_a_search_covers_all_providers_and_names_the_one_it_could_not_ask(flow: Flow) -> None:
    done = flow("models", "search", "coder")
    found = [line.split()[0] for line in done.stdout.splitlines()[1:]]
    assert found == ["onnx/qwen2.5-coder-0.5b", "onnx/qwen2.5-coder-1.5b", "openrouter/maker/fast-coder"]
    assert "anthropic is left out: there is no key for anthropic" in done.stderr

    assert json.loads(flow("models", "search", "fast", "CODER", "--json").stdout)[0]["id"] == (
        "openrouter/maker/fast-coder"
    )
    nothing = flow("models", "search", "no-such-model")
    assert (nothing.returncode, nothing.stdout) == (0, "")
    assert "no model holds 'no-such-model'" in nothing.stderr


def test_one_model_is_shown_with_its_price_and_who_says_so(flow: Flow) -> None:
    done = flow("models", "show", "openrouter/maker/fast-coder")
    assert "US dollars a million tokens: input 0.1, output 0.4" in done.stdout
    assert "price_from  the provider's list of 20" in done.stdout
    shape = json.loads(flow("models", "show", "openrouter/maker/varies", "--json").stdout)
    assert (shape["price"], shape["price_from"]) == (None, "nobody")

    unknown = flow("models", "show", "openrouter/maker/fast-codr")
    assert unknown.returncode == 3
    assert "did you mean openrouter/maker/fast-coder?" in unknown.stderr


def decision(flow: Flow, model: str) -> dict[str, Any]:
    return decided(flow, "--model", model)


def decided(flow: Flow, *named: str) -> dict[str, Any]:
    done = flow("--task", "x", *named, "--dry-run", "--output-format", "json")
    assert done.returncode == 0, done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    return result | {"stderr": done.stderr}


def test_a_run_is_warned_of_a_model_that_goes_or_is_not_there(flow: Flow) -> None:
    assert "retires" not in decision(flow, "openrouter/old/one")["stderr"]  # nothing is known yet
    flow("models", "list", "--provider", "openrouter")
    assert "openrouter/old/one retires on 2026-12-01" in decision(flow, "openrouter/old/one")["stderr"]
    assert "is not among the models that openrouter listed" in decision(flow, "openrouter/no/such")["stderr"]
    assert "openrouter listed" not in decision(flow, "openrouter/maker/fast-coder")["stderr"]

    ladder = ("--escalate-to", "openrouter/old/one", "--escalate-to", "openrouter/no/such")
    said = decided(flow, "--model", "openrouter/maker/fast-coder", *ladder)["stderr"]
    assert "openrouter/old/one retires on 2026-12-01" in said
    assert "openrouter/no/such is not among the models that openrouter listed" in said


def test_prices_come_from_the_person_then_the_list_then_the_table(flow: Flow) -> None:
    known = "meta-llama/llama-3.1-8b-instruct"

    def source(model: str) -> str:
        shape: dict[str, str] = json.loads(flow("models", "show", f"openrouter/{model}", "--json").stdout)
        return shape["price_from"]

    assert source("maker/fast-coder").startswith("the provider's list")
    config = Path(flow.env["HOME"]) / ".config" / "agentic-flow" / "router.config.json"
    config.parent.mkdir(parents=True)
    config.write_text(json.dumps({"prices": {"openrouter/maker/fast-coder": {"input": 1, "output": 2.5}}}))
    assert source("maker/fast-coder") == "your configuration"
    # Not listed by this server, but by the table that ships.
    priced = flow("route", "--task", "say hello", "--json", "--priority", "quality")
    costs = {each["model"]: each["cost_usd"] for each in json.loads(priced.stdout)["candidates"]}
    assert costs[known] > 0


def test_a_server_that_does_not_say_what_was_used_is_not_taken_to_have_used_nothing(
    flow: Flow, server: Loopback
) -> None:
    choice = {"delta": {"content": "hi"}, "finish_reason": "stop"}
    said = f"data: {json.dumps({'choices': [choice]})}\n\ndata: [DONE]\n\n".encode()
    server.answers = [says(head(), said)]
    done = flow("--agent", "coder", "--model", "openrouter/maker/model", "--task", "Hi", "--no-files")
    assert done.returncode == 0, done.stderr
    assert "ok: tokens unknown," in done.stderr
    assert "cost unknown" in done.stderr


def test_no_longer_an_answer_is_asked_for_than_the_model_gives(flow: Flow, server: Loopback) -> None:
    flow("models", "list", "--provider", "openrouter")
    choice = {"delta": {"content": "hi"}, "finish_reason": "stop"}
    said = f"data: {json.dumps({'choices': [choice]})}\n\ndata: [DONE]\n\n".encode()
    server.answers = [says(head(), said)]
    asked = ("--agent", "coder", "--model", "openrouter/maker/fast-coder", "--task", "Hi", "--no-files")
    done = flow(*asked, "--max-tokens", "64000")
    assert done.returncode == 0, done.stderr
    assert "answers with at most 2,000 tokens; not asked for 64,000" in done.stderr
    assert server.asked[-1].json["max_tokens"] == 2000
