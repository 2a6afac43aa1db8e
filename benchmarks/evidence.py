"""What a hidden test says with: each function looks at one thing in the working folder and raises `Wrong`.

A hidden test runs in the folder that holds the answer, with a copy of this file beside the test.
"""

import ast
import importlib.util
import math
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from html.parser import HTMLParser
from itertools import takewhile
from pathlib import Path
from types import ModuleType
from typing import Any

Tag = tuple[str, dict[str, str | None]]
CHILD_SECONDS = 30  # a guard against a script that never ends; nothing here comes near it


class Wrong(AssertionError):
    """The answer does not do what the task asked for."""


def equal(got: object, want: object) -> None:
    """Demand exactly this value."""
    if got != want:
        raise Wrong(f"got {got!r}, wanted {want!r}")


def near(got: float, want: float) -> None:
    """Demand this number, give or take what floating point or rounding to cents may lose."""
    if not math.isclose(got, want, rel_tol=1e-4, abs_tol=1e-4):
        raise Wrong(f"got {got!r}, wanted about {want!r}")


def true(fact: object, saying: str) -> None:
    """Demand that what `saying` says is so."""
    if not fact:
        raise Wrong(f"not so: {saying}")


def raises(kind: type[Exception], call: Callable[..., object], *args: object) -> None:
    """Demand that the call fails with this kind of error."""
    try:
        answer = call(*args)
    except kind:
        return
    raise Wrong(f"{call.__name__}{args!r} gave {answer!r}, wanted {kind.__name__}")


def run(script: str, *args: str) -> str:
    """Return what a script prints. It must end with status 0; `.sh` runs in bash, the rest in Python."""
    interpreter = "bash" if script.endswith(".sh") else sys.executable
    done = subprocess.run(
        [interpreter, script, *args],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=CHILD_SECONDS,
        check=False,
    )
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise Wrong(f"{script} ended with status {done.returncode}: {last}")
    return done.stdout.strip()


def only(pattern: str) -> str:
    """Return the one file that fits, for a task that leaves the name to the agent."""
    found = [path.as_posix() for path in Path().rglob(pattern)]
    if len(found) != 1:
        raise Wrong(f"wanted one {pattern}, found {sorted(found)}")
    return found[0]


def load(script: str) -> ModuleType:
    """Import a file whose name nobody knew before."""
    spec = importlib.util.spec_from_file_location("answer", script)
    if spec is None or spec.loader is None:
        raise Wrong(f"{script} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def imported(script: str) -> set[str]:
    """Return the top-level names of all modules that a Python file imports."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(Path(script).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.partition(".")[0])
    return names


def tests_pass(tests: str, modules: Mapping[str, str]) -> bool:
    """Run an answer's tests with pytest beside these modules (name to text). No test at all is a failure."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(tests, folder)
        for name, text in modules.items():
            (Path(folder) / name).write_text(text, encoding="utf-8")
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir=.", tests],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=CHILD_SECONDS,
            check=False,
        )
    return done.returncode == 0


def flask_client(script: str) -> Any:
    """Return a test client of the app that `flask run` would find in a file, whatever its name there."""
    from flask.cli import ScriptInfo

    os.environ["FLASK_RUN_FROM_CLI"] = "true"  # as `flask run` does: an unguarded `app.run()` is passed over
    app = ScriptInfo(app_import_path=script).load_app()
    app.testing = True
    return app.test_client()


def notices(tests: str, module: str, right: str, broken: str) -> bool:
    """Whether an answer's tests fail once `right`, a text in the module, is `broken`."""
    text = Path(module).read_text(encoding="utf-8")
    if right not in text:
        raise LookupError(f"{module} does not hold {right!r}")
    return not tests_pass(tests, {module: text.replace(right, broken)})


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[Tag] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        self.seen.append((f"/{tag}", {}))


def page(path: str) -> list[Tag]:
    """Return the tags of an HTML file in order, each with its attributes; a closing tag is named `/form`."""
    tags = _Tags()
    tags.feed(Path(path).read_text(encoding="utf-8"))
    return tags.seen


def inside(tags: Sequence[Tag], name: str) -> list[list[Tag]]:
    """Return the tags inside each element of this name; one that is not closed goes on to the end."""
    starts = [place for place, (tag, _) in enumerate(tags) if tag == name]
    return [list(takewhile(lambda seen: seen[0] != f"/{name}", tags[place + 1 :])) for place in starts]


def linked_sheets(tags: Sequence[Tag]) -> set[str]:
    """Return the files that a page takes its style from, without a leading `./`."""
    links = [attributes for tag, attributes in tags if tag == "link"]
    sheets = [link for link in links if "stylesheet" in (link.get("rel") or "").lower().split()]
    return {(sheet.get("href") or "").removeprefix("./") for sheet in sheets}
