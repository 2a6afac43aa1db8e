"""Settings, a person's word -> what stands around each provider: a cache, a folder to record in or replay."""

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from agentic_flow.core.errors import FlowError, Interrupted, OutputProblem, UsageMistake
from agentic_flow.core.looking import is_folder
from agentic_flow.core.names import LOCAL, SCRIPTED
from agentic_flow.core.ports import Provider
from agentic_flow.core.settings import Settings
from agentic_flow.core.values import AgentTemplate, Decision, Target, Task, Usage
from agentic_flow.core.wishes import Recall
from agentic_flow.hosting import remote_of
from agentic_flow.wiring.remembering import harmless

if TYPE_CHECKING:
    from agentic_flow.providers.kept.answers import Meter
    from agentic_flow.providers.kept.database import AnswerDatabase
    from agentic_flow.providers.kept.recordings import Recordings

Open = Callable[[], Provider]
Around = Callable[[Target, Open], Provider]
"""Puts what is asked for around the provider of a target, which is opened when it has to be asked."""
Price = Callable[[Target, Usage], Decimal | None]


def around(settings: Settings, recall: Recall, task: Task, price: Price) -> Around:
    """Return what stands around each provider. Raises `UsageMistake` and `OutputProblem` for a bad folder."""
    require_folders(recall)
    if recall.replay is not None:
        return _replaying(recall.replay)
    if recall.record is not None:
        return _recording(recall.record, settings, price)
    if recall.cache is None and task.no_log:
        return lambda _, opens: opens()  # what is to leave no words behind leaves none here
    return _caching(settings, recall, price)


def require_folders(recall: Recall) -> None:
    """See that a folder can be recorded in or replayed. Raises `UsageMistake` and `OutputProblem`."""
    record, replay = recall.record, recall.replay
    if record is not None and replay is not None:
        raise UsageMistake("--record asks the model and --replay asks nobody; give one of them")
    if replay is not None and not is_folder(replay):
        raise UsageMistake(f"--replay {replay}: there is no such folder; --record {replay} makes it")
    if record is None:
        return
    try:
        record.mkdir(parents=True, exist_ok=True)
    except OSError as failure:
        raise OutputProblem(f"--record {record}: cannot be made ({failure.strerror})") from failure
    if not os.access(record, os.W_OK):
        raise OutputProblem(f"--record {record}: cannot be written to")


def choose_recorded(task: Task, template: AgentTemplate, folder: Path) -> Decision:
    """Choose the model whose answer to the task is recorded, whatever could serve on this machine.

    Raises `ProviderUnavailable` where there is none.
    """
    from agentic_flow.prompting import build_prompt
    from agentic_flow.providers.kept.question import question

    anyone = (Target("any", "model"), Target(LOCAL, "model"))  # a local one is told the name of its one file
    asked = [question(target, build_prompt(task, template, target, timeout=None)) for target in anyone]
    recordings = _recordings(folder)
    targets = list(dict.fromkeys(target for each in asked for target in recordings.targets(each)))
    if not targets:
        raise recordings.missing(asked[0])
    others = ", ".join(map(str, targets[1:]))
    warnings = (f"recorded is also an answer of {others}; --model chooses one",) if others else ()
    return Decision(targets[0], f"its answer is recorded in {folder}", warnings)


def recorded_ladder(task: Task, decision: Decision, folder: Path) -> tuple[Target, ...]:
    """Return who could have taken over when the answers were recorded, the weaker first.

    Who has no answer to what is asked then is passed over like one that cannot serve.
    """
    from agentic_flow.routing.strengths import standing_of

    others = [target for target in _recordings(folder).all_targets() if target != decision.target]
    return tuple(sorted(others, key=lambda target: standing_of(target).general)) if task.escalate else ()


def cache_of(settings: Settings) -> "AnswerDatabase":
    """Return the cache that the settings ask for."""
    from agentic_flow.providers.kept.database import AnswerDatabase, Limits

    limits = Limits(settings.cache.max_entries, settings.onnx.cache_max_size)
    return AnswerDatabase(settings.places.user_cache / "answers.sqlite3", limits)


def _replaying(folder: Path) -> Around:
    from agentic_flow.providers.replaying import ReplayingProvider

    recordings = _recordings(folder)
    return lambda target, _: ReplayingProvider(target, recordings)


def _recording(folder: Path, settings: Settings, price: Price) -> Around:
    from agentic_flow.providers.replaying import CopyingProvider

    recordings = replace(_recordings(folder), harmless=harmless(settings))
    return lambda target, opens: CopyingProvider(target, opens, recordings, _meter(target, price))


def _caching(settings: Settings, recall: Recall, price: Price) -> Around:
    asked = recall.cache

    def wrapped(target: Target, opens: Open) -> Provider:
        if not (_is_kept(target, settings) if asked is None else asked):
            return opens()
        from agentic_flow.providers.caching import CachingProvider, Keeping

        try:
            circumstances = _circumstances(target, settings)
        except Interrupted:
            raise
        except FlowError:
            return opens()  # which says what is wrong, and may bring a model that is missing
        keeping = Keeping(
            cache_of(settings), circumstances, asked or settings.cache.sampled, harmless(settings)
        )
        return CachingProvider(target, opens, keeping, _meter(target, price))

    return wrapped


def _is_kept(target: Target, settings: Settings) -> bool:
    if target.provider == LOCAL and settings.onnx.cache_enabled is not None:
        return settings.onnx.cache_enabled
    return settings.cache.enabled


def _circumstances(target: Target, settings: Settings) -> Mapping[str, object]:
    """Return what shapes the answers of a target beside the prompt. Raises what looking for a model does."""
    if target.provider == LOCAL:
        from agentic_flow import __version__
        from agentic_flow.weights.store import find

        onnx = settings.onnx
        return {
            "program": __version__,  # it renders the prompt and holds the answer to its form
            "files": _stamps(find(target.model, settings.places, onnx)),
            "runtime": onnx.execution_provider,
            "grammar": onnx.grammar,
        }
    if target.provider == SCRIPTED:
        return {"files": _stamps(Path(target.model))}
    remote = remote_of(target.provider, settings)
    return {
        "host": remote.base_url,
        "behind": [list(remote.fallback_models), dict(remote.preferences)],
    }


def _stamps(path: Path) -> list[tuple[str, int, int]]:
    """Return name, size and time of change of each file: a model that was replaced is another model."""
    files = sorted(path.iterdir()) if path.is_dir() else [path] if path.exists() else []
    return [(file.name, stat.st_size, stat.st_mtime_ns) for file in files for stat in [file.stat()]]


def _meter(target: Target, price: Price) -> "Meter":
    from agentic_flow.providers.kept.answers import Meter

    return Meter(partial(price, target))


def _recordings(folder: Path) -> "Recordings":
    from agentic_flow.providers.kept.recordings import Recordings

    return Recordings(folder, lambda _: False)  # what only reads writes nothing
