"""`agents list|show|validate|new`: which agents there are, what they say, what is wrong with them."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from agentic_flow.cli.completing import agent_names
from agentic_flow.cli.console import reported, say, visible
from agentic_flow.cli.options import AgentsDir, AsJson, ConfigFile
from agentic_flow.core.looking import is_folder

if TYPE_CHECKING:
    from agentic_flow.core.settings import Places, Settings
    from agentic_flow.core.values import AgentTemplate
    from agentic_flow.templates import Unreadable

app = typer.Typer(help="List, show, check and start agents.", no_args_is_help=True)


@app.command("list")
def list_agents(as_json: AsJson = False, agents_dir: AgentsDir = None, config: ConfigFile = None) -> None:
    """List the agents: what each answers with, its model, where it is from, what it is for."""
    with reported():
        from agentic_flow.cli.columns import put, put_columns
        from agentic_flow.core.values import AgentTemplate
        from agentic_flow.templates import list_templates, serving, template_folders

        found = list_templates(template_folders(_places(config), agents_dir))
        chosen = serving(found)
        if as_json:
            put(json.dumps([_shape(each, chosen) for each in found], ensure_ascii=False, indent=2))
            return
        rows = [("NAME", "OUTPUT", "MODEL", "FROM", "DESCRIPTION")]
        rows.extend(
            (template.name, template.output.value, template.model or "-", template.origin, _summary(template))
            for template in sorted(chosen.values(), key=lambda template: template.name.casefold())
            if isinstance(template, AgentTemplate)
        )
        put_columns(rows)
        for each in found:
            if not isinstance(each, AgentTemplate):
                say(f"cannot be used: {each.reason}")
            elif (rival := chosen[each.name]) is not each:
                say(f"hidden: {each.path} ({each.origin}), because {rival.path} is called {each.name!r} too")
        warned = sum(isinstance(each, AgentTemplate) and bool(each.warnings) for each in found)
        if warned:
            say(f"read with warnings: {warned}; `agentic-flow agents validate` shows them")


@app.command("show")
def show_agent(
    name: Annotated[
        str,
        typer.Argument(
            autocompletion=agent_names, help="A name from `agents list`, or a path to a .md file."
        ),
    ],
    as_json: AsJson = False,
    agents_dir: AgentsDir = None,
    config: ConfigFile = None,
) -> None:
    """Show one agent: its settings, then its instructions as the model reads them."""
    with reported():
        from agentic_flow.cli.columns import put, put_columns
        from agentic_flow.templates import find_template, template_folders

        template = find_template(name, template_folders(_places(config), agents_dir))
        facts = _facts(template)
        if as_json:
            put(json.dumps(facts, ensure_ascii=False, indent=2))
            return
        instructions, warnings = facts.pop("instructions"), facts.pop("warnings")
        put_columns([(key, _words(value)) for key, value in facts.items()])
        put(f"\n{instructions}")
        for warning in warnings:
            say(f"warning: {warning}")


@app.command("validate")
def validate_agents(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME|PATH]...", help="Names, files or folders; else all.")
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Take warnings for errors.")] = False,
    agents_dir: AgentsDir = None,
    config: ConfigFile = None,
) -> None:
    """Check agents, and print what is wrong with each as FILE:LINE. Exit code 3 if any cannot be used."""
    with reported():
        from agentic_flow.cli.columns import put
        from agentic_flow.core.errors import InvalidTemplate
        from agentic_flow.core.values import AgentTemplate
        from agentic_flow.templates import serving

        settings = _settings(config)
        found = _named(names or (), settings.places, agents_dir)
        chosen = serving(found)
        bad = 0
        for each in found:
            usable = isinstance(each, AgentTemplate)
            problems = (
                (*each.warnings, *_doubts(each, settings), *_named_badly(each, chosen))
                if isinstance(each, AgentTemplate)
                else (each.reason,)
            )
            word = "error" if strict or not usable else "warning"
            for problem in problems:
                put(_graded(problem, each.path, word))
            if not problems:
                put(f"{each.path}: fine")
            bad += bool(problems) if strict else not usable
        if bad:
            plural = "agent" if len(found) == 1 else "agents"
            raise InvalidTemplate(
                f"{bad} of {len(found)} {plural} {'not fine' if strict else 'unusable'}; see above"
            )
        say(f"{len(found)} checked")


@app.command("new")
def new_agent(
    name: Annotated[str, typer.Argument(help="What to call it: lower case, such as my-coder.")],
    base: Annotated[
        str,
        typer.Option("--from", metavar="NAME", autocompletion=agent_names, help="The agent to start from."),
    ] = "coder",
    user: Annotated[
        bool, typer.Option("--user", help="For all your projects, in your own config folder.")
    ] = False,
    agents_dir: Annotated[
        Path | None,
        typer.Option("--agents-dir", metavar="DIR", help="Search this folder first, and write there."),
    ] = None,
    config: ConfigFile = None,
) -> None:
    """Start a new agent as a copy of another, in the project's agents/ folder, with each key explained."""
    with reported():
        from agentic_flow.cli.columns import put
        from agentic_flow.core.errors import UnknownAgent
        from agentic_flow.templates import find_template, start_template, template_folders

        places = _places(config)
        folders = template_folders(places, agents_dir)
        template = find_template(base, folders)
        try:
            known = find_template(name, folders)
        except UnknownAgent:
            known = None
        own = places.user_config / "agents" if user else places.project / "agents"
        put(str(start_template(name, template, agents_dir or own)))
        if known:
            say(f"there is another {name!r}: {known.path}; `agentic-flow agents list` says which one counts")


def _settings(config: Path | None) -> "Settings":
    from agentic_flow.config import Flags, load_settings

    return load_settings(Flags(config=config))


def _places(config: Path | None) -> "Places":
    return _settings(config).places


def _doubts(template: "AgentTemplate", settings: "Settings") -> Iterator[str]:
    """Yield what is wrong with the model that an agent names."""
    from agentic_flow.core.errors import UnknownModel
    from agentic_flow.wiring import resolve_model

    if template.model is None:
        return
    try:
        said = resolve_model(template.model, settings).warnings
    except UnknownModel as mistake:
        said = (str(mistake),)
    lines = template.path.read_text("utf-8", errors="replace").splitlines()
    at = next((number for number, line in enumerate(lines, start=1) if line.startswith("model:")), 1)
    yield from (f"{template.path}:{at}: model: {words}" for words in said)


def _named_badly(each: "AgentTemplate", chosen: "Mapping[str, AgentTemplate | Unreadable]") -> Iterator[str]:
    """Yield what is wrong with an agent's own name."""
    from agentic_flow.templates import name_problem

    rival = chosen[each.name]
    if rival is not each and rival.origin == each.origin:  # else it is the closer one's, as it is meant to be
        yield f"{each.path}:1: name: {each.name!r} is that of {rival.path}, which is used in its place"
    if problem := name_problem(each.name):
        yield f"{each.path}:1: name: {problem}"


def _named(
    names: Sequence[str], places: "Places", agents_dir: Path | None
) -> "list[AgentTemplate | Unreadable]":
    """Read what was named: a file, all of a folder, or whatever bears the name; without names, everything."""
    from agentic_flow.templates import find_template, list_templates, template_folders, templates_at

    folders = template_folders(places, agents_dir)
    if not names:
        return list_templates(folders)
    found: list[AgentTemplate | Unreadable] = []
    for name in names:
        path = Path(name)
        if is_folder(path) or path.suffix.lower() == ".md":
            found.extend(templates_at(path))
            continue
        bearing = [each for each in list_templates(folders) if name in (each.name, each.path.stem)]
        found.extend(bearing or [find_template(name, folders)])
    return found


def _facts(template: "AgentTemplate") -> dict[str, Any]:
    return {
        "name": template.name,
        "description": template.description,
        "output": template.output.value,
        "model": template.model,
        "temperature": template.temperature,
        "max_tokens": template.max_tokens,
        "tools": list(template.tools),
        "check": list(template.checks),
        "origin": template.origin,
        "path": str(template.path),
        "warnings": list(template.warnings),
        "instructions": template.instructions,
    }


def _shape(
    each: "AgentTemplate | Unreadable", chosen: "Mapping[str, AgentTemplate | Unreadable]"
) -> dict[str, Any]:
    from agentic_flow.core.values import AgentTemplate

    if not isinstance(each, AgentTemplate):
        return {"name": each.name, "origin": each.origin, "path": str(each.path), "error": each.reason}
    rival = chosen[each.name]
    facts = _facts(each)
    del facts["instructions"]
    return {**facts, "hidden_by": None if rival is each else str(rival.path)}


def _summary(template: "AgentTemplate") -> str:
    r"""Return the first line of a description; public ones hold examples behind a written-out \n."""
    first = re.split(r"\n|\\n", template.description.strip(), maxsplit=1)[0]
    return visible(" ".join(first.split()))


def _words(value: Any) -> str:
    match value:
        case None | []:
            return "-"
        case list():
            return ", ".join(cast("list[str]", value))
        case _:
            return " ".join(str(value).split())


def _graded(problem: str, path: Path, word: str) -> str:
    """Put 'error' or 'warning' behind the FILE:LINE that a problem begins with."""
    line, _, text = problem.removeprefix(f"{path}:").partition(": ")
    return f"{path}:{line}: {word}: {text}"
