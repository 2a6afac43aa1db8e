"""Which tools a check needs is told before its answer is paid for, where no answer could change that."""

import os
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentic_flow.core.errors import CheckMissing
from agentic_flow.core.words import word_set
from agentic_flow.diagnosis.tools import missing_tool, needed_tools
from agentic_flow.verification import verify
from agentic_flow.wiring.checking import require_tools

BARE = "./python3"
"""A Python that has only what comes with it."""


def put_bare_python(folder: Path) -> None:
    bare = folder / "python3"
    bare.write_text(f'#!/bin/sh\nexec "{sys.executable}" -S -I "$@"\n')
    bare.chmod(0o755)


@pytest.mark.parametrize(
    ("command", "missing"),
    [
        ("no-such-tool -q", "command 'no-such-tool'"),
        ("cd . && no-such-tool", "command 'no-such-tool'"),
        ("A=1 B= no-such-tool --all; false | no-such-tool", "command 'no-such-tool'"),
        (f"{BARE} -S -m pytest", None),  # not the form that is known
        (f"cd . && {BARE} -m pytest -q", f"'pytest' for '{BARE}'"),
        (f"{BARE} -m app", None),
        (f"{BARE} -m pytest -q; echo done; false", None),
        ("true && no-such-tool", None),  # it may be what the first one is to bring
        ("./run.sh", None),  # it may be what the model is to write
        ("sh run.sh", None),
        ("sh -c 'exit 127'", None),
        ("sh called.sh", None),  # what a model's script calls is the model's to correct
        ("false", None),
    ],
)
def test_a_command_that_is_not_there_is_told_from_a_file_that_is_not(
    command: str, missing: str | None, tmp_path: Path
) -> None:
    (tmp_path / "called.sh").write_text("no-such-tool\n")
    put_bare_python(tmp_path)
    check = verify(command, tmp_path, timeout=60, environment=os.environ)
    assert (str(tool) if (tool := missing_tool(check)) else None) == missing


@pytest.mark.parametrize(
    ("checks", "needed"),
    [
        (["pytest -q"], ["command 'pytest'"]),
        (["cd app && A=1 pytest -q 'a; b' \"c || d\" $X"], ["command 'cd'", "command 'pytest'"]),
        (["ruff check . && mypy ."], ["command 'ruff'", "command 'mypy'"]),
        (["ruff check .", "mypy ."], ["command 'ruff'", "command 'mypy'"]),
        (["make && mypy ."], ["command 'make'"]),  # it may bring the other
        (["pip install .", "their-tool"], ["command 'pip'"]),
        (["python3 -m pytest", "mypy"], ["command 'python3'", "'pytest' for 'python3'", "command 'mypy'"]),
        (["./venv/bin/python -m pytest", "mypy"], ["'pytest' for './venv/bin/python'", "command 'mypy'"]),
        (["python3 -m app", "mypy"], ["command 'python3'"]),
        (["cd app && python3 -m pytest && mypy"], ["command 'cd'", "command 'python3'", "command 'mypy'"]),
        (["PYTHONPATH=src python3 -m pytest"], ["command 'python3'"]),
        (["[ -f a.py ] && mypy"], ["command '['", "command 'mypy'"]),
        (["PATH=$PWD/bin their-tool"], []),
        (["A=1", "mypy"], []),
        (["./run.sh"], []),
        (["$TOOL", "mypy"], []),
        (["'my tool'", "mypy"], []),
        (["! their-tool"], []),
        (["their-tool || true"], []),
        (["their-tool; true"], []),
        (["their-tool | tee log"], []),
        (["their-tool\ntrue"], []),
        (["their-tool &"], []),
        (["echo \\&& their-tool"], []),
        (["echo # && their-tool"], []),
        (['[ -n "$(pip install .)" ] && their-tool'], []),
        (['[ -n "$HOME" ] && mypy'], ["command '['", "command 'mypy'"]),
        (["&& their-tool"], []),
        (["", "mypy"], []),
    ],
)
def test_a_tool_is_needed_where_a_check_cannot_pass_without_it(checks: list[str], needed: list[str]) -> None:
    assert [str(tool) for _, tool in needed_tools(checks)] == needed


PIECES = word_set(
    "no-such-tool true false echo test cd [ ] . a=1 $a if then fi { } ( ) ! # && || ; | & > < ' \" \\ ` 2>&1"
)


@given(
    st.sampled_from(["", "no-such-tool ", "cd . && no-such-tool "]),
    st.lists(st.sampled_from([*sorted(PIECES), "\n"]), max_size=6),
    st.sampled_from(["", " "]),
)
def test_a_line_that_needs_a_tool_which_is_not_there_never_passes(
    tmp_path_factory: pytest.TempPathFactory, begin: str, pieces: list[str], between: str
) -> None:
    line = begin + between.join(pieces)
    if any(tool.name == "no-such-tool" for _, tool in needed_tools([line])):
        folder = tmp_path_factory.mktemp("line")
        assert not verify(line, folder, timeout=60, environment=os.environ).passed


@pytest.mark.parametrize(
    ("check", "missing"),
    [
        ("no-such-tool -q", "command 'no-such-tool'"),
        ("cd later && no-such-tool", "command 'no-such-tool'"),
        (f"{BARE} -m pytest", f"'pytest' for '{BARE}'"),
        (f"{BARE} -m pip", None),
        ("./other/python -m pytest", None),  # nobody knows what that will have
        ("test -f a.py && sh -c true", None),
        ("echo done", None),
        ("sh run.sh && no-such-tool", None),
    ],
)
def test_a_tool_that_is_not_there_is_found_missing_beforehand(
    check: str, missing: str | None, tmp_path: Path
) -> None:
    put_bare_python(tmp_path)
    if missing is None:
        require_tools([check], tmp_path)
        return
    with pytest.raises(
        CheckMissing, match=f"there is no {missing}; correct it or install that; no model was"
    ):
        require_tools(["true", check], tmp_path)


def test_where_the_folder_decides_what_is_found_nothing_is_told_beforehand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A tool may lie in the folder that a check goes to."""
    monkeypatch.setenv("PATH", f"{os.environ['PATH']}:bin")
    require_tools(["no-such-tool"], tmp_path)


def test_tools_are_looked_for_before_the_folder_is_there(tmp_path: Path) -> None:
    with pytest.raises(CheckMissing):
        require_tools(["no-such-tool"], tmp_path / "new" / "out")
