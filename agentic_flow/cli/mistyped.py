"""Words that make no command -> what is wrong, and the line or the object that a script looks for."""

from collections.abc import Sequence
from typing import Protocol, TypeGuard

import typer

from agentic_flow.cli.console import say, say_failure
from agentic_flow.core.outcome import Outcome


class Mistake(Protocol):
    """What the parser of the command line raises, whichever library's class it is."""

    def format_message(self) -> str:
        """Return the sentence."""
        ...


def require_text(words: Sequence[str]) -> None:
    """Refuse bytes that are no text: no model could be told them, and no file of ours could hold them."""
    for word in words:
        if not word.isascii() and any("\ud800" <= character <= "\udfff" for character in word):
            raise typer.BadParameter(f"{word!r} is not text in this system's encoding; convert it first")


def require_none_before_command(ctx: typer.Context) -> None:
    """Refuse a task's options before the name of a command, which would not hear of a `--max-cost` there."""
    for parameter in ctx.command.params:
        given = ctx.get_parameter_source(parameter.name or "")
        if given is not None and given.name == "COMMANDLINE":
            command = ctx.invoked_subcommand
            ctx.fail(
                f"{parameter.opts[0]} says nothing before '{command}': the options of a command stand behind"
                f" its name; `agentic-flow {command} --help` shows them"
            )


def is_mistake(failure: Exception) -> TypeGuard[Mistake]:
    """Say whether the parser raised this, and not a command."""
    return hasattr(failure, "format_message")


def report_mistake(failure: Mistake, words: Sequence[str]) -> int:
    """Say what could not be understood, and return the exit code. `words` are the command line."""
    outcome = Outcome.USAGE
    sentence = failure.format_message().strip()
    context = getattr(failure, "ctx", None)
    if context is not None and not sentence.startswith("Usage:"):
        say(f"{context.get_usage()}\nTry '{context.command_path} --help' for help.\n")
    if sentence.startswith("Usage:"):  # a group without a command: its help
        say(f"{sentence}\n")
        sentence = f"name a command of `{context.command_path if context else 'agentic-flow'}`"
    else:
        sentence = " ".join(sentence.split())
    if sentence.startswith("No such command"):
        if {"-t", "--task"} & set(words):
            sentence += ' A task of several words goes in quotes: --task "..."'
        elif any(word.startswith("-") or " " in word for word in words):
            sentence += ' Say what you want done with --task "..."'
    say_failure(outcome.status, sentence)
    if form := _form(words):
        from agentic_flow.cli.show import OutputFormat, put_result
        from agentic_flow.core.values import RunResult

        if form in set(OutputFormat) - {OutputFormat.TEXT}:
            result = RunResult("", outcome.status, outcome.exit_code, agent="", error=sentence)
            put_result(result, OutputFormat(form))
    return outcome.exit_code


def _form(words: Sequence[str]) -> str | None:
    """Return the form of output that was asked for, as far as it can be read."""
    for word, following in zip(words, [*words[1:], ""], strict=True):
        name, _, value = word.partition("=")
        if name == "--output-format":
            return value or following
    return None
