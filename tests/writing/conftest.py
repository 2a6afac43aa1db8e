"""What tests of writing share: a spared disk, and both ways to open a folder."""

import os
from typing import cast

import pytest

from agentic_flow.writing import folders


@pytest.fixture(autouse=True)
def _without_syncing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Spare the disk: these tests cut off processes, not the power. One test looks at what is synced."""
    monkeypatch.setattr(os, "fsync", lambda _: None)


@pytest.fixture(params=["anchored", "by path"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Run a test on open folders, and again as on a platform that cannot look up names in them."""
    monkeypatch.setattr(folders, "ANCHORED", request.param == "anchored")
    return cast("str", request.param)
