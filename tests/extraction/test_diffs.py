"""A diff of a shown file changes it where its lines name one place, and is refused where they do not."""

from collections.abc import Mapping
from textwrap import indent

import pytest

from agentic_flow.extraction import Extraction, extract

CART = """\
class Cart:
    def total(self):
        return sum(self.items)

    def clear(self):
        self.items = []
"""
CHANGED = CART.replace("self.items = []", "self.items.clear()")
DIFF = """\
--- a/cart.py
+++ b/cart.py
@@ -3,4 +3,4 @@ class Cart:
         return sum(self.items)
 
     def clear(self):
-        self.items = []
+        self.items.clear()
"""  # noqa: W293 - as diffs have it


def answered(reply: str, *, task: str = "Mend it.", texts: Mapping[str, str] | None = None) -> Extraction:
    shown = {"cart.py": CART} if texts is None else texts
    return extract(reply, context=[*shown], texts=shown, task=task)


def files(found: Extraction) -> dict[str, str]:
    assert found.problems == ()
    return {draft.path: draft.text for draft in found.drafts}


def fenced(diff: str, mark: str = "diff") -> str:
    return f"Here is what changes:\n\n```{mark}\n{diff}```\n\nThe list is kept now.\n"


@pytest.mark.parametrize(
    "reply",
    [
        fenced(DIFF),
        fenced(DIFF, "patch"),
        fenced(DIFF, ""),
        fenced(DIFF, "python"),
        f"Here is what changes.\n\n{DIFF}\nThat is all.\n\n- The list is kept.\n+ Nothing else changes.\n",
        f"cart.py\n{fenced(DIFF)}",
        fenced(f"diff --git a/cart.py b/cart.py\nindex 83db48f..bf269f4 100644\n{DIFF}"),
        fenced(DIFF.replace("a/", "").replace("b/", "")),
        fenced(DIFF.replace("a/", "old/shop/").replace("b/", "new/shop/")),
        fenced(
            DIFF.replace("a/cart.py", "cart.py\t2024-01-01 10:00:00").replace("b/cart.py", "cart.py (new)")
        ),
        fenced(DIFF.replace("a/cart.py", "Original").replace("b/cart.py", "Modified")),
        fenced("".join(DIFF.splitlines(keepends=True)[2:])),
        fenced("-        self.items = []\n+        self.items.clear()\n"),
        f'<file path="cart.py">\n{DIFF}</file>\n',
        f"1. Change this:\n\n   ```diff\n{indent(DIFF, '   ')}   ```\n",
    ],
)
def test_a_diff_changes_the_file_however_it_is_written(reply: str) -> None:
    assert files(answered(reply)) == {"cart.py": CHANGED}


@pytest.mark.parametrize(
    "head", ["@@", "@@ ... @@", "@@ class Cart: @@", "@@ -1 +1 @@", "@@ -30,9 +30,2 @@", "@@ -3,4 +3,5 @@ x"]
)
def test_wrong_line_numbers_and_counts_do_not_matter_where_the_lines_name_one_place(head: str) -> None:
    assert files(answered(fenced(DIFF.replace("@@ -3,4 +3,4 @@ class Cart:", head)))) == {"cart.py": CHANGED}


def test_blanks_at_the_end_of_lines_need_not_be_repeated() -> None:
    spaced = CART.replace(":\n", ":  \n").replace("\n\n", "\n    \n")
    diff = DIFF.replace("\n \n", "\n\n")

    assert files(answered(fenced(diff), texts={"cart.py": spaced})) == {
        "cart.py": spaced.replace("self.items = []", "self.items.clear()")
    }


def test_line_ends_stay_as_they_are() -> None:
    windows = CART.replace("\n", "\r\n")
    one = CART.replace("    def clear(self):\n", "    def clear(self):\r\n")

    assert files(answered(fenced(DIFF), texts={"cart.py": windows})) == {
        "cart.py": CHANGED.replace("\n", "\r\n")
    }
    assert files(answered(fenced(DIFF), texts={"cart.py": one})) == {
        "cart.py": one.replace("self.items = []", "self.items.clear()")
    }


REPEATED = "a\nx\nb\n" * 3


def test_of_several_places_it_is_the_one_in_the_head_if_that_agrees_with_itself() -> None:
    hunk = " a\n-x\n+y\n b\n"

    found = answered(fenced(f"--- a/t.py\n+++ b/t.py\n@@ -4,3 +4,3 @@\n{hunk}"), texts={"t.py": REPEATED})
    assert files(found) == {"t.py": "a\nx\nb\na\ny\nb\na\nx\nb\n"}
    for head in ("@@", "@@ -5,3 +5,3 @@", "@@ -4,3 +9,3 @@", "@@ -4,9 +4,9 @@"):
        found = answered(fenced(f"--- a/t.py\n+++ b/t.py\n{head}\n{hunk}"), texts={"t.py": REPEATED})
        assert found.drafts == ()
        assert "3 times (lines 1, 4, 7): copy more" in found.problems[0]


def test_a_head_that_is_wrong_for_one_place_decides_no_other() -> None:
    text = f"start\n{REPEATED}end\n"
    second = "@@ -5,3 +5,3 @@\n a\n-x\n+y\n b\n"

    def found(first: str) -> Extraction:
        return answered(
            fenced(f"--- a/t.py\n+++ b/t.py\n{first}\n-start\n+begin\n{second}"), texts={"t.py": text}
        )

    assert files(found("@@ -1 +1 @@")) == {"t.py": "begin\na\nx\nb\na\ny\nb\na\nx\nb\nend\n"}
    assert "3 times" in found("@@ -3 +3 @@").problems[0]


def test_a_blank_behind_each_sign_is_no_indent() -> None:
    diff = "@@\n class Cart:\n+ items = []\n"

    assert "right behind its sign" in answered(fenced(diff)).problems[0]
    odd = {"cart.py": f"{CART}# see\n#\n x\n"}
    assert files(answered(fenced(diff), texts=odd)) == {
        "cart.py": odd["cart.py"].replace("class Cart:\n", "class Cart:\n items = []\n")
    }


def test_new_files_stand_beside_changed_ones() -> None:
    diff = f"{DIFF}--- /dev/null\n+++ b/shop/__init__.py\n@@ -0,0 +1,2 @@\n+from cart import Cart\n+\n"
    git = "diff --git a/py.typed b/py.typed\nnew file mode 100644\nindex 0000000..e69de29\n"

    assert files(answered(fenced(diff + git))) == {
        "cart.py": CHANGED,
        "shop/__init__.py": "from cart import Cart\n\n",
        "py.typed": "",
    }


@pytest.mark.parametrize("path", ["old/bag.py", "new/bag.py", "modified/bag.py", "a/bag.py"])
def test_a_new_file_stays_in_the_folder_that_its_diff_names(path: str) -> None:
    diff = f"--- /dev/null\n+++ {path}\n@@ -0,0 +1 @@\n+x = 1\n"

    assert files(answered(fenced(diff))) == {path: "x = 1\n"}


@pytest.mark.parametrize(
    ("diff", "why"),
    [
        (DIFF.replace("b/cart.py", "/dev/null"), "the diff removes it"),
        ("diff --git a/cart.py b/cart.py\ndeleted file mode 100644\n", "the diff removes it"),
        ("diff --git a/cart.py b/shop.py\nrename from cart.py\nrename to shop.py\n", "moves or copies"),
        (DIFF.replace("b/cart.py", "b/basket.py"), "moves or copies"),
        (f"diff --git a/cart.py b/cart.py\nold mode 100644\nnew mode 100755\n{DIFF}", "changes its mode"),
        ("diff --git a/logo.png b/logo.png\nBinary files a/logo.png and b/logo.png differ\n", "bytes"),
        (DIFF.replace("cart", "basket"), "no file of that name"),
        (DIFF.replace("self.items = []", "self.items = ()"), "closest lines"),
        (DIFF.replace("-        self", "-       self"), "closest lines"),
        (DIFF.replace("     def", "def"), "begins with neither"),
        (DIFF.replace("+        self.items.clear()", "+        # ... rest unchanged ..."), "left out"),
        ("--- a/cart.py\n+++ b/cart.py\n@@ -7,0 +7,1 @@\n+x = 1\n", "new lines only"),
        (f"--- a/cart.py\n+++ b/cart.py\n{2 * ''.join(DIFF.splitlines(keepends=True)[2:])}", "same lines"),
        (DIFF.replace("a/cart.py", "/dev/null"), "it is there"),
        ("diff --git a/cart.py b/cart.py\nnew file mode 100644\n", "it is there"),
        ("--- /dev/null\n+++ b/path/to/file.py\n@@ -0,0 +1 @@\n+x = 1\n", "stands for one"),
        ("--- /dev/null\n+++ b/a.py\n@@ -0,0 +1,2 @@\n x\n+y\n", "lines of an old one"),
        ("-        self.items = {}\n+        self.items = []\n", "names no file"),
    ],
)
def test_what_cannot_be_made_of_a_diff_is_said_and_no_file(diff: str, why: str) -> None:
    found = answered(fenced(diff))

    assert found.drafts == ()
    assert why in found.problems[0]


def test_a_diff_of_which_the_end_is_not_certain_is_refused() -> None:
    wrong = DIFF.replace("-3,4 +3,4", "-3,9 +3,9")

    assert "not certain where" in answered(f"So:\n\n{wrong}\n- It is kept now.\n").problems[0]
    assert "not certain where" in answered(fenced(DIFF).partition("```\n\n")[0]).problems[0]


def test_a_line_of_the_file_that_ends_the_fence_around_its_diff_cuts_no_change_in_two() -> None:
    page = "# Cart\n\nold\n\n```\nmake\n```\n\nold too\n"
    hunk = "@@\n # Cart\n \n-old\n+new\n \n```\nmake\n```\n \n-old too\n+new too\n"
    diff = f"--- a/README.md\n+++ b/README.md\n{hunk}"

    found = answered(f"```diff\n{diff}```\n", texts={"README.md": page})

    assert found.drafts == ()
    assert "before a fence of the file" in found.problems[0]
    assert files(
        answered(
            f"````diff\n{diff.replace('```', ' ```').replace('make', ' make')}````\n",
            texts={"README.md": page},
        )
    ) == {"README.md": page.replace("old", "new")}


def test_a_line_that_lost_its_sign_is_no_remark_on_the_end_of_the_file() -> None:
    found = answered(
        fenced("--- a/a.tex\n+++ b/a.tex\n@@\n a\n-b\n+c\n\\end{x}\n"), texts={"a.tex": "a\nb\n"}
    )

    assert found.drafts == ()
    assert "begins with neither" in found.problems[0]


def test_of_several_diffs_to_choose_from_none_is_taken() -> None:
    other = "--- a/cart.py\n+++ b/cart.py\n@@ -1,1 +1,2 @@\n class Cart:\n+    items = []\n"

    assert "choose from" in answered(f"{fenced(DIFF)}\nAlternatively:\n\n{fenced(other)}").problems[0]
    both = answered(f"{fenced(DIFF)}\nAnd:\n\n{fenced(other)}")
    assert files(both) == {"cart.py": CHANGED.replace("class Cart:\n", "class Cart:\n    items = []\n")}


def test_of_two_diffs_that_change_the_same_place_it_is_not_known_which_is_meant() -> None:
    def adding(line: str) -> str:
        return fenced(f"--- a/cart.py\n+++ b/cart.py\n@@\n class Cart:\n+    {line}\n")

    found = answered(f"Not so:\n\n{adding('items = ()')}\nBut so:\n\n{adding('items = []')}")

    assert found.drafts == ()
    assert "the same lines" in found.problems[0]


def test_a_diff_that_is_said_again_is_made_once() -> None:
    first = "--- a/cart.py\n+++ b/cart.py\n@@\n         self.items = []\n+        self.size = 0\n"
    new = "--- /dev/null\n+++ b/bag.py\n@@ -0,0 +1 @@\n+x = 1\n"
    empty = "diff --git a/py.typed b/py.typed\nnew file mode 100644\n"
    second = "--- a/cart.py\n+++ b/cart.py\n@@\n         self.size = 0\n+        self.sum = 0\n"
    whole = fenced(first + second + new + empty)

    found = answered(f"{fenced(first + new + empty)}\nThen:\n\n{fenced(second)}\nAll of it:\n\n{whole}")

    assert files(found) == {
        "cart.py": f"{CART}        self.size = 0\n        self.sum = 0\n",
        "bag.py": "x = 1\n",
        "py.typed": "",
    }


# --- what a diff only tells of --------------------------------------------------------------------


def test_a_diff_beside_the_whole_file_only_tells_of_it() -> None:
    whole = f"cart.py\n```python\n{CHANGED}```\n"
    snippet = "```diff\n-        self.items = []\n+        self.items.clear()\n```\n"

    assert files(answered(f"{whole}\n{fenced(DIFF)}")) == {"cart.py": CHANGED}
    assert files(answered(f"{fenced(DIFF)}\n{whole}")) == {"cart.py": CHANGED}
    assert files(answered(f"{whole}\nWhat changed:\n{snippet}")) == {"cart.py": CHANGED}


def test_a_lone_diff_is_of_a_file_whose_text_it_fits_as_it_was_shown() -> None:
    """A line that the whole file lacks by now may stand in another: it is not changed for that."""
    texts = {"cart.py": CART, "bag.py": CART.replace("Cart", "Bag")}
    whole = f"cart.py\n```python\n{CHANGED}```\n"
    snippet = "```diff\n-        self.items = []\n+        self.items.clear()\n```\n"

    found = answered(f"{whole}\nWhat changed:\n{snippet}", texts=texts)
    assert files(found) == {"cart.py": CHANGED}
    assert found.left_out == ("the diff in line 12",)
    assert answered(snippet, texts=texts).drafts == ()


@pytest.mark.parametrize("name", ["fix.patch", "changes.diff"])
def test_where_a_file_that_is_a_diff_is_asked_for_it_is_that_file(name: str) -> None:
    task = f"Write {name} that clears the list in cart.py."

    def found(reply: str) -> dict[str, str]:
        return files(
            extract(reply, context=["cart.py"], named=[name, "cart.py"], texts={"cart.py": CART}, task=task)
        )

    assert found(fenced(DIFF)) == {name: DIFF}
    assert found(f"{name}\n```diff\n{DIFF}```\n") == {name: DIFF}
    assert found(f"The patch for `cart.py`:\n\n```diff\n{DIFF}```\n") == {name: DIFF}


def test_a_diff_inside_a_document_is_the_document_s_own() -> None:
    page = f"# Moving to 2.0\n\nA cart is cleared in place:\n\n```diff\n{DIFF}```\n\nThat is all.\n"
    shown = {"context": ["cart.py"], "texts": {"cart.py": CART}, "named": ["MOVING.md"]}

    assert files(extract(page, **shown)) == {"MOVING.md": page}  # type: ignore[arg-type]
    fence = f"MOVING.md\n````markdown\n{page}````\n"
    assert files(extract(fence, **shown)) == {"MOVING.md": page}  # type: ignore[arg-type]


def test_a_new_file_may_hold_a_diff() -> None:
    reply = f"fixtures/a.txt\n```\n{DIFF}```\n"

    assert files(extract(reply)) == {"fixtures/a.txt": DIFF}
