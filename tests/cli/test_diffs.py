"""A diff as the answer changes the file that was shown; who asks for one gets to see it."""

import json

from tests.program import Flow

DONE: dict[str, object] = {"finish": "end", "input_tokens": 1, "output_tokens": 1}
NEXT: dict[str, object] = {"next": True}
BEFORE = "class Cart:\n    def clear(self):\n        self.items = []\n"
AFTER = BEFORE.replace("self.items = []", "self.items.clear()")
DIFF = """\
```diff
--- a/cart.py
+++ b/cart.py
@@ -9,3 +9,2 @@
     def clear(self):
-        self.items = []
+        self.items.clear()
```
"""


def test_a_diff_changes_the_file_that_was_shown(flow: Flow) -> None:
    (flow.cwd / "cart.py").write_text(BEFORE)
    model = flow.script("model", {"text": f"So:\n\n{DIFF}"}, DONE)

    done = flow("-a", "coder", "-m", model, "-t", "Clear the list in place", "-c", "cart.py", "--no-stdin")

    assert done.returncode == 0, done.stderr
    assert (flow.cwd / "cart.py").read_text() == AFTER
    assert flow("history", "undo").returncode == 0
    assert (flow.cwd / "cart.py").read_text() == BEFORE


def test_a_diff_of_a_file_that_was_not_shown_changes_nothing_and_is_asked_back(flow: Flow) -> None:
    (flow.cwd / "cart.py").write_text(BEFORE)
    asked = (
        "-a",
        "coder",
        "-t",
        "Clear the list in cart.py in place",
        "--no-stdin",
        "--output-format",
        "json",
    )
    model = flow.script("echo", {"text": DIFF}, DONE, NEXT, {"echo": True}, DONE)

    done = flow(*asked, "-m", model)

    assert done.returncode == 8
    assert "cart.py: there is no file of that name to change by a diff" in json.loads(done.stdout)["text"]
    assert (flow.cwd / "cart.py").read_text() == BEFORE


def test_who_asks_for_a_diff_gets_it_in_words_and_no_file_is_changed(flow: Flow) -> None:
    (flow.cwd / "cart.py").write_text(BEFORE)
    task = "Give me a diff that clears the list in place"

    done = flow(
        "-a",
        "coder",
        "-m",
        flow.script("model", {"text": DIFF}, DONE),
        "-t",
        task,
        "-c",
        "cart.py",
        "--no-stdin",
    )

    assert (done.returncode, done.stdout) == (0, DIFF)
    assert "the task asks for a diff, so it is answered in words" in done.stderr
    assert (flow.cwd / "cart.py").read_text() == BEFORE


def test_a_question_s_answer_may_show_a_diff_and_changes_nothing(flow: Flow) -> None:
    (flow.cwd / "cart.py").write_text(BEFORE)
    model = flow.script("model", {"text": f"You may clear it in place:\n\n{DIFF}"}, DONE)

    done = flow("-a", "coder", "-m", model, "-t", "Can this be better?", "-c", "cart.py", "--no-stdin")

    assert done.returncode == 0, done.stderr
    assert (flow.cwd / "cart.py").read_text() == BEFORE


def test_a_diff_that_fits_nowhere_is_no_answer_in_words_and_what_would_help_is_said(flow: Flow) -> None:
    (flow.cwd / "cart.py").write_text(BEFORE.replace("items", "things"))
    model = flow.script("model", {"text": DIFF}, DONE)

    done = flow("-a", "coder", "-m", model, "-t", "Clear the list in place", "-c", "cart.py", "--no-stdin")

    assert done.returncode == 8
    assert done.stderr.endswith("ask for each file whole and by its name, and show it with --context\n")
    assert "3:         self.things = []" in done.stderr
