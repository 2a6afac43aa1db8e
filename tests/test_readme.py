"""The README shows real commands with the output of this version.

A block marked `console` is a session: lines that begin with `$ ` are run in one folder, in order, and what
they print must be what the README shows. `...` in a shown line stands for any words, alone on a line for
any lines. Sessions that ask the local model run where it has been downloaded.
"""

import re
import shlex
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.program import Flow

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
SESSIONS = re.findall(r"^```console\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def commands(session: str) -> Iterator[tuple[str, str]]:
    """Yield each command of a session with the output shown under it."""
    for part in re.split(r"^\$ ", session, flags=re.MULTILINE)[1:]:
        line, _, shown = part.partition("\n")
        yield line, shown


def pattern(shown: str) -> str:
    """Turn shown output into a regular expression."""
    lines = [
        ".*" if line == "..." else re.escape(line).replace(r"\.\.\.", "[^\n]*") for line in shown.splitlines()
    ]
    return "\n".join(lines)


@pytest.mark.parametrize("session", SESSIONS, ids=[session.splitlines()[0] for session in SESSIONS])
def test_a_session_prints_what_the_readme_shows(
    session: str, flow: Flow, models_dir: Callable[[], Path]
) -> None:
    if "onnx/default" in session:
        if not (models_dir() / "qwen2.5-coder-0.5b").is_dir():
            pytest.skip("qwen2.5-coder-0.5b is not downloaded; run `agentic-flow download-model default`")
        flow.env["AGENTIC_FLOW_MODELS_DIR"] = str(models_dir())
    program = shlex.join(flow.command(()))
    for command, shown in commands(session):
        done = subprocess.run(  # noqa: S602  (the README's own words)
            re.sub(r"\bagentic-flow\b(?! command)", program, command),
            shell=True,
            cwd=flow.cwd,
            env=flow.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        printed = done.stdout.rstrip("\n")
        assert re.fullmatch(pattern(shown.rstrip("\n")), printed, re.DOTALL), f"$ {command}\n{printed}"


def test_every_make_target_the_readme_names_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = set(re.findall(r"\bmake ([a-z-]+)", README))
    assert named
    assert named <= targets
