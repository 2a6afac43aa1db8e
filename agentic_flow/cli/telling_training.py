"""What training came to -> lines, or a shape for JSON."""

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from agentic_flow.analysis.training import Trained


def tell_training(trained: Trained, file: Path) -> Iterator[str]:
    """Yield what was learned from, how well it foretells, and what became of it."""
    if trained.before is not None:
        yield f"{trained.outcomes} outcomes, {trained.failures} of them failures"
    for name, score in (("before", trained.before), ("after", trained.after)):
        if score is not None:
            order = f"a failure ranks above a success {score.right_order:.0%} of the time"
            yield f"{name}: log loss {score.loss:.3f}, {order}"
    if trained.better is None:
        yield trained.verdict
        return
    for name, harder in (("harder", True), ("easier", False)):
        words = [word for word, weight in trained.words if (weight > 0) is harder]
        if words:
            yield f"{name} than they seemed, tasks with: {', '.join(words)}"
    yield f"better; the new weights are kept in {file}"


def training_shape(trained: Trained) -> dict[str, Any]:
    """Return it all but the weights themselves."""
    return {
        "outcomes": trained.outcomes,
        "failures": trained.failures,
        "replaced": trained.better is not None,
        "verdict": trained.verdict,
        "before": None if trained.before is None else asdict(trained.before),
        "after": None if trained.after is None else asdict(trained.after),
        "words": dict(trained.words),
    }
