import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentic_flow.weights.growing import GrowingFile


@given(chunks=st.lists(st.binary(max_size=40), max_size=8), breaks=st.integers(0, 8))
def test_it_knows_its_hash_however_often_it_was_opened(
    tmp_path_factory: pytest.TempPathFactory, chunks: list[bytes], breaks: int
) -> None:
    path = tmp_path_factory.mktemp("growing") / "file.part"
    whole = b"".join(chunks)
    with GrowingFile(path, len(whole)) as file:
        for chunk in chunks[:breaks]:
            file.grow(chunk)
    with GrowingFile(path, len(whole)) as file:
        for chunk in chunks[breaks:]:
            file.grow(chunk)
        assert file.missing == 0
        assert file.sha256 == hashlib.sha256(whole).hexdigest()
        file.finish(path.with_name("file"))

    assert path.with_name("file").read_bytes() == whole
    assert not path.exists()


def test_it_never_becomes_longer_than_announced(tmp_path: Path) -> None:
    with GrowingFile(tmp_path / "file.part", 10) as file:
        file.grow(b"12345678")
        with pytest.raises(ValueError, match="more than the 10 bytes"):
            file.grow(b"9ab")

        assert file.length == 8


def test_what_is_longer_than_announced_is_begun_again(tmp_path: Path) -> None:
    (tmp_path / "file.part").write_bytes(b"123456789ab")

    with GrowingFile(tmp_path / "file.part", 10) as file:
        assert (file.length, file.missing) == (0, 10)


def test_after_a_restart_only_new_bytes_count(tmp_path: Path) -> None:
    with GrowingFile(tmp_path / "file.part", 10) as file:
        file.grow(b"old")
        file.restart()
        file.grow(b"new")
        assert file.sha256 == hashlib.sha256(b"new").hexdigest()

    assert (tmp_path / "file.part").read_bytes() == b"new"
