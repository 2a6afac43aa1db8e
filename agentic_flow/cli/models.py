"""`models list|recommend|search|show|remove`: what can be downloaded, is on this machine, is served, fits."""

import json
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from agentic_flow.cli.columns import put, put_columns
from agentic_flow.cli.completing import local_models
from agentic_flow.cli.console import reported
from agentic_flow.cli.download import settings_for
from agentic_flow.cli.options import AsJson, ConfigFile, ModelsDir
from agentic_flow.core import names
from agentic_flow.core.wishes import Purpose

if TYPE_CHECKING:
    from agentic_flow.core.settings import Settings
    from agentic_flow.weights.store import Stored


class ModelProvider(StrEnum):
    """Who serves models."""

    ONNX = names.LOCAL
    ANTHROPIC = names.ANTHROPIC
    OPENROUTER = names.OPENROUTER


app = typer.Typer(help="List, recommend, search, show and remove models.", no_args_is_help=True)


_Provider = Annotated[ModelProvider | None, typer.Option(help="Whose models.")]
_Refresh = Annotated[bool, typer.Option("--refresh", help="Ask the provider, however new its list is.")]


@app.command("list")
def list_models(
    provider: _Provider = None,
    refresh: _Refresh = False,
    as_json: AsJson = False,
    models_dir: ModelsDir = None,
    config: ConfigFile = None,
) -> None:
    """List local models (state, size, licence, aliases), or what a hosted provider serves."""
    with reported():
        if provider not in (None, ModelProvider.ONNX):
            from agentic_flow.cli.hosted import put_listing

            put_listing(provider.value, settings_for(models_dir, config), refresh=refresh, as_json=as_json)
            return
        from agentic_flow.weights.sizes import size_in_words
        from agentic_flow.weights.store import stored

        settings = settings_for(models_dir, config)
        models = stored(settings.places, settings.onnx)
        if as_json:
            put(json.dumps([_plain(model) for model in models], indent=2))
            return
        rows = [("NAME", "STATE", "SIZE", "LICENCE", "ALIASES")]
        for model in models:
            size, licence = size_in_words(model.size), model.licence or "unknown"
            rows.append((model.name, model.state.value, size, licence, ", ".join(model.aliases)))
        put_columns(rows)


@app.command("recommend")
def recommend_models(
    purpose: Annotated[Purpose, typer.Option("--for", help="What you want it for.")],
    as_json: AsJson = False,
    models_dir: ModelsDir = None,
    config: ConfigFile = None,
) -> None:
    """Say which of the configured models to take for a kind of work, what a usual job costs, and why."""
    with reported():
        from agentic_flow.cli.recommending import put_recommended

        put_recommended(purpose, settings_for(models_dir, config), as_json=as_json)


@app.command("search")
def search_models(
    words: Annotated[list[str], typer.Argument(help="Words that a model's id or name must hold, each.")],
    provider: _Provider = None,
    refresh: _Refresh = False,
    as_json: AsJson = False,
    models_dir: ModelsDir = None,
    config: ConfigFile = None,
) -> None:
    """Search the models of all providers by words in their ids and names."""
    with reported():
        from agentic_flow.cli.hosted import put_search

        providers = [each.value for each in ModelProvider] if provider is None else [provider.value]
        put_search(words, providers, settings_for(models_dir, config), refresh=refresh, as_json=as_json)


@app.command("show")
def show_model(
    name: Annotated[
        str, typer.Argument(autocompletion=local_models, help="A name from `models list`, or PROVIDER/MODEL.")
    ],
    refresh: _Refresh = False,
    verify: Annotated[
        bool, typer.Option("--verify", help="Read every byte, and compare the hashes.")
    ] = False,
    as_json: AsJson = False,
    models_dir: ModelsDir = None,
    config: ConfigFile = None,
) -> None:
    """Show one model: what it is, its variants and sources, and what of it is on this machine."""
    with reported():
        from agentic_flow.cli.hosted import named_hosted, put_model
        from agentic_flow.weights.sizes import size_in_words

        settings = settings_for(models_dir, config)
        if (named := named_hosted(name, settings)) is not None:
            put_model(named, settings, refresh=refresh, as_json=as_json)
            return
        name = name.removeprefix("onnx/")
        facts = _facts(name, settings)
        if verify:
            from agentic_flow.weights.store import verify as read_all

            read_all(name, settings.places, settings.onnx)
            facts["verified"] = True
        if as_json:
            put(json.dumps(facts, indent=2))
            return
        variants: list[dict[str, Any]] = facts.pop("variants", [])
        here: list[dict[str, Any]] = facts.pop("here")
        put_columns([(key, _shown(value)) for key, value in facts.items()])
        for heading, parts in (("variant", variants), ("on this machine", here)):
            for part in parts:
                put(f"\n{heading}: {part['name']}")
                said = {key: value for key, value in part.items() if key != "name" and value}
                put_columns(
                    [
                        (f"  {key}", size_in_words(value) if key in _SIZES else _shown(value))
                        for key, value in said.items()
                    ]
                )


@app.command("remove")
def remove_model(
    name: Annotated[
        str,
        typer.Argument(
            autocompletion=local_models, help="A name from `models list`; NAME@VARIANT removes only that one."
        ),
    ],
    models_dir: ModelsDir = None,
    config: ConfigFile = None,
) -> None:
    """Delete a model from this machine, with all its variants and partial downloads."""
    with reported():
        from agentic_flow.weights.store import remove

        for removed in remove(name, settings_for(models_dir, config).places):
            put(f"removed {removed}")


_SIZES = ("download", "disk", "memory", "size")
"""What is counted in bytes."""


def _facts(name: str, settings: "Settings") -> dict[str, Any]:
    """Return everything known of a model, in the order in which it is read."""
    from agentic_flow.weights.catalog import choices, load_catalog, unknown_model
    from agentic_flow.weights.store import stored

    catalog = load_catalog(settings.places)
    entry = catalog.get(name.partition("@")[0])
    names = [choice.folder for choice in choices(entry)] if entry else [name.lower()]
    here = [_plain(model) for model in stored(settings.places, settings.onnx) if model.name in names]
    if entry is None and not here:
        raise unknown_model(name, catalog)
    if entry is None:
        return {"name": name.lower(), "here": here}
    return {
        "name": entry.name,
        "title": entry.title,
        "licence": entry.licence,
        "parameters": entry.parameters,
        "context": entry.context,
        "aliases": list(entry.aliases),
        "variants": [
            {
                "name": choice.folder,
                "quantization": choice.variant.quantization.value,
                "providers": list(choice.variant.providers),
                "download": choice.variant.download,
                "disk": choice.variant.disk,
                "memory": choice.variant.memory,
                "sources": [str(source) for source in choice.variant.sources],
            }
            for choice in choices(entry)
        ],
        "here": here,
    }


def _plain(model: "Stored") -> dict[str, Any]:
    return {
        "name": model.name,
        "state": model.state.value,
        "size": model.size,
        "licence": model.licence,
        "aliases": list(model.aliases),
        "path": str(model.path),
        "source": model.source,
        "problem": model.problem,
    }


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(cast("list[str]", value)) or "-"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return "-" if value is None else str(value)
