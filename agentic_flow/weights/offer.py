"""What every source promises before it delivers, so that disk and person can be asked first."""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from agentic_flow.weights.manifest import FileRecord
from agentic_flow.weights.progress import Report

KINDS = (".onnx", ".data", ".onnx_data", ".json", ".txt", ".model", ".jinja", ".gguf")
"""The files a model is made of: weights, graphs, tokenizers. No code, no pickles."""


class SourceFailed(Exception):
    """This source cannot serve. The text is the reason; the next source is tried."""


class Offer(Protocol):
    """A source that answered, and what it would deliver."""

    @property
    def words(self) -> str:
        """Who delivers, for the person and the manifest."""
        ...

    @property
    def commit(self) -> str | None:
        """The hub's commit, where there is one."""
        ...

    @property
    def size(self) -> int:
        """Bytes of the files as they will stand in the folder."""
        ...

    @property
    def peak(self) -> int:
        """Most bytes that the folder holds while `fetch` works."""
        ...

    def here(self, into: Path) -> int:
        """Return how many bytes of `peak` the folder already holds from an earlier try."""
        ...

    def fetch(self, into: Path, report: Report) -> Mapping[str, FileRecord]:
        """Bring the files into the folder, verified and on disk. Raises `SourceFailed`."""
        ...
