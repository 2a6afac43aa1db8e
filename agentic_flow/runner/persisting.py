"""How a model's attempts failed so far -> what the run does next, and what is said about it. Pure."""

from collections.abc import Sequence
from enum import StrEnum

from agentic_flow.core.errors import CheckFailed, FlowError, NoFiles, UnsafeWrite
from agentic_flow.core.frozen import frozen
from agentic_flow.diagnosis.passing import same_failure

_LIKELIEST = 2
"""Answers of the likeliest words before others are drawn."""


class Move(StrEnum):
    """What a run does after an attempt that failed."""

    REPAIR = "repair"
    """The same model is shown what failed."""
    DRAW = "draw"
    """The same model is shown what failed, and its words are drawn by chance."""
    ESCALATE = "escalate"
    """A stronger model takes over."""
    END = "end"


@frozen
class Failure:
    """Why an attempt does not stand."""

    error: FlowError
    report: str
    """What a model is told of it: the check and the end of what it said, or which files are missing."""
    unsaid: str = ""
    """The files, where all checks that failed say nothing of them: only the same files fail the same way."""

    @property
    def repairable(self) -> bool:
        """Whether the model that failed could do better once it is told: not where its answer was cut."""
        return isinstance(self.error, CheckFailed | NoFiles | UnsafeWrite)

    def repeats(self, earlier: "Failure") -> bool:
        """Say whether it is the same failure again. No files for a second time is: one hint is all."""
        if isinstance(self.error, NoFiles) and isinstance(earlier.error, NoFiles):
            return True
        return self.unsaid == earlier.unsaid and same_failure(self.report, earlier.report)


def next_move(
    failures: Sequence[Failure],
    *,
    most: int,
    stronger: bool,
    draws: bool = False,
    told: Failure | None = None,
) -> Move:
    """Decide after the failures of one model, the newest last.

    `most` is how many attempts it has, `stronger` whether there is another model to turn to, `draws` whether
    its words may be drawn, `told` what it knew before its first answer, where a repair would tell it no more.
    """
    if failures[-1].repairable and len(failures) < most:
        stuck = is_stuck(failures, told)
        if draws and (stuck or len(failures) >= _LIKELIEST):
            return Move.DRAW
        if not stuck:
            return Move.REPAIR
    return Move.ESCALATE if stronger else Move.END


def is_stuck(failures: Sequence[Failure], told: Failure | None) -> bool:
    """Say whether the newest failure is the one before it again, or the one that the model was told of."""
    before = failures[-2] if len(failures) > 1 else told
    return before is not None and failures[-1].repeats(before)
