"""Answers given before, through the command line: the cache, and folders that are recorded and replayed."""

import json
import sqlite3
import stat
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from agentic_flow.core.budgets import dollars
from tests.program import Flow
from tests.providers.loopback import Loopback, head, says

KEY = "sk-ant-test-0123456789"
A_KEY = "a1B2c3D4e5F6" * 3
"""What stands behind `ghp_`: in two pieces, so that no scanner of this repository takes it for a real one."""
WORDS = "Fine.\nNothing to add.\n"
ASK = ("--agent", "reviewer", "--model", "anthropic/claude-opus-5-5", "--task", "Review x = 1", "--no-stdin")


def spoken(words: str, reason: str = "end_turn") -> bytes:
    """Return a whole answer of the Messages API."""
    usage = {"input_tokens": 1000, "output_tokens": 200}
    events: list[dict[str, Any]] = [
        {"type": "message_start", "message": {"model": "claude-opus-5-5", "usage": usage}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": words}},
        {"type": "message_delta", "delta": {"stop_reason": reason}, "usage": {"output_tokens": 200}},
        {"type": "message_stop"},
    ]
    return b"".join(f"data: {json.dumps(event)}\n\n".encode() for event in events)


@pytest.fixture
def anthropic(flow: Flow) -> Iterator[Loopback]:
    """Return a provider on this machine that the program asks instead of Anthropic."""
    with Loopback([says(head(), spoken(WORDS))]) as server:
        flow.env.update(ANTHROPIC_BASE_URL=server.url, ANTHROPIC_API_KEY=KEY)
        yield server


def result(flow: Flow, *arguments: str, code: int = 0) -> dict[str, Any]:
    """Run, and return the result object."""
    done = flow(*arguments, "--output-format", "json")
    assert done.returncode == code, done.stderr
    return dict(json.loads(done.stdout))


def kept(flow: Flow) -> Path:
    """Return the cache's file."""
    return Path(flow.env["HOME"]) / ".cache/agentic-flow/answers.sqlite3"


def test_a_second_run_asks_nobody_and_says_what_that_saved(flow: Flow, anthropic: Loopback) -> None:
    first = result(flow, *ASK, "--cache")
    again = result(flow, *ASK, "--cache")

    assert (first["cached"], first["saved"], first["usage"]["input_tokens"]) == (False, None, 1000)
    assert (again["cached"], again["cost_usd"], again["text"]) == (True, 0.0, WORDS)
    assert again["saved"]["cost_usd"] == first["cost_usd"] > 0
    assert again["saved"]["usage"]["output_tokens"] == 200
    assert len(anthropic.asked) == 1

    assert stat.S_IMODE(kept(flow).stat().st_mode) == 0o600
    assert KEY.encode() not in kept(flow).read_bytes()

    spoken_of = flow(*ASK, "--cache")
    assert spoken_of.stdout == WORDS
    assert (
        f"cached: from the cache; the first time it cost {dollars(Decimal(str(first['cost_usd'])))}"
        in spoken_of.stderr
    )
    stats = json.loads(flow("cache", "stats", "--json").stdout)
    assert (stats["answers"], stats["hits"]) == (1, 2)
    assert stats["saved_usd"] == pytest.approx(2 * first["cost_usd"])


def test_the_cache_is_off_until_the_configuration_or_a_flag_turns_it_on(
    flow: Flow, anthropic: Loopback
) -> None:
    flow(*ASK)
    assert not kept(flow).exists()

    (flow.cwd / "router.config.json").write_text('{"optimization": {"caching": {"enabled": true}}}')
    flow(*ASK)
    assert result(flow, *ASK)["cached"]
    assert not result(flow, *ASK, "--no-cache")["cached"]
    assert len(anthropic.asked) == 3


def test_an_answer_of_one_host_is_none_of_another(flow: Flow, anthropic: Loopback) -> None:
    result(flow, *ASK, "--cache")
    with Loopback([says(head(), spoken("Other."))]) as other:
        flow.env["ANTHROPIC_BASE_URL"] = other.url
        assert result(flow, *ASK, "--cache")["text"] == "Other."
    assert len(anthropic.asked) == 1


def test_a_cache_of_a_newer_version_fails_no_run_and_stays_as_it_is(flow: Flow, anthropic: Loopback) -> None:
    path = kept(flow)
    path.parent.mkdir(parents=True)
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA user_version = 99")
    before = path.read_bytes()

    done = flow(*ASK, "--cache")

    assert (done.returncode, done.stdout) == (0, WORDS)
    assert f"warning: the cache {path} was made by a newer version" in done.stderr
    assert "newer version" in flow("cache", "stats").stdout
    assert path.read_bytes() == before
    assert flow("cache", "clear").returncode == 0
    assert not path.exists()
    assert len(anthropic.asked) == 1


def test_a_recorded_folder_answers_without_a_key_a_network_or_the_model(
    flow: Flow, anthropic: Loopback
) -> None:
    recorded = result(flow, *ASK, "--record", "answers")
    del flow.env["ANTHROPIC_API_KEY"], flow.env["ANTHROPIC_BASE_URL"]

    named = result(flow, *ASK, "--replay", "answers")
    unnamed = result(flow, "-a", "reviewer", "-t", "Review x = 1", "--no-stdin", "--replay", "answers")

    assert named["text"] == unnamed["text"] == recorded["text"] == WORDS
    assert named["cached"]
    assert named["saved"]["cost_usd"] == recorded["cost_usd"]
    assert (unnamed["provider"], unnamed["model"]) == ("anthropic", "claude-opus-5-5")
    assert len(anthropic.asked) == 1


def test_a_recording_can_be_read_compared_and_committed(flow: Flow, anthropic: Loopback) -> None:
    result(flow, *ASK, "--record", "answers")
    (path,) = (flow.cwd / "answers").iterdir()
    before = path.read_bytes()
    told = json.loads(before)

    assert told["answer"]["text"] == ["Fine.\n", "Nothing to add.\n"]
    assert told["question"]["messages"][-1] == {"role": "user", "text": ["Review x = 1"]}
    assert path.name.startswith("anthropic-claude-opus-5-5-")
    for private in (KEY, str(flow.cwd), flow.env["HOME"], "127.0.0.1"):
        assert private not in before.decode()

    result(flow, *ASK, "--record", "answers")
    assert len(anthropic.asked) == 2
    assert path.read_bytes() == before


def test_a_miss_is_exit_5_and_says_which_key_and_what_to_do(flow: Flow, anthropic: Loopback) -> None:
    result(flow, *ASK, "--record", "answers")
    other = [*ASK[:5], "Review x = 2", "--no-stdin"]

    for arguments in (other, ["-a", "reviewer", "-t", "Review x = 2", "--no-stdin"]):
        done = flow(*arguments, "--replay", "answers")
        assert done.returncode == 5
        assert "key " in done.stderr
        assert "--record answers" in done.stderr.splitlines()[-1]
    assert len(anthropic.asked) == 1


def test_what_a_person_wrote_into_a_recording_is_what_is_answered(flow: Flow, anthropic: Loopback) -> None:
    result(flow, *ASK, "--record", "answers")
    (path,) = (flow.cwd / "answers").iterdir()
    path.write_text(path.read_text().replace("Fine.", "Mended."))
    assert flow(*ASK, "--replay", "answers").stdout.startswith("Mended.")
    assert len(anthropic.asked) == 1


def test_a_key_is_not_recorded(flow: Flow, anthropic: Loopback) -> None:
    done = flow(*ASK[:5], f"Is {KEY} a key?", "--no-stdin", "--record", "answers")

    assert done.returncode == 8
    assert "a key stands in" in done.stderr
    assert not list((flow.cwd / "answers").iterdir())
    assert len(anthropic.asked) == 1


def test_a_recording_is_read_without_the_keys_of_others_and_answers_all_the_same(
    flow: Flow, anthropic: Loopback
) -> None:
    """Whoever commits the folder gives none away; the prompt in it is there to be read."""
    ask = (*ASK[:5], f"Review login('ghp_{A_KEY}'), please", "--no-stdin")
    recorded = result(flow, *ask, "--record", "answers")
    written = "".join(path.read_text() for path in (flow.cwd / "answers").glob("*.json"))

    assert A_KEY not in written
    assert "Review login('[key]'), please" in written
    assert result(flow, *ask, "--replay", "answers")["text"] == recorded["text"]
    assert len(anthropic.asked) == 1


def test_an_answer_with_a_key_in_it_is_neither_recorded_nor_kept(flow: Flow) -> None:
    """A made-up password is no key: models write them wherever a login is asked for."""
    with Loopback([says(head(), spoken(f"Use ghp_{A_KEY}."))] * 3) as server:
        flow.env["ANTHROPIC_BASE_URL"] = server.url
        flow.env["ANTHROPIC_API_KEY"] = KEY
        done = flow(*ASK, "--record", "answers")
        assert (done.returncode, list((flow.cwd / "answers").glob("*.json"))) == (8, [])
        result(flow, *ASK, "--cache")
        assert result(flow, *ASK, "--cache")["cached"] is False
    with Loopback([says(head(), spoken("login('bob', password='kT9vLq2x')"))]) as server:
        flow.env["ANTHROPIC_BASE_URL"] = server.url
        result(flow, *ASK, "--cache")
        assert result(flow, *ASK, "--cache")["cached"] is True


def test_a_local_model_replays_without_being_downloaded(flow: Flow) -> None:
    answers = flow.cwd / "answers"
    answers.mkdir()
    hello = flow.script("hello", {"text": "hello.py\n```python\nprint('hello')\n```\n"}, {"finish": "end"})
    task = ("--agent", "coder", "--task", "Create hello.py", "--no-stdin", "-o", "out")
    assert flow(*task, "--model", hello, "--record", "answers").returncode == 0
    (scripted,) = answers.iterdir()
    told = json.loads(scripted.read_text())
    told["question"] |= {"provider": "onnx", "model": "smollm2-135m"}
    digest = scripted.stem.rsplit("-", 1)[-1]
    (answers / f"onnx-smollm2-135m-{digest}.json").write_text(json.dumps(told))

    done = flow(*task, "--model", "onnx/smollm2", "--replay", "answers", "--overwrite")

    assert done.returncode == 0, done.stderr
    assert (flow.cwd / "out/hello.py").read_text() == "print('hello')\n"


def test_a_run_that_escalated_replays_with_each_model_s_own_answers(flow: Flow) -> None:
    weak = flow.script("weak", {"text": "hello.py\n```python\nprint('bye')\n```\n"}, {"finish": "end"})
    strong = flow.script("strong", {"text": "hello.py\n```python\nprint('hello')\n```\n"}, {"finish": "end"})
    task = ("-a", "coder", "-t", "Create hello.py", "--no-stdin", "--check", "grep -q hello. hello.py")
    recorded = result(flow, *task, "-m", weak, "--escalate-to", strong, "--record", "answers", "-o", "one")

    replayed = result(flow, *task, "--replay", "answers", "-o", "two")

    models = [Path(each["model"]).name for each in recorded["attempts"]]
    assert [each["model"] for each in replayed["attempts"]] == models
    assert models[-1] == "strong.jsonl"
    assert replayed["cached"]
    assert (flow.cwd / "two/hello.py").read_text() == "print('hello')\n"


def test_a_repair_that_was_recorded_in_one_folder_replays_in_another(flow: Flow, tmp_path: Path) -> None:
    """A model is told neither where this machine keeps a project nor what a check calls its scratch files."""
    says = """\
import os, tempfile
if "hello" not in open("hello.py").read():
    with tempfile.TemporaryDirectory() as scratch:
        raise SystemExit(f"in {os.getcwd()} beside {__file__}, {scratch}/x and {os.path.expanduser('~/y')}")
"""
    words = [f"hello.py\n```python\nprint('{said}')\n```\n" for said in ("bye", "hello")]
    model = flow.script(
        "model", {"text": words[0]}, {"finish": "end"}, {"next": True}, {"text": words[1]}, {"finish": "end"}
    )

    def done(folder: Path, script: Path, *more: str) -> dict[str, Any]:
        folder.mkdir()
        script.parent.mkdir()
        script.write_text(says)
        check = f"{sys.executable} '{script}'"
        task = ("-a", "coder", "-t", "Create hello.py", "--no-stdin", "-o", "out", "--check", check)
        return result(replace(flow, cwd=folder), *task, *more)

    answers = tmp_path / "answers"
    here, elsewhere = tmp_path / "here", tmp_path / "somewhere else"
    kept = done(here, here / "checks/look.py", "-m", model, "--record", str(answers))
    given = done(elsewhere, elsewhere / "checks/look.py", "--replay", str(answers))
    apart = done(tmp_path / "third", tmp_path / "tools/look.py", "-m", model, "--record", f"{answers}-2")
    again = done(tmp_path / "fourth", tmp_path / "others/look.py", "--replay", f"{answers}-2")

    for each in (kept, given, apart, again):
        assert [attempt["outcome"] for attempt in each["attempts"]] == ["check", "ok"]
    assert given["cached"]
    assert again["cached"]
    told = "".join(path.read_text() for path in answers.iterdir())
    assert "in . beside ./checks/look.py, /tmp/.../x and $HOME/y" in told
    assert str(tmp_path) not in told


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("--replay", "spoilt"), 5, "recorded there: 1, of which one.json cannot be read"),
        (("--record", "a", "--replay", "a"), 2, "give one of them"),
        (("--replay", "nowhere"), 2, "no such folder"),
        (("--record", "taken"), 8, "--record taken"),
    ],
)
def test_a_folder_that_will_not_do_is_said_before_anybody_is_asked(
    flow: Flow, arguments: tuple[str, ...], code: int, words: str
) -> None:
    (flow.cwd / "taken").write_text("a file")
    (flow.cwd / "spoilt").mkdir()
    (flow.cwd / "spoilt/one.json").write_text("garbage")
    done = flow(*ASK, *arguments)
    assert done.returncode == code
    assert words in done.stderr
