"""A folder of recorded answers: a JSON file each, made to be read, compared line by line and committed.

A file's name tells the model and the digest of the question, so the same command finds the same file on
every machine. It holds no key and no moment in time, and recording the same answer again leaves it alone.
"""

import json
import re
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote

from agentic_flow.core.errors import OutputProblem, ProviderUnavailable
from agentic_flow.core.frozen import frozen
from agentic_flow.core.opening import read_regular
from agentic_flow.core.secrets import without_keys
from agentic_flow.core.values import StopReason, Target, Usage
from agentic_flow.core.whole_files import write_whole
from agentic_flow.providers.kept.answers import KeptAnswer
from agentic_flow.providers.kept.question import FORMAT, Question

_DIGITS = 16
"""Of a digest, in a file's name."""
_LONGEST_NAME = 80
_LARGEST = 64_000_000
"""Bytes of a recorded answer, with all that was asked."""
_AGAIN = "run the same command once with --record {folder} instead, and commit the file"


@frozen
class Recordings:
    """The recorded answers of a folder."""

    folder: Path
    harmless: Callable[[str], bool]
    """Whether a text holds no key."""

    def record(self, question: Question, answer: KeptAnswer) -> None:
        """Write an answer. Raises `OutputProblem` where it cannot, or where it would give away a key."""
        path = self.folder / _name(question)
        shape = _shape(question, answer)
        if _says(path, shape):
            return
        text = json.dumps(shape, ensure_ascii=False, indent=2) + "\n"
        if not (self.harmless(text) and self.harmless(answer.text)):
            raise OutputProblem(f"a key stands in the prompt or the answer; nothing was recorded in {path}")
        try:
            content = text.encode()
            self.folder.mkdir(parents=True, exist_ok=True)
            write_whole(path, content)
        except (OSError, UnicodeEncodeError) as failure:
            raise OutputProblem(f"the answer cannot be recorded in {path} ({failure})") from failure

    def answer(self, question: Question) -> KeptAnswer:
        """Return what was recorded. Raises `ProviderUnavailable` where nothing was, or cannot be read."""
        path = self.folder / _name(question)
        again = _AGAIN.format(folder=self.folder)
        try:
            return _read(_held(path), question)
        except FileNotFoundError as missing:
            raise self.missing(question, str(question.target)) from missing
        except (OSError, ValueError, KeyError, TypeError, RecursionError, InvalidOperation) as failure:
            problem: object = failure.strerror if isinstance(failure, OSError) else failure
            if isinstance(failure, KeyError):
                problem = f"{failure!r} is missing"
            raise ProviderUnavailable(
                f"the recorded answer {path} cannot be read ({problem}); mend it, or {again}"
            ) from failure

    def targets(self, question: Question) -> list[Target]:
        """Return every target of which an answer to these words is recorded, whoever `question` asks."""
        return self._targets(f"*-{question.digest[:_DIGITS]}.json")

    def all_targets(self) -> list[Target]:
        """Return every target of which any answer is recorded, each once."""
        return list(dict.fromkeys(self._targets("*.json")))

    def _targets(self, pattern: str) -> list[Target]:
        paths = sorted(self.folder.glob(pattern))
        return [target for target in map(_said, paths) if target is not None]

    def missing(self, question: Question, who: str = "any model") -> ProviderUnavailable:
        """Return the failure that says which key was looked for, and what to do."""
        key = question.digest[:_DIGITS]
        there = sorted(self.folder.glob("*.json"))
        spoilt = [path.name for path in there if _said(path) is None]
        unread = f", of which {', '.join(spoilt)} cannot be read" if spoilt else ""
        return ProviderUnavailable(
            f"no answer of {who} to this prompt is recorded in {self.folder} (key {key};"
            f" recorded there: {len(there)}{unread}); {_AGAIN.format(folder=self.folder)}"
        )


def _said(path: Path) -> Target | None:
    """Return whose answer a file holds; None where it cannot be read."""
    try:
        said: Any = _held(path)["question"]
        return Target(str(said["provider"]), str(said["model"]))
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


def _held(path: Path) -> Any:
    """Return what a file holds. Raises `OSError` and `ValueError`."""
    return json.loads(read_regular(path, _LARGEST))


def _name(question: Question) -> str:
    return f"{_model_part(question.target)}-{question.digest[:_DIGITS]}.json"


def _model_part(target: Target) -> str:
    whole = f"{target.provider}-{target.model}".replace("/", "--")
    return re.sub(r"[^A-Za-z0-9._-]", lambda found: quote(found[0], safe="").replace("%", "~"), whole)[
        :_LONGEST_NAME
    ]


def _shape(question: Question, answer: KeptAnswer) -> Mapping[str, object]:
    """Return what a file says. The prompt in it is there to be read: a key that stood in it is left out."""
    words = dict(question.words)
    messages = cast("list[dict[str, str]]", words.pop("messages"))
    usage = answer.usage
    return {
        "question": {
            "provider": question.target.provider,
            "model": question.target.model,
            **words,
            "messages": [{**message, "text": _lines(without_keys(message["text"]))} for message in messages],
        },
        "answer": {
            "model": answer.model,
            "stop_reason": answer.stop_reason.value,
            "text": _lines(answer.text),
        },
        "took": {
            "input_tokens": usage.input_tokens,
            "output_tokens": usage.output_tokens,
            "cached_input_tokens": usage.cached_input_tokens,
            "cache_write_tokens": usage.cache_write_tokens,
            "cost_usd": None if answer.cost_usd is None else str(answer.cost_usd),
            "duration_ms": answer.duration_ms,
        },
    }


def _says(path: Path, shape: Mapping[str, object]) -> bool:
    """Say whether a file has the same question and answer; what the answer took differs every time."""
    try:
        there = _held(path)
        return all(there[part] == shape[part] for part in ("question", "answer"))
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return False


def _lines(text: str) -> list[str]:
    """Cut a text after each line feed, so that a change of one line is a change of one line."""
    return re.findall(r"[^\n]*\n|[^\n]+", text)


def _read(recorded: Any, question: Question) -> KeptAnswer:
    asked, answer, took = recorded["question"], recorded["answer"], recorded["took"]
    if asked["format"] != FORMAT:
        raise ValueError(f"its format is {asked['format']}, this version reads {FORMAT}")
    found = f"{asked['provider']}/{asked['model']}"
    if found != str(question.target):
        raise ValueError(f"it is an answer of {found}")
    cost = took["cost_usd"]
    text = "".join(answer["text"])
    reason = StopReason(answer["stop_reason"])
    if not text.strip() or not reason.complete:
        raise ValueError("the answer is empty or not complete")
    names = ("input_tokens", "output_tokens", "cached_input_tokens", "cache_write_tokens")
    usage = Usage(*(int(took[name]) for name in names))
    model = answer["model"]
    return KeptAnswer(
        text,
        reason,
        None if model is None else str(model),
        usage,
        None if cost is None else Decimal(cost),
        int(took["duration_ms"]),
    )
