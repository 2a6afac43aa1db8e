"""Without a model named, the first that can serve is taken, and the reason says why."""

from pathlib import Path

import pytest

from agentic_flow.core.errors import UnknownModel
from agentic_flow.core.values import AgentTemplate, Candidate, Named, Target, Task
from agentic_flow.routing import choose

TASK = Task("Do it", "coder")
AGENT = AgentTemplate("coder", "Writes code", "You write code.", Path("coder.md"), "shipped")
CLAUDE = Candidate(Target("anthropic", "claude"), None)
LLAMA = Candidate(Target("openrouter", "llama"), None)
LOCAL = Candidate(Target("onnx", "default"), None)


def named(name: str) -> Named:
    provider, _, model = name.partition("/")
    if provider == "nowhere":
        message = f"no model {name!r}"
        raise UnknownModel(message)
    return Named(Target(provider, model), ("retired",) if model == "old" else ())


def closed(candidate: Candidate, obstacle: str) -> Candidate:
    return Candidate(candidate.target, obstacle)


@pytest.mark.parametrize(
    ("flag", "template", "configured", "chosen"),
    [
        ("a/1", "b/2", "c/3", "a/1"),
        (None, "b/2", "c/3", "b/2"),
        (None, None, "c/3", "c/3"),
        (None, None, None, "anthropic/claude"),
    ],
)
def test_the_flag_wins_then_the_template_then_the_config_then_who_can_serve(
    flag: str | None, template: str | None, configured: str | None, chosen: str
) -> None:
    task = Task("Do it", "coder", model=flag)
    agent = AgentTemplate("coder", "", "", Path("coder.md"), "shipped", model=template)
    assert str(choose(task, agent, configured, named, [CLAUDE, LLAMA, LOCAL]).target) == chosen


def test_the_reason_names_who_could_not_serve() -> None:
    decision = choose(TASK, AGENT, None, named, [closed(CLAUDE, "no ANTHROPIC_API_KEY"), LLAMA, LOCAL])
    assert decision.target == LLAMA.target
    assert decision.reason == "anthropic: no ANTHROPIC_API_KEY; the first that can serve"


def test_when_none_can_serve_the_last_is_asked_so_that_its_own_error_says_what_to_do() -> None:
    decision = choose(TASK, AGENT, None, named, [closed(CLAUDE, "no key"), closed(LOCAL, "switched off")])
    assert decision.target == LOCAL.target


def test_a_name_s_warning_travels_with_the_decision_and_an_unknown_name_is_an_error() -> None:
    decision = choose(Task("x", "coder", model="a/old"), AGENT, None, named, [LOCAL])
    assert decision.warnings == ("retired",)
    with pytest.raises(UnknownModel):
        choose(Task("x", "coder", model="nowhere/x"), AGENT, None, named, [LOCAL])


def test_an_unknown_name_says_who_asked_for_it() -> None:
    agent = AgentTemplate("mine", "", "", Path("mine.md"), "project", model="nowhere/x")
    with pytest.raises(UnknownModel, match="the agent 'mine' asks for it: no model 'nowhere/x'"):
        choose(TASK, agent, None, named, [LOCAL])
    with pytest.raises(UnknownModel, match="the configured default: "):
        choose(TASK, AGENT, "nowhere/x", named, [LOCAL])
