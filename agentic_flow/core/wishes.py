"""Tasks as a person asks for them, before anything of them has been read."""

from collections.abc import Sequence
from dataclasses import KW_ONLY
from decimal import Decimal
from enum import StrEnum
from pathlib import Path

from agentic_flow.core.frozen import frozen
from agentic_flow.core.values import Priority


class Form(StrEnum):
    """How a file of tasks is written."""

    JSONL = "jsonl"
    CSV = "csv"


class EngineName(StrEnum):
    """Where the tasks of a batch are done."""

    LOCAL = "local"
    RAY = "ray"


class Purpose(StrEnum):
    """What a model is looked for."""

    CODING = "coding"
    FAST = "fast"
    REASONING = "reasoning"
    LONG_CONTEXT = "long-context"


@frozen
class Wish:
    """One task and all that may be said about how. None and empty leave it to the configuration."""

    _: KW_ONLY
    task: str | None = None
    """None, and `-` on a command line, until it has been read."""
    piped: str | None = None
    agent: str | None = None
    model: str | None = None
    auto_route: bool = False
    priority: Priority | None = None
    output_dir: Path | None = None
    context: Sequence[str] = ()
    """Paths and globs."""
    context_tokens: int | None = None
    check: Sequence[str] = ()
    max_attempts: int | None = None
    no_escalate: bool = False
    escalate_to: Sequence[str] = ()
    """Models, in the order in which they take over."""
    max_tokens: int | None = None
    temperature: float | None = None
    seed: int | None = None
    timeout: float | None = None
    max_cost: Decimal | None = None
    """US dollars."""
    no_log: bool = False
    dry_run: bool = False
    preview: bool = False
    overwrite: bool = False
    no_files: bool = False
    no_syntax_check: bool = False
    no_added_imports: bool = False


@frozen
class Recall:
    """What a person said about answers that were given before."""

    cache: bool | None = None
    """Use the cache, or not, whatever the settings say. True: for sampled answers, too."""
    record: Path | None = None
    """The folder that each answer is recorded in."""
    replay: Path | None = None
    """The folder whose answers are the only ones."""
