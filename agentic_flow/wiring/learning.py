"""The person's own weights: used where they are sound, and learned again from what history knows."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from agentic_flow.core.errors import LedgerProblem, OutputProblem
from agentic_flow.core.remembered import Feedback, RememberedRun, Wanted
from agentic_flow.core.settings import Settings
from agentic_flow.core.values import Target
from agentic_flow.core.whole_files import write_privately
from agentic_flow.offering import Experience
from agentic_flow.wiring.remembering import open_history

if TYPE_CHECKING:
    from agentic_flow.analysis.personal import Personal
    from agentic_flow.analysis.training import Outcome, Trained

FILE = "router-weights.json"
_FEWEST_CALLS = 3
_RECENT = 200
"""Tasks that a share is held over."""
_PASSED = "ok"
_FAILED = frozenset({"check", "output", "incomplete"})
"""What says something about the model; a missing key or a full disk does not."""


def own_weights(settings: Settings) -> "tuple[Personal | None, tuple[str, ...]]":
    """Return the person's own weights, None where there are none; and what is wrong with the file."""
    from agentic_flow.analysis.personal import BadWeights, read_personal

    path = weights_file(settings)
    try:
        return read_personal(path.read_text(encoding="utf-8")), ()
    except FileNotFoundError:
        return None, ()
    except (OSError, UnicodeDecodeError, BadWeights) as problem:
        advice = "remove it, or run `agentic-flow route train`"
        return None, (f"your own routing weights are not used: {path}: {problem}; {advice}",)


def own_experience(settings: Settings) -> Experience:
    """Return what past runs say of the models' speed, and how difficult the latest tasks were."""
    history = open_history(settings)
    wanted = settings.routing.target_strong_share is not None
    try:
        return Experience(
            {
                target: pace.tokens_per_second
                for target, pace in history.paces().items()
                if pace.calls >= _FEWEST_CALLS
            },
            history.difficulties(_RECENT) if wanted else (),
        )
    except LedgerProblem:  # what spends says so; a choice can do without
        return Experience()
    finally:
        history.close()


def weights_file(settings: Settings) -> Path:
    """Return where the person's own weights lie."""
    return settings.places.user_data / FILE


def train_on_history(settings: Settings) -> "Trained":
    """Learn from the runs that are remembered, and keep the weights where they prove better."""
    from agentic_flow.analysis.personal import written
    from agentic_flow.analysis.training import MOST, train

    outcomes: list[Outcome] = []
    for run in open_history(settings).runs(Wanted()):
        outcomes += _outcome(run)
        if len(outcomes) == MOST:
            break
    current, _ = own_weights(settings)
    trained = train(outcomes, current)
    if trained.better is not None:
        _keep(weights_file(settings), written(trained.better))
    return trained


def _outcome(run: RememberedRun) -> "Iterator[Outcome]":
    """Yield what a run says of its task: nothing, where no model's work was judged."""
    from agentic_flow.analysis import seems
    from agentic_flow.analysis.training import Outcome
    from agentic_flow.routing import standing_of

    result = run.result
    judged = [each for each in result.attempts if each.outcome == _PASSED or each.outcome in _FAILED]
    if run.task is None or not judged or result.cached or result.decision is None:
        return
    first = judged[0]
    asked = Target(first.provider, first.asked or first.model)
    failed = first.outcome in _FAILED or run.feedback is Feedback.BAD
    proven = bool(result.files or result.checks) or run.feedback is Feedback.GOOD
    if not failed and not proven:
        return
    profile = result.decision.profile
    strength = standing_of(asked).strength(profile.task_type if profile else None)
    yield Outcome(result.run_id, run.task, seems(run.task), strength, failed)


def _keep(path: Path, text: str) -> None:
    """Replace the file as a whole. Raises `OutputProblem`."""
    try:
        write_privately(path, text)
    except OSError as problem:
        raise OutputProblem(f"the new weights could not be kept: {problem}") from problem
