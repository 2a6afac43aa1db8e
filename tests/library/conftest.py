"""A router whose OpenRouter is a server of the test."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from agentic_flow import ModelRouter
from tests.library.asking import KEY
from tests.providers.loopback import Loopback


@pytest.fixture
def at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Loopback], ModelRouter]:
    """Return what makes a router whose OpenRouter is a server of the test."""
    for name in ("ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL", "AGENTIC_FLOW_MODEL"):
        monkeypatch.delenv(name, raising=False)
    for name in ("XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name))
    monkeypatch.setenv("AGENTIC_FLOW_MODELS_DIR", str(tmp_path / "models"))
    monkeypatch.chdir(tmp_path)

    def make(server: Loopback) -> ModelRouter:
        monkeypatch.setenv("OPENROUTER_API_KEY", KEY)
        monkeypatch.setenv("OPENROUTER_BASE_URL", server.url)
        config = {"fallback": {"retryAttempts": 1, "backoffMs": 1}}
        (tmp_path / "router.config.json").write_text(json.dumps(config))
        return ModelRouter.from_config()

    return make
