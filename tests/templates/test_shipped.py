import pytest

from agentic_flow.core.shipped import shipped
from agentic_flow.core.values import AgentTemplate, Output
from agentic_flow.templates import list_templates

WRITERS = {"coder", "tester", "debugger", "refactorer", "documenter", "api-builder", "sql", "shell"}
TALKERS = {"reviewer", "architect", "planner", "researcher"}
SHIPPED = [
    found for found in list_templates([("shipped", shipped("agents"))]) if isinstance(found, AgentTemplate)
]


def test_the_shipped_agents_are_all_there_and_usable() -> None:
    assert {template.name for template in SHIPPED} >= WRITERS | TALKERS
    assert len(list_templates([("shipped", shipped("agents"))])) == len(SHIPPED)


@pytest.mark.parametrize("template", SHIPPED, ids=lambda template: template.name)
def test_a_shipped_agent_is_in_order(template: AgentTemplate) -> None:
    """Strictly valid, called after its file, described in one line, bound to no model."""
    assert template.warnings == ()
    assert template.path.stem == template.name
    assert template.description.endswith(".")
    assert len(template.description) < 100
    assert template.model is None
    assert template.temperature is not None


@pytest.mark.parametrize("template", SHIPPED, ids=lambda template: template.name)
def test_a_shipped_agent_is_short_enough_for_a_small_model(template: AgentTemplate) -> None:
    """Under 500 tokens, at no more than one token for three characters; English has one for four."""
    assert len(template.instructions) / 3 < 500


@pytest.mark.parametrize("template", SHIPPED, ids=lambda template: template.name)
def test_a_shipped_agent_shows_nothing_worth_copying(template: AgentTemplate) -> None:
    """Small models copy an example: there is no fence and no file name in the instructions."""
    assert "```" not in template.instructions
    assert not any(
        word.strip(".,:;()`").endswith((".py", ".js", ".ts", ".sh", ".sql", ".md"))
        for word in template.instructions.split()
    )


@pytest.mark.parametrize("template", SHIPPED, ids=lambda template: template.name)
def test_agents_that_make_files_say_so(template: AgentTemplate) -> None:
    assert template.output is (Output.FILES if template.name in WRITERS else Output.TEXT)
