"""Which words are names of files, and what a fence of a language may hold."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentic_flow.core.filenames import bare_words, file_names, has_extension, is_file_name, is_spaced_name
from agentic_flow.core.languages import fits, is_language, language_of


@pytest.mark.parametrize(
    ("task", "names"),
    [
        ("Create a Python calculator: calculator.py with add and subtract.", ["calculator.py"]),
        ("Write `a.py`, (tests/test_a.py) and ./src/b.ts's test.", ["a.py", "tests/test_a.py", "src/b.ts"]),
        ("Make index.html, style.css, and app.js.", ["index.html", "style.css", "app.js"]),
        ("Fix the bug in pkg/__init__.py, then pkg/__init__.py again", ["pkg/__init__.py"]),
        ("A Dockerfile and a Makefile; also .gitignore", ["Dockerfile", "Makefile", ".gitignore"]),
        ("app/[id]/page.tsx and [slug].tsx (see main.c?)", ["app/[id]/page.tsx", "[slug].tsx", "main.c"]),
        ("Is it a.py or b.py? 'c.py'! \u201cd.py\u201d", ["a.py", "b.py", "c.py", "d.py"]),
        ("src\\win.py", ["src\\win.py"]),
        ("Use Node.js, e.g. at 9 a.m., or Vue.js i.e. v1.2 of 3.11", []),
        ("See https://some.org/a.py and github.com/me/b.py", []),
        ("All .py files and *.md, the .NET way; call console.log, os.path and np.array", []),
        ('Rename ".jpeg" to ".jpg" and zip the .pdf files', []),
        ("[link](other.md) in foo(bar.py", []),
        ("the license and the readme", []),
        ('Create `résumé 日本.py` and "Meeting Notes.md"', ["résumé 日本.py", "Meeting Notes.md"]),
        ("put 'my file.py' in \u201cMy Papers/one.txt\u201d", ["my file.py", "My Papers/one.txt"]),
        ('Run `python a.py`, `diff b.py c.py`; not "save it as d.py"', ["a.py", "b.py", "c.py", "d.py"]),
        ("it's in Ann's e.py, isn't it? 'tis f.py's", ["e.py", "f.py"]),
        ("", []),
    ],
)  # fmt: skip
def test_a_task_mentions_files(task: str, names: list[str]) -> None:
    assert list(file_names(task)) == names


@pytest.mark.parametrize(
    ("language", "path"),
    [
        ("python", "a.py"),
        ("Python", "a.pyi"),
        ("js", "a.tsx"),
        ("html", "t.jinja2"),
        ("dockerfile", "Dockerfile.dev"),
        ("make", "Makefile"),
        ("cmake", "CMakeLists.txt"),
        ("zig", "a.zig"),
        ("brandnew", "a.brandnew"),
        ("text", "requirements.txt"),
        ("c++", "a.hpp"),
    ],
)
def test_a_fence_fits_its_files(language: str, path: str) -> None:
    assert fits(language, path)


@pytest.mark.parametrize(
    ("language", "path"),
    [("python", "a.js"), ("json", "a.py"), ("bash", "a.py"), ("html", "a.css"), ("", "a.py")],
)
def test_a_fence_does_not_fit_others(language: str, path: str) -> None:
    assert not fits(language, path)


def test_languages_are_known_by_any_case() -> None:
    assert is_language("Python")
    assert not is_language("a.py")


def test_any_extension_is_one_where_a_name_is_expected() -> None:
    assert has_extension("conf/app.xyzzy")
    assert not has_extension("conf/app")
    assert not has_extension("version 1.2")
    assert not has_extension("1.2")


def test_a_known_name_is_one_word_and_not_a_part_of_another() -> None:
    known = ["a b.py", "c (1).md"]
    said = "Put a b.py, c (1).md and `a b.py` beside data b.py and x/a b.py!"
    assert list(bare_words(said, known)) == [
        *("Put", "a b.py", "c (1).md", "and", "a b.py", "beside", "data", "b.py", "and", "x/a", "b.py")
    ]


@given(st.text() | st.text(st.sampled_from("ab.py `'\"/\ue000\n")))
def test_any_text_can_be_asked(words: str) -> None:
    for name in file_names(words):
        assert is_file_name(name) or is_spaced_name(name)
        assert name in words


@pytest.mark.parametrize(
    ("path", "language"),
    [
        ("src/a.py", "python"),
        ("a.js", "javascript"),
        ("index.html", "html"),
        ("requirements.txt", "text"),
        ("greet.sh", "bash"),
        ("Dockerfile", "dockerfile"),
        ("a.unheard", None),
    ],
)
def test_a_file_has_a_language(path: str, language: str | None) -> None:
    assert language_of(path) == language
