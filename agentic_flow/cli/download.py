"""`download-model`: a catalogue name, a .gguf file or a folder -> a ready model. Draws the progress."""

import sys
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Annotated, Self, assert_never

import typer

from agentic_flow.cli.columns import put
from agentic_flow.cli.completing import local_models
from agentic_flow.cli.console import agrees, notes, reported, say
from agentic_flow.cli.options import ConfigFile, ModelsDir
from agentic_flow.cli.signals import interruptible

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from agentic_flow.core.settings import Settings
    from agentic_flow.weights.progress import DownloadEvent, Stage, Step

_PLAIN_EVERY = 10
"""Per cent between two lines where there is no terminal."""


def download_model(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME_OR_PATH",
            autocompletion=local_models,
            help="A name from `models list`, a .gguf file or a genai folder.",
        ),
    ],
    own_name: Annotated[
        str | None,
        typer.Option("--name", metavar="NAME", help="What a local file or folder is to be called."),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Bring it again, and replace what is there.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but failures.")] = False,
    models_dir: ModelsDir = None,
    config: ConfigFile = None,
) -> None:
    """Bring a local model to this machine, verified; print its folder."""
    with reported(), interruptible():
        folder = fetch(name, own_name, settings_for(models_dir, config), force=force, quiet=quiet)
        if not quiet:
            put(str(folder))


def offer_download(name: str, *, models_dir: Path | None, config: Path | None) -> bool:
    """Ask whether to download a model that a run needs, and do it after a yes."""
    from agentic_flow.weights.catalog import load_catalog
    from agentic_flow.weights.sizes import size_in_words

    settings = settings_for(models_dir, config)
    choice = load_catalog(settings.places).choose(name, settings.onnx)
    if choice is None:
        return False
    size, licence = size_in_words(choice.variant.download), choice.entry.licence
    if not agrees(f"{choice.folder} is not here yet. Download {size}, licence {licence}?"):
        return False
    fetch(name, None, settings, force=False, quiet=False)
    return True


def fetch(name: str, own_name: str | None, settings: "Settings", *, force: bool, quiet: bool) -> Path:
    """Bring a model, and draw how it comes."""
    from agentic_flow.config.environment import environment
    from agentic_flow.config.scrubbing import without_own
    from agentic_flow.core.errors import UsageMistake
    from agentic_flow.weights.download import Surroundings, download
    from agentic_flow.weights.local import import_local, looks_local

    name = name.removeprefix("onnx/")  # as in `--model onnx/NAME`
    with Drawing(quiet=quiet) as drawing:
        if looks_local(name):
            return import_local(Path(name), own_name, settings.places, drawing.about, force=force)
        if own_name is not None:
            raise UsageMistake("--name is for a local file or folder; a catalogue model keeps its name")
        around = Surroundings(settings.places, settings.onnx, without_own(environment()))
        return download(name, around, drawing.about, force=force)


def settings_for(models_dir: Path | None, config: Path | None) -> "Settings":
    """Return the configuration as two flags change it."""
    from agentic_flow.config import Flags, load_settings

    return load_settings(Flags(config=config, models_dir=models_dir))


class Drawing:
    """A bar on a terminal, a line now and then elsewhere, all on stderr; nothing when `quiet`."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._bar: Progress | None = None
        self._task: TaskID | None = None
        self._stage: Stage | None = None
        self._next = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, where: TracebackType | None
    ) -> None:
        self._rest()

    def about(self, event: "DownloadEvent") -> None:
        """Draw one event."""
        from agentic_flow.weights.progress import Notice, Step

        if self._quiet:
            return
        match event:
            case Notice(text):
                self._rest()
                say(text)
            case Step():
                if event.stage is not self._stage:
                    self._rest()
                    self._stage, self._next = event.stage, 0
                if sys.stderr.isatty():
                    self._draw(event)
                else:
                    self._tell(event)
            case _:
                assert_never(event)

    def _draw(self, step: "Step") -> None:
        if self._bar is None:
            self._bar = _new_bar()
            self._bar.start()
            self._task = self._bar.add_task(step.stage.value, total=step.total, speed="")
        if self._task is not None:
            self._bar.update(self._task, completed=step.done, speed=_speed(step))

    def _tell(self, step: "Step") -> None:
        """Write a line for every tenth that is done."""
        from agentic_flow.weights.sizes import size_in_words

        percent = 100 * step.done // max(step.total, 1)
        if percent >= self._next:
            self._next = percent - percent % _PLAIN_EVERY + _PLAIN_EVERY
            of = f"{size_in_words(step.done)} of {size_in_words(step.total)}"
            say(f"{step.stage.value}: {percent}% ({of}{_speed(step)})")

    def _rest(self) -> None:
        if self._bar is not None:
            self._bar.stop()
        self._bar, self._task, self._stage = None, None, None


def _speed(step: "Step") -> str:
    from agentic_flow.weights.progress import Stage
    from agentic_flow.weights.sizes import size_in_words

    known = step.speed is not None and step.stage is Stage.DOWNLOADING
    return f", {size_in_words(step.speed or 0)}/s" if known else ""


def _new_bar() -> "Progress":
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(),
        TextColumn("{task.fields[speed]}", markup=False),
        TimeRemainingColumn(),
        console=notes(),
        transient=True,
    )
