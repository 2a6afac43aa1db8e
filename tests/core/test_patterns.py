"""Patterns are what `re.compile` makes of them, and cost nothing before something is looked for."""

import re
from importlib import import_module
from pkgutil import walk_packages

import pytest

import agentic_flow
from agentic_flow.core.patterns import pattern


def test_a_pattern_finds_what_the_compiled_one_finds() -> None:
    late, compiled = (make(r"(?P<word>[a-z]+)-(\d)", re.IGNORECASE) for make in (pattern, re.compile))

    for _ in range(2):  # compiled by the first look, found as it is by the second
        assert late.findall("A-1, b-2") == compiled.findall("A-1, b-2")
        assert late.sub(r"\2", "A-1, b-2") == "1, 2"
    assert (late.pattern, late.flags, late.groupindex) == (compiled.pattern, compiled.flags, {"word": 1})


def test_nothing_is_compiled_before_something_is_looked_for() -> None:
    broken = pattern("(")

    with pytest.raises(re.error):
        broken.search("")


def test_every_pattern_of_the_package_can_be_compiled() -> None:
    late = type(pattern(""))
    names = (info.name for info in walk_packages(agentic_flow.__path__, "agentic_flow."))
    values = (value for name in names for value in vars(import_module(name)).values())
    found = [value.pattern for value in values if isinstance(value, late)]  # compiled by the question

    assert len(found) > 100
