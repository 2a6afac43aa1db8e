"""Search/replace blocks change a file where its lines name one place; nothing is guessed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentic_flow.extraction import extract
from agentic_flow.extraction.editing import Edit, apply_edits, read_edits
from agentic_flow.extraction.places import Unmatched

FILE = """\
class Cart:
    def total(self):
        return sum(self.items)

    def clear(self):
        self.items = []
"""


def block(search: str, replace: str) -> str:
    return f"<<<<<<< SEARCH\n{search}\n=======\n{replace}\n>>>>>>> REPLACE"


def edited(*blocks: str, text: str = FILE) -> str:
    return apply_edits(text, read_edits("\n".join(blocks).split("\n"), text))


def test_the_lines_are_replaced_and_no_others() -> None:
    done = edited(block("        return sum(self.items)", "        return sum(self.items, 0)"))
    assert done == FILE.replace("self.items)", "self.items, 0)", 1)


def test_another_indent_still_names_the_place_and_the_file_s_indent_holds() -> None:
    done = edited(block("def clear(self):\n    self.items = []", "def clear(self):\n    self.items.clear()"))
    assert done == FILE.replace("self.items = []", "self.items.clear()")


def test_blank_lines_around_the_searched_ones_count_where_they_are_in_the_file() -> None:
    assert edited(block("a\n", "a"), text="a\n\nb\n") == "a\nb\n"
    assert edited(block("\nx", "\ny"), text="a\nx\n\nx\n") == "a\nx\n\ny\n"


def test_several_blocks_are_applied_one_after_the_other() -> None:
    done = edited(block("class Cart:", "class Basket:"), block("class Basket:", "class Bag:"))
    assert done == FILE.replace("Cart", "Bag")


def test_lines_can_be_taken_away_and_put_in() -> None:
    assert (
        edited(block("    def clear(self):\n        self.items = []", ""))
        == FILE[: FILE.index("    def clear")] + "\n"
    )
    assert "x = 1\nclass Cart:" in edited(block("class Cart:", "x = 1\nclass Cart:"))


@pytest.mark.parametrize("rule", ["=====", "=======", "=========", "======================="])
def test_a_title_s_line_is_not_taken_for_the_middle_of_a_block(rule: str) -> None:
    """README files and changelogs underline their titles, with as many signs as a block's middle line has."""
    text = f"About\n-----\nA tool.\n\nChanges\n{rule}\n\n1.0\n---\n- First\n"

    done = edited(
        block("A tool.", f"A tool.\n\nUsage\n{rule}\nrun it"),
        block(f"\nChanges\n{rule}\n\n1.0\n---", f"\nChanges\n{rule}\n\n1.1\n---\n- Second\n\n1.0\n---"),
        text=text,
    )

    assert done == (
        f"About\n-----\nA tool.\n\nUsage\n{rule}\nrun it\n\nChanges\n{rule}\n\n1.1\n---\n- Second\n\n"
        "1.0\n---\n- First\n"
    )


def test_line_ends_stay_as_they_are() -> None:
    text = FILE.replace("\n", "\r\n")
    done = edited(block("class Cart:", "import x\n\nclass Cart:"), text=text)
    assert done == f"import x\r\n\r\n{text}"


def test_one_line_that_ends_as_on_windows_is_in_nobodys_way() -> None:
    text = FILE.replace("class Cart:\n", "class Cart:\r\n")

    assert edited(block("class Cart:", "class Bag:"), text=text) == text.replace("Cart", "Bag")
    done = edited(block("        return sum(self.items)", "        return 1\n        # one"), text=text)
    assert done == text.replace("return sum(self.items)\n", "return 1\n        # one\n")
    last = edited(block("b", "b\nc"), text="a\r\nb")
    assert last == "a\r\nb\r\nc"


@given(
    st.lists(st.tuples(st.sampled_from(["a", "b ", " c", "", "d\x0c"]), st.sampled_from(["\n", "\r\n"]))),
    st.sampled_from(["", "z", "\n"]),
)
def test_what_no_block_names_stays_to_the_byte(lines: list[tuple[str, str]], last: str) -> None:
    before = "".join(line + end for line, end in lines)
    assert edited(block("HERE", "THERE"), text=f"{before}HERE\r\n{before}{last}") == (
        f"{before}THERE\r\n{before}{last}"
    )


def test_what_is_not_there_is_told_with_the_closest_lines() -> None:
    with pytest.raises(Unmatched) as told:
        edited(block("    def totals(self):\n        return sum(self.item)", "x"))
    assert "2:     def total(self):" in str(told.value)


def test_what_is_there_twice_names_no_place() -> None:
    with pytest.raises(Unmatched, match="2 times"):
        edited(block("a", "b"), text="a\nx\na\n")


@pytest.mark.parametrize(
    "content", ["<<<<<<< SEARCH\na\n", "<<<<<<< SEARCH\na\n=======\nb\n", f"{block('a', 'b')}\nmore\n"]
)
def test_a_block_without_its_marks_is_told(content: str) -> None:
    with pytest.raises(Unmatched):
        read_edits(content.split("\n"), FILE)


LINES = st.lists(st.text(alphabet="ab =", max_size=6), min_size=1, max_size=12)


@given(LINES, st.data())
def test_a_block_copied_from_the_file_changes_just_that_place(lines: list[str], data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(lines) - 1))
    end = data.draw(st.integers(start + 1, len(lines)))
    new = data.draw(LINES)
    try:
        done = apply_edits("\n".join(lines), [Edit(tuple(lines[start:end]), tuple(new))])
    except Unmatched:
        wanted = [line for line in lines[start:end] if line.strip()]
        assert not wanted or sum(lines.count(line) for line in wanted) > len(wanted)
    else:
        head, tail = lines[:start], lines[end:]
        assert [line for line in done.split("\n") if line.strip()] == [
            line for line in (*head, *new, *tail) if line.strip()
        ]


# --- in a reply -----------------------------------------------------------------------------------


def reply(content: str) -> str:
    return f"Here it is.\n\ncart.py\n```python\n{content}\n```\n"


def test_a_reply_s_blocks_give_the_whole_file() -> None:
    found = extract(reply(block("class Cart:", "class Bag:")), context=["cart.py"], texts={"cart.py": FILE})
    assert found.problems == ()
    assert [(draft.path, draft.text) for draft in found.drafts] == [("cart.py", FILE.replace("Cart", "Bag"))]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (block("class Car:", "x"), "closest lines"),
        (block("class Cart:", "class Cart:\n    # ... rest of the code unchanged ..."), "left out"),
        ("<<<<<<< SEARCH\nclass Cart:", "no end"),
    ],
)
def test_blocks_that_cannot_be_applied_are_a_problem_and_no_file(content: str, why: str) -> None:
    found = extract(reply(content), context=["cart.py"], texts={"cart.py": FILE})
    assert found.drafts == ()
    assert why in found.problems[0]
    assert not found.problems[0].rpartition("\n")[2][:1].isdigit(), "a person reads the last line by itself"


RENAMES = block("class Cart:", "class Bag:")
CLEARS = block("        self.items = []", "        self.items.clear()")


@pytest.mark.parametrize(
    "reply",
    [
        f"cart.py\n```python\n{RENAMES}\n```\n\nAnd the other place:\n\n```python\n{CLEARS}\n```\n",
        f"Here is what changes:\n\n```python\n{RENAMES}\n{CLEARS}\n```\n",
        f"```python\ncart.py\n{RENAMES}\n{CLEARS}\n```\n",
        f"```\n# cart.py\n{RENAMES}\n```\n```\n# cart.py\n{CLEARS}\n```\n",
        f"shop/cart.py\n```python\n{RENAMES}\n{CLEARS}\n```\n",
        f"cart.py\n{RENAMES}\n\nAnd the list is cleared:\n\n{CLEARS}\n\nThat is all.\n",
        f"In `cart.py`:\n\n{RENAMES}\n{CLEARS}\n",
        f"cart.py\n```python\n{RENAMES}\n{CLEARS}\n```\n".replace("SEARCH", "search").replace(
            "REPLACE", "Replace:"
        ),
    ],
)
def test_blocks_count_wherever_their_file_is_named_or_where_they_fit_just_one(reply: str) -> None:
    found = extract(
        reply, context=["cart.py", "b.py"], named=["cart.py"], texts={"cart.py": FILE, "b.py": "x = 1\n"}
    )

    changed = FILE.replace("Cart", "Bag").replace("items = []", "items.clear()")
    assert [(draft.path, draft.text) for draft in found.drafts] == [("cart.py", changed)]
    assert found.problems == ()


def test_a_block_without_a_fence_may_hold_one() -> None:
    page = "# Cart\n\n```bash\nmake\n```\n"
    change = block("```bash\nmake\n```", "```bash\nmake cart\n```")

    found = extract(f"README.md\n{change}\n", context=["README.md"], texts={"README.md": page})

    assert [draft.text for draft in found.drafts] == [page.replace("make\n", "make cart\n")]


def test_a_line_that_looks_like_the_end_of_a_block_without_a_fence_cuts_none_in_two() -> None:
    change = block("Hello", "Hello\n>>>>>> quoted\nBye")

    found = extract(f"mail.txt\n{change}\n", context=["mail.txt"], texts={"mail.txt": "Hello\n"})

    assert found.drafts == ()
    assert "stands outside" in found.problems[0]


def test_a_block_without_a_fence_and_an_end_is_a_problem_and_a_conflict_is_prose() -> None:
    cut = extract(
        f"cart.py\n{RENAMES}\n\n<<<<<<< SEARCH\nclass Bag:\n", context=["cart.py"], texts={"cart.py": FILE}
    )
    told = extract(
        "It conflicts:\n\n<<<<<<< HEAD\nclass Cart:\n=======\nclass Bag:\n>>>>>>> bags\n",
        context=["cart.py"],
        texts={"cart.py": FILE},
    )

    assert "has no end" in cut.problems[0]
    assert told.drafts == ()


def test_a_block_that_may_belong_to_two_files_is_a_problem() -> None:
    found = extract(
        f"```python\n{RENAMES}\n```\n", context=["a.py", "b.py"], texts={"a.py": FILE, "b.py": FILE}
    )

    assert (found.drafts, found.problems) == ((), ("the search/replace block in line 1 names no file",))


def test_a_file_that_is_not_there_cannot_be_changed() -> None:
    assert "give it whole" in extract(reply(block("a", "b"))).problems[0]


def test_a_file_shown_in_outline_cannot_be_given_whole() -> None:
    shown = {"context": ["cart.py"], "texts": {"cart.py": FILE}, "outlined": ["cart.py"]}
    assert "only its outline was shown" in extract(reply("x = 1"), **shown).problems[0]  # type: ignore[arg-type]
    assert extract(reply(block("class Cart:", "class Bag:")), **shown).problems == ()  # type: ignore[arg-type]
