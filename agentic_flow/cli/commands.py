"""The commands by name, each loaded and built when somebody asks for it: a task needs none of them."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_group

_WHERE: Mapping[str, tuple[str, str]] = {
    "download-model": ("download", "download_model"),
    "batch": ("batch", "batch"),
    "doctor": ("doctor", "doctor"),
    "agents": ("agents", "app"),
    "models": ("models", "app"),
    "config": ("config", "app"),
    "history": ("history", "app"),
    "route": ("route", "app"),
    "cache": ("cache", "app"),
    "costs": ("costs", "app"),
    "benchmark": ("benchmark", "app"),
}
"""The module of each, and what it is called there; in the order of the help."""


class Commands(TyperGroup):
    """The command line, which finds the other commands in the table."""

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return the command of a name; for a name that none has, know them all: one may be like it."""
        if cmd_name not in self.commands:
            self._load(*([cmd_name] if cmd_name in _WHERE else _WHERE))
        return super().get_command(ctx, cmd_name)

    def list_commands(self, ctx: Any) -> list[str]:
        """Return all names."""
        self._load(*_WHERE)
        return super().list_commands(ctx)

    def _load(self, *names: str) -> None:
        for name in names:
            if name not in self.commands:
                self.add_command(_built(name), name)


def _built(name: str) -> Any:
    module, called = _WHERE[name]
    command = getattr(import_module(f"agentic_flow.cli.{module}"), called)
    around = typer.Typer(rich_markup_mode=None)
    if isinstance(command, typer.Typer):
        around.add_typer(command, name=name)
    else:
        around.command(name=name)(command)
    return get_group(around).commands[name]
