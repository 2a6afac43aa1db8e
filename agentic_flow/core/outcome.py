"""How a run can end: one enum gives the exit code, the JSON `status` and the last line on stderr."""

from enum import Enum


class Outcome(Enum):
    """A final outcome: `(exit code, status word, what it says to a person)`."""

    OK = (0, "ok", "done")
    INTERNAL = (1, "internal", "a bug in agentic-flow")
    USAGE = (2, "usage", "wrong arguments")
    CONFIG = (3, "config", "the configuration cannot be used")
    AUTH = (4, "auth", "the key is missing or was refused")
    PROVIDER = (5, "provider", "no provider could answer")
    BUDGET = (6, "budget", "a limit was reached")
    INCOMPLETE = (7, "incomplete", "the answer is not complete")
    OUTPUT = (8, "output", "the files could not be written")
    CHECK = (9, "check", "a check fails")
    LOCAL_MODEL = (10, "local_model", "the local model cannot be used")
    INTERRUPTED = (130, "interrupted", "interrupted")
    TERMINATED = (143, "interrupted", "terminated")
    KILLED = (137, "killed", "killed outright")
    """Of the past only: who is killed so does not say it."""

    def __init__(self, exit_code: int, status: str, sentence: str) -> None:
        self.exit_code = exit_code
        self.status = status
        self.sentence = sentence
