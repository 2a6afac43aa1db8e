"""A model's name -> its folder on this machine, or the command that brings it there. Lists, removes."""

import shlex
from collections.abc import Iterator
from contextlib import suppress
from enum import StrEnum
from pathlib import Path

from agentic_flow.core.errors import ModelCorrupt, ModelMissing
from agentic_flow.core.frozen import frozen
from agentic_flow.core.looking import is_file, is_folder
from agentic_flow.core.settings import OnnxSettings, Places
from agentic_flow.weights.catalog import Catalog, Choice, choices, load_catalog, unknown_model
from agentic_flow.weights.entries import Entry
from agentic_flow.weights.finishing import GENAI_CONFIG
from agentic_flow.weights.manifest import LOCAL_PATH, Manifest, damage, read_manifest
from agentic_flow.weights.model_path import DEFAULT, default_name, goes_by, pointed_model, roots
from agentic_flow.weights.reading import NAME
from agentic_flow.weights.sizes import file_sizes, size_in_words
from agentic_flow.weights.staging import PARTIAL, Staging


class State(StrEnum):
    """How much of a model is on this machine."""

    READY = "ready"
    PARTIAL = "partial"
    ABSENT = "not downloaded"
    DAMAGED = "damaged"


@frozen
class Stored:
    """One model of the catalogue or of this machine."""

    name: str
    state: State
    size: int
    """Bytes: on disk where there are any, else to download."""
    path: Path
    """Its folder, whether it is there or not."""
    licence: str | None = None
    aliases: tuple[str, ...] = ()
    source: str | None = None
    """Where its bytes came from; None while there are none."""
    problem: str | None = None
    """What is wrong with it where it is damaged."""


def find(name: str, places: Places, onnx: OnnxSettings) -> Path:
    """Return the folder of a model that is ready to run.

    `name` is a catalogue name, an alias, an imported model's name, or `default`; `name@variant` asks for
    one variant. Where `modelPath` names one model, that is the default. Raises `UnknownModel`;
    `ModelMissing`, which says how to get it; and `ModelCorrupt`.
    """
    catalog = load_catalog(places)
    pointed = pointed_model(onnx.model_path)
    if name.lower() == DEFAULT:
        if pointed is not None:
            return pointed
        name = default_name(onnx, catalog)
    choice = catalog.choose(name, onnx)
    if (
        pointed is not None
        and onnx.model_path is not None
        and goes_by(onnx.model_path, name, choice, catalog)
    ):
        return pointed
    folder = choice.folder if choice else name.lower()
    if choice is None and not NAME.fullmatch(folder):
        raise unknown_model(name, catalog)
    for root in roots(places, onnx):
        if is_whole(root / folder):
            return root / folder
    staging = Staging(places.models, folder)
    if staging.interrupted:
        with staging.locked(lambda _: None):
            if is_whole(staging.target):
                return staging.target
    if choice is None:
        raise unknown_model(name, catalog, _imported(places.models, catalog))
    raise _missing(choice, choice.folder if "@" in name else choice.entry.name)


def verify(name: str, places: Places, onnx: OnnxSettings) -> None:
    """Read every byte of a model and compare it with its manifest. Raises what `find` does."""
    folder = find(name, places, onnx)
    manifest = read_manifest(folder)
    if manifest is None:
        raise ModelCorrupt(f"{folder} was put there by hand and has no manifest to compare it with")
    _refuse_damage(folder, manifest, hashes=True)


def stored(places: Places, onnx: OnnxSettings) -> list[Stored]:
    """Return every model of the catalogue, in its order, then every other model on this machine."""
    catalog = load_catalog(places)
    found: list[Stored] = []
    for entry in catalog:
        wanted = entry.variant_for(onnx.execution_provider, onnx.quantization)
        for choice in choices(entry):
            model = _look(choice.folder, places, onnx, entry)
            if model is not None:
                found.append(model)
            elif choice.variant is wanted:
                path = places.models / choice.folder
                size = choice.variant.download
                found.append(Stored(path.name, State.ABSENT, size, path, entry.licence, entry.aliases))
    for root in roots(places, onnx):
        names = _imported(root, catalog)
        found += [model for name in names if (model := _look(name, places, onnx, None)) is not None]
    return found


def remove(name: str, places: Places) -> tuple[str, ...]:
    """Delete a model with all its variants, or one `name@variant`; return the folders' names.

    What is partial of it goes, too. It vanishes in one rename, and a process that is answering with it
    keeps its mapped files to the end. Raises `UnknownModel`, `ModelMissing` where there is nothing, and
    `LocalModelProblem` while it is being downloaded.
    """
    catalog = load_catalog(places)
    entry = catalog.get(name)
    if entry is not None:
        folders = [choice.folder for choice in choices(entry)]
    elif NAME.fullmatch(name.lower()) or name.lower() in _variants(catalog):
        folders = [name.lower()]
    else:
        raise unknown_model(name, catalog)
    there = [staging for folder in folders if _something(staging := Staging(places.models, folder))]
    if not there and entry is None:
        raise unknown_model(name, catalog, _imported(places.models, catalog))
    if not there:
        raise ModelMissing(f"{folders[0]} is not in {places.models}; nothing was removed", name=folders[0])
    for staging in there:
        with staging.locked():
            staging.withdraw()
    return tuple(staging.name for staging in there)


def _something(staging: Staging) -> bool:
    return is_folder(staging.target) or is_folder(staging.work)


def is_whole(folder: Path) -> bool:
    """Say whether a model's folder is there. Raises `ModelCorrupt` where its files are not what they were."""
    manifest = read_manifest(folder)
    if manifest is None:
        return is_file(folder / GENAI_CONFIG)  # a folder that a person put there
    _refuse_damage(folder, manifest)
    return True


def _refuse_damage(folder: Path, manifest: Manifest, *, hashes: bool = False) -> None:
    problem = damage(folder, manifest, hashes=hashes)
    if problem is not None:
        raise ModelCorrupt(
            f"{folder}: {problem}; it came from {manifest.source}, bring it from there again with"
            f" `agentic-flow download-model {_again(folder, manifest)} --force`"
        )


def _again(folder: Path, manifest: Manifest) -> str:
    """Return what `download-model` takes to bring a model again."""
    path = manifest.source.removeprefix(LOCAL_PATH)
    return folder.name if path == manifest.source else f"{shlex.quote(path)} --name {folder.name}"


def _missing(choice: Choice, name: str) -> ModelMissing:
    size = size_in_words(choice.variant.download)
    return ModelMissing(
        f"{choice.folder} is not on this machine yet ({size} to download, licence {choice.entry.licence});"
        f" run `agentic-flow download-model {name}`",
        name=name,
    )


def _look(folder: str, places: Places, onnx: OnnxSettings, entry: Entry | None) -> Stored | None:
    """Return what there is of a model under a folder's name, or None."""
    licence, aliases = (entry.licence, entry.aliases) if entry else (None, ())
    for root in roots(places, onnx):
        path = root / folder
        try:
            if not is_whole(path):
                continue
            manifest = read_manifest(path)
        except ModelCorrupt as failure:
            return Stored(
                folder, State.DAMAGED, sum(file_sizes(path)), path, licence, aliases, problem=str(failure)
            )
        size = manifest.size if manifest else sum(file_sizes(path))
        source = manifest.source if manifest else "put there by hand"
        licence = licence or (manifest.licence if manifest else None)
        return Stored(folder, State.READY, size, path, licence, aliases, source)
    partial = sum(file_sizes(Staging(places.models, folder).work))
    if not partial:
        return None
    return Stored(folder, State.PARTIAL, partial, places.models / folder, licence, aliases)


def _imported(root: Path, catalog: Catalog) -> list[str]:
    """Return the names of the models under a folder that the catalogue does not know."""
    names = {path.name for path in _folders(root)} | {path.name for path in _folders(root / PARTIAL)}
    return sorted(names - _variants(catalog))


def _variants(catalog: Catalog) -> set[str]:
    return {choice.folder for entry in catalog for choice in choices(entry)}


def _folders(root: Path) -> Iterator[Path]:
    with suppress(OSError):  # there is none, or it may not be looked into
        yield from (path for path in root.iterdir() if is_folder(path) and not path.name.startswith("."))
