"""The forms in which models send files, and the things that look like files and are none."""

import pytest

from agentic_flow.extraction import extract
from tests.extraction.blocks import CODE, PY

JS = "```javascript\nexport default 1\n```\n"
SH = "```bash\npython a.py\n```\n"
A = {"a.py": CODE}

# One row a shape: what it is called, the reply, the files in it.
TAKEN: list[tuple[str, str, dict[str, str]]] = [
    # the line above
    ("path", f"src/a.py\n{PY}", {"src/a.py": CODE}),
    ("path with a colon", f"a.py:\n{PY}", A),
    ("backticks and colon", f"`a.py`:\n{PY}", A),
    ("bold backticks", f"**`a.py`**\n\n{PY}", A),
    ("bold label", f"**File: `a.py`**\n{PY}", A),
    ("label in bold, name outside", f"**File:** a.py\n{PY}", A),
    ("italics", f"*a.py*\n{PY}", A),
    ("quotes", f'"a.py"\n{PY}', A),
    ("filename label", f"Filename: a.py\n{PY}", A),
    ("file path label", f"File path: src/a.py\n{PY}", {"src/a.py": CODE}),
    ("numbered heading", f"### 1. `a.py`\n\n{PY}", A),
    ("step heading", f"## Step 1: Create `a.py`\n\n{PY}", A),
    ("numbered file label", f"### File 1: a.py\n{PY}", A),
    ("closed heading", f"## a.py ##\n{PY}", A),
    ("rules around", f"=== a.py ===\n{PY}", A),
    ("dashes around", f"--- a.py ---\n{PY}", A),
    ("picture in front", f"\U0001f4c4 a.py\n{PY}", A),
    ("link", f"[a.py](./a.py)\n{PY}", A),
    ("summary element", f"<details><summary>a.py</summary>\n\n{PY}\n</details>\n", A),
    ("dot slash", f"./a.py\n{PY}", A),
    ("name and description", f"`a.py` - adds two numbers\n{PY}", A),
    ("name, dash, long description", f"**a.py** \u2014 prints the example output\n{PY}", A),
    ("remark updated", f"a.py (updated)\n{PY}", A),
    ("remark in italics", f"`a.py` *(new)*\n{PY}", A),
    ("heading with the name in brackets", f"### Main application (`a.py`)\n{PY}", A),
    ("folder name with brackets", "app/[id]/page.tsx\n```tsx\nx\n```\n", {"app/[id]/page.tsx": "x\n"}),
    ("name of no extension", "Dockerfile\n```dockerfile\nFROM x\n```\n", {"Dockerfile": "FROM x\n"}),
    ("Makefile in a make fence", "### Makefile\n```make\nall:\n\tx\n```\n", {"Makefile": "all:\n\tx\n"}),
    ("dot file", ".gitignore\n```\n*.pyc\n```\n", {".gitignore": "*.pyc\n"}),
    ("dot file in a shell fence", "`.gitignore`\n```bash\n*.pyc\n```\n", {".gitignore": "*.pyc\n"}),
    (
        "requirements without a language",
        "requirements.txt:\n```\nflask\n```\n",
        {"requirements.txt": "flask\n"},
    ),
    ("script in a shell fence", "run.sh\n```bash\n#!/bin/sh\nls\n```\n", {"run.sh": "#!/bin/sh\nls\n"}),
    ("unknown extension in a folder", "conf/app.xyzzy\n```\na=1\n```\n", {"conf/app.xyzzy": "a=1\n"}),
    ("name with spaces under a label", "File: my notes.md\n```markdown\nhi\n```\n", {"my notes.md": "hi\n"}),
    # a sentence above
    ("here is", f"Here is the complete `a.py`:\n{PY}", A),
    ("here's, no backticks", f"Here's the code for a.py:\n\n{PY}", A),
    ("create a file named", f"Create a file named `a.py` with the following content:\n{PY}", A),
    ("save as", f"Save this as `a.py`:\n{PY}", A),
    ("next, the", f"Next, the module `a.py`:\n{PY}", A),
    ("tests in a test file", f"Now add tests in `tests/test_a.py`:\n{PY}", {"tests/test_a.py": CODE}),
    # the section's title, prose between
    ("title and prose", f"### `a.py`\n\nThis module adds numbers.\n\n{PY}", A),
    ("the name in a fence of its own", f"```\na.py\n```\n\n{PY}", A),
    # the info string
    ("info: language and path", f"```python a.py\n{CODE}```", A),
    ("info: path", f"```src/a.py\n{CODE}```\n", {"src/a.py": CODE}),
    ("info: file=", f"```python file=a.py\n{CODE}```\n", A),
    ("info: filename in braces", f'```{{.python filename="a.py"}}\n{CODE}```\n', A),
    ("info: brackets", "```js [src/a.js]\nx\n```\n", {"src/a.js": "x\n"}),
    ("info: comment", f"```python // a.py\n{CODE}```\n", A),
    ("info wins over a sentence", f"Use it with b.py:\n```python:a.py\n{CODE}```\n", A),
    # the first line
    (
        "first comment with a label",
        f"```python\n# File: a.py\n{CODE}```\n",
        {"a.py": f"# File: a.py\n{CODE}"},
    ),
    ("first comment, html", "```html\n<!-- i.html -->\n<p>\n```\n", {"i.html": "<!-- i.html -->\n<p>\n"}),
    ("first comment, css", "```css\n/* s.css */\np {}\n```\n", {"s.css": "/* s.css */\np {}\n"}),
    (
        "first comment where none is legal",
        '```json\n// package.json\n{"a": 1}\n```\n',
        {"package.json": '{"a": 1}\n'},
    ),
    (
        "after a shebang",
        "```python\n#!/usr/bin/env python\n# a.py\nx\n```\n",
        {"a.py": "#!/usr/bin/env python\n# a.py\nx\n"},
    ),
    (
        "first comment under a sentence",
        f"The module:\n```python\n# a.py\n{CODE}```\n",
        {"a.py": f"# a.py\n{CODE}"},
    ),
    # elements
    ("element, name", "<file name='a.py'>\nx\n</file>", {"a.py": "x\n"}),
    ("element around a fence", f'<file path="a.py">\n{PY}</file>\n', A),
    ("element with CDATA", '<file path="a.py"><![CDATA[\nx\ny\n]]></file>\n', {"a.py": "x\ny\n"}),
    ("element on one line", '<file path="a.txt">x</file>', {"a.txt": "x\n"}),
    (
        "elements inside an element",
        '<file path="a.xml">\n<file path="b"/>\n</file>',
        {"a.xml": '<file path="b"/>\n'},
    ),
    # fences
    ("closed longer than opened", f"a.py\n```python\n{CODE}`````\n", A),
    ("tildes inside backticks", "a.md\n```markdown\n~~~\nx\n~~~\n```\n", {"a.md": "~~~\nx\n~~~\n"}),
    (
        "indented in a numbered list",
        "1. `a.py`\n\n    ```python\n    def f():\n        return 1\n    ```\n",
        A,
    ),
    ("closing fence less indented", "- a.py\n    ```python\n    x\n  ```\n", {"a.py": "x\n"}),
    (
        "fence deep in a docstring",
        'a.py\n```python\n"""\n    ```\n    x\n    ```\n"""\n```\n',
        {"a.py": '"""\n    ```\n    x\n    ```\n"""\n'},
    ),
    (
        "marked fence in a docstring",
        'a.py\n```python\n"""\n```sh\nx\n```\n"""\n```\n',
        {"a.py": '"""\n```sh\nx\n```\n"""\n'},
    ),
    (
        "readme with bare fences",
        "README.md\n```markdown\n# T\n\n```\nx\n```\n\nEnd.\n```\n",
        {"README.md": "# T\n\n```\nx\n```\n\nEnd.\n"},
    ),
    (
        "readme with a bare fence after a colon",
        "README.md\n```md\nRun:\n```\nx\n```\n```\n",
        {"README.md": "Run:\n```\nx\n```\n"},
    ),
    (
        "readme, then another file",
        f"README.md\n```markdown\n# T\n```bash\nx\n```\n\n```\na.py\n{PY}",
        {"README.md": "# T\n```bash\nx\n```\n\n", **A},
    ),
    ("empty file", f"pkg/__init__.py\n```python\n```\n\na.py\n{PY}", {"pkg/__init__.py": "", **A}),
    ("blank line first is kept", "a.txt\n```\n\nx\n```\n", {"a.txt": "\nx\n"}),
    ("line separators that are none", "a.txt\n```\nx\u2028y\x0cz\n```\n", {"a.txt": "x\u2028y\x0cz\n"}),
    # thoughts
    ("thought without its opening tag", f"first a.py\n```python\nbad\n```\n</think>\n\na.py\n{PY}", A),
    ("thought with an open fence", f"<think>\n```python\nbad\n</think>\na.py\n{PY}", A),
    ("answer on the line of the tag", f"<think>x</think>a.py\n{PY}", A),
    ("another tag, in the middle", f"Ok.\n<thinking>\nb.py\n{PY}</thinking>\na.py\n{PY}", A),
    (
        "tag inside a file",
        "a.py\n```python\ntag = '''\n<think>\n'''\n```\n",
        {"a.py": "tag = '''\n<think>\n'''\n"},
    ),
    ("closing tag inside a file", "a.py\n```python\n</think>\n```\n", {"a.py": "</think>\n"}),
    # line ends
    ("byte order mark and CRLF", f"\ufeffa.py\n{PY}".replace("\n", "\r\n"), A),
    ("bare carriage returns", f"a.py\n{PY}".replace("\n", "\r"), A),
    # several
    (
        "file, usage, output",
        f"a.py\n{PY}\nUsage:\n```python\nfrom a import f\n```\nIt prints:\n```\n1\n```\n",
        A,
    ),
    ("unchanged file mentioned after", f"a.py\n{PY}\nb.py (unchanged)\n{PY}", A),
    ("shown whole, then a tip to extend it", f"a.py\n{PY}\nTo add more, add this to `a.py`:\n{PY}", A),
    ("same file, other language fence of shell", f"a.py\n{PY}\nRun `a.py`:\n{SH}", A),
    ("listing of a tree first", f"```\nsrc/\n  a.py\n```\n\na.py\n{PY}", A),
    ("stray fence at the end", f"a.py\n{PY}```\n", A),
    (
        "one fence, two named comments",
        "```python\n# a.py\nx\n\n# test_a.py\ny\n```\n",
        {"a.py": "# a.py\nx\n", "test_a.py": "# test_a.py\ny\n"},
    ),
    (
        "one fence, three languages",
        "```html\n<!-- i.html -->\n<p>\n\n/* s.css */\np {}\n\n// m.js\n1\n```\n",
        {"i.html": "<!-- i.html -->\n<p>\n", "s.css": "/* s.css */\np {}\n", "m.js": "// m.js\n1\n"},
    ),
]

# One row a reply that holds no file: what it is called, the reply, a word its problem must hold.
REFUSED: list[tuple[str, str, str]] = [
    ("prose", "You should try harder.", "no block"),
    ("nothing", "", "no block"),
    ("unnamed code", PY, "no file name"),
    ("the end is missing", "a.py\n```python\nx = 1\n", "a.py"),
    ("the element's end is missing", '<file path="a.py">\nx = 1\n', "a.py"),
    ("only thoughts", f"<think>\na.py\n{PY}", "thinks"),
    ("left out", "a.py\n```python\nimport x\n# ... rest unchanged\n```\n", "left out"),
    ("left out, existing code", "a.js\n```js\n// ... existing code ...\nx()\n```\n", "left out"),
    ("left out, as before", "a.py\n```python\nx()\n# rest of the code remains the same\n```\n", "left out"),
    ("diff", "a.py\n```diff\n-x\n+y\n```\n", "diff"),
    ("add this to", f"Add the following to `a.py`:\n{PY}", "part"),
    ("in the file, change", f"In `a.py`, change the return value:\n{PY}", "part"),
    ("updated function in", f"Here is the updated function in `a.py`:\n{PY}", "part"),
    ("lines of", f"a.py (lines 10-20)\n{PY}", "part"),
    ("citation", f"```12:20:src/a.py\n{CODE}```\n", "lines"),
    ("snippet", f"A snippet of `a.py`:\n{PY}", "part"),
    ("other name inside", f"a.py\n```python\n# b.py\n{CODE}```\n", "b.py"),
    ("json in a python file", 'a.py\n```json\n{"x": 1}\n```\n', "json"),
    ("second file begins somewhere", "a.py\n```python\nx\n\n# b.py\ny\n```\n", "another file"),
    ("placeholder", f"path/to/file.py\n{PY}", "stands for"),
    ("several blocks under one title", f"### `a.py`\n\nFirst this.\n\n{PY}\nThen that.\n\n{PY}", "several"),
    ("no name in the element", '<file path="the answer">\nx\n</file>', "no file name"),
    ("list of names", f"Files:\n- a.py\n- b.py\n{PY}", "no file name"),
    ("usage", f"Usage of `a.py`:\n{PY}", "no block"),
    ("example with a named comment", "Example usage:\n```python\n# main.py\nimport a\n```\n", "no block"),
    ("tests for a file", f"Here are the tests for `a.py`:\n{PY}", "no block"),
    ("before the change", f"a.py (before)\n{PY}", "no block"),
    ("running", f"Running `a.py`:\n{SH}", "no block"),
    ("shell with a named comment", "```bash\n# setup.sh\n./setup.sh\n```\n", "no block"),
    ("install command", "requirements.txt\n```bash\npip install -r requirements.txt\n```\n", "no block"),
    ("console", "a.py\n```console\n$ python a.py\n```\n", "no block"),
    ("interpreter session", "a.py\n```python\n>>> f()\n1\n```\n", "no block"),
    ("product", f"Node.js:\n{JS}", "no file name"),
    ("web address", f"https://some.org/a.py\n{PY}", "no file name"),
    ("route", '### /users\n```json\n{"id": 1}\n```\n', "no file name"),
    ("what an object does", f"### asyncio.gather\n{PY}", "no file name"),
    ("either of two", f"Put it in `a.py` or `b.py`:\n{PY}", "no file name"),
    ("quoted", "> a.py\n> ```python\n> x\n> ```\n", "no block"),
    ("inline fence", "Use ```python a.py``` for it.", "no block"),
    ("inside a readme that never ends", f"README.md\n```markdown\n# T\n\na.py\n{PY}", "README.md"),
    ("mentioned, nothing announced", f"I had a look at `a.py` today\n{PY}", "no file name"),
]


@pytest.mark.parametrize(("reply", "files"), [row[1:] for row in TAKEN], ids=[row[0] for row in TAKEN])
def test_takes_exactly_the_files_a_reply_gives(reply: str, files: dict[str, str]) -> None:
    found = extract(reply)

    assert {draft.path: draft.text for draft in found.drafts} == files
    assert found.problems == ()


@pytest.mark.parametrize(("reply", "word"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_takes_nothing_else_and_says_why(reply: str, word: str) -> None:
    found = extract(reply)

    assert found.drafts == ()
    assert any(word in problem for problem in found.problems), found.problems
