"""One turn -> an answer, its files written, its checks passed; or why not, raised."""

import re
import sys
from collections.abc import Generator, Iterable, Iterator, Mapping
from pathlib import PurePosixPath

from agentic_flow.core.errors import (
    CheckFailed,
    CheckMissing,
    FlowError,
    LimitReached,
    NoFiles,
    RefusedWrite,
)
from agentic_flow.core.events import CheckFinished, FileRefused, FileWritten, RunEvent, Warned
from agentic_flow.core.filenames import file_names, possible_paths
from agentic_flow.core.languages import is_data
from agentic_flow.core.mentions import made_files
from agentic_flow.core.patterns import pattern
from agentic_flow.core.questions import may_ask_for_code_to_see, may_ask_for_words
from agentic_flow.core.replies import words_may_do
from agentic_flow.core.unseen import unseen
from agentic_flow.core.values import Check, Draft, Task
from agentic_flow.core.wanted import means, wanted_files
from agentic_flow.diagnosis.tools import missing_tool
from agentic_flow.runner.answering import answer
from agentic_flow.runner.asking import Turn
from agentic_flow.runner.deps import Deps
from agentic_flow.runner.record import Record
from agentic_flow.syntax import check_syntax, newer_python

_ASK_FOR_FILES = "ask for a file by name, or pass --no-files to have the answer in words"
_SHOW_FILES = "ask for each file whole and by its name, and show it with --context"
_IN_WORDS = "the answer is in words, and no file was written; ask for one by name if you want it"
_MENDS = pattern(r"\b(?:fix|correct|repair|error|fail)", re.IGNORECASE)
_OF_SYNTAX = pattern(r"\b(?:syntax|pars|valid|invalid|broken|python ?3|port\b|upgrade)", re.IGNORECASE)
_PYTHON_2 = pattern(r"Missing parentheses in call to|multiple exception types|leading zeros")
_PLACE = pattern(r"\bline \d+")


def attempt(turn: Turn, task: Task, deps: Deps, record: Record) -> Generator[RunEvent]:
    """Have the files written that the answer holds, and checked."""
    record.begin()
    yield from answer(turn.prompt, turn.target, deps, record)
    yield from _write(turn, task, deps, record)
    yield from _prove(task, deps, record)


def settle(task: Task, deps: Deps, record: Record) -> Generator[RunEvent]:
    """Take the whole answer that only lacks a file, as asking for that file has brought nothing."""
    if record.enough is None:
        return
    drafts, record.said = record.enough
    yield from _put(drafts, task, deps, record)
    yield from _prove(task, deps, record)


def _prove(task: Task, deps: Deps, record: Record) -> Generator[RunEvent]:
    if task.syntax:
        yield from _read(task, record)
    if not task.preview:  # a command would judge what lies there now
        yield from verify(task, deps, record)


def _write(turn: Turn, task: Task, deps: Deps, record: Record) -> Generator[RunEvent]:
    from agentic_flow.extraction import extract

    found = extract(
        record.text,
        context=[file.shown for file in task.context],
        named=[*file_names(task.text), *record.texts],
        texts=_stood(task, record),
        outlined=[file.shown for file in task.context if file.outline and file.shown not in record.texts],
        mentioned=possible_paths(task.text),
        task=task.text,
        may_shrink=deps.may_shrink,
    )
    drafts = {draft.path: draft for draft in (*record.kept, *found.drafts)}
    # Code without a name may be a file that only lacks one, or the shown one, unless words are asked for.
    told = (
        may_ask_for_words(task)
        or may_ask_for_code_to_see(task)
        or not (drafts or found.changes or (found.left_out and record.may_hint))
    )
    if told and found.words and not record.kept and words_may_do(task, turn.target):
        yield Warned(_IN_WORDS)
        return
    lacks = [
        f"{path}: the answer does not hold it"
        for path in _missing(task, drafts.values(), record)
        if drafts
        and record.may_hint
        and task.max_attempts > 1
        and not _is_made_by(path, drafts.values(), task)
    ]
    if found.problems or not drafts or lacks:  # all or none: half a change can be worse than none
        record.kept, record.may_hint = tuple(drafts.values()), False
        record.enough = (record.kept, [*record.said]) if lacks and not found.problems else None
        failure = NoFiles("; ".join([*found.problems, *lacks]) or "the answer holds no file")
        failure.remedy = _SHOW_FILES if found.changes else _ASK_FOR_FILES if found.words else ""
        raise failure
    if found.left_out:
        yield Warned(f"not taken for a file: {'; '.join(found.left_out)}; what is to be one, ask for by name")
    yield from _put(drafts.values(), task, deps, record, afresh=turn.afresh)


def _put(
    drafts: Iterable[Draft], task: Task, deps: Deps, record: Record, *, afresh: bool = False
) -> Generator[RunEvent]:
    from agentic_flow.mending import supply_imports

    drafts = [*drafts]
    if missing := _missing(task, drafts, record):
        yield Warned(f"the answer holds no {', '.join(missing)}, which the task seems to ask for")
    record.kept, record.refused, record.enough = (), {}, None
    before = _stood(task, record)
    if task.imports:
        drafts = [*supply_imports(drafts, before)]
    if afresh and deps.take_back():
        record.forget_files()
    try:
        record.wrote(drafts, deps.write(drafts))  # a signal later must not hide one
    except RefusedWrite as refusal:
        record.refuse(refusal.path, drafts)
        yield FileRefused(refusal.path, refusal.reason)
        raise
    yield from (FileWritten(change) for change in record.newest)
    for draft in drafts:
        if (signs := unseen(draft.text)) and signs != unseen(before.get(draft.path, "")):
            yield Warned(f"{draft.path} holds {signs}, not to be seen: it may run otherwise than it reads")


def _stood(task: Task, record: Record) -> dict[str, str]:
    """Return the files that the model was shown, and that it wrote, as they stand."""
    return {file.shown: file.text for file in task.context} | record.texts


def _missing(task: Task, drafts: Iterable[Draft], record: Record) -> list[str]:
    """Return the files that a task asks for by name and that neither it nor any answer brought.

    One that no answer may write is there under the name that will do, and missing under that.
    """
    from agentic_flow.writing.names import stand_in

    there = [*(draft.path for draft in drafts), *record.texts]
    shown = {file.shown for file in task.context}
    asked = [path for path in wanted_files(task) if path is not None and path not in shown]
    names = {path: stand_in(path) or path for path in asked if not _is_there(path, there)}
    return [name for name in names.values() if not _is_there(name, there)]


def _is_there(path: str, files: Iterable[str]) -> bool:
    """Say whether a file is among others, if only in another folder."""
    return any(means(path, file) for file in files)


def _is_made_by(path: str, drafts: Iterable[Draft], task: Task) -> bool:
    """Say whether a file of data may well be one that the program makes: the answer's files speak of it."""
    name = PurePosixPath(path).name
    spoken_of = any(name in draft.text for draft in drafts)
    return is_data(path) and spoken_of and path not in made_files(task.text)


def _read(task: Task, record: Record) -> Generator[RunEvent]:
    """See that the files can be read; no command is run on those that cannot."""
    if newer := newer_python(record.texts):
        yield Warned(
            f"{', '.join(newer)}: needs a newer Python than {'.'.join(map(str, sys.version_info[:2]))}"
        )
    for check in _newly_wrong(record.texts, task):
        record.checks.append(check)
        yield CheckFinished(check)
    _require_passed(record)


def _newly_wrong(texts: Mapping[str, str], task: Task) -> Iterator[Check]:
    """Yield what is wrong with files, unless it was so when they were shown: all may be in Python 2.

    Where a task may be about that, it is to be right.
    """
    checks = list(check_syntax(texts, task.text))
    stood = task.context if checks and not _OF_SYNTAX.search(task.text) else ()
    before = {file.shown: file.text for file in stood if file.shown in texts}
    known = {
        _without_place(check)
        for check in check_syntax(before, task.text)
        if not _MENDS.search(task.text) or _PYTHON_2.search(check.output_tail)
    }
    yield from (check for check in checks if _without_place(check) not in known)


def _without_place(check: Check) -> str:
    return _PLACE.sub("", check.output_tail)


def out_of_time(why: FlowError) -> LimitReached:
    """Return what a run ends with that had no time left: how it stands then."""
    return LimitReached(f"the time limit is up: {why}; raise --timeout")


def verify(task: Task, deps: Deps, record: Record) -> Generator[RunEvent]:
    """Run every check. Raises `CheckFailed` when all have run and one says no; `CheckMissing` at once."""
    for command in task.checks:
        left = record.time_left()
        if left == 0:
            raise LimitReached(f"the time limit is up before {command!r} was run; raise --timeout")
        check = deps.verify(command, left)
        record.checks.append(check)
        yield CheckFinished(check)
        if missing := missing_tool(check):
            raise CheckMissing(command, str(missing))
    _require_passed(record)


def _require_passed(record: Record) -> None:
    if failed := record.failed_checks:
        raise CheckFailed("; ".join(check.complaint for check in failed))
