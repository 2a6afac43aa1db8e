"""Whether a task that names no file asks for one thing that stands in one file."""

import pytest

from agentic_flow.core.scope import asks_for_one


@pytest.mark.parametrize(
    "task",
    [
        "Write a function that reverses a string",
        "Write a Python utility that counts the files in a folder",
        "I want a command line tool to rename all files in a folder",
        "Write a script that merges two files",
        "Write a Python program that tests whether a number is prime",
        "I have folders full of .jpeg files. Write a Python function that renames them.",
        "python function for primes",
        "Can you make a number guessing game in Python?",
        "I need to write a script that cleans up the files of an application",
        "I'd like a small program for my website that makes a slug of a title",
        "Write a Python class Stack with push, pop and peek",
        "Give me a SQL query for the ten best customers",
        "Write a Python script. It reads files and prints their sizes.",
        "implement binary search in a Python function",
        "a bash script to back up my project folder",
        "Write a function that splits a text into several parts",
    ],
)
def test_what_one_thing_works_on_may_be_many(task: str) -> None:
    assert asks_for_one(task)


@pytest.mark.parametrize(
    "task",
    [
        "Write a Flask application",
        "Write a script and its tests",
        "Write a function with unit tests",
        "Create a package with a function for each unit",
        "Make a website for my bakery",
        "Build a REST API for books",
        "Create two files: a class and a script that uses it",
        "Write a calculator in two modules",
        "Put the class in one file and the program in a separate file",
        "Write a class, and a script in another file",
        "Write a script with a README",
        "a page with a stylesheet",
        "Create a Python project for a calculator",
        "Make it faster",
        "",
    ],
)
def test_several_things_and_what_is_open_are_not_one(task: str) -> None:
    assert not asks_for_one(task)
