"""A check runs for real, and can do no harm: not to the time, the memory, the keys or the process table."""

import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from agentic_flow import verification
from agentic_flow.core.errors import OutputProblem
from agentic_flow.verification import verify, without_keys

ENVIRONMENT = {"PATH": os.environ["PATH"]}


def alive(number: int) -> bool:
    """Say whether a process runs: one that is dead and not yet buried does not."""
    try:
        state = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in {"Z", "X"}


def gone(number: int) -> bool:
    """Wait until a process is gone; it was told to go, and the kernel takes its moment."""
    for _ in range(500):
        if not alive(number):
            return True
        time.sleep(0.01)
    return False


def test_a_check_that_passes(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("here\n")

    check = verify("cat a.txt; echo and >&2", tmp_path, timeout=60, environment=ENVIRONMENT)

    assert (check.command, check.exit_code, check.output_tail) == (
        "cat a.txt; echo and >&2",
        0,
        "here\nand\n",
    )
    assert check.passed
    assert check.duration_ms >= 0


def test_a_check_that_fails_keeps_its_code_and_words(tmp_path: Path) -> None:
    check = verify("printf no; exit 5", tmp_path, timeout=60, environment=ENVIRONMENT)

    assert (check.exit_code, check.output_tail, check.passed) == (5, "no\n", False)


def test_a_check_that_a_signal_ends_has_the_shells_code_for_it(tmp_path: Path) -> None:
    check = verify("kill -KILL $$", tmp_path, timeout=60, environment=ENVIRONMENT)

    assert check.exit_code == 128 + signal.SIGKILL


def test_a_check_reads_nothing_and_knows_only_what_it_is_told(tmp_path: Path) -> None:
    check = verify("cat; env | grep -c MY_VARIABLE", tmp_path, timeout=60, environment=ENVIRONMENT)
    assert check.output_tail == "0\n"

    told = {**ENVIRONMENT, "MY_VARIABLE": "x"}
    assert verify("echo $MY_VARIABLE", tmp_path, timeout=60, environment=told).output_tail == "x\n"


def test_a_check_that_never_ends_is_ended_with_what_it_said(tmp_path: Path) -> None:
    check = verify("echo $$; sleep 600", tmp_path, timeout=0.5, environment=ENVIRONMENT)

    number, note = check.output_tail.splitlines()
    assert check.exit_code == 124
    assert "0.5 s" in note
    assert gone(int(number))


def test_a_check_that_will_not_go_is_made_to(tmp_path: Path) -> None:
    code = (
        "import os, signal, time; signal.signal(15, signal.SIG_IGN); "
        "print(os.getpid(), flush=True); time.sleep(600)"
    )

    check = verify(f"exec {sys.executable} -c '{code}'", tmp_path, timeout=1, environment=ENVIRONMENT)

    assert check.exit_code == 124
    assert gone(int(check.output_tail.split()[0]))


def test_a_check_that_ends_leaves_nothing_of_its_group_running(tmp_path: Path) -> None:
    check = verify(
        "sleep 600 & echo $!; (sleep 600 & echo $!)", tmp_path, timeout=60, environment=ENVIRONMENT
    )

    assert check.exit_code == 0
    children = [int(line) for line in check.output_tail.split()]
    assert len(children) == 2
    assert all(gone(child) for child in children)


def test_the_grandchildren_of_one_that_ran_out_of_time_go_too(tmp_path: Path) -> None:
    check = verify("sh -c 'sleep 600 & echo $!; wait'", tmp_path, timeout=0.5, environment=ENVIRONMENT)

    assert check.exit_code == 124
    assert gone(int(check.output_tail.split()[0]))


def test_one_that_fled_the_group_with_the_pipe_is_not_waited_for(tmp_path: Path) -> None:
    code = "import subprocess as s; print(s.Popen(['sleep', '600'], start_new_session=True).pid, flush=True)"

    check = verify(f'{sys.executable} -c "{code}"', tmp_path, timeout=60, environment=ENVIRONMENT)

    fled = int(check.output_tail)
    assert check.exit_code == 0
    assert alive(fled)
    os.kill(fled, signal.SIGKILL)


def test_a_check_that_closes_its_output_is_waited_for(tmp_path: Path) -> None:
    check = verify("exec >&- 2>&-; sleep 0.3; exit 3", tmp_path, timeout=60, environment=ENVIRONMENT)

    assert (check.exit_code, check.output_tail) == (3, "")


def test_a_gigabyte_of_output_takes_no_memory_and_its_end_is_kept(tmp_path: Path) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    command = "head -c 1000000000 /dev/zero | tr '\\0' 'x'; echo; echo the telling end"

    check = verify(command, tmp_path, timeout=250, environment=ENVIRONMENT)

    assert check.exit_code == 0
    assert check.output_tail.endswith("x\nthe telling end\n") or check.output_tail.endswith(
        "]\nthe telling end\n"
    )
    assert "bytes before this are left out" in check.output_tail
    assert len(check.output_tail) < 20_000
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 20_000  # KiB


def test_the_end_that_is_kept_begins_with_a_whole_line(tmp_path: Path) -> None:
    check = verify("seq 1 100000", tmp_path, timeout=60, environment=ENVIRONMENT)

    note, *numbers = check.output_tail.splitlines()
    assert numbers == [str(number) for number in range(100_001 - len(numbers), 100_001)]
    dropped = int(note.strip("[").split()[0])
    assert dropped == sum(len(str(number)) + 1 for number in range(1, 100_001 - len(numbers)))


def test_output_that_is_no_text_is_shown_as_well_as_it_can(tmp_path: Path) -> None:
    check = verify("printf 'a\\377b'", tmp_path, timeout=60, environment=ENVIRONMENT)

    assert check.output_tail == "a\ufffdb\n"


def test_a_check_that_cannot_start_says_why(tmp_path: Path) -> None:
    with pytest.raises(OutputProblem, match="could not be started"):
        verify("true", tmp_path / "missing", timeout=60, environment=ENVIRONMENT)
    with pytest.raises(OutputProblem, match="could not be started"):
        verify("true\0", tmp_path, timeout=60, environment=ENVIRONMENT)


def test_an_interruption_ends_the_check_too(tmp_path: Path) -> None:
    """The command runs in a group of its own, so the terminal's Ctrl-C reaches only us."""
    code = (
        "import pathlib, sys\n"
        "from agentic_flow.verification import verify\n"
        "command = 'sleep 0.2; echo $$ > number; sleep 600'\n"  # so that it is known to who began it
        "verify(command, pathlib.Path(sys.argv[1]), timeout=600, environment={})"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)],
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    for _ in range(3000):
        if (tmp_path / "number").exists() and (tmp_path / "number").read_text().endswith("\n"):
            break
        time.sleep(0.01)

    process.send_signal(signal.SIGINT)
    process.wait(30)

    assert gone(int((tmp_path / "number").read_text()))


def test_no_step_of_ours_parts_a_check_from_who_ends_it(tmp_path: Path) -> None:
    """A signal raises between any two steps, and a batch does the same to the threads of its tasks."""
    steps = 0
    while stopped_at(steps + 1, tmp_path):
        steps += 1

    assert steps > 50
    assert all(gone(number) for number in running_in(tmp_path))


def stopped_at(step: int, folder: Path) -> bool:
    """Run a check that leaves a process behind, interrupted at its n-th step; say whether it has so many."""
    done = 0

    def trace(frame: FrameType, _event: str, _said: object) -> Callable[..., Any] | None:
        nonlocal done
        if frame.f_code.co_filename != verification.__file__:
            return None
        done += 1
        if done == step:
            raise KeyboardInterrupt
        frame.f_trace_opcodes = True
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        verify("sleep 600 & sleep 0.02", folder, timeout=60, environment=ENVIRONMENT)
    except KeyboardInterrupt:
        return True
    finally:
        sys.settrace(before)
    return False


def running_in(folder: Path) -> Iterator[int]:
    for entry in Path("/proc").iterdir():
        with suppress(OSError):
            if entry.name.isdecimal() and (entry / "cwd").readlink() == folder:
                yield int(entry.name)


KEPT = {
    "PATH": "/bin",
    "HOME": "/home/me",
    "PWD": "/x",
    "OLDPWD": "/y",
    "LANG": "C",
    "XAUTHORITY": "/home/me/.Xauthority",
    "GIT_AUTHOR_NAME": "me",
    "TOKENIZERS_PARALLELISM": "false",
    "KEYBOARD": "us",
    "HTTP_PROXY": "http://proxy:8080",
    "DATABASE_URL": "postgres://localhost/db",
    "VIRTUAL_ENV": "/venv",
    "SECRETARY": "me",
    "GITHUB_SHA": "2862f75bd0ee4f0c8f0a5ab9a3f1a5d9c6f1e2d3",
    "OTEL_EXPORTER_OTLP_ENDPOINT": "http://localhost:4318",
}
DROPPED = {
    "ANTHROPIC_API_KEY": "x",
    "openrouter_api_key": "x",
    "GITHUB_TOKEN": "x",
    "GITHUBTOKEN": "x",
    "CLIENT_SECRET": "x",
    "SECRET_KEY_BASE": "x",
    "DB_PASSWORD": "x",
    "PASSWORD_HASH": "x",
    "MYSQL_PWD": "x",
    "AWS_ACCESS_KEY_ID": "x",
    "AWS_PROFILE": "x",
    "GOOGLE_APPLICATION_CREDENTIALS": "/x.json",
    "SSH_AUTH_SOCK": "/run/agent",
    "NPM_CONFIG__AUTH": "x",
    "SENTRY_DSN": "x",
    "DATABASE_URL_2": "postgres://me:pass@host/db",
    "INNOCENT": "sk-ant-api03-x",
    "ALSO_INNOCENT": "ghp_x",
    "STRIPE": "sk_live_" + "aB3dE6gH9j" * 3,
    "MAPS": "AIza" + "aB3dE6gH9jK" * 3 + "xY",
    "SESSION": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ0aGUgdXNlciJ9.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
    "STORAGE": "Endpoint=https;AccountKey=aB3dE6gH9jK2mN5pQ8sT1vW4",
    "OTEL_EXPORTER_OTLP_HEADERS": "x-team=abc",
}


def test_no_key_reaches_a_check() -> None:
    assert without_keys({**KEPT, **DROPPED}) == KEPT
