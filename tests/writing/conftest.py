"""What tests of writing share: no clock, and both ways to open a folder."""

from typing import cast

import pytest
from hypothesis import settings

from agentic_flow.writing import folders

settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")


@pytest.fixture(params=["anchored", "by path"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Run a test on open folders, and again as on a platform that cannot look up names in them."""
    monkeypatch.setattr(folders, "ANCHORED", request.param == "anchored")
    return cast("str", request.param)
