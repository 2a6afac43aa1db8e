"""agents/*.md -> AgentTemplate: Markdown with YAML front matter, read as tolerantly as people write it."""

from agentic_flow.templates.gallery import (
    Folders,
    Unreadable,
    find_template,
    list_templates,
    serving,
    template_folders,
    templates_at,
)
from agentic_flow.templates.reading import read_template
from agentic_flow.templates.starter import name_problem, start_template

__all__ = [
    "Folders",
    "Unreadable",
    "find_template",
    "list_templates",
    "name_problem",
    "read_template",
    "serving",
    "start_template",
    "template_folders",
    "templates_at",
]
