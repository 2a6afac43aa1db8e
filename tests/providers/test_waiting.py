import subprocess
import sys
import threading
import time

import pytest

from agentic_flow.core.errors import LimitReached
from agentic_flow.providers.waiting import Deadline, Errand

NEVER = Deadline(None)


def test_an_errand_returns_what_its_call_returns() -> None:
    assert Errand(lambda: 7).result(NEVER) == 7


def test_an_errand_raises_what_its_call_raises() -> None:
    with pytest.raises(ZeroDivisionError):
        Errand(lambda: 1 / 0).result(NEVER)


def test_the_deadline_ends_the_wait_and_not_the_call() -> None:
    gate = threading.Event()
    errand = Errand(gate.wait)
    with pytest.raises(LimitReached, match=r"^the time limit is up while the local model answers"):
        errand.result(Deadline(0.05))
    gate.set()
    assert errand.result(NEVER)


def test_a_deadline_that_has_passed_is_said_at_once() -> None:
    deadline = Deadline(0.01)
    time.sleep(0.02)
    with pytest.raises(LimitReached):
        deadline.left()


def test_what_nobody_wants_any_more_is_disposed_of_when_it_comes() -> None:
    gate, dropped = threading.Event(), list[str]()
    errand = Errand(lambda: gate.wait() and "late")
    errand.abandon(lambda result: dropped.append(str(result)))
    assert dropped == []
    gate.set()
    errand.join()
    errand.abandon(lambda result: dropped.append(f"again {result}"))
    assert sorted(dropped) == ["again late", "late"]


def test_a_call_that_failed_leaves_nothing_to_dispose_of() -> None:
    errand = Errand(lambda: 1 / 0)
    errand.join()
    errand.abandon(lambda _result: pytest.fail("there is no result"))


PROGRAM = """
import threading, time
from agentic_flow.providers.waiting import Errand

def call():
    time.sleep(0.3)
    print("to its end")

sent = threading.Event()
threading.Thread(target=lambda: (Errand(call), sent.set()), daemon=True).start()
sent.wait()
"""


def test_the_end_of_the_process_waits_for_a_call_that_a_daemon_sent_off() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=30, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "to its end\n", "")
