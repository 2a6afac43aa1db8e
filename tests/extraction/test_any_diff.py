"""Whatever the texts, a diff of them makes exactly the new one, or nothing, and reading one never fails."""

import re
from collections.abc import Callable
from difflib import unified_diff

from hypothesis import assume, example, given
from hypothesis import strategies as st

from tests.extraction.test_diffs import answered, files

LINES = st.lists(
    st.sampled_from(
        [
            *("", "a", "b", "c", " a", "  a", "a ", "\ta", "-- a", "++ b", "- ", "-", "@@ -1 +1 @@", "+"),
            *("```", "```python", "\\ No newline at end of file", "--- a/t.py", "+++ b/t.py", "a\x0cb"),
            *("diff --git a/t.py b/t.py", "Index: t.py", "deleted file mode 100644", "<file path='a.py'>"),
        ]
    ),
    max_size=14,
)
TEXT = st.builds(
    lambda lines, end, ends: ends.join(lines) + (ends if end and lines else ""),
    LINES,
    st.booleans(),
    st.sampled_from(["\n", "\n", "\r\n"]),
)


def diff_of(old: str, new: str, head: Callable[[str], str] = str) -> str:
    """Write a diff as git does, which says where a file ends without a newline."""
    before, after = (re.findall(r"[^\n]*\n|[^\n]+", text.replace("\r\n", "\n")) for text in (old, new))
    said = unified_diff(before, after, "a/t.py", "b/t.py")
    lines = [head(line) if line.startswith("@@") else line for line in said]
    return "".join(line if line[-1] == "\n" else f"{line}\n\\ No newline at end of file\n" for line in lines)


REPLIES: list[Callable[[str], str]] = [
    lambda diff: f"So:\n\n```diff\n{diff}```\n",
    lambda diff: f"````\n{diff}````\n",
    lambda diff: f"So:\n\n{diff}\nThat is all.\n",
    lambda diff: f"So:\n\ndiff --git a/t.py b/t.py\nindex 1234567..89abcde 100644\n{diff}",
]


@given(TEXT, TEXT, st.sampled_from(REPLIES))
@example("-- a\na\n", "++ b\na\n", REPLIES[0])
@example("- \na", "a", REPLIES[0])
def test_any_change_is_made_exactly_as_its_diff_says(old: str, new: str, reply: Callable[[str], str]) -> None:
    new = new.replace("\r\n", "\n").replace("\n", "\r\n") if "\r\n" in old else new.replace("\r\n", "\n")
    assume(old != new)

    assert files(answered(reply(diff_of(old, new)), texts={"t.py": old})) == {"t.py": new}


@given(TEXT, TEXT, st.sampled_from(REPLIES), st.sampled_from(REPLIES))
def test_a_change_that_is_said_twice_is_made_once(
    old: str, new: str, first: Callable[[str], str], again: Callable[[str], str]
) -> None:
    new = new.replace("\r\n", "\n").replace("\n", "\r\n") if "\r\n" in old else new.replace("\r\n", "\n")
    assume(old != new)
    diff = diff_of(old, new)

    assert files(answered(f"{first(diff)}\nAll of it:\n\n{again(diff)}", texts={"t.py": old})) == {
        "t.py": new
    }


GARBLED: list[Callable[[str], str]] = [
    lambda _: "@@\n",
    lambda _: "@@ ... @@\n",
    lambda _: "@@ -1,3 +1,4 @@ def f():\n",
    lambda head: re.sub(r"-(\d+)", lambda at: f"-{int(at[1]) + 1}", head),
    lambda head: re.sub(r"\+(\d+)", lambda at: f"+{int(at[1]) + 2}", head),
    lambda head: re.sub(r"-(\d+)(?:,(\d+))?", lambda at: f"-{at[1]},{int(at[2] or 1) + 1}", head),
    lambda head: re.sub(r"\+(\d+)(?:,(\d+))?", lambda at: f"+{at[1]},{max(0, int(at[2] or 1) - 1)}", head),
]


@given(TEXT, TEXT, st.sampled_from(REPLIES), st.sampled_from(GARBLED))
def test_where_its_heads_are_wrong_a_change_is_made_exactly_or_not_at_all(
    old: str, new: str, reply: Callable[[str], str], head: Callable[[str], str]
) -> None:
    new = new.replace("\r\n", "\n").replace("\n", "\r\n") if "\r\n" in old else new.replace("\r\n", "\n")
    assume(old != new)

    found = answered(reply(diff_of(old, new, head)), texts={"t.py": old})

    assert found.problems or files(found) == {"t.py": new}


LIKE_A_DIFF = st.lists(
    st.sampled_from(
        [
            *("", " a", "-a", "+b", "a", "\\ No newline at end of file", "```diff", "```", "-- ", "2.39.2"),
            *(
                "--- a/t.py",
                "+++ b/t.py",
                "--- /dev/null",
                "+++ /dev/null",
                "+++ b/n.py",
                "@@",
                "@@ -1 +1 @@",
            ),
            *("@@ -0,0 +1 @@", "@@ -1,2 +1,2 @@ f", "diff --git a/t.py b/t.py", "new file mode 100644"),
            *("Index: t.py", "rename to x", "GIT binary patch", '--- "a/\\303\\244.py"', "index 12..34"),
        ]
    ),
    max_size=25,
)


@given(LIKE_A_DIFF, TEXT)
def test_any_lines_are_read_without_an_error(lines: list[str], text: str) -> None:
    found = answered("\n".join(lines), texts={"t.py": text})

    assert found.drafts or found.problems
