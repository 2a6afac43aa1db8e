"""What a worker of a cluster does for itself, before and after it has its keys. Needs no Ray."""

import os
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from agentic_flow.batch import cluster
from agentic_flow.batch.abroad import Abroad
from agentic_flow.batch.entries import Entry
from agentic_flow.core.errors import UsageMistake
from agentic_flow.core.settings import Secret
from agentic_flow.core.wishes import Wish

ENTRY = Entry(1, "tasks.jsonl:1", "a", Wish(task="Say a"))


@pytest.fixture
def lent() -> Generator[list[Abroad]]:
    """Return what the worker was lent when it prepared its first task; it works in a folder of its own."""
    before = Path.cwd()
    yield []
    os.chdir(before)


def worker(folder: Path, lent: list[Abroad]) -> Any:
    def make(abroad: Abroad) -> Any:
        lent.append(abroad)

        def prepare(*_: object) -> Any:
            message = "prepared"
            raise UsageMistake(message)

        return prepare

    return cluster._Worker(make, None, str(folder))  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]


def test_a_worker_whose_keys_do_not_come_says_so_in_the_result_of_each_task(
    tmp_path: Path, lent: list[Abroad], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "_KEYS_WITHIN", 0.01)
    waiting = worker(tmp_path, lent)
    for _ in range(2):
        result = waiting.perform(ENTRY).ended.result
        assert result.status == "auth"
        assert "the driver's keys did not reach this worker" in result.error
    assert lent == []

    waiting.hold({"anthropic": Secret("sk-a-key")})
    assert "prepared" in waiting.perform(ENTRY).ended.result.error
    assert [dict(abroad.keys) for abroad in lent] == [{"anthropic": Secret("sk-a-key")}]
