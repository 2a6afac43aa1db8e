"""Check commands -> the tools they start that have to be there, and the one that was not. Pure.

Before an answer is paid for only that is told which no answer and no step before it can bring. What has a
path may be a file that a model is to write; one without is no command, as what it writes is not executable.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import takewhile
from shlex import quote

from agentic_flow.core.frozen import frozen
from agentic_flow.core.patterns import pattern
from agentic_flow.core.values import Check
from agentic_flow.core.words import word_set

ABSENT = 64
"""The exit code of a tool's question where it is not there; what cannot be told ends with another."""
_NOT_FOUND = 127
_MISSING = pattern(r"(?<![^ ])([^:/\s]+): (?:command )?not found$", re.MULTILINE)
_FIRST = pattern(r"(?:cd\s+\S+\s*(?:&&|;)|\w+=\S*\s|\s)*([^\s;&|]+)")  # behind folders and variables
_AS_MODULE = pattern(r"(?P<python>\S*python[\d.]*)\s+-m\s+(?P<module>[\w-]+)")
_TOOLS = word_set("bandit black coverage flake8 isort mypy nose2 nox pylint pyright pytest ruff tox")
"""Modules that checks start. Any other may be what a model is to write."""
_BRING_NOTHING = _TOOLS | word_set("cd test [ true echo")
"""Commands after which the same others are there as before."""

_WORD = r"(?:[^\s'\"\\`;<>|&()#]|'[^']*'|\"(?:[^\"\\`$]|\$(?!\())*\")++"
_STEPS = pattern(rf"(?:[ \t]|&&|{_WORD})*+")
_NEXT = pattern(rf"&&|{_WORD}")
_NAME = pattern(r"\[|[A-Za-z0-9_][\w.+-]*")
_VARIABLE = pattern(r"(\w+)=")


@frozen
class Tool:
    """A command that a check starts, or a module that it has a Python run."""

    name: str
    python: str | None = None

    def __str__(self) -> str:
        return f"{self.name!r} for {self.python!r}" if self.python else f"command {self.name!r}"

    @property
    def question(self) -> str:
        """A line of shell that ends with `ABSENT` where the tool is not there."""
        if self.python is None:
            return f"command -v {quote(self.name)} || exit {ABSENT}"
        look = f"import sys, importlib.util as i; sys.exit(0 if i.find_spec({self.name!r}) else {ABSENT})"
        return f"{quote(self.python)} -c {quote(look)}"


def needed_tools(checks: Iterable[str]) -> Iterator[tuple[str, Tool]]:
    """Yield each check with a tool without which it cannot pass, whatever an answer brings.

    The first step that may bring others ends it: `pip install . && their-tool`. So does a line that need not
    fail with its first step: `their-tool || true`.
    """
    for check in checks:
        steps, stays = _steps(check), True
        for step in steps:
            variables = [*takewhile(_VARIABLE.match, step)]
            words = step[len(variables) :]
            if not words or any(variable.startswith("PATH=") for variable in variables):
                return
            if _NAME.fullmatch(words[0]):
                yield check, Tool(words[0])
            if module := _known_module(" ".join(words)):
                if stays and not variables:  # what a Python has depends on both
                    yield check, module
            elif words[0] not in _BRING_NOTHING:
                return
            stays = stays and words[0] != "cd"
        if not steps:
            return


def _steps(check: str) -> Sequence[Sequence[str]]:
    """Return the words of each step of `one && other`; nothing of a line that holds more than that."""
    steps: list[list[str]] = [[]]
    for word in _NEXT.findall(check) if _STEPS.fullmatch(check) else ():
        if word == "&&":
            steps.append([])
        else:
            steps[-1].append(word)
    return steps if all(steps) else ()


def missing_tool(check: Check) -> Tool | None:
    """Return what a check begins with and this machine has not; None where that is not so.

    What has a path may be a file that a model is to write, and what another command comes before may be what
    that brings: `pip install . && their-tool`.
    """
    first = _FIRST.match(check.command)
    if first is None:
        return None
    if check.exit_code == _NOT_FOUND:
        return Tool(first[1]) if first[1] in _MISSING.findall(check.output_tail) else None
    module = _known_module(check.command[first.start(1) :])
    told = module and check.output_tail.rstrip().endswith(f": No module named {module.name}")
    return module if told else None


def _known_module(command: str) -> Tool | None:
    """Return the module that a command has a Python run, where it is one that checks start."""
    found = _AS_MODULE.match(command)
    return Tool(found["module"], found["python"]) if found and found["module"] in _TOOLS else None
