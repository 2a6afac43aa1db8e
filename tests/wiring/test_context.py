"""`--context`: what it names is read once and whole, or refused in words that say what would do."""

import os
from pathlib import Path

import pytest

from agentic_flow.core.errors import UsageMistake
from agentic_flow.wiring.context import read_context


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in a folder with some files."""
    folder = tmp_path / "here"
    (folder / "src").mkdir(parents=True)
    monkeypatch.chdir(folder)
    (folder / "a.py").write_bytes(b"\xef\xbb\xbfx = 1\r\n")
    (folder / "src/b.py").write_text("y = 2\n")
    (folder / "src/caf\u00e9.py").write_text("z = 3\n")
    (tmp_path / "outside.py").write_text("o = 0\n")
    return folder


def test_files_and_patterns_are_read_once_each_in_the_order_they_are_named(here: Path) -> None:
    found = read_context(["src/b.py", "**/*.py", "./a.py", str(here / "a.py"), "../outside.py"])

    assert [(file.shown, file.text) for file in found.files] == [
        ("src/b.py", "y = 2\n"),
        ("a.py", "x = 1\r\n"),
        ("src/caf\u00e9.py", "z = 3\n"),
        ("outside.py", "o = 0\n"),
    ]
    assert all(file.path.is_absolute() for file in found.files)


def test_a_file_whose_name_looks_like_a_pattern_is_that_file(here: Path) -> None:
    (here / "[id].tsx").write_text("page\n")

    assert [file.shown for file in read_context(["[id].tsx"]).files] == ["[id].tsx"]


@pytest.mark.parametrize(
    ("named", "said"),
    [
        ("", "--context is empty"),
        ("src", "is a folder; name its files, for example 'src/*.py'"),
        ("gone.py", "there is no such file"),
        ("*.rs", "the pattern matches no file"),
        ("s*c", "the pattern matches no file"),
        ("pipe", "is no regular file; pipe it in beside --task instead"),
        ("/dev/zero", "is no regular file"),
        ("latin.txt", "is not UTF-8 text; leave it out or convert it"),
        ("huge.txt", "is larger than 4 MB; give a part of it"),
    ],
)
def test_what_cannot_be_read_is_named_with_what_would_do(here: Path, named: str, said: str) -> None:
    os.mkfifo(here / "pipe")
    (here / "latin.txt").write_bytes(b"caf\xe9\n")
    (here / "huge.txt").write_bytes(b"x" * 4_000_001)

    with pytest.raises(UsageMistake) as refused:
        read_context(["a.py", named])

    assert said in str(refused.value)
    assert named in str(refused.value)


PICTURE = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"


def test_a_pattern_leaves_out_what_is_no_text_and_says_so(here: Path) -> None:
    (here / "src/logo.png").write_bytes(PICTURE)
    (here / "src/film.mp4").write_bytes(PICTURE * 400_000)

    found = read_context(["src/**"])

    assert [file.shown for file in found.files] == ["src/b.py", "src/caf\u00e9.py"]
    assert found.unreadable == ("src/film.mp4", "src/logo.png")


@pytest.mark.parametrize(
    ("patterns", "said"),
    [
        (["src/*", "src/logo.png"], "src/logo.png: is not UTF-8 text"),
        (["src/*", "./src/logo.png"], "src/logo.png: is not UTF-8 text"),
        (["src/*.png"], "there is no text, only files such as src/logo.png"),
        (["*.txt"], "latin.txt: is not UTF-8 text"),
    ],
    ids=["named", "named-otherwise", "alone", "text-to-convert"],
)
def test_what_is_no_text_is_refused_where_it_is_meant(here: Path, patterns: list[str], said: str) -> None:
    (here / "src/logo.png").write_bytes(PICTURE)
    (here / "latin.txt").write_bytes(b"caf\xe9\n")

    with pytest.raises(UsageMistake, match=said):
        read_context(patterns)
