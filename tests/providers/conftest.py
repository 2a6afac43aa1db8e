"""A model to run that is written down by the tests."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from agentic_flow.core.settings import OnnxSettings
from agentic_flow.providers.local import LocalProvider
from tests.providers.toy_model import write_toy_model

OpenToy = Callable[..., LocalProvider]
"""`toy([b"first ", b"second"], settings, window=..., work=..., template=...)`."""


@pytest.fixture
def toy(tmp_path: Path) -> Iterator[OpenToy]:
    """Return what opens a toy model with a given reply; closed at the end of the test."""
    opened: list[LocalProvider] = []

    def open_toy(
        reply: Sequence[bytes], settings: OnnxSettings | None = None, **form: object
    ) -> LocalProvider:
        folder = write_toy_model(tmp_path / f"toy{len(opened)}", reply, **form)  # type: ignore[arg-type]  # checked there
        provider = LocalProvider(folder, "toy", settings or OnnxSettings(threads=1))
        opened.append(provider)
        return provider

    yield open_toy
    for provider in opened:
        provider.close()
