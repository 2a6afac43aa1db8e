"""A stream of a reply at the end of a program."""

import subprocess
import sys

PROGRAM = """
import threading
from agentic_flow.library.replies import ChatStream

begun = threading.Event()

def words():
    begun.set()
    threading.Event().wait()
    yield "never"

stream = ChatStream(words())
threading.Thread(target=list, args=(stream,), daemon=True).start()
begun.wait()
"""


def test_a_program_ends_quietly_while_a_daemon_waits_for_words() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, timeout=30, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
