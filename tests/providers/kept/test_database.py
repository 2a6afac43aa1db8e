"""The database of kept answers: what leaves first, and what many processes do to it."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import pytest

from agentic_flow.core.values import StopReason, Target, Usage
from agentic_flow.providers.kept.answers import KeptAnswer
from agentic_flow.providers.kept.database import AnswerDatabase, Contents, Limits, Unusable

TARGET = Target("anthropic", "claude-x")


def said(text: str) -> KeptAnswer:
    return KeptAnswer(text, StopReason.END, "claude-x-1", Usage(10, 20, 3, 4), Decimal("0.00123"), 1500)


def there(database: AnswerDatabase, *keys: str) -> list[str]:
    return [key for key in keys if database.get(key) is not None]


def test_an_answer_comes_back_as_it_was(tmp_path: Path) -> None:
    database = AnswerDatabase(tmp_path / "a.sqlite3", Limits())
    odd = said('"; DROP TABLE answers; --\n\r\n\0 \u2028 \U0001f600')
    database.put("k", TARGET, odd)
    assert database.get("k") == odd


def test_nothing_is_made_by_looking(tmp_path: Path) -> None:
    database = AnswerDatabase(tmp_path / "folder/a.sqlite3", Limits())
    assert database.get("k") is None
    assert database.contents() == Contents()
    database.clear()
    assert not (tmp_path / "folder").exists()


def test_the_least_recently_used_answer_leaves_first(tmp_path: Path) -> None:
    database = AnswerDatabase(tmp_path / "a.sqlite3", Limits(answers=2))
    database.put("a", TARGET, said("a"))
    database.put("b", TARGET, said("b"))
    database.get("a")
    database.put("c", TARGET, said("c"))
    assert there(database, "a", "b", "c") == ["a", "c"]


def test_answers_leave_until_the_new_one_has_room(tmp_path: Path) -> None:
    database = AnswerDatabase(tmp_path / "a.sqlite3", Limits(bytes=10_000))
    for key in "abc":
        database.put(key, TARGET, said("x" * 3000))
    assert there(database, "a", "b", "c") == ["b", "c"] or there(database, "a", "b", "c") == ["a", "b", "c"]
    database.put("d", TARGET, said("x" * 6000))
    assert "d" in there(database, "a", "b", "c", "d")
    assert database.contents().bytes <= 10_000


def test_an_answer_larger_than_all_room_drives_nothing_out(tmp_path: Path) -> None:
    database = AnswerDatabase(tmp_path / "a.sqlite3", Limits(bytes=2000))
    database.put("a", TARGET, said("a"))
    database.put("b", TARGET, said("x" * 5000))
    assert there(database, "a", "b") == ["a"]


def test_an_answer_that_is_kept_again_counts_once(tmp_path: Path) -> None:
    database = AnswerDatabase(tmp_path / "a.sqlite3", Limits())
    for text in ("one", "two"):
        database.put("k", TARGET, said(text))
    assert database.contents().answers == 1
    assert database.get("k") == said("two")


def test_a_text_that_is_not_what_was_kept_is_not_told(tmp_path: Path) -> None:
    database = AnswerDatabase(tmp_path / "a.sqlite3", Limits())
    database.put("k", TARGET, said("right"))
    with closing(sqlite3.connect(database.path)) as other:
        other.execute("UPDATE answers SET text = 'wrong'")
        other.commit()
    with pytest.raises(Unusable, match="an answer is damaged"):
        database.get("k")


_WORKER = """
import sys
from pathlib import Path
from tests.providers.kept.test_database import AnswerDatabase, Limits, TARGET, said
database = AnswerDatabase(Path(sys.argv[1]), Limits(answers=30))
for number in range(25):
    key = f"{number % 10}" if number % 2 else f"{sys.argv[2]}-{number}"
    if database.get(key) is None:
        database.put(key, TARGET, said(key))
    found = database.get(key)
    assert found is None or found.text == key
"""


@pytest.mark.timeout(60)
def test_processes_that_begin_at_once_share_one_file(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite3"
    workers = [
        subprocess.Popen([sys.executable, "-c", _WORKER, str(path), str(number)], stderr=subprocess.PIPE)
        for number in range(6)
    ]
    for worker in workers:
        _, complaint = worker.communicate(timeout=50)
        assert worker.returncode == 0, complaint.decode()
    contents = AnswerDatabase(path, Limits()).contents()
    assert contents.answers <= 30
    assert [file.name for file in tmp_path.iterdir() if file.name.startswith(".")] == []
