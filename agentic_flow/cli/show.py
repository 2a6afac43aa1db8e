"""Run events -> stdout (the answer) and stderr (all talk about it). A new format draws the same events."""

import json
import os
import sys
from collections.abc import Generator
from contextlib import contextmanager
from enum import StrEnum
from typing import Protocol

from agentic_flow.cli.console import close_stdout, put_words, visible
from agentic_flow.cli.shapes import event_shape, result_shape
from agentic_flow.cli.signals import stop_catching
from agentic_flow.cli.talk import Talk
from agentic_flow.core.errors import Interrupted, OutputProblem
from agentic_flow.core.events import AttemptStarted, RunEvent, RunFinished, RunStarted, TextDelta
from agentic_flow.core.values import Output, RunResult


class OutputFormat(StrEnum):
    """What stdout carries."""

    TEXT = "text"
    JSON = "json"
    STREAM_JSON = "stream-json"


class _Answer(Protocol):
    def show(self, event: RunEvent) -> None: ...

    def rest(self) -> bool:
        """End an open line where only eyes read it; say whether one is open all the same."""
        ...


def show(events: Generator[RunEvent], form: OutputFormat, talk: Talk) -> RunResult:
    """Draw a run as it happens, and return its result.

    A signal that comes while an event is drawn is handed to the run, so that it ends in order; so is a stdout
    that cannot keep the answer.
    """
    drawing = _Drawing(form, talk)
    with talk:
        event = next(events)
        while True:
            try:
                drawing.draw(event)
                if drawing.result is not None:
                    return drawing.result
                event = next(events)
            except (Interrupted, OutputProblem) as trouble:
                event = events.throw(trouble)


class _Drawing:
    """What has been drawn of a run. When stdout closes early it goes on in silence where files are wanted."""

    def __init__(self, form: OutputFormat, talk: Talk) -> None:
        self._answer: _Answer = _ANSWERS[form]()
        self._talk = talk
        self._beside = os.path.sameopenfile(sys.stdout.fileno(), sys.stderr.fileno())
        """Whether the answer and all talk about it go to one place."""
        self._said = False
        """Whether the last event was words of the answer."""
        self._output = Output.TEXT
        self.result: RunResult | None = None

    def draw(self, event: RunEvent) -> None:
        """Draw one event. Raises BrokenPipeError when nobody reads an answer that is only text."""
        match event:
            case RunStarted():
                self._output = event.output
            case RunFinished():
                stop_catching()  # the outcome stands; from here a signal only ends its drawing
            case _:
                pass
        if self._said and not isinstance(event, TextDelta):
            with self._heard(event):
                self._talk.follows_words = self._answer.rest() and self._beside
        self._said = isinstance(event, TextDelta)
        self._talk.about(event)
        with self._heard(event):
            self._answer.show(event)
        if isinstance(event, RunFinished):
            self.result = event.result

    @contextmanager
    def _heard(self, event: RunEvent) -> Generator[None]:
        """Fall silent where nobody hears the answer."""
        try:
            yield
        except BrokenPipeError:
            close_stdout()
            self._answer = _Silence()
            if self._output is Output.TEXT and not isinstance(event, RunFinished):
                raise
        except OutputProblem:
            self._answer = _Silence()
            raise


def put_result(result: RunResult, form: OutputFormat) -> None:
    """Write a result that no drawn run led to."""
    _ANSWERS[form]().show(RunFinished(result))


class _Text:
    """The model's words as they come; on a terminal without what could drive it.

    Each answer of a run begins on a line of its own.
    """

    def __init__(self) -> None:
        self._terminal = os.isatty(sys.stdout.fileno())
        self._line_open = False

    def show(self, event: RunEvent) -> None:
        match event:
            case AttemptStarted() if self._line_open:
                put_words("\n")
                self._line_open = False
            case TextDelta():
                put_words(visible(event.text) if self._terminal else event.text)
                self._line_open = not event.text.endswith("\n")
            case _:
                pass

    def rest(self) -> bool:
        if self._terminal and self._line_open:
            put_words("\n")
            self._line_open = False
        return self._line_open


class _Json:
    """One object, at the end."""

    def show(self, event: RunEvent) -> None:
        match event:
            case RunFinished():
                put_words(json.dumps(result_shape(event.result), ensure_ascii=False) + "\n")
            case _:
                pass

    def rest(self) -> bool:
        return False


class _StreamJson:
    """One event a line."""

    def show(self, event: RunEvent) -> None:
        shape = event_shape(event)
        if shape is not None:
            put_words(json.dumps(shape, ensure_ascii=False) + "\n")

    def rest(self) -> bool:
        return False


class _Silence:
    def show(self, event: RunEvent) -> None:
        """Say nothing: nobody reads any more."""

    def rest(self) -> bool:
        return False


_ANSWERS: dict[OutputFormat, type[_Text | _Json | _StreamJson]] = {
    OutputFormat.TEXT: _Text,
    OutputFormat.JSON: _Json,
    OutputFormat.STREAM_JSON: _StreamJson,
}
