"""The two pages made from the program say what the program says today, and no link of any page is dead."""

import importlib.util
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main
import yaml
from typer.core import TyperGroup

from agentic_flow.cli import app

DOCS = Path(__file__).resolve().parent.parent / "docs"
PAGES = sorted(DOCS.glob("*.md"))
JSON_OR_YAML = re.compile(r"^```(json|yaml)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SHELL = re.compile(r"^```(?:sh|yaml)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
RENEW = "the page is older than the program; run `make docs`"


def commands(command: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Yield every command with the words that start it."""
    yield path, command
    if isinstance(command, TyperGroup):
        context: Any = typer.Context(command)
        for name in command.list_commands(context):
            yield from commands(command.get_command(context, name), f"{path} {name}")


def sections(page: str) -> dict[str, str]:
    """Return a page's sections by the command in their headings."""
    parts = re.split(r"^#+ `(agentic-flow[^`]*)`$", page, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_the_command_line_page_has_every_command_and_option() -> None:
    described = sections((DOCS / "cli.md").read_text(encoding="utf-8"))
    there = dict(commands(typer.main.get_command(app), "agentic-flow"))
    assert described.keys() == there.keys(), RENEW
    for path, command in there.items():
        shown = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", "\n".join(_options(described[path]))))
        options = {
            name
            for parameter in command.params
            if not getattr(parameter, "hidden", False)
            for name in [*parameter.opts, *parameter.secondary_opts]
            if name.startswith("--")
        }
        assert shown == options | {"--help"}, f"{path}: {RENEW}"


def _options(section: str) -> list[str]:
    return [line.partition("`: ")[0] for line in section.splitlines() if line.startswith("* `-")]


def test_the_configuration_page_is_what_the_table_of_settings_says() -> None:
    spec = importlib.util.spec_from_file_location("reference", DOCS / "reference.py")
    assert spec is not None
    assert spec.loader is not None
    reference = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(reference)
    assert reference.PAGE.read_text(encoding="utf-8") == reference.config_reference(), RENEW


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_link_is_dead(page: Path) -> None:
    for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        assert (page.parent / link).exists(), link


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_a_page_shows_as_data_is_data(page: Path) -> None:
    for language, text in JSON_OR_YAML.findall(page.read_text("utf-8")):
        assert (json.loads if language == "json" else yaml.safe_load)(text)


def test_every_option_a_page_shows_is_one() -> None:
    """Options in the recipes are the program's own."""
    there = dict(commands(typer.main.get_command(app), "agentic-flow"))
    known = {name for command in there.values() for each in command.params for name in each.opts}
    for page in PAGES:
        for block in SHELL.findall(page.read_text("utf-8")):
            lines = block.replace("\\\n", " ").splitlines()
            for line in (line for line in lines if "agentic-flow " in line and "pip install" not in line):
                words = re.findall(r"(?<![\w-])--[a-z][a-z-]*", line.partition("agentic-flow ")[2])
                assert set(words) <= known, f"{page.name}: {line}"
