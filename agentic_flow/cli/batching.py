"""A batch from its command line to its exit code: tasks read, done, drawn, their results kept."""

import gc
from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Protocol

from agentic_flow.batch.crew import Crew
from agentic_flow.batch.entries import Entry, read_entries
from agentic_flow.batch.events import BatchEvent, Ended
from agentic_flow.batch.handing import Handing, begin_anew
from agentic_flow.batch.identity import batch_id, known_batch
from agentic_flow.batch.intake import Intake
from agentic_flow.batch.performing import Tasks
from agentic_flow.batch.reading import count_rows, read_rows
from agentic_flow.batch.results import Before, ResultsFile, open_results
from agentic_flow.batch.sources import PIPE, Source, read_again, source_of
from agentic_flow.batch.tally import Tally
from agentic_flow.cli.board import Board
from agentic_flow.cli.books import Books, strayed_from
from agentic_flow.cli.console import say, say_failure, stdout_is_there
from agentic_flow.cli.crash import report_crash
from agentic_flow.cli.piped import require_stdin
from agentic_flow.cli.signals import interruptible, told
from agentic_flow.cli.sink import Sink, line_of
from agentic_flow.core.budgets import Limit, Rate
from agentic_flow.core.errors import Interrupted, UsageMistake
from agentic_flow.core.frozen import frozen
from agentic_flow.core.looking import is_there
from agentic_flow.core.outcome import Outcome
from agentic_flow.core.settings import Settings
from agentic_flow.core.wishes import EngineName, Form, Recall, Wish

_STDIN = 0
_OBJECTS = 10_000
"""New objects after which Python looks for those that only point at each other, as failures do.

Good tasks make none, and many objects are under way: looked for after every 700 they took 2 % of the time.
"""


class Engine(Protocol):
    """What does the tasks of a batch."""

    def interrupt(self, stop: Interrupted) -> None:
        """End the batch; a signal's handler may call it."""
        ...

    def work(self, intake: Intake) -> Generator[BatchEvent]:
        """Do all that there is. Raises what ended it before its time."""
        ...


@frozen
class Request:
    """The command line of a batch, as it was typed."""

    tasks: str
    form: Form | None
    base: Wish
    jobs: int
    results: Path | None
    resume: bool
    engine: EngineName
    ray_address: str | None
    max_cost: Decimal | None
    """US dollars for all of them."""
    rates: Sequence[Rate]
    """How fast providers may be asked."""
    most_failures: int | None
    quiet: bool
    config: Path | None
    models_dir: Path | None
    agents_dir: Path | None
    trust_project: bool
    recall: Recall


def run_batch(request: Request) -> int:
    """Do all tasks and return the exit code: 0 only if every one of them is done."""
    from agentic_flow.config import Flags, load_settings
    from agentic_flow.wiring import hang_up
    from agentic_flow.wiring.asking import require_sense
    from agentic_flow.wiring.recalling import require_folders

    _require_ends(request)
    _require_one_way(request)
    require_sense(request.base)
    require_folders(request.recall)
    settings = load_settings(Flags(request.config, request.models_dir))
    source = source_of(request.tasks, request.form, stdin=_STDIN)
    if request.resume:
        source = read_again(source)
    with interruptible(), ExitStack() as held:
        held.callback(gc.set_threshold, *gc.get_threshold())
        gc.set_threshold(_OBJECTS)
        file, before, wanted = None, Before(), None
        stood = request.results is not None and is_there(request.results)
        if request.results is not None:
            wanted = _digests(source, request.base) if request.resume else None
            file, before = open_results(request.results, wanted)
            held.enter_context(file)
        books = _books(request, settings, file, stood=stood)
        stand = books.go_on(file, wanted, before)
        sink = Sink(file, books.lines)
        tally = Tally(count_rows(source.lines(), source.form) if source.again else None, len(stand.done))
        board = held.enter_context(Board(tally, quiet=request.quiet))
        strayed = strayed_from(before.contexts, _entries(source, request.base))
        for warning in (*settings.warnings, *stand.remarks, *strayed):
            board.warn(warning)
        held.callback(hang_up)
        entries = stand.marked(_entries(source, request.base))
        intake = Intake(entries, stand.done, request.most_failures)
        stopped = _work(_engine(request, settings, books, intake), intake, tally, board, sink)
    return _end(request, tally, board, sink, stopped)


def _books(request: Request, settings: Settings, file: ResultsFile | None, *, stood: bool) -> Books:
    """Return what is held to over the whole batch, and kept of it where it can be gone on with.

    `stood` says whether the file was there before.
    """
    from agentic_flow.wiring.paying import open_common_ledger

    data = settings.places.user_data
    lasting = file if file is not None and file.lasts else None
    if lasting and request.results and not request.resume and (before := known_batch(request.results, data)):
        ledger = open_common_ledger(settings, _limits(request, before))
        begin_anew(ledger, before, request.results if stood else None)
    name = batch_id(request.results, data, goes_on=request.resume)
    limits = _limits(request, name)
    if lasting is None:
        return Books(limits)
    handing = Handing(open_common_ledger(settings, limits), name)
    lasting.when_safe(handing.written)
    return Books(limits, handing)


def _limits(request: Request, name: str) -> tuple[Limit, ...]:
    """Return the limit of the whole batch, where there is one."""
    if request.max_cost is None:
        return ()
    return (Limit(request.max_cost, "the batch's --max-cost", "--max-cost", f"batch:{name}", patient=True),)


def _require_ends(request: Request) -> None:
    """Refuse tasks that come from nowhere and results that would go nowhere."""
    if request.tasks == PIPE:
        require_stdin("name a file of tasks")
    if request.results == Path(PIPE):
        raise UsageMistake("--results names a file, not `-`; leave it out, and the results go to stdout")
    if request.results is not None:
        return
    if request.resume:
        raise UsageMistake("--resume goes on with a file of results; name it with --results")
    if not stdout_is_there():
        raise UsageMistake("stdout is closed; name a file for the results with --results")


def _require_one_way(request: Request) -> None:
    """Refuse what contradicts itself in how the tasks are to be done."""
    if len({rate.provider for rate in request.rates}) < len(request.rates):
        raise UsageMistake("--rate names a provider twice; give each one rate for all its models")
    if request.resume and (request.base.dry_run or request.base.preview):
        raise UsageMistake("--resume would let a trial's results replace good ones; leave one of the two out")
    if request.engine is EngineName.LOCAL and request.ray_address is not None:
        raise UsageMistake("--ray-address names a cluster, and the engine is local; add --engine ray")


def _engine(request: Request, settings: Settings, books: Books, intake: Intake) -> Engine:
    """Return what does the tasks: threads of this process, or a cluster."""
    from agentic_flow.wiring.batching import Common, Preparing

    here = request.engine is EngineName.LOCAL
    common = Common(
        request.agents_dir,
        books.limits,
        request.rates,
        request.recall,
        request.trust_project,
        batch=books.batch,
        line=books.lines.make if here else line_of,
    )
    if here:
        return Crew(Tasks(Preparing(settings, common), intake.ended), request.jobs)
    from agentic_flow.batch.abroad import Lent
    from agentic_flow.batch.cluster import Cluster
    from agentic_flow.wiring.carrying import keys_of, with_keys
    from agentic_flow.wiring.paying import open_common_ledger

    keyless = with_keys(settings, {})
    lent = Lent(
        partial(open_common_ledger, keyless, books.limits),
        partial(Preparing, keyless, common),
        common.rates,
        keys_of(settings),
        books.handed_in,
    )
    return Cluster(lent, request.jobs, request.ray_address)


def _entries(source: Source, base: Wish) -> Iterator[Entry]:
    return read_entries(read_rows(source.lines(), source.form, source.shown), source.shown, base)


def _digests(source: Source, base: Wish) -> dict[str, str]:
    """Return what each task of a batch that goes on asks for now, by its id."""
    return {entry.id: entry.digest for entry in _entries(source, base) if entry.id is not None}


def _work(engine: Engine, intake: Intake, tally: Tally, board: Board, sink: Sink) -> Interrupted | None:
    """Let the engine do what there is; return the signal that ended it before its time, if one did."""
    with told(engine.interrupt):
        try:
            for event in engine.work(intake):
                tally.count(event)
                if isinstance(event, Ended):
                    if event.bug is not None:
                        report_crash(event.bug)
                    sink.put(event)
                    if sink.closed:
                        intake.close()
                board.about(event)
        except Interrupted as signal:
            return signal
    return None


def _end(request: Request, tally: Tally, board: Board, sink: Sink, stopped: Interrupted | None) -> int:
    """Say what the batch came to, and return the exit code."""
    outcome, text = _outcome(tally, sink, stopped)
    if not (request.quiet and outcome is Outcome.OK):
        for line in board.summary():
            say(line)
    if outcome is not Outcome.OK:
        say_failure(outcome.status, text)
    return outcome.exit_code


def _outcome(tally: Tally, sink: Sink, stopped: Interrupted | None) -> tuple[Outcome, str]:
    """Return how a batch ended: as its first task did that is not good, by the order of the tasks."""
    if stopped is not None:
        return stopped.outcome, str(stopped)
    if sink.failure is not None:
        return Outcome.OUTPUT, f"{sink.failure}; the results that are not there went to stdout"
    if tally.first_failure is not None:
        _, first = tally.first_failure
        outcome = next(each for each in Outcome if each.exit_code == first.exit_code)
        return outcome, f"{tally.failed} of {tally.ended} tasks did not end well"
    return Outcome.OK, ""
