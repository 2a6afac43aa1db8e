"""One template's bytes -> AgentTemplate, with a warning for each thing that was read tolerantly."""

import math
import re
import shlex
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from agentic_flow.core.bounds import leads_out
from agentic_flow.core.errors import InvalidTemplate
from agentic_flow.core.names import SCRIPTED
from agentic_flow.core.opening import TooLarge, read_regular
from agentic_flow.core.values import AgentTemplate, Output
from agentic_flow.templates.fields import Header, read_header
from agentic_flow.templates.keys import OTHERS, OURS, Field, canonical
from agentic_flow.templates.page import NotText, Page, Remark, open_page

T = TypeVar("T")

LARGEST = 256 * 1024
"""Bytes of a whole file. The largest of 1,500 public agent files has 58 KB."""
_LONGEST_HEADER = 16 * 1024
"""Characters of front matter. The longest public one has 5,900."""
_MOST_WARNINGS = 20
_HOTTEST = 2.0
_INHERIT = frozenset({"", "inherit", "default", "auto", "null", "none", "~"})
_REFUSING = frozenset({"false", "no", "off", "deny"})
_WRITING = frozenset({"write", "edit", "multiedit", "editfiles", "createfile", "writefile", "applypatch"})


def read_template(path: Path, origin: str, bound: Path | None = None) -> AgentTemplate:
    """Read the template at `path`. Raises `InvalidTemplate` where nothing usable is there.

    `bound` is the project that links may not lead out of: one in a clone would send a person's notes out.
    """
    try:
        target = path.resolve(strict=True)
        if target.suffix.lower() != ".md":
            # A link in a cloned project must not carry somebody's key file into a prompt.
            raise InvalidTemplate(
                f"{path}:1: the link leads to {target}, which is no .md file; link to a .md file"
            )
        if leads_out(target, bound):
            raise InvalidTemplate(
                f"{path}:1: a link leads out of the project, to {target}; copy that file here, or name it: "
                f"--agent {shlex.quote(str(target))}"
            )
        raw = read_regular(target, LARGEST)
    except TooLarge as failure:
        raise _too_large(path) from failure
    except (OSError, RuntimeError) as failure:  # a loop of links is a RuntimeError before Python 3.13
        raise InvalidTemplate(
            f"{path}:1: cannot be read ({_reason(failure)}); check the file and its rights"
        ) from failure
    return parse_template(raw, path, origin)


def parse_template(raw: bytes, path: Path, origin: str) -> AgentTemplate:
    """Make a template of a file's bytes. Raises `InvalidTemplate`, and nothing else."""
    if len(raw) > LARGEST:
        raise _too_large(path)
    try:
        page = open_page(raw)
    except NotText as failure:
        raise InvalidTemplate(f"{path}:1: is not text; save it as UTF-8 Markdown") from failure
    if sum(map(len, page.header or ())) > _LONGEST_HEADER:
        raise InvalidTemplate(
            f"{path}:{page.header_line}: front matter over {_LONGEST_HEADER // 1024} KiB;"
            " close it with `---` and put the rest below"
        )
    header = Header(None) if page.header is None else read_header(page.header, page.header_line)
    body = _body(page, header)
    if not body.strip():
        line = page.header_line + len(page.header or ())
        raise InvalidTemplate(f"{path}:{line}: holds no instructions; write them below the front matter")
    return _template(_Reading(page, header), body, path, origin)


def _too_large(path: Path) -> InvalidTemplate:
    return InvalidTemplate(
        f"{path}:1: is larger than {LARGEST // 1024} KiB; an agent's instructions are a few KiB"
    )


def file_name(path: Path) -> str:
    """Return the name a file gives its agent: 'coder' for coder.md, and for coder.agent.md."""
    return re.sub(r"\.agent\Z", "", path.stem) or path.stem


def _body(page: Page, header: Header) -> str:
    if page.header is None or header.fields is None:
        return page.whole
    if header.length is None:
        return page.body
    return "\n".join((*page.header[header.length :], "---", page.body))


class _Reading:
    """The fields of one header, taken one by one; collects what must be said about them."""

    def __init__(self, page: Page, header: Header) -> None:
        self.first = page.header_line
        self.declared = header.fields is not None
        self.remarks: list[Remark] = [*page.remarks, *header.remarks]
        self.fields: dict[str, Field] = {}
        idle: list[Field] = []
        for field in header.fields or ():
            key = canonical(field.key)
            if key is None:
                idle.append(field)
                continue
            if key in self.fields:
                self.say(field, f"{key} is said twice; the last one counts")
            elif field.key != key:
                self.say(field, f"{field.key!r} is read as {key!r}")
            self.fields[key] = field
        if idle:
            self.say(idle[0], f"no effect here: {', '.join(map(_with_hint, idle))}")

    def say(self, field: Field | None, text: str) -> None:
        """Remember a remark about `field`, or about the file."""
        self.remarks.append(Remark(1 if field is None else self.first + field.line, text))

    def text(self, key: str) -> str:
        """Return a field as words; '' where it is absent. A list or mapping is kept as it is written."""
        field = self.fields.get(key)
        if field is None:
            return ""
        if isinstance(field.value, str):
            return field.value.strip()
        self.say(field, f"{key} should be words; taken as it is written")
        return field.source

    def one_line(self, key: str) -> str:
        """Return a field that is one line of printable words."""
        words = "".join(c if c.isprintable() else " " for c in self.text(key))
        return " ".join(words.split())

    def number(self, key: str, convert: Callable[[str], T], wanted: str) -> T | None:
        """Return a field as a number; None, with a remark, where it is none."""
        text = self.text(key)
        if key not in self.fields or text in {"", "null", "~"}:
            return None
        try:
            return convert(text)
        except (ValueError, OverflowError):
            self.say(self.fields[key], f"{key}: found {text[:40]!r}, expected {wanted}; not used")
            return None

    def tools(self) -> tuple[str, ...]:
        """Return the tools: from 'Read, Write', from a list, or from {write: true, bash: false}."""
        field = self.fields.get("tools")
        match field.value if field else "":
            case str(text):
                found = _split_tools(text)
            case list(items):
                found = [name for item in items for name in (item if isinstance(item, dict) else [str(item)])]
            case dict(choices):
                found = [name for name, on in choices.items() if str(on).lower() not in _REFUSING]
        return tuple(dict.fromkeys(tool.strip() for tool in found if tool.strip()))

    def checks(self) -> tuple[str, ...]:
        """Return the check commands: one, or a list of them."""
        field = self.fields.get("check")
        if field is None:
            return ()
        if isinstance(field.value, list) and all(isinstance(item, str) for item in field.value):
            commands = [str(item).strip() for item in field.value]
        else:
            commands = [self.text("check")]
        return tuple(command for command in commands if command)

    def model(self) -> str | None:
        """Return the model's name; None for `inherit`. Of a list the first counts."""
        field = self.fields.get("model")
        if field and isinstance(field.value, list) and field.value and isinstance(field.value[0], str):
            if len(field.value) > 1:
                self.say(field, f"model is a list; the first, {field.value[0]!r}, counts")
            name = field.value[0].strip()
        else:
            name = self.one_line("model")
        if name.partition("/")[0].strip() == SCRIPTED:  # a clone's words would pass for a model's
            self.say(field, f"model: {name[:40]!r} is played only where --model names it; not used")
            return None
        return None if name.lower() in _INHERIT else name

    def output(self, tools: Sequence[str]) -> Output:
        """Return what the agent answers with: what it says, else files where it has a tool that writes."""
        said = self.text("output").lower()
        if said:
            try:
                return Output(said)
            except ValueError:
                found = f"output: found {said[:40]!r}"
                self.say(self.fields["output"], f"{found}, expected files or text; not used")
        return Output.FILES if any(map(_writes, tools)) else Output.TEXT


def _template(reading: _Reading, body: str, path: Path, origin: str) -> AgentTemplate:
    name = reading.one_line("name")
    if not name and reading.declared:
        reading.say(None, f"has no name; the file's name, {file_name(path)!r}, serves")
    description = reading.text("description")
    if not description and reading.declared:
        reading.say(None, "has no description")
    tools = reading.tools()
    return AgentTemplate(
        name=name or file_name(path),
        description=description,
        instructions=body.strip("\n"),
        path=path,
        origin=origin,
        tools=tools,
        model=reading.model(),
        temperature=reading.number("temperature", _temperature, "a number from 0 to 2"),
        max_tokens=reading.number("max_tokens", _max_tokens, "a whole number above 0"),
        output=reading.output(tools),
        checks=reading.checks(),
        warnings=_warnings(sorted(reading.remarks), path),
    )


def _warnings(remarks: Sequence[Remark], path: Path) -> tuple[str, ...]:
    shown = [f"{path}:{line}: {text}" for line, text in remarks[:_MOST_WARNINGS]]
    if len(remarks) > _MOST_WARNINGS:
        shown.append(
            f"{path}:{remarks[_MOST_WARNINGS].line}: and {len(remarks) - _MOST_WARNINGS} more like these"
        )
    return tuple(shown)


def _temperature(text: str) -> float:
    value = float(text)
    if not (math.isfinite(value) and 0 <= value <= _HOTTEST):
        raise ValueError(text)
    return value


def _max_tokens(text: str) -> int:
    value = int(text)
    if value <= 0:
        raise ValueError(text)
    return value


def _split_tools(text: str) -> list[str]:
    """Split at commas outside parentheses: 'Read, Bash(git:*, ls)' names two tools."""
    return re.findall(r"(?:\([^()]*\)|[^,\[\]])+", text)


def _writes(tool: str) -> bool:
    """Whether a tool changes files, in the spelling of any of the programs that read these files."""
    word = tool.partition("(")[0].rpartition("/")[2]
    return re.sub(r"[-_ ]", "", word).casefold() in _WRITING


def _with_hint(field: Field) -> str:
    key = field.key.casefold()
    if key in OTHERS:
        return field.key[:40]
    import difflib  # only a mistake needs it

    near = difflib.get_close_matches(key, OURS, 1, 0.75)
    return f"{field.key[:40]} (did you mean {near[0]}?)" if near else field.key[:40]


def _reason(failure: Exception) -> str:
    return (
        failure.strerror or str(failure) if isinstance(failure, OSError) else "its links go round in a circle"
    )
