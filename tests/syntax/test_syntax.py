"""What is wrong is found, with its line; what may be meant as it is, is left alone."""

import json
import sys

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from agentic_flow.syntax import check_syntax, newer_python


def complaints(path: str, text: str, task: str = "") -> list[str]:
    return [check.output_tail for check in check_syntax({path: text}, task)]


WRONG = {
    "a.py": ("x = 1\ndef f(:\n    pass\n", "line 2"),
    "unclosed.py": ("print('a'\n", "line 1"),
    "outside.py": ("return 1\n", "'return' outside function"),
    "tabs.py": ("if x:\n\ty = 1\n        z = 2\n", "line 3"),
    "two.py": ("print 'hello'\n", "Missing parentheses"),
    "a.json": ('{"a": 1,}\n', "line 1"),
    "package.json": ('{\n  // no\n  "a": 1\n}\n', "line 2"),
    "twice.json": ('{{"a": 1}}\n', "line 1"),
    "empty.json": ("", "line 1"),
    "tsconfig.json": ('{"a": }', "line 1"),
    "a.yaml": ("a: b: c\n", "line 1"),
    "docker-compose.yml": ("services:\n\tweb: {}\n", "line 2"),
    "a.toml": ("[a\nb = 1\n", "line 1"),
    "src/deep/pyproject.toml": ("name = agentic\n", "line 1"),
}


@pytest.mark.parametrize("path", WRONG)
def test_what_cannot_be_read_is_told_with_its_place(path: str) -> None:
    text, place = WRONG[path]
    (said,) = complaints(path, text)
    assert said.startswith(f"{path}: ")
    assert place in said


RIGHT = {
    "a.py": "async def f():\n    return [await g() async for x in y]\n",
    "escape.py": "import re\nre.compile('\\d')\n",
    "bom.py": "\ufeffx = 1\n",
    "stub.pyi": "def f(a: int = ...) -> str: ...\n",
    "type.py": "def f[T](x: T) -> T: ...\n",
    "a.json": '{"url": "https://a/b//c", "s": "/* no */ ,}"}\n',
    "tsconfig.json": '{\n  // comment\n  "a": "http://x", /* b */\n  "c": [1, 2,],\n}\n',
    "tsconfig.build.json": "{ // a\n}\n",
    ".vscode/settings.json": '{\n  // a\n  "b": 1,\n}\n',
    ".devcontainer/devcontainer.json": "{ /* a */ }\n",
    "data.jsonc": '{"a": 1, // b\n}\n',
    "rows.jsonl": '{"a": 1}\n{"a": 2}\n',
    "loose.json5": "{a: 1}\n",
    "kubernetes.yaml": "a: 1\n---\nb: 2\n---\n",
    "template.yaml": "Value: !Ref Name\nOther: !Sub '${A}'\nList: !GetAtt [a, b]\n",
    "workflow.yml": "on: push\njobs:\n  a:\n    if: ${{ github.ref }}\n",
    "empty.yaml": "",
    "a.toml": "[a]\r\nb = 1\r\nc = 1979-05-27\r\n",
    "Makefile": "a:\n\tb\n",
    "a.js": "function f( {",
}


@pytest.mark.parametrize("path", RIGHT)
def test_what_is_right_is_left_alone(path: str) -> None:
    assert complaints(path, RIGHT[path]) == []


MEANT = {
    "helm.yaml": "{{- if .Values.a }}\na: {{ .Values.b | quote }}\n{{- end }}\n",
    "role.yml": "a: {{ name }}\nb: {% if x %}1{% endif %}\n",
    "{{cookiecutter.slug}}/setup.py": "from {{ cookiecutter.slug }} import main\n",
    "generated.py": "{% for name in names %}\nimport {{ name }}\n{% endfor %}\n",
    "config.json": '{"a": {{ value }}, "b": 1}\n',
    "settings.toml": "a = {{ value }}\n",
    "erb.yml": "a: <%= ENV['A'] %>\n  b: 1\n",
    "old.py": "#!/usr/bin/env python2\nprint 'hello'\n",
    "tests/fixtures/a.json": "{",
    "tests/invalid.yaml": "a: b: c\n",
    "broken_config.toml": "[a\n",
}


@pytest.mark.parametrize("path", MEANT)
def test_what_is_filled_in_later_or_meant_to_be_wrong_is_left_alone(path: str) -> None:
    assert complaints(path, MEANT[path]) == []


def test_python_2_is_what_it_was_asked_to_be() -> None:
    assert complaints("a.py", "print 'hello'\n", "Write a.py in Python 2.7") == []
    assert complaints("a.py", "print 'hello'\n", "Write a.py for Python 3.12")


def test_a_format_string_is_no_template() -> None:
    assert complaints("a.py", 'x = f"{{{name}}}"\ndef f(:\n')


def test_depth_is_an_answer_and_no_crash() -> None:
    assert "too deeply" in complaints("a.json", "[" * 200_000)[0]
    assert complaints("a.py", "(" * 5_000 + ")" * 5_000)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.yaml", "[" * 20_000),
        ("a.yaml", "{a: " * 20_000),
        ("a.yaml", "- " * 20_000),
        ("a.toml", f"{'a.' * 20_000}a = 1"),
        ("a.toml", f"x = {{{'a . ' * 20_000}a = 1}}"),
    ],
)
def test_a_model_that_loops_is_not_read_to_the_end(path: str, text: str) -> None:
    """Readers look at all levels for each further one: this would take minutes."""
    assert complaints(path, text) == [f"{path}: it is nested too deeply to be read\n"]


def test_many_points_in_a_line_are_no_depth() -> None:
    assert not complaints("a.toml", 'x = """' + "One. Two three. " * 1_000 + '"""\ny = "' + "." * 1_000 + '"')
    assert not complaints("a.toml", f"x = [{'0.5, ' * 1_000}]")
    assert not complaints("a.yaml", "x: [" + "[1], " * 1_000 + "]")


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


@given(_VALUES)
def test_whatever_can_be_dumped_passes(value: object) -> None:
    for path, text in {
        "a.json": json.dumps(value),
        "tsconfig.json": json.dumps(value, ensure_ascii=False, indent=1),
        "a.yaml": yaml.safe_dump(value),
    }.items():
        assert complaints(path, text) == []


@given(
    st.text(alphabet=st.characters(exclude_categories=["Cs"])),
    st.sampled_from(["py", "json", "yaml", "toml", "jsonc"]),
)
def test_any_text_gets_an_answer(text: str, kind: str) -> None:
    assert all(said.endswith("\n") for said in complaints(f"a.{kind}", text))


# What Python 3.12 and 3.14 brought; each is right there, and a slip beside it is a slip in all of them.
NEWER = [
    "type X = int\n",
    "type Pair[T, *Ts, **P] = tuple[T, T]\n",
    "def f[T: (int, str) = int](x: T) -> T:\n    return x\n",
    "async def f[\n    T,\n    U,\n](x: T) -> U: ...\n",
    "class A[T]:\n    async def g[U](self, x: U) -> U: ...\n",
    'd = {}\nprint(f"{d["a"]} {d["b"]!r:>{d["w"]}} {d["c"]=}")\n',
    "print(f\"{'\\n'.join([])}\")\n",
    "print(f'''{\n    1  # one\n} {{}} {f'{f'{2}'}'}''')\n",
    "try:\n    f()\nexcept A, b.C:\n    pass\n",
    'x = t"{1}"\n',
]
BESIDE = [
    "print(\n",
    "print 'hello'\n",
    "x = = 1\n",
    "return 1\n",
    "f'{x +}'\n",
    "f'{ # nothing\n}'\n",
    "'open\n",
]


@pytest.mark.parametrize("text", NEWER)
def test_what_only_a_newer_python_understands_is_not_called_wrong(text: str) -> None:
    assert complaints("a.py", text) == []
    for wrong in BESIDE:
        assert complaints("a.py", f"{text}{wrong}") != []
        assert newer_python({"a.py": f"{text}{wrong}"}) == []


@pytest.mark.parametrize(
    "text",
    [
        "type X == int\n",
        "type = = int\n",
        "classes[0 = 1\n",
        "def f[1](x): ...\n",
        "def f[T x](x): ...\n",
        "def f[T: ](x): ...\n",
        "def f[*T: int](x): ...\n",
        "def f[T]g(x): ...\n",
        'f"{d["a"}"\n',
        'f"{d["a"]!x}"\n',
        'f"{}" f"{d["a"]}"\n',
        "try:\n    f()\nexcept A, B as c:\n    pass\n",
        "try:\n    f()\nexcept ValueError, e:\n    pass\n",  # Python 2
    ],
)
def test_what_no_python_understands_stays_wrong(text: str) -> None:
    assert complaints("a.py", text) != []


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="nothing here is newer than this Python")
def test_a_file_for_a_newer_python_is_told_of() -> None:
    newer = "try:\n    f()\nexcept A, B:\n    pass\n"

    assert newer_python({"a.py": newer, "b.py": "x = 1\n", "c.py": "x = = 1\n", "d.txt": newer}) == ["a.py"]
