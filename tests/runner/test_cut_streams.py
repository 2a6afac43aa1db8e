"""A stream that is cut anywhere: never a success, never a file, and what it may have cost is remembered."""

import json
import random
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import pytest

from agentic_flow.config import Flags, load_settings
from agentic_flow.core.events import RunFinished
from agentic_flow.core.outcome import Outcome
from agentic_flow.core.settings import Settings
from agentic_flow.core.values import RunResult, Task
from agentic_flow.runner import run
from agentic_flow.wiring import RunOptions, serving, wire
from tests.providers.loopback import head
from tests.providers.playback import Playback, wire_on
from tests.providers.test_replay import NAMES, STREAMS, cuts, interaction

FILE = "hello.py\n```python\nprint('grüße')\n```\n"
MODELS = {"anthropic": "anthropic/claude-opus-5-5", "openrouter": "openrouter/google/gemini-3.8-flash"}


def event(**content: object) -> str:
    return f"data: {json.dumps(content, ensure_ascii=False)}\n\n"


def anthropic() -> str:
    usage = {"input_tokens": 100, "output_tokens": 1}
    words = [FILE[at : at + 5] for at in range(0, len(FILE), 5)]
    return "".join(
        [
            event(type="message_start", message={"model": "claude-opus-5-5", "usage": usage}),
            *(
                event(type="content_block_delta", delta={"type": "text_delta", "text": word})
                for word in words
            ),
            event(type="message_delta", delta={"stop_reason": "end_turn"}, usage={"output_tokens": 30}),
            event(type="message_stop"),
        ]
    )


def openrouter() -> str:
    usage = {"prompt_tokens": 100, "completion_tokens": 30, "cost": 0.002}
    words = [FILE[at : at + 5] for at in range(0, len(FILE), 5)]
    return "".join(
        [
            ": OPENROUTER PROCESSING\n\n",
            *(event(choices=[{"delta": {"content": word}}]) for word in words),
            event(choices=[{"delta": {}, "finish_reason": "stop"}], usage=usage),
            "data: [DONE]\n\n",
        ]
    )


WHOLE = {"anthropic": anthropic().encode(), "openrouter": openrouter().encode()}


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    for provider in MODELS:
        monkeypatch.setenv(f"{provider.upper()}_API_KEY", "sk-of-nobody")
        monkeypatch.setenv(f"{provider.upper()}_BASE_URL", "http://localhost:1")
    for name in ("XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name))
    monkeypatch.chdir(tmp_path)
    return load_settings(Flags(settings={"fallback.retryAttempts": 0}))


def result_of(
    provider: str, pieces: Iterable[bytes], settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> RunResult:
    """Run one task whose model says `pieces`, then hangs up in an orderly way."""
    monkeypatch.setattr(serving, "_wire", lambda: wire_on(Playback([head(), *pieces])))
    task = Task("Create hello.py", "coder", model=MODELS[provider])
    options = RunOptions(settings.places.project / "out", overwrite=True)
    *_, last = run(task, wire(settings, task, options))
    assert isinstance(last, RunFinished)
    return last.result


def calls(settings: Settings) -> list[tuple[str, int | None, int]]:
    with closing(sqlite3.connect(settings.places.user_data / "ledger.sqlite3")) as db:
        return db.execute("SELECT state, spent, reserved FROM calls ORDER BY number").fetchall()


@pytest.mark.parametrize("provider", MODELS)
def test_a_whole_stream_writes_its_file_and_is_settled(
    provider: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = result_of(provider, [WHOLE[provider]], settings, monkeypatch)
    assert result.status == "ok", result.error
    assert (settings.places.project / "out/hello.py").read_text() == "print('grüße')\n"
    ((state, spent, reserved),) = calls(settings)
    assert state == "settled"
    assert spent is not None
    assert 0 < spent < reserved


@pytest.mark.parametrize("provider", MODELS)
def test_cut_at_every_event_and_anywhere_between_it_is_never_an_answer(
    provider: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = WHOLE[provider]
    end = len(body.rstrip())
    boundaries = {at for at in range(1, end) if body.startswith(b"\n\n", at)}
    chance = random.Random(1)  # noqa: S311  (the same places in every run)
    places = sorted(boundaries | {chance.randrange(end) for _ in range(30)})
    for place in places:
        result = result_of(provider, [body[:place]], settings, monkeypatch)
        assert result.exit_code in (Outcome.PROVIDER.exit_code, Outcome.INCOMPLETE.exit_code), place
        assert result.files == ()
        assert result.cost_usd in (None, Decimal("0.002")), place  # what the provider said, or unknown
    assert not (settings.places.project / "out").exists()
    kept = calls(settings)
    assert len(kept) >= len(places)
    assert {state for state, *_ in kept} == {"settled"}


@pytest.mark.skipif(not NAMES, reason="no recorded traffic; set AGENTIC_FLOW_WIRE_DIR")
@pytest.mark.parametrize("name", STREAMS[::6])
def test_a_recorded_stream_that_is_cut_is_never_an_answer(
    name: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = "anthropic" if "-anthropic-" in name else "openrouter"
    body = interaction(name).body
    for place in cuts(body)[:: max(1, len(cuts(body)) // 4)]:
        result = result_of(provider, [body[:place]], settings, monkeypatch)
        assert result.exit_code in (Outcome.PROVIDER.exit_code, Outcome.INCOMPLETE.exit_code), place
        assert result.files == ()
    assert not (settings.places.project / "out").exists()
    assert {state for state, *_ in calls(settings)} == {"settled"}
