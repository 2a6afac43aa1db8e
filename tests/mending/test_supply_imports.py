"""Python files get the imports that their answer forgot: where only one can be meant, and nothing else."""

import ast
import sys
import textwrap
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentic_flow.core.values import Draft
from agentic_flow.mending import supply_imports
from agentic_flow.mending.unbound import unbound_names


def mended(text: str, **others: str) -> Draft:
    """Mend `it.py`, with other files of the same answer beside it."""
    drafts = [
        Draft("it.py", textwrap.dedent(text)),
        *(Draft(f"{name}.py", code) for name, code in others.items()),
    ]
    return supply_imports(drafts, {})[0]


@pytest.mark.parametrize(
    ("code", "statement"),
    [
        ("print(os.path.exists('a'))", "import os"),
        ("print(json.dumps(1), json.loads('1'))", "import json"),
        ("def now():\n    return datetime.now()", "from datetime import datetime"),
        ("def day():\n    return datetime.date(2026, 1, 1)", "import datetime"),
        ("words = Counter('aab')", "from collections import Counter"),
        ("text = Path('a').read_text()", "from pathlib import Path"),
        ("home = Path.home()", "from pathlib import Path"),
        (
            "@dataclass\nclass A:\n    tags: list = field(default_factory=list)",
            "from dataclasses import dataclass, field",
        ),
        ("from math import sqrt\narea = pi * sqrt(2)", "from math import pi"),
        (
            "from flask import Flask\ndef home():\n    return jsonify(request.json)",
            "from flask import jsonify, request",
        ),
        ("def test_it():\n    with pytest.raises(ValueError):\n        int('a')", "import pytest"),
    ],
)
def test_a_name_that_one_import_gives_is_imported(code: str, statement: str) -> None:
    draft = mended(code)
    assert draft.added == (statement,)
    assert unbound_names(draft.text) == {}


@pytest.mark.parametrize(
    "code",
    [
        "print(os.no_such_thing)",
        "print(helper(1))",
        "print(requests.get('https://example.org'))",
        "field(1)",
        "from os import *\nprint(json.dumps(1))",
        "exec('json = 1')\nprint(json.dumps(1))",
        "try:\n    json\nexcept NameError:\n    json = None\nprint(json.dumps(1))",
        "def f(json):\n    return json.dumps(1)",
        "def f():\n    global json\n    json = load()\nprint(json.dumps(1))",
        "class A:\n    json = 1\n    also = json.real",
        "print([json.dumps for json in ()])",
        "match 1:\n    case json:\n        print(json.dumps)",
        "def broken(:\n    os.getcwd()",
        "x = 1; print(__file__, __name__)",
    ],
)
def test_in_doubt_a_file_stays_as_the_answer_gives_it(code: str) -> None:
    draft = mended(code)
    assert (draft.text, draft.added) == (code, ())


def test_a_name_of_the_file_beside_it_is_imported_from_there() -> None:
    draft = mended(
        "account = Account(1)\nprint(rates.of(account))", bank="class Account: ...", rates="def of(x): ..."
    )
    assert draft.added == ("import rates", "from bank import Account")


def test_a_name_that_two_files_have_is_left_alone() -> None:
    assert mended("account = Account(1)", bank="class Account: ...", shop="class Account: ...").added == ()


def test_two_files_never_import_each_other() -> None:
    first, second = supply_imports([Draft("a.py", "def f(): g()\n"), Draft("b.py", "def g(): f()\n")], {})
    assert (first.added, second.added) == (("from b import g",), ())


def test_files_of_a_package_import_each_other_relatively_and_others_by_its_name() -> None:
    texts = {"pkg/__init__.py": "", "pkg/a.py": "X = 1\n", "pkg/b.py": "y = X\n", "main.py": "print(X)\n"}
    added = {
        draft.path: draft.added for draft in supply_imports([Draft(*each) for each in texts.items()], {})
    }
    assert added["pkg/b.py"] == ("from .a import X",)
    assert added["main.py"] == ("from pkg.a import X",)


def test_a_file_that_was_given_can_be_imported_from() -> None:
    (draft,) = supply_imports([Draft("test_shop.py", "def test_sum():\n    assert total([1]) == 1\n")], {
        "shop.py": "def total(prices): ...\n", "notes.md": "total\n", "../far.py": "def total(): ...\n",
    })  # fmt: skip
    assert draft.added == ("from shop import total",)


def test_what_a_file_lacked_before_is_not_touched() -> None:
    (draft,) = supply_imports(
        [Draft("a.py", "print(json.dumps(1), os.getcwd())\n")], {"a.py": "print(json.dumps(1))\n"}
    )
    assert draft.added == ("import os",)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("x = os.sep\n", "import os\n\nx = os.sep\n"),
        ("import re\nx = os.sep, re\n", "import os\nimport re\nx = os.sep, re\n"),
        ('"""Doc."""\n\nx = os.sep\n', '"""Doc."""\n\nimport os\n\nx = os.sep\n'),
        (
            "#!/usr/bin/env python\n# Says it.\nx = os.sep\n",
            "#!/usr/bin/env python\nimport os\n\n# Says it.\nx = os.sep\n",
        ),
        ("from __future__ import annotations\n@f\ndef f(): os\n@os.x\ndef g(): ...", None),
        ("x = os.sep\r\n", "import os\r\n\r\nx = os.sep\r\n"),
        ("\ufeffx = os.sep\n", None),
        ('"""Doc."""; x = os.sep\n', None),
        ('"""A\x0cB\u2028C\n"""\nx = os.sep\n', '"""A\x0cB\u2028C\n"""\nimport os\n\nx = os.sep\n'),
    ],
)
def test_imports_go_where_a_person_puts_them(before: str, after: str | None) -> None:
    assert mended(before).text == (before if after is None else after)


def test_a_file_named_as_a_module_of_the_library_is_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a model wrote an hour ago may lie where Python looks first."""
    (tmp_path / "colorsys.py").write_text("raise SystemExit('run')\ndef rgb_to_hsv(): ...\n", "utf-8")
    monkeypatch.delitem(sys.modules, "colorsys", raising=False)
    monkeypatch.syspath_prepend(tmp_path)
    assert mended("print(colorsys.rgb_to_hsv(1, 1, 1))").added == ()
    monkeypatch.undo()
    assert mended("print(colorsys.rgb_to_hsv(1, 1, 1))").added == ("import colorsys",)


_LINES = """
import os
from math import pi
x = os.sep
print(json.dumps(x))
@dataclass
class A: y = field()
def f(): return Counter(x)
    z = 1
# words
'''doc'''
from __future__ import annotations
if x: re.sub('a', 'b', x)
for json in x: pass
del os
""".splitlines()


@given(st.lists(st.sampled_from(_LINES), max_size=12).map("\n".join))
def test_mending_only_adds_lines_and_is_done_at_once(text: str) -> None:
    (draft,) = supply_imports([Draft("a.py", text)], {})
    (again,) = supply_imports([Draft("a.py", draft.text)], {})
    assert again.text == draft.text
    rest = iter(draft.text.split("\n"))
    assert all(line in rest for line in text.split("\n"))  # the same lines in the same order
    if draft.added:
        ast.parse(draft.text)
        assert len(unbound_names(draft.text)) < len(unbound_names(text))
