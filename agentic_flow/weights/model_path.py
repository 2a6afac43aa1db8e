"""`modelPath` and `default` -> what they stand for: one model, a folder of models, or a name."""

from pathlib import Path

from agentic_flow.core.bounds import project_folders
from agentic_flow.core.errors import ModelCorrupt, ModelMissing
from agentic_flow.core.looking import is_file, is_folder, is_there
from agentic_flow.core.settings import OnnxSettings, Places
from agentic_flow.weights.catalog import Catalog, Choice
from agentic_flow.weights.finishing import GENAI_CONFIG

DEFAULT = "default"


def roots(places: Places, onnx: OnnxSettings) -> tuple[Path, ...]:
    """Return the folders of models: where downloads go, and `modelPath` where it is such a folder."""
    path = onnx.model_path
    if path is None or not is_folder(path) or is_file(path / GENAI_CONFIG) or path == places.models:
        return (places.models,)
    return (places.models, path)


def pointed_model(path: Path | None) -> Path | None:
    """Return the one model that `modelPath` names, or None: a genai folder, or an ONNX file inside one."""
    if path is None:
        return None
    if is_file(path / GENAI_CONFIG):
        return path
    if not is_file(path):
        return None
    if path.suffix == ".onnx" and is_file(path.parent / GENAI_CONFIG):
        return path.parent
    if path.suffix == ".gguf":
        raise ModelMissing(
            f"modelPath names the GGUF file {path}, which has to be imported first: run"
            f" `agentic-flow download-model {path}` and use the name it is given",
            name=str(path),
        )
    raise ModelCorrupt(
        f"modelPath names {path}, and no {GENAI_CONFIG} and tokenizer lie beside it, without which it cannot"
        " run; `agentic-flow models list` shows models that can be downloaded whole"
    )


def remark_on(folder: Path, name: str, places: Places) -> str:
    """Say that a model lies in the project that one stands in; a clone may bring one, called as it likes."""
    root = (project_folders(places.project) or (places.project,))[-1]
    if folder.is_relative_to(places.models) or not folder.is_relative_to(root):
        return ""
    return f"onnx/{name} is a model of this project: {folder.relative_to(root)}"


def idle(path: Path) -> str | None:
    """Say why a `modelPath` that may stay as it is stands for nothing; None where it stands for something."""
    if path.suffix == ".onnx" or is_file(path / GENAI_CONFIG):
        return None
    if not is_there(path):
        return f"there is no {path}, so it stands for no model"
    if next(path.glob(f"*/{GENAI_CONFIG}"), None):
        return None
    return f"{path} holds no model: no {GENAI_CONFIG} lies in it, nor in a folder in it"


def default_name(onnx: OnnxSettings, catalog: Catalog) -> str:
    """Return the name behind `default`. A `modelPath` that is no file yet may be a catalogue model's."""
    path = onnx.model_path
    if path is None or path.suffix != ".onnx":
        return onnx.default_model
    entry = catalog.get(path.stem)
    if entry is None:
        raise ModelMissing(
            f"modelPath names {path}, which does not exist; name a model's file or folder that does, or"
            " remove the setting to use the built-in default",
            name=DEFAULT,
        )
    return entry.name


def goes_by(path: Path, name: str, choice: Choice | None, catalog: Catalog) -> bool:
    """Say whether the model at `modelPath` goes by a name: its file's or folder's, or an alias of that."""
    return any(
        called.lower() == name.lower() or (choice is not None and catalog.get(called) is choice.entry)
        for called in (path.stem if path.suffix == ".onnx" else path.name, path.parent.name)
    )
