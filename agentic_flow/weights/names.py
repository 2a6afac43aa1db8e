"""Every name that a local model answers to -> the name it is kept under."""

from agentic_flow.core.settings import OnnxSettings, Places
from agentic_flow.weights.catalog import choices, load_catalog
from agentic_flow.weights.model_path import DEFAULT
from agentic_flow.weights.store import State, stored


def local_names(places: Places, onnx: OnnxSettings) -> dict[str, str]:
    """Return the catalogue's names and aliases, its variants, and what else lies on this machine."""
    catalog = load_catalog(places)
    names = {entry.name: entry.name for entry in catalog}
    names |= catalog.aliases
    names |= {choice.folder: choice.folder for entry in catalog for choice in choices(entry)}
    names |= {model.name: model.name for model in stored(places, onnx) if model.state is not State.ABSENT}
    if onnx.model_path is not None:
        names[DEFAULT] = DEFAULT  # what `modelPath` points at, and `find` knows
    return names
