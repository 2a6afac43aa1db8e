"""Names of every kind: with spaces, without an extension, and words that only look like one."""

import pytest

from agentic_flow.extraction import extract
from tests.extraction.blocks import CODE, PY, files

SPACED = ["résumé 日本.py", "my file.py", "docs/Meeting Notes 2.md", "My Documents/report final.txt"]


@pytest.mark.parametrize("name", SPACED)
@pytest.mark.parametrize(
    "form",
    ["`{}`", '"{}"', "**`{}`**:", "### `{}`", "1. `{}`", "`{}` (new)", "File: {}", "Here is `{}`, in full:"],
)
def test_a_name_with_spaces_is_one_where_signs_show_its_ends(form: str, name: str) -> None:
    assert files(extract(f"{form.format(name)}\n```\n{CODE}```\n")) == {name: CODE}


@pytest.mark.parametrize("name", SPACED)
@pytest.mark.parametrize("form", ["{}", "### {}", "**{}**", "Here is {}:", "`{}`"])
def test_a_name_with_spaces_that_the_task_quotes_is_one_in_every_form(form: str, name: str) -> None:
    assert files(extract(f"{form.format(name)}\n```\n{CODE}```\n", named=[name])) == {name: CODE}
    assert files(extract(f"```python {name}\n{CODE}```\n", named=[name])) == {name: CODE}


@pytest.mark.parametrize(
    "name", ["my notes.md", "приве́т мир.py", "日本 語.py", "docs/my notes.md", "one two three.txt"]
)
@pytest.mark.parametrize(
    "form", ["{}", "{}:", "**{}**", "### {}", "- {}", "### 1. {}", "### {} (new)", "**File: {}**", "*{}*"]
)
def test_a_line_that_is_only_a_name_with_spaces_names_the_whole_of_it(form: str, name: str) -> None:
    assert files(extract(f"{form.format(name)}\n\n```\n{CODE}```\n")) == {name: CODE}


@pytest.mark.parametrize(
    "line",
    [
        "### Backend app.py",
        "**Python app.py**",
        "**html app.py**",
        "### My first app.py",
        "Here is my app.py:",
        "then app.py:",
        "**the main app.py**",
        "### corrected app.py",
        "Create my app.py",
        "### usage of my app.py",
    ],
)
def test_words_before_a_name_that_tell_of_it_are_no_part_of_it(line: str) -> None:
    found = files(extract(f"{line}\n```python\n{CODE}```\n"))

    assert found.keys() <= {"app.py"}


@pytest.mark.parametrize(
    "line",
    ["`python app.py`", "`pip install -r requirements.txt`", '"save it as app.py"', "`diff a.py b.py`"],
)
def test_a_command_or_a_sentence_in_quotes_is_no_file(line: str) -> None:
    assert line[1:-1] not in files(extract(f"{line}\n```\n{CODE}```\n"))


@pytest.mark.parametrize(
    "name",
    [
        "top.sv",
        "x.f90",
        "solver.pyx",
        "kernel.cu",
        "unit.pas",
        "cpu.v",
        "cpu.vhd",
        "main.adb",
        "rule.rego",
        "main.bicep",
        "x.jsonnet",
        "guide.adoc",
        "rows.ndjson",
        "run.log",
        "de.po",
        "page.twig",
        "api.thrift",
        "schema.prisma",
        "table.unheard",
    ],
)
def test_a_path_alone_on_the_line_before_a_fence_is_one_whatever_its_extension(name: str) -> None:
    extension = name.rpartition(".")[2]
    for info in ("", extension):
        found = extract(f"{name}\n```{info}\n{CODE}```\n\na.py\n{PY}")
        assert (files(found), found.left_out) == ({name: CODE, "a.py": CODE}, ())
    for form in ("**{}**", "### `{}`", "{}:"):
        reply = f"{form.format(name)}\n```{extension}\n{CODE}```\n"
        assert files(extract(reply, mentioned=[name])) == {name: CODE}


@pytest.mark.parametrize("info", ["", "bash", "python"])
def test_a_path_without_an_extension_is_one_where_the_task_speaks_of_it(info: str) -> None:
    reply = f"bin/run\n```{info}\n{CODE}```\n\na.py\n{PY}"

    assert files(extract(reply, mentioned=["bin/run"])) == {"bin/run": CODE, "a.py": CODE}
    found = extract(reply)
    assert files(found) == {"a.py": CODE}
    assert "in line 2 (under 'bin/run')" in found.left_out[0]


@pytest.mark.parametrize(
    "line", ["os.path", "numpy.linalg", "Node.js", "and/or", "golang.org", "e.g.", "### os.path", "v1.2"]
)
def test_a_word_with_a_dot_or_a_slash_over_code_is_no_file_for_that(line: str) -> None:
    found = extract(f"{line}\n```python\nimport os\n```\n\na.py\n{PY}", mentioned=["np.log"])

    assert (files(found), found.problems) == ({"a.py": CODE}, ())
    assert len(found.left_out) == 1


@pytest.mark.parametrize("name", ["with space.md", "docs/with space.py", "the plan.md"])
def test_small_words_are_of_a_name_where_signs_show_its_ends(name: str) -> None:
    assert files(extract(f"`{name}`\n```\n{CODE}```\n", named=["a.py"])) == {name: CODE}
