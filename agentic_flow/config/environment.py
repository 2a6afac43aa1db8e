"""The environment and a project's `.env` files -> names with values, and `${NAME}` in a text made whole.

`.env` values never enter the process's environment, so HF_ENDPOINT or HTTPS_PROXY in a cloned
repository's `.env` leads no download and no call anywhere.
"""

import os
import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from agentic_flow.core.frozen import frozen
from agentic_flow.core.looking import is_there
from agentic_flow.core.patterns import pattern

REFERENCE = pattern(r"\$\$\{|\$\{(?P<name>[^{}]*)(?P<end>\}?)")
_NAME = pattern(r"[A-Za-z_][A-Za-z0-9_]*")
_SHELL_ONLY = frozenset(
    {
        "AGENTIC_FLOW_CONFIG",
        "AGENTIC_FLOW_MODELS_DIR",
        "HF_ENDPOINT",
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
    }
)
"""Names that steer where things come from: a project may not say them, and someone may think it does."""
_LARGEST_FILE = 64_000
"""Bytes of a `.env`, which every command reads: what is larger is something else, and slow to take apart."""
_MOST_WARNINGS = 3
"""Of one file's lines that are told of; a file that is no text has thousands."""
_VIRTUAL = "pyvenv.cfg"


class BadReference(Exception):
    """A `${...}` that cannot be made whole. Its text is what would do."""


class UnsetName(BadReference):
    """`${NAME}` names nothing."""


@frozen
class DotEnv:
    """What the `.env` files of a project say, the nearest file first."""

    values: Mapping[str, tuple[str, str]]
    """Name to value and to the label of the file that says it."""
    warnings: tuple[str, ...] = ()


NO_DOTENV = DotEnv({})


@frozen
class Names:
    """All names a text can refer to. The environment wins over `.env`; an empty value is none."""

    environment: Mapping[str, str]
    dotenv: DotEnv = NO_DOTENV

    def expand(self, text: str, allow: Callable[[str], None]) -> str:
        """Replace each `${NAME}`, and `$${` by `${`. Raises `BadReference`, and whatever `allow` raises."""

        def whole(found: re.Match[str]) -> str:
            name = found["name"]
            if name is None:
                return "${"
            if not found["end"] or not _NAME.fullmatch(name):
                raise BadReference("${NAME}, or $${ for the characters themselves")
            allow(name)
            said, _ = self.dotenv.values.get(name, ("", ""))
            value = self.environment.get(name) or said
            if not value:
                raise UnsetName(
                    f"{name} to be set in the environment{'' if self.dotenv is NO_DOTENV else ' or in .env'}"
                )
            return value

        return REFERENCE.sub(whole, text) if "${" in text else text


def environment() -> dict[str, str]:
    """Return the process's environment as it is now."""
    return dict(os.environ)  # noqa: TID251  (this module is where it is read)


@contextmanager
def inherited(kept: Mapping[str, str]) -> Generator[None]:
    """Let processes that are started inside inherit only `kept` of the environment."""
    hidden = {name: value for name, value in environment().items() if name not in kept}
    for name in hidden:
        del os.environ[name]  # noqa: TID251
    try:
        yield
    finally:
        os.environ.update(hidden)  # noqa: TID251


def read_dotenv(folders: Sequence[Path], show: Callable[[Path], str]) -> DotEnv:
    """Read the `.env` of each folder, the nearest first; `show` gives a file its name in messages."""
    values: dict[str, tuple[str, str]] = {}
    warnings: list[str] = []
    for folder in folders:
        path = folder / ".env"
        if is_there(path) and not is_there(path / _VIRTUAL):  # which may be called so, and is no mistake
            if not path.is_file():  # a folder, or a pipe, say, that would be waited on for ever
                warnings.append(f"{show(path)}: is no regular file, and is not read")
                continue
            doubts: list[str] = []
            said = _read_one(path, show(path), doubts)
            warnings += doubts[:_MOST_WARNINGS]
            if (left := len(doubts) - _MOST_WARNINGS) > 0:
                warnings.append(f"{show(path)}: {left:,} more lines like these are left out")
            values = {name: (value, show(path)) for name, value in said.items()} | values
    return DotEnv(values, tuple(warnings))


def _read_one(path: Path, label: str, warnings: list[str]) -> dict[str, str]:
    """Return what one file says; the last line of a name wins, an empty one says nothing."""
    from io import StringIO

    from dotenv.parser import parse_stream

    values: dict[str, str] = {}
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST_FILE + 1)
    except OSError as failure:
        warnings.append(f"{label}: cannot be read: {failure.strerror}")
        return values
    if len(data) > _LARGEST_FILE:  # half of it could hold half of a key
        limit = f"{_LARGEST_FILE // 1000} kB"
        warnings.append(
            f"{label}: is larger than {limit}, and is not read; set your keys in the environment, or cut it"
        )
        return values
    if data.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):  # as a shell of Windows writes it
        warnings.append(f"{label}: is UTF-16 text, and is not read; save it as UTF-8")
        return values
    text = data.decode("utf-8-sig", errors="replace")
    for binding in parse_stream(StringIO(text)):
        name, line = binding.key, binding.original.line
        if binding.error:
            warnings.append(f"{label}:{line}: not NAME=value; the line is left out")
        elif name is not None and name.upper() in _SHELL_ONLY:
            warnings.append(
                f"{label}:{line}: {name} is not taken from a project's .env, because it decides where "
                "things come from; export it in your shell if you mean it"
            )
        elif name is not None and binding.value:
            values[name] = binding.value
    return values
