"""The file form, held by the runtime: a toy model tries to say a text; the grammar lets it or bends it."""

import pytest

from agentic_flow.core.events import TextDelta
from agentic_flow.core.settings import OnnxSettings
from agentic_flow.core.values import Message, Output, Prompt, Role, Sampling
from tests.providers.conftest import OpenToy

HELD = OnnxSettings(threads=1, grammar=True)

GOOD = {
    "one file": "calculator.py\n```python\ndef f():\n    return 1\n```\n",
    "no language": "a.txt\n```\nhello\n```",
    "two files": "a.py\n```python\nx = 1\n```\n\nsrc/b.test.js\n```js\ny\n```\n",
    "three files, no gap": "a.py\n```py\nx\n```\nb.py\n```py\ny\n```\nc.py\n```py\nz\n```",
    "backticks in a line": "a.md\n```md\nuse `x`\n`y` and ``z``\n``\n```",
    "a fence inside a longer one": "README.md\n````md\n# T\n```sh\nmake\n```\n````",
    "an indented fence is content": "a.py\n```py\nx = '''\n    ```\n'''\n```",
    "empty lines": "a.py\n```py\n\nx\n\n\ny\n```",
    "not ASCII": "a.py\n```py\ns = 'é 你好 🚀'\n```",
    "tabs": "Makefile\n```make\nall:\n\techo\n```",
    "names without a dot": "Dockerfile\n```\nFROM x\n```",
    "hidden files": ".gitignore\n```\n*.pyc\n```",
    "names as frameworks have them": "app/[id]/(group)/page+x@2.tsx\n```tsx\nx\n```",
}
BAD = {
    "prose first": "Sure! Here it is.\n\na.py\n```py\nx\n```",
    "prose after": "a.py\n```py\nx\n```\nThat is all, run it.",
    "no path": "```py\nx = 1\n```",
    "a name without a file's end": "calculator\n```py\nx = 1\n```",
    "an absolute path": "/etc/a.conf\n```\nxy\n```",
    "a way out": "../a.py\n```py\nxyz\n```",
    "a way out in the middle": "a/../b.py\n```py\nxyz\n```",
    "no fence": "a.py\nimport os\n",
    "a comment on the path": "a.py (new)\n```py\nx\n```",
    "a name without an end": "Here.Each.Each.Each.Each.Each\n```py\nx\n```",
    "an empty block": "a.py\n```py\n```",
    "a third fence": "a.md\n```md\n# T\n```\nx\n```\n",
    "control characters": "a.py\n```py\nx\x1b[0m\n```",
}


def held(toy: OpenToy, text: str, *paths: str | None) -> str:
    """Return what a model says that wants to say `text` and is held to the form, and to `paths`."""
    prompt = Prompt(
        "toy",
        (Message(Role.USER, "A"),),
        Sampling(max_tokens=len(text.encode())),
        output=Output.FILES,
        paths=paths,
    )
    events = toy([bytes([byte]) for byte in text.encode()], HELD).stream(prompt)
    return "".join(event.text for event in events if isinstance(event, TextDelta))


@pytest.mark.parametrize("text", [pytest.param(text, id=name) for name, text in GOOD.items()])
def test_a_reply_in_the_form_is_let_through_to_the_letter(toy: OpenToy, text: str) -> None:
    assert held(toy, text) == text


@pytest.mark.parametrize("text", [pytest.param(text, id=name) for name, text in BAD.items()])
def test_a_reply_out_of_the_form_is_bent(toy: OpenToy, text: str) -> None:
    assert held(toy, text) != text


TWO = "a.py\n```python\nx = 1\n```\n\nsrc/b-(c)+[d].js\n```javascript\ny\n```"
DOCUMENT = "README.md\n````markdown\n# T\n```sh\nmake\n```\n````"


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        (TWO, ["a.py", None]),
        (DOCUMENT, ["README.md"]),
        (DOCUMENT, [None]),
    ],
)
def test_the_files_that_were_asked_for_are_let_through(
    toy: OpenToy, text: str, paths: list[str | None]
) -> None:
    assert held(toy, text, *paths) == text


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        (TWO, ["a.py"]),
        (TWO, [None]),
        (TWO, ["src/b-(c)+[d].js", "a.py"]),
        ("a_py\n```python\nx = 1\n```", ["a.py"]),
        ("a.py\n````python\nx = 1\n````", ["a.py"]),
        ("a.py\n````python\nx = 1\n````", [None]),
        ("a.py\n```\nx = 1\n```", ["a.py"]),
    ],
)
def test_other_files_than_were_asked_for_are_not(toy: OpenToy, text: str, paths: list[str | None]) -> None:
    assert held(toy, text, *paths) != text
