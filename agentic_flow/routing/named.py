"""Which model a task goes to where a name decides: the flag's, the agent's, the configured default. Pure."""

from collections.abc import Callable, Sequence

from agentic_flow.core.errors import UnknownModel
from agentic_flow.core.values import AgentTemplate, Candidate, Decision, Named, Task


def choose(
    task: Task,
    template: AgentTemplate,
    default_model: str | None,
    resolve: Callable[[str], Named],
    candidates: Sequence[Candidate],
) -> Decision:
    """Choose the target: the flag's, the template's, the config's, else the first that can serve.

    `candidates` are looked at only where nobody gives a name, and must not be empty then; when none can serve
    the last one is chosen, so that its own error says what to do. Raises `UnknownModel`, saying also who
    asked for the model.
    """
    said = (
        (task.model, "asked for with --model"),
        (template.model, f"the agent {template.name!r} asks for it"),
        (default_model, "the configured default"),
    )
    for name, reason in said:
        if name:
            try:
                named = resolve(name)
            except UnknownModel as unknown:
                raise UnknownModel(f"{reason}: {unknown}") from unknown
            return Decision(named.target, reason, warnings=named.warnings)
    passed: list[str] = []
    for candidate in candidates:
        if candidate.obstacle is None:
            return Decision(candidate.target, "; ".join((*passed, "the first that can serve")))
        passed.append(f"{candidate.target.provider}: {candidate.obstacle}")
    return Decision(candidates[-1].target, "; ".join(passed))
