"""A run's end -> history, without keys, and without words where none are wanted."""

import shutil
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from agentic_flow.core.errors import Interrupted, LedgerProblem, OutputProblem
from agentic_flow.core.frozen import frozen
from agentic_flow.core.looking import is_there
from agentic_flow.core.names import HOSTED
from agentic_flow.core.outcome import Outcome
from agentic_flow.core.ports import Ledger as LedgerPort
from agentic_flow.core.remembered import Origin, RememberedRun, Unwritten
from agentic_flow.core.secrets import holds_key, without_keys
from agentic_flow.core.settings import Secret, Settings
from agentic_flow.core.values import Attempt, RunResult, Target, Task
from agentic_flow.wiring.carrying import keys_of

if TYPE_CHECKING:
    from agentic_flow.ledger.history import History


UNDO = "undo"
"""The folder, among the person's data, in which each run keeps what it replaced."""
Tell = Callable[[RememberedRun], list[str]]
"""Tells others of a run, as it is kept; returns what a person should know of that. Never fails."""


@frozen
class Commission:
    """The task of a batch that a run does: to be there, and paid, once, even where the batch is killed."""

    origin: Origin
    line: Callable[[RunResult], bytes]
    """Writes a result as the batch does."""
    begun: bool = False
    """Whether it may have been begun before."""

    def announce(self, ledger: LedgerPort, run_id: str) -> None:
        """Note that the run is about to write files."""
        with suppress(LedgerProblem):  # then they stay where they are
            ledger.writes(self.origin, run_id)

    def clear(self, ledger: LedgerPort, undo: Path, *, in_the_way: bool) -> None:
        """Bring the files back to what they were before a run of the task that was killed or failed.

        They stay where somebody has changed one since. Raises `OutputProblem` then, if they are `in_the_way`:
        an answer could not be written, and would be paid for each time. `undo` has what each run replaced.
        """
        from agentic_flow.writing import kept_from, restore

        run = None
        with suppress(LedgerProblem):
            run = ledger.writer(self.origin)
        try:
            if run and kept_from(undo / run) is not None:
                restore(undo / run)
        except OutputProblem as problem:
            if in_the_way:
                raise OutputProblem(
                    f"files of an earlier run of this task are in the way: {problem}"
                    f" (`agentic-flow history undo {run} --force`)"
                ) from problem


def rememberer(  # noqa: PLR0913, PLR0917  (all that surrounds a run)
    ledger: LedgerPort,
    task: Task,
    settings: Settings,
    output_dir: Path,
    began: datetime,
    tell: Tell,
    commission: Commission | None = None,
) -> Callable[[RunResult], list[str]]:
    """Return what keeps a run's result, and says what a person should know of that. It never fails."""
    clean = _cleaner(settings) if keeps_words(task, settings) else None

    def unwritten(result: RunResult) -> Unwritten | None:
        """Return the line that is kept until it is written: a good one, since all others are done again."""
        if commission is None or clean is None or result.status != Outcome.OK.status:
            return None
        line = commission.line(result)
        said = line.decode()
        return Unwritten(commission.origin, result.run_id, line) if clean(said) == said else None

    def remember(result: RunResult) -> list[str]:
        if task.dry_run:
            return []
        run = RememberedRun(
            result=result,
            started=began.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            project=str(settings.places.project),
            output_dir=str(output_dir),
            task=task.text,
            escalated=_escalated(result.attempts),
        )
        run = _without_words(run) if clean is None else _without_keys(run, clean)
        return [*_keep(ledger, run, settings, _kept(settings, began), unwritten(result)), *tell(run)]

    return remember


def keeps_words(task: Task, settings: Settings) -> bool:
    """Whether words of a run may be kept, of what is asked and of what is answered."""
    return settings.history.log and not task.no_log


def _keep(
    ledger: LedgerPort,
    run: RememberedRun,
    settings: Settings,
    kept: tuple[str | None, int],
    unwritten: Unwritten | None,
) -> list[str]:
    try:
        try:
            gone = ledger.remember(run, *kept, unwritten)
        except Interrupted:  # the run is over, its outcome stands; the next signal ends the process
            gone = ledger.remember(run, *kept, unwritten)
        _drop_replaced(settings, gone)
    except LedgerProblem as problem:
        return [f"{problem}; this run is not in the history"]
    return ledger.remarks()


def teller() -> Tell:
    """Return what sends runs to the collector that the environment names; without one, nothing loads."""
    from agentic_flow.config.environment import environment

    said = environment()
    if not said.get("OTEL_EXPORTER_OTLP_ENDPOINT") or said.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return lambda _run: []
    from agentic_flow.telemetry import Telemetry

    return Telemetry(said, HOSTED).tell


def _escalated(attempts: Sequence[Attempt]) -> bool:
    """Say whether another model had to take over from one whose answer did not do."""
    short = (Outcome.CHECK.status, Outcome.OUTPUT.status, Outcome.INCOMPLETE.status)
    return any(
        before.outcome in short and before.usage.known and _target(before) != _target(after)
        for before, after in pairwise(attempts)
    )


def _target(attempt: Attempt) -> Target:
    return Target(attempt.provider, attempt.asked or attempt.model)


def open_history(settings: Settings) -> "History":
    """Return what is remembered."""
    from agentic_flow.ledger import FILE
    from agentic_flow.ledger.history import History

    return History(settings.places.user_data / FILE)


def open_up_to_date(settings: Settings) -> "History":
    """Return what is remembered, with the runs of processes that have died since anybody looked."""
    from agentic_flow.ledger import FILE, Ledger

    if is_there(settings.places.user_data / FILE):
        with suppress(LedgerProblem, OSError):  # then they are told of another time
            Ledger(settings.places.user_data).count_dead()
    return open_history(settings)


def forget(settings: Settings, keep_days: int | None, max_size: int | None) -> int:
    """Forget what the settings, or these words in their place, do not keep, and return how many runs went."""
    from agentic_flow.ledger import FILE, Ledger

    if not is_there(settings.places.user_data / FILE):
        return 0
    own = settings.history
    asked = replace(own, keep_days=keep_days or own.keep_days, max_size=max_size or own.max_size)
    ledger, gone = Ledger(settings.places.user_data), 0
    while step := ledger.tidy(*_kept(replace(settings, history=asked), datetime.now(UTC))):
        _drop_replaced(settings, step)
        gone += len(step)
    return gone


def _drop_replaced(settings: Settings, runs: Iterable[str]) -> None:
    """Forget what runs that are forgotten had replaced, too: nobody could say any more what it was."""
    for run in filter(None, runs):
        shutil.rmtree(settings.places.user_data / UNDO / run, ignore_errors=True)


def _kept(settings: Settings, now: datetime) -> tuple[str | None, int]:
    """Return the day from which runs are kept (20261125), and the bytes there are for them."""
    days = settings.history.keep_days
    first = None if days is None else f"{now - timedelta(days=days):%Y%m%d}"
    return first, settings.history.max_size


def _without_words(run: RememberedRun) -> RememberedRun:
    """Return a run's numbers, names and paths: nothing that was asked, answered or complained."""
    result = run.result
    return replace(
        run,
        task=None,
        result=replace(
            result,
            text="",
            error=None,
            attempts=tuple(replace(each, error=None) for each in result.attempts),
            files=tuple(replace(each, added=()) for each in result.files),
            checks=tuple(
                replace(each, command=each.command if each.built_in else "", output_tail="")
                for each in result.checks
            ),
        ),
    )


def _without_keys(run: RememberedRun, clean: Callable[[str], str]) -> RememberedRun:
    """Return the run without keys: the name of each that is known here stands in its place."""
    result = run.result
    return replace(
        run,
        task=clean(run.task or ""),
        result=replace(
            result,
            text=clean(result.text),
            error=None if result.error is None else clean(result.error),
            attempts=tuple(
                replace(each, error=None if each.error is None else clean(each.error))
                for each in result.attempts
            ),
            checks=tuple(
                replace(each, command=clean(each.command), output_tail=clean(each.output_tail))
                for each in result.checks
            ),
        ),
    )


def _cleaner(settings: Settings) -> Callable[[str], str]:
    """Return what takes keys out of texts: those that are known here, and what is one by its form."""
    known = scrubber_of(settings)
    return lambda text: without_keys(known(text))


def scrubber_of(settings: Settings) -> Callable[[str], str]:
    """Return what takes keys out of texts: those of this machine, and those that the settings hold."""
    return _scrubber(str(settings.places.project), tuple(keys_of(settings).items()))


def harmless(settings: Settings) -> Callable[[str], bool]:
    """Return what says whether an answer holds no key: none that is known here, and none by its form.

    Passwords in an answer are taken to be made up, as those of tests are.
    """
    clean = scrubber_of(settings)
    return lambda text: clean(text) == text and not holds_key(text, fixture=True)


@cache
def _scrubber(_project: str, known: tuple[tuple[str, Secret], ...]) -> Callable[[str], str]:
    from agentic_flow.config import scrubber

    return scrubber({f"{provider.upper()}_API_KEY": key for provider, key in known})
