"""A task file -> Task; a folder with an answer -> Verdict. Knows no model and no command line.

A task file is TOML: `kind`, `task` (the words a person types), `files` (what must be written, each a
name or a pattern for one file of a free name), `also` (what may be written), `given` (name to text:
what lies in the working folder and goes along as context), `hidden` (the test, a Python script that
says what it wants with `evidence`), `reference` (name to text: an answer that passes) and `wrong`
(edits `[file, text, replacement]`, each of which turns the reference into an answer that fails).
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

HIDDEN_SECONDS = 120  # a guard against an answer that never ends, such as a server started on import
_EVIDENCE = Path(__file__).with_name("evidence.py")
_LEFTOVERS = {"__pycache__", ".pytest_cache"}


@dataclass(frozen=True, slots=True)
class Task:
    """One everyday task and all that is needed to judge an answer."""

    name: str
    kind: str
    task: str
    files: Sequence[str]
    hidden: str
    reference: Mapping[str, str]
    wrong: Sequence[tuple[str, str, str]]
    also: Sequence[str] = ()
    given: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of an answer. `reason` is empty when it passed."""

    reason: str
    written: Sequence[str] = ()
    unasked: Sequence[str] = ()

    @property
    def passed(self) -> bool:
        """Whether the answer does what the task asked for, and nothing else."""
        return not self.reason


def load_tasks(folder: Path) -> list[Task]:
    """Read every task of a set, ordered by name. A key that no task has is a `TypeError`."""
    return [_read_task(path) for path in sorted(folder.glob("*.toml"))]


def _read_task(path: Path) -> Task:
    said: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    return Task(name=path.stem, **said)


def lay_out(texts: Mapping[str, str], folder: Path) -> None:
    """Write files (relative path to text) into a folder."""
    for name, text in texts.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")


def judge(task: Task, folder: Path) -> Verdict:
    """Judge the answer in a folder that held `task.given` before: first its file names, then what it does."""
    written = sorted(_changed(task, folder))
    missing, unasked = _match(task, written)
    if not written:
        return Verdict("changed nothing" if task.given else "wrote nothing")
    if unasked:
        return Verdict(f"wrote what was not asked: {', '.join(unasked)}", written, unasked)
    if missing:
        return Verdict(f"did not write {', '.join(missing)}", written)
    return Verdict(_run_hidden(task, folder), written)


def _changed(task: Task, folder: Path) -> Iterable[str]:
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        if not path.is_file() or _LEFTOVERS.intersection(path.parts):
            continue
        if name not in task.given or path.read_bytes() != task.given[name].encode():
            yield name


def _match(task: Task, written: Sequence[str]) -> tuple[list[str], list[str]]:
    """Pair each wanted name or pattern with one file; return what is missing and what nobody asked for."""
    left = list(written)
    missing: list[str] = []
    for wanted in task.files:
        found = next((name for name in left if fnmatchcase(name, wanted)), None)
        if found is None:
            missing.append(wanted)
        else:
            left.remove(found)
    return missing, [name for name in left if not any(fnmatchcase(name, allowed) for allowed in task.also)]


def _run_hidden(task: Task, folder: Path) -> str:
    """Run the hidden test on a copy of the answer; return why it fails, or nothing."""
    with tempfile.TemporaryDirectory() as scratch:
        answer, bench = Path(scratch, "answer"), Path(scratch, "bench")
        shutil.copytree(folder, answer, ignore=shutil.ignore_patterns(*_LEFTOVERS))
        bench.mkdir()
        shutil.copy(_EVIDENCE, bench)
        test = bench / "hidden_test.py"
        test.write_text(task.hidden, encoding="utf-8")
        status, said = _run_alone(test, answer)
    if status == 0:
        return ""
    if status is None:
        return f"still running after {HIDDEN_SECONDS} s"
    last = (said.strip().splitlines() or [f"ended with status {status}"])[-1]
    return last.removeprefix("evidence.Wrong: ")


def _run_alone(test: Path, answer: Path) -> tuple[int | None, str]:
    """Run a test with nothing of this process's environment; on time-out end all it started (None)."""
    environment = {
        "PATH": os.defpath,
        "HOME": str(test.parent),
        "PYTHONPATH": str(answer),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUTF8": "1",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    }
    with subprocess.Popen(
        [sys.executable, test],
        cwd=answer,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as child:
        try:
            _, said = child.communicate(timeout=HIDDEN_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.communicate()
            return None, ""
    return child.returncode, said


def flaws(task: Task) -> list[str]:
    """Prove a task's hidden test: the reference passes, and each wrong, empty or over-full answer fails."""
    found: list[str] = []
    verdict = _judge_texts(task, task.reference)
    if not verdict.passed:
        found.append(f"the reference fails: {verdict.reason}")
    if _judge_texts(task, {}).passed:
        found.append("an empty answer passes")
    if not _judge_texts(task, {**task.reference, "unasked.py": "\n"}).unasked:
        found.append("a file that nobody asked for is not noticed")
    if not task.wrong:
        found.append("there is no wrong answer to try")
    for name, text, replacement in task.wrong:
        changed = task.reference[name].replace(text, replacement)
        if changed == task.reference[name]:
            found.append(f"{name} does not hold {text!r}")
        elif _judge_texts(task, {**task.reference, name: changed}).passed:
            found.append(f"{name} passes with {replacement!r} for {text!r}")
    return found


def _judge_texts(task: Task, texts: Mapping[str, str]) -> Verdict:
    with tempfile.TemporaryDirectory() as folder:
        lay_out(task.given, Path(folder))
        lay_out(texts, Path(folder))
        return judge(task, Path(folder))
