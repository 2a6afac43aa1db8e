"""A bug -> one line on stderr, and its traceback in a file that holds no key."""

import os
import tempfile
import traceback

from agentic_flow.cli.console import say
from agentic_flow.core.outcome import Outcome


def report_crash(failure: Exception) -> int:
    """Write the traceback where only its owner can read it, say where, and return the exit code."""
    from agentic_flow.config import scrubbed

    handle, name = tempfile.mkstemp(prefix="agentic-flow-", suffix=".log")
    with os.fdopen(handle, "w", encoding="utf-8") as log:
        log.write(scrubbed("".join(traceback.format_exception(failure))))
    outcome = Outcome.INTERNAL
    say(f"agentic-flow: {outcome.status}: {outcome.sentence} ({type(failure).__name__}); details: {name}")
    return outcome.exit_code
