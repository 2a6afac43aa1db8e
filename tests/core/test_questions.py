"""Who asks to be told something gets words; who asks for work gets files, in doubt, too."""

from pathlib import Path

import pytest

from agentic_flow.core.questions import (
    asks_for_code_to_see,
    asks_for_diff,
    asks_to_be_told,
    leaves_open,
    may_ask_for_code_to_see,
)
from agentic_flow.core.values import ContextFile, Task

CART = (ContextFile(Path("/w/src/cart.py"), "src/cart.py", "x = 1"),)


@pytest.mark.parametrize(
    "text",
    [
        "What does parse_value do?",
        "what does parse_value do",
        "How would you add caching to this?",
        "Why does cart.py crash when I add an item?",
        "Is this safe to call from two threads?",
        "Explain what cart.py does",
        "Explain the fix in cart.py.",
        "Please review this change",
        "Review src/cart.py for bugs and security problems",
        "Could you describe the module briefly?",
        "Summarize this.\nWhich parts need tests?",
        "Suggest improvements to cart.py",
        "Find bugs in src/cart.py",
        "Check the code for vulnerabilities and report them",
        "List what is public in cart.py",
        "Tell me what this does.",
        "whats wrong here",
        "Any bugs in here?",
        "Walk me through the module. Keep it short.",
        "What does this do? I need to understand it.",
        "Explain what functions like this do.",
        "List what it needs.",
        "Write a commit message for this change",
        "Will this work on Windows?",
        "Could this be faster?",
        "Can this be simplified?",
        "Compare this with the usual way",
        "Erkläre mir diese Datei",
        "Beschreibe die Klasse kurz",
        "Explique ce fichier",
        "Explica este archivo",
    ],
)
def test_a_question_about_what_is_shown_wants_words(text: str) -> None:
    assert asks_to_be_told(Task(text, "coder", context=CART))


@pytest.mark.parametrize(
    "text",
    [
        "How do I reverse a list in Python?",
        "how to reverse a list in Python",
        "Explain closures",
        "Write a haiku about autumn",
        "Give me an overview of what there is",
        "Bitte erkläre Closures",
        "Peux-tu expliquer les fermetures ?",
        "What is a monad",
        "What's a monad",
        "Can Python sort a dict by value?",
        "Erkläre Closures",
        "Could you tell me why the sky is blue?",
        "Was macht dieser Code?",
        "Warum schlägt das fehl?",
        "Que fait ce code ?",
        "¿Qué hace este código?",
        "为什么会失败?",
    ],
)
def test_a_question_wants_words_where_nothing_is_shown_too(text: str) -> None:
    assert asks_to_be_told(Task(text, "coder"))


@pytest.mark.parametrize(
    "text",
    [
        "Explain the bug and fix it",
        "What is wrong here? Correct it.",
        "Why not use a dict? Change it.",
        "How about a dark theme?",
        "Can you create hello.py?",
        "Could you make it faster?",
        "Summarize the design in DESIGN.md",
        "Describe the API into docs/api.md",
        "Write an overview to docs/overview.md",
        "Write an explanation as comments",
        "Review and improve cart.py",
        "Add tests. What else is missing?",
        "Describe command for my CLI",
        "List endpoint for users",
        "Can we add a cache here?",
        "Could total get a docstring? Add one.",
        "Erkläre den Fehler und behebe ihn",
        "Explique le bug et corrige-le",
        "Should this use a queue? Then do it.",
        "Which way is best? Choose one and code it.",
        "What's wrong? I need it working.",
        "Are there tests? There should be.",
        "When the cart is empty, total returns 0",
        "Find the bug",
        "Find bugs and fix them",
        "Check that total is right, else correct it",
        "Simplify cart.py",
        "Document cart.py",
        "Explain in comments what each function does",
        "Summarise the module in a docstring",
        "List all files in a directory with a Python script",
        "Tell the user when the file is missing",
        "Recommend similar goods to the customer",
        "Is there a way to make this async? Please do.",
        "What is slow here? Speed it up.",
        "Warum ist das so langsam? Mach es schneller.",
        "Pourquoi est-ce lent ? Corrige-le.",
        "Warum nicht ein dict?",
        "Wie wäre es mit einem dunklen Thema?",
        "为什么这么慢?请优化代码",
        "你能给cart.py加一个登出功能吗?",
    ],
)
def test_work_is_work_however_it_is_asked_for(text: str) -> None:
    assert not asks_to_be_told(Task(text, "coder", context=CART))


@pytest.mark.parametrize(
    "text",
    [
        "Analyze a log file and print the slowest requests",
        "Summarize a CSV of sales by month",
        "Review app with Flask",
        "Is-prime function in Python",
        "Write a poem generator",
        "Create an email template",
        "Make a plan in PLAN.md",
        "Write a summary page",
        "which: find a program on the PATH, in Python",
        "What I want is a Flask app that lists users",
        "What we need: a calculator, calc.py",
        "How it should work: read a CSV file, print the totals",
        "What's needed is a script that prints the date",
        "explain.py should print a poem",
        "",
    ],
)
def test_what_a_program_is_to_do_is_work_where_nothing_is_shown(text: str) -> None:
    assert not asks_to_be_told(Task(text, "coder"))


@pytest.mark.parametrize(
    "text",
    [
        "Funktioniert das unter Windows?",
        "Funktioniert cart.py unter Windows?",
        "cart.py 会工作吗?",
        "cart.py 会工作吗\uff1f",  # the mark that is typed there
        "Can we use a dict here?",
        "总结一下",
    ],
)
def test_what_names_no_work_that_is_known_leaves_the_form_open(text: str) -> None:
    assert leaves_open(Task(text, "coder", context=CART))


@pytest.mark.parametrize(
    ("text", "opens"),
    [
        ("Translate to French", True),
        ("Fix the grammar", True),
        ("Convert this to JSON", True),
        ("Write tests for this", False),
        ("Create an app that shows this", False),
        ("Convert this into data.json", False),
    ],
)
def test_what_is_done_to_a_pipe_leaves_the_form_open_unless_it_makes_something(
    text: str, *, opens: bool
) -> None:
    assert leaves_open(Task(text, "coder", piped="a: 1\n")) is opens


@pytest.mark.parametrize(
    "text",
    [
        "Add a method remove",
        "Füge eine Methode remove hinzu",
        "Kannst du eine Methode hinzufügen?",
        "Ajoute une méthode remove",
        "Añade un método remove",
        "Aggiungi un metodo remove",
        "Funktioniert das unter Windows? Mach es so.",
    ],
)
def test_known_work_and_a_file_to_be_made_do_not(text: str) -> None:
    assert not leaves_open(Task(text, "coder", context=CART))


@pytest.mark.parametrize(
    "text",
    [
        "Give me a diff that adds a method remove",
        "Show me a patch for the bug",
        "Write a patch that fixes the bug",
        "Fix the bug in cart.py and give me the change as a unified diff",
        "Answer with a diff. Add a method remove.",
        "Add a method remove, as a unified diff",
    ],
)
def test_who_asks_for_a_diff_of_what_is_shown_wants_to_see_it(text: str) -> None:
    assert asks_for_diff(Task(text, "coder", context=CART))
    assert not asks_for_diff(Task(text, "coder"))


@pytest.mark.parametrize(
    "text",
    [
        "Add a method remove",
        "Print the change as a diff",
        "Show a diff for each file",
        "Write a diff function",
        "Create a patch endpoint for users",
        "Patch the bug",
        "Write fix.patch that fixes cart.py",
        "Make the CLI print a diff",
        "Mock the clock with a patch",
        "Apply the patch in fix.patch",
    ],
)
def test_who_speaks_of_a_diff_wants_work_all_the_same(text: str) -> None:
    assert not asks_for_diff(Task(text, "coder", context=CART))


@pytest.mark.parametrize(
    "text",
    [
        "Write a regex that matches ISO dates",
        "regex for email addresses",
        "Give me a one-liner that counts the lines of all Python files",
        "Write a shell command that finds large files",
        "Please write a regular expression for dates",
        "git command to undo the last commit",
    ],
)
def test_a_line_of_code_is_to_be_seen(text: str) -> None:
    assert asks_for_code_to_see(Task(text, "coder"))


@pytest.mark.parametrize(
    "text",
    [
        "Write a SQL query that lists the ten best customers",
        "SQL query for the top ten customers. Use window functions.",
        "Write a Postgres query to find duplicates in orders",
    ],
)
def test_a_query_may_be_a_file_or_be_to_be_seen(text: str) -> None:
    assert may_ask_for_code_to_see(Task(text, "sql", context=CART))
    assert leaves_open(Task(text, "sql"))


@pytest.mark.parametrize(
    "text",
    [
        "Write a query builder",
        "Write a regex engine in Python",
        "Write query.sql that lists customers",
        "Add a query for users",
        "Write a function that runs a query",
        "Optimize this query",
        "Fix the regex",
        "Write a regex and tests",
        "Write a migration and a query",
        "Write a Python script with a regex",
        "Write a regex for dates. Then write a script that uses it.",
        "Create a command that lists users",
        "Write a SQL query and put it into reports/top.sql",
        "Write a slash command for my bot",
    ],
)
def test_what_is_more_than_a_line_is_work(text: str) -> None:
    assert not asks_for_code_to_see(Task(text, "coder"))
    assert not may_ask_for_code_to_see(Task(text, "coder"))
