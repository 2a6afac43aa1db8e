"""Decision -> the lines that explain it: what was read of the task, and every candidate with why not."""

from collections.abc import Iterator
from decimal import Decimal

from agentic_flow.cli.columns import aligned
from agentic_flow.core.profiles import TaskProfile
from agentic_flow.core.values import Candidate, Decision

_HEADINGS = ("CANDIDATE", "COST", "SECONDS", "STRENGTH", "WHY NOT")


def explain(decision: Decision) -> Iterator[str]:
    """Yield the profile in a line and the candidates in a table; nothing where a name decided."""
    if decision.profile is not None:
        yield f"task: {_profile(decision.profile)}"
    if decision.candidates:
        yield from aligned([_HEADINGS, *(_row(each, decision) for each in decision.candidates)])


def _profile(profile: TaskProfile) -> str:
    said = [
        f"{profile.complexity} {profile.task_type} (difficulty {profile.difficulty:.2f})",
        f"about {profile.prompt_tokens:,} tokens in, {profile.expected_output_tokens:,} out",
        f"token_count {profile.token_count:,}",
        *profile.languages,
    ]
    if profile.private is not None:
        said.append(f"private: {profile.private}")
    return ", ".join(said)


def _row(candidate: Candidate, decision: Decision) -> tuple[str, ...]:
    chosen = candidate.target == decision.target
    return (
        f"{'>' if chosen else ' '} {candidate.target}",
        _dollars(candidate.cost_usd),
        "unknown" if candidate.latency_s is None else f"{candidate.latency_s:.0f}",
        "unknown" if candidate.strength is None else f"{candidate.strength:.2f}",
        candidate.obstacle or ("chosen" if chosen else candidate.passed_over or "-"),
    )


def _dollars(amount: Decimal | None) -> str:
    return "unknown" if amount is None else f"${amount:.5f}"
