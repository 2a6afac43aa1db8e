"""A provider that keeps answers: which, for whom, and whatever is wrong with the file."""

from contextlib import closing
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from agentic_flow.core.errors import ProviderUnavailable
from agentic_flow.core.events import Finished, ProviderEvent, TextDelta, Warned
from agentic_flow.core.values import Message, Prompt, Role, Sampling, StopReason, Target, Usage
from agentic_flow.providers.caching import CachingProvider, Keeping
from agentic_flow.providers.kept.answers import Meter
from agentic_flow.providers.kept.database import AnswerDatabase, Limits
from agentic_flow.providers.kept.question import question
from agentic_flow.providers.kept.recordings import Recordings
from agentic_flow.providers.replaying import CopyingProvider, ReplayingProvider
from agentic_flow.providers.scripted import ScriptedProvider, Step

TARGET = Target("anthropic", "claude-x")
PROMPT = Prompt("claude-x", (Message(Role.USER, "Do."),), Sampling(temperature=0.0))
DONE = Finished(Usage(10, 2), StopReason.END)
METER = Meter(lambda usage: Decimal(usage.output_tokens))


class Asked:
    """Opens a provider that says `steps`, and counts how often."""

    def __init__(self, *steps: Step) -> None:
        self.times = 0
        self._steps = steps

    def open(self) -> ScriptedProvider:
        """Return the provider."""
        self.times += 1
        return ScriptedProvider(self._steps)


def caching(asked: Asked, path: Path, *, sampled: bool = False, key: str = "no key") -> CachingProvider:
    keeping = Keeping(AnswerDatabase(path, Limits()), {}, sampled, lambda text: key not in text)
    return CachingProvider(TARGET, asked.open, keeping, METER)


def heard(provider: CachingProvider | CopyingProvider | ReplayingProvider, prompt: Prompt = PROMPT) -> str:
    return "".join(event.text for event in provider.stream(prompt) if isinstance(event, TextDelta))


def test_an_answer_is_asked_for_once_and_priced_where_the_provider_does_not_say(tmp_path: Path) -> None:
    asked = Asked(TextDelta("Hel"), TextDelta("lo"), DONE)
    provider = caching(asked, tmp_path / "a.sqlite3")

    assert heard(provider) == "Hello"
    *words, last = provider.stream(PROMPT)

    assert words == [TextDelta("Hello")]
    assert isinstance(last, Finished)
    assert last.saved is not None
    assert (last.cost_usd, last.usage, last.saved.cost_usd) == (Decimal(0), Usage(), Decimal(2))
    assert asked.times == 1


@pytest.mark.parametrize(
    "steps",
    [
        pytest.param((TextDelta("Hel"),), id="cut"),
        pytest.param((TextDelta("Hel"), Finished(Usage(), StopReason.MAX_TOKENS)), id="at the limit"),
        pytest.param((TextDelta("No."), Finished(Usage(), StopReason.REFUSAL)), id="refused"),
        pytest.param((TextDelta(" \n"), DONE), id="empty"),
        pytest.param((TextDelta("half \ud83d"), DONE), id="half a character"),
        pytest.param((TextDelta("it is no key"), DONE), id="with a key of this machine in it"),
    ],
)
def test_only_a_whole_harmless_answer_is_kept(tmp_path: Path, steps: tuple[ProviderEvent, ...]) -> None:
    asked = Asked(*steps)
    provider = caching(asked, tmp_path / "a.sqlite3")

    assert list(provider.stream(PROMPT)) == list(steps)
    assert list(provider.stream(PROMPT)) == list(steps)
    assert asked.times == 2


def test_an_answer_that_fails_half_way_is_not_kept(tmp_path: Path) -> None:
    asked = Asked(TextDelta("Hel"), ProviderUnavailable("gone"))
    provider = caching(asked, tmp_path / "a.sqlite3")
    for _ in range(2):
        with pytest.raises(ProviderUnavailable):
            heard(provider)
    assert asked.times == 2


@pytest.mark.parametrize(("temperature", "times"), [(0.0, 1), (0.7, 2), (None, 2)])
def test_a_sampled_answer_is_kept_only_when_asked(
    tmp_path: Path, temperature: float | None, times: int
) -> None:
    prompt = replace(PROMPT, sampling=Sampling(temperature=temperature))
    for sampled, expected in ((False, times), (True, 1)):
        asked = Asked(TextDelta("Hello"), DONE)
        provider = caching(asked, tmp_path / f"{sampled}.sqlite3", sampled=sampled)
        assert [heard(provider, prompt) for _ in range(2)] == ["Hello", "Hello"]
        assert asked.times == expected


@pytest.mark.parametrize("state", ["damaged", "cut short", "empty", "a folder", "another program's"])
def test_whatever_is_wrong_with_the_file_the_answer_comes(tmp_path: Path, state: str) -> None:
    path = tmp_path / "a.sqlite3"
    asked = Asked(TextDelta("Hello"), DONE)
    heard(caching(asked, path))
    match state:
        case "damaged":
            path.write_bytes(b"no database" * 500)
        case "cut short":
            path.write_bytes(path.read_bytes()[:5000])
        case "a folder":
            path.unlink()
            path.mkdir()
        case "another program's":
            import sqlite3

            path.unlink()
            with closing(sqlite3.connect(path)) as database:
                database.execute("CREATE TABLE theirs (a)")
        case _:
            path.write_bytes(b"")

    told = list(caching(asked, path).stream(PROMPT))

    assert isinstance(told[0], Warned)
    assert str(path) in told[0].text
    assert told[1:] == [TextDelta("Hello"), DONE]
    if state != "a folder":
        AnswerDatabase(path, Limits()).clear()
        assert heard(caching(asked, path)) == heard(caching(asked, path)) == "Hello"
        assert asked.times == 3


def test_a_folder_that_cannot_be_written_is_a_warning(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    told = list(caching(Asked(TextDelta("Hello"), DONE), tmp_path / "file" / "a.sqlite3").stream(PROMPT))
    assert [type(event) for event in told] == [TextDelta, Warned, Finished]


def test_hanging_up_hangs_up_and_keeps_nothing(tmp_path: Path) -> None:
    asked = Asked(TextDelta("Hel"), TextDelta("lo"), DONE)
    provider = caching(asked, tmp_path / "a.sqlite3")
    with closing(provider.stream(PROMPT)) as events:
        next(events)
    assert not (tmp_path / "a.sqlite3").exists()


def test_a_recording_that_was_spoilt_is_a_miss_that_says_what_is_wrong(tmp_path: Path) -> None:
    recordings = Recordings(tmp_path, lambda _: True)
    heard(CopyingProvider(TARGET, Asked(TextDelta("Hello"), DONE).open, recordings, METER))
    (path,) = tmp_path.iterdir()
    whole = path.read_text()
    assert heard(ReplayingProvider(TARGET, recordings)) == "Hello"
    assert recordings.targets(question(Target("any", "model"), PROMPT)) == [TARGET]

    for spoilt, words in (
        (whole[:-9], "cannot be read"),
        ("[]", "cannot be read"),
        ("{}", "is missing"),
        (whole.replace('"format": 1', '"format": 2'), "its format is 2"),
        (whole.replace("claude-x", "claude-y"), "it is an answer of anthropic/claude-y"),
        (whole.replace("Hello", " "), "empty"),
        (whole.replace('"end"', '"max_tokens"'), "not complete"),
        (whole.replace('"2"', '"two"'), "cannot be read"),
    ):
        path.write_text(spoilt)
        with pytest.raises(ProviderUnavailable, match=words):
            heard(ReplayingProvider(TARGET, recordings))


@pytest.mark.parametrize("model", ["../../etc/passwd", "a/b:free", "x" * 300, "\u202e", "con", ".."])
def test_no_model_name_leads_a_recording_out_of_its_folder(tmp_path: Path, model: str) -> None:
    target, recordings = Target("openrouter", model), Recordings(tmp_path / "answers", lambda _: True)
    heard(CopyingProvider(target, Asked(TextDelta("Hello"), DONE).open, recordings, METER))
    assert heard(ReplayingProvider(target, recordings)) == "Hello"
    assert [path.name for path in tmp_path.iterdir()] == ["answers"]
    (path,) = (tmp_path / "answers").iterdir()
    assert path.name.isascii()
    assert path.is_file()
