"""What the one file is called that a task asks for and does not name."""

import pytest

from agentic_flow.core.titles import fitting_name


@pytest.mark.parametrize(
    ("task", "name"),
    [
        ('Write a Python function count_vowels(text) that returns "3" for "banana"', "count_vowels.py"),
        ("Write a Python class ShoppingCart with add and total", "shopping_cart.py"),
        ("Create a temperature converter in Python", "temperature_converter.py"),
        ("Write a Python script that prints the calendar of a month", "calendar_script.py"),
        ("Write a Python program that prints the prices of all books in a list", "prices.py"),
        ("Write a Python script to rename all files in a folder", "rename_files.py"),
        ("a bash script to back up my folder", "back_up_folder.sh"),
        ("python function for primes", "primes.py"),
        ("Write an HTML page with a form", "page.html"),
        ("Write a Python function that checks whether a word is a palindrome", "word_palindrome.py"),
    ],
)
def test_it_is_called_after_what_it_holds(task: str, name: str) -> None:
    assert fitting_name(task) == name


@pytest.mark.parametrize(
    "task",
    [
        "Write a function that reverses a string",  # in which language?
        "Write a script that turns JavaScript into TypeScript",
        "Write a Python script",
        "",
    ],
)
def test_where_it_is_not_plain_the_model_chooses(task: str) -> None:
    assert fitting_name(task) is None
