"""The start of a name -> the names that it may become, for the shell's completion.

A person is typing: whatever is wrong with the configuration is told by the command, not here. And bash puts a
name into their line as it is: one of a project that means something there (`$(...)`) would be run with it.
"""

from collections.abc import Iterable
from contextlib import suppress

from agentic_flow.core.errors import FlowError
from agentic_flow.core.patterns import pattern

_PLAIN = pattern(r"[\w@%+=:,./-]+")
"""What a shell takes for a word and nothing else."""


def agent_names(incomplete: str) -> list[str]:
    """Return the agents whose name begins so."""
    from agentic_flow.config import Flags, load_settings
    from agentic_flow.templates import list_templates, serving, template_folders

    names: Iterable[str] = ()
    with suppress(FlowError):
        places = load_settings(Flags()).places
        names = serving(list_templates(template_folders(places)))
    return _beginning(incomplete, names)


def local_models(incomplete: str) -> list[str]:
    """Return the local models, by name and alias, whose name begins so."""
    return _beginning(incomplete, _local_names())


def model_names(incomplete: str) -> list[str]:
    """Return what `--model` takes and begins so: local models, and the short names of hosted ones."""
    from agentic_flow.naming import short_names

    return _beginning(incomplete, [*short_names(), *(f"onnx/{name}" for name in _local_names())])


def _local_names() -> Iterable[str]:
    from agentic_flow.config import Flags, load_settings
    from agentic_flow.weights.names import local_names

    with suppress(FlowError):
        settings = load_settings(Flags())
        return local_names(settings.places, settings.onnx)
    return ()


def _beginning(incomplete: str, names: Iterable[str]) -> list[str]:
    return sorted(name for name in set(names) if name.startswith(incomplete) and _PLAIN.fullmatch(name))
