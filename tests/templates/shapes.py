"""A hundred agent files of the odd shapes that public ones have, and what becomes of each.

Every text is our own; the shapes are those met in 1,444 public files.
"""

# ruff: noqa: E501 - a table reads by its rows

from dataclasses import dataclass, field

from agentic_flow.core.values import Output

BODY = "Answer in one word.\n"
TEXT, FILES = Output.TEXT, Output.FILES


@dataclass(frozen=True)
class Shape:
    """One file, called agent.md, and what reading it gives."""

    label: str
    raw: bytes
    warns: tuple[str, ...] = ()
    """How each begins, with its line, in order."""
    says: dict[str, object] = field(default_factory=dict[str, object])
    """Fields of the template."""


def shape(label: str, text: str | bytes, *warns: str, **says: object) -> Shape:
    """Name a file's text."""
    return Shape(label, text if isinstance(text, bytes) else text.encode(), warns, says)


def header(*lines: str, body: str = BODY) -> str:
    """Write front matter with these lines between name, line 2, and description, the last."""
    return "\n".join(["---", "name: agent", *lines, "description: Says one word.", "---", body])


def described(value: str, *more: str) -> str:
    """Write front matter whose description, on line 3, is `value`."""
    return "\n".join(["---", "name: agent", f"description: {value}", *more, "model: haiku", "---", BODY])


PLAIN = (
    shape("name and description", header(), description="Says one word.", instructions=BODY.strip()),
    shape("all of our keys", header("tools: Read, Grep", "model: sonnet", "temperature: 0.3", "max_tokens: 900",
          "output: files"), tools=("Read", "Grep"), model="sonnet", temperature=0.3, max_tokens=900, output=FILES),
    shape("double quotes", described('"It said: yes"'), description="It said: yes", model="haiku"),
    shape("single quotes", described("'It''s: fine'"), description="It's: fine"),
    shape("escaped quotes", described(r'"He said \"go\"\nand went"'), description='He said "go"\nand went'),
    shape("folded block", described(">", "  One", "  two."), description="One two."),
    shape("folded and stripped block", described(">-", "  One", "  two."), description="One two."),
    shape("literal block with examples", described("|", "  Use it.", "", "  user: hi", "  assistant: ho"),
          description="Use it.\n\nuser: hi\nassistant: ho"),
    shape("plain value over two lines", described("One", "  two."), description="One two."),
    shape("written-out newlines", described(r"Use it.\n\n<example>\nuser asks</example>"),
          description=r"Use it.\n\n<example>\nuser asks</example>"),
    shape("non-ASCII words", described("Übersetzt 日本語 ✓"), description="Übersetzt 日本語 ✓"),
    shape("emoji made of several characters", described("The 👩‍💻 agent"), description="The 👩‍💻 agent"),
    shape("comment line", header("# the cheap one", "model: haiku"), model="haiku"),
    shape("comment after a value", header("model: haiku # the cheap one"), model="haiku"),
    shape("blank lines between keys", header("", "model: haiku", ""), model="haiku"),
    shape("space after the fence", header().replace("---\n", "---  \n"), name="agent"),
    shape("longer fence", header().replace("---\n", "-----\n"), name="agent"),
    shape("BOM", b"\xef\xbb\xbf" + header().encode(), name="agent"),
    shape("CRLF", header("model: haiku").replace("\n", "\r\n"), model="haiku", instructions=BODY.strip()),
    shape("lone CR", header("model: haiku").replace("\n", "\r"), model="haiku", instructions=BODY.strip()),
    shape("CRLF in the front matter only", header().replace("---\n", "---\r\n"), name="agent"),
    shape("no newline at the end", header().rstrip(), instructions=BODY.strip()),
    shape("rules in the body", header(body="a\n\n---\n\nb\n"), instructions="a\n\n---\n\nb"),
    shape("front matter shown in the body", header(body="```yaml\n---\nname: other\n---\n```\n"), name="agent"),
    shape("body with indented code", header(body="    code\n"), instructions="    code"),
    shape("flow mapping", '---\n{"name": "agent", "description": "d: e"}\n---\n' + BODY, description="d: e"),
    shape("JSON escapes of an emoji", described(r'"\ud83d\ude00"'), description="😀"),
    shape("indented keys", "---\n  name: agent\n  description: d\n---\n" + BODY, description="d"),
    shape("quoted keys", '---\n"name": agent\n"description": d\n---\n' + BODY, description="d"),
    shape("keys in another order", "---\nmodel: opus\ndescription: d\nname: agent\n---\n" + BODY, model="opus"),
    shape("name with spaces", "---\nname: Word  Smith\ndescription: d\n---\n" + BODY, name="Word Smith"),
    shape("name with a slash", "---\nname: LSP/Index\ndescription: d\n---\n" + BODY, name="LSP/Index"),
    shape("name with dots", "---\nname: net-4.8\ndescription: d\n---\n" + BODY, name="net-4.8"),
    shape("name like a number", "---\nname: 007\ndescription: d\n---\n" + BODY, name="007"),
    shape("name like a truth value", "---\nname: yes\ndescription: d\n---\n" + BODY, name="yes"),
    shape("name like a date", "---\nname: 2024-01-02\ndescription: d\n---\n" + BODY, name="2024-01-02"),
    shape("name over two lines", '---\nname: "a\n  b"\ndescription: d\n---\n' + BODY, name="a b"),
)  # fmt: skip

TOOLS = (
    shape("no tools", header("tools:"), tools=(), output=TEXT),
    shape("empty list of tools", header("tools: []"), tools=()),
    shape("flow list", header('tools: ["Read", "Write"]'), tools=("Read", "Write"), output=FILES),
    shape("block list", header("tools:", "  - Read", "  - Edit"), tools=("Read", "Edit"), output=FILES),
    shape("block list without indent", header("tools:", "- Read", "- Bash"), tools=("Read", "Bash"), output=TEXT),
    shape("commas without spaces", header("tools: Read,Write"), tools=("Read", "Write")),
    shape("trailing comma", header("tools: Read, Write,"), tools=("Read", "Write")),
    shape("tool with arguments", header("tools: Read, Bash(git log, ls), Task(a)"),
          tools=("Read", "Bash(git log, ls)", "Task(a)")),
    shape("tools of a server", header("tools: mcp__files__read, Glob"), tools=("mcp__files__read", "Glob")),
    shape("mapping of tools", header("tools:", "  write: false", "  bash: true"), tools=("bash",), output=TEXT),
    shape("tools of another program", header("tools: ['search', 'edit/editFiles']"), output=FILES),
    shape("the same tool twice", header("tools: Read, Read"), tools=("Read",)),
    shape("list in brackets and quotes", header('tools: "[Read, Glob]"'), tools=("Read", "Glob")),
    shape("every tool, quoted", header('tools: "*"'), tools=("*",)),
    shape("every tool, unquoted", header("tools: *"), "3: tools: not YAML: a lone `*`", tools=("*",)),
    shape("tab in a list", header("tools:", "\t- Read", "\t- Glob"), "3: tools: tabs", tools=("Read", "Glob")),
    shape("mappings in a list", header("tools:", "  - read: {path: x}", "  - Bash"), tools=("read", "Bash")),
    shape("broken item in a list", header("tools:", "  - Read", "  - *", "  - 'Bash'"), "3: tools: not YAML: a lone",
          tools=("Read", "*", "Bash")),
    shape("output beats tools", header("tools: Read, Write", "output: text"), output=TEXT),
)  # fmt: skip

VALUES = (
    shape("model inherit", header("model: inherit"), model=None),
    shape("no model", header("model:"), model=None),
    shape("model null", header("model: null"), model=None),
    shape("model as provider/model", header("model: onnx/default"), model="onnx/default"),
    shape("model with a colon", header("model: x/y:free"), model="x/y:free"),
    shape("model in words", header("model: Claude Sonnet 4.5 (copilot)"), model="Claude Sonnet 4.5 (copilot)"),
    shape("models, a list of one", header("model: [opus]"), model="opus"),
    shape("models, a list", header("model: [opus, haiku]"), "3: model is a list; the first, 'opus'", model="opus"),
    shape("temperature no number", header("temperature: hot"), "3: temperature: found 'hot'", temperature=None),
    shape("temperature too high", header("temperature: 7"), "3: temperature: found '7'", temperature=None),
    shape("temperature not a number", header("temperature: nan"), "3: temperature: found", temperature=None),
    shape("temperature a list", header("temperature: [1]"), "3: temperature should be words",
          "3: temperature: found '[1]'", temperature=None),
    shape("temperature quoted", header('temperature: "0.5"'), temperature=0.5),
    shape("max_tokens negative", header("max_tokens: -1"), "3: max_tokens: found '-1'", max_tokens=None),
    shape("max_tokens with a unit", header("max_tokens: 8k"), "3: max_tokens: found '8k'", max_tokens=None),
    shape("max_tokens endless", header("max_tokens: " + "9" * 5000), "3: max_tokens: found '999", max_tokens=None),
    shape("output misspelt", header("output: file"), "3: output: found 'file', expected files or text", output=TEXT),
    shape("output in capitals", header("output: FILES"), output=FILES),
    shape("key in capitals", header("Model: opus"), "3: 'Model' is read as 'model'", model="opus"),
    shape("key in another case", header("maxTokens: 50"), "3: 'maxTokens' is read as", max_tokens=50),
    shape("key twice", header("model: opus", "model: haiku"), "4: model is said twice", model="haiku"),
    shape("description a list", described("", "  - One", "  - two"), "3: description should be words",
          description="- One\n  - two"),
    shape("description a mapping", described("{Role}"), "3: description should be words", description="{Role}"),
    shape("alias", header("model: &m opus", "tools: *m"), "4: tools: not YAML: `*` begins an alias", model="opus"),
    shape("alias bomb", header("a: &a [x, x]", "b: &b [*a, *a]", "c: &c [*b, *b]"), "3: no effect here: a, b, c",
          "4: b: not YAML", "5: c: not YAML"),
    shape("tag that would build an object", header("color: !!python/object/apply:os.system [echo]"),
          "3: no effect here: color"),
    shape("deep nesting", header("color: " + "[" * 500 + "]" * 500), "3: color: not YAML: nested too deeply",
          "3: no effect here: color"),
)  # fmt: skip

FOREIGN = (
    shape("color", header("color: blue"), "3: no effect here: color"),
    shape("several", header("color: blue", "version: 1.0", "author: A. Body"),
          "3: no effect here: color, version, author"),
    shape("nested hooks", header("hooks:", "  Stop:", "    - command: echo"), "3: no effect here: hooks"),
    shape("inline servers", header("mcpServers:", "  - files: {command: npx}"), "3: no effect here: mcpServers"),
    shape("permissions", header("permissionMode: plan", "disallowedTools: [Bash]", "memory: user"),
          "3: no effect here: permissionMode, disallowedTools, memory"),
    shape("misspelt key", header("temprature: 0.1"), "3: no effect here: temprature (did you mean temperature?)",
          temperature=None),
    shape("key in another script", header("цвет: синий"), "3: no effect here: цвет"),
    shape("metadata", header("metadata:", "  name: other"), "3: no effect here: metadata", name="agent"),
)  # fmt: skip

BROKEN = (
    shape("colon in a description", described("Use it: now"), "3: description: not YAML: `: `",
          description="Use it: now", model="haiku"),
    shape("two colons, and tools after it", described("a: b: c", "tools: [Read]"), "3: description: not YAML",
          description="a: b: c", tools=("Read",)),
    shape("description begins with @", described("@team helps"), "3: description: not YAML",
          description="@team helps"),
    shape("description begins with *", described("*Fast* agent"), "3: description: not YAML",
          description="*Fast* agent"),
    shape("description begins with %", described("%d things"), "3: description: not YAML", description="%d things"),
    shape("description begins with a backquote", described("`ls` agent"), "3: description: not YAML",
          description="`ls` agent"),
    shape("description begins with a bracket", described("[beta] agent"), "3: description: not YAML",
          description="[beta] agent", model="haiku"),
    shape("quote never closed", described('"Half a quote'), "3: description: not YAML", description='"Half a quote',
          model="haiku"),
    shape("quotes inside quotes", described('"a "b" c"'), "3: description: not YAML", description='a "b" c'),
    shape("text after a quote", described('"Word" agent'), "3: description: not YAML", description='"Word" agent'),
    shape("escape that is none", described(r'"C:\path"'), "3: description: not YAML", description=r"C:\path"),
    shape("escape beyond all characters", described(r'"\UFFFFFFFF"'), "3: description: not YAML: an escape"),
    shape("dialogue that runs on", described("Use it. Examples:", "<example>", "Context: a page", 'user: "hi"',
          'assistant: "ho"', "</example>"), "3: description: not YAML", model="haiku",
          description='Use it. Examples:\n<example>\nContext: a page\nuser: "hi"\nassistant: "ho"\n</example>'),
    shape("dialogue on one line", described(r"Examples:\n- user: \"hi\"\n  assistant: \"ho\""),
          "3: description: not YAML", model="haiku"),
    shape("tab after the colon", header("model:\thaiku"), "3: model: a tab does not part", model="haiku"),
    shape("tab before a nested key", header("hooks:", "\tStop: x", "model: opus"), "3: hooks: tabs",
          "3: no effect here: hooks", model="opus"),
    shape("no space after the colon", "---\nname:agent\ndescription:Says: so\n---\n" + BODY, "2: name: not YAML",
          "3: description: not YAML: no space", name="agent", description="Says: so"),
    shape("block that is not indented", described("|", "Use it: now", "", "user: hi"),
          "1: has no description", "4: no effect here: Use it, user", description="", model="haiku"),
    shape("folded block that is not indented", described(">-", "Use it: now", "always"),
          "3: description: not YAML", description="Use it: now always", model="haiku"),
    shape("second document inside", "---\nname: agent\n--- !x\ndescription: d\n---\n" + BODY, "2: name: not YAML: a second", description="d"),
    shape("document ends inside", header("...", "model: opus"), "4: not YAML: expected", model="opus"),
    shape("line that is no key", header("some words", "model: opus"), "2: name: not YAML", model="opus"),
    shape("words before the first key", "---\nAgent file\nname: agent\ndescription: d\n---\n" + BODY,
          "2: this line belongs to no key: 'Agent file'", description="d"),
    shape("control character", described("bell \a"), "3: description: not YAML: a control character"),
)  # fmt: skip

FRAMES = (
    shape("no front matter", BODY, "1: no front matter", name="agent", instructions=BODY.strip()),
    shape("only a heading", "# Agent\n\n" + BODY, "1: no front matter", instructions="# Agent\n\n" + BODY.strip()),
    shape("empty front matter", "---\n---\n" + BODY, "1: has no description", "1: has no name", name="agent"),
    shape("no name", "---\ndescription: d\n---\n" + BODY, "1: has no name; the file's name, 'agent'", name="agent"),
    shape("empty name", "---\nname: \ndescription: d\n---\n" + BODY, "1: has no name", name="agent"),
    shape("no description", "---\nname: agent\n---\n" + BODY, "1: has no description", description=""),
    shape("name a list", "---\nname: [a]\ndescription: d\n---\n" + BODY, "2: name should be words", name="[a]"),
    shape("blank lines first", "\n\n" + header(), "3: blank lines before the front matter", name="agent"),
    shape("comment first", "<!-- v1 -->\n" + header(), "2: front matter below other text",
          instructions="<!-- v1 -->\n" + BODY.strip()),
    shape("heading first", "# Agent\n\n" + header(), "3: front matter below other text", name="agent"),
    shape("inside a code fence", "```markdown\n" + header() + "```\n", "2: front matter below", name="agent"),
    shape("opening fence missing", header().removeprefix("---\n"), "1: the `---` that opens", name="agent"),
    shape("closing fence missing", "---\nname: agent\ndescription: d\n\n" + BODY, "3: the `---` that closes",
          description="d", instructions=BODY.strip()),
    shape("closing fence missing, rule below", "---\nname: agent\ndescription: d\n\n# You: are\n\na\n\n---\n\nb\n",
          "5: the `---` that closes", description="d", instructions="# You: are\n\na\n\n---\n\nb"),
    shape("a rule, not a fence", "---\n\nJust *words* here.\n\n---\n\nMore.\n", "3: no front matter",
          instructions="---\n\nJust *words* here.\n\n---\n\nMore."),
    shape("a list for front matter", "---\n- a\n- b\n---\n" + BODY, "2: no front matter", name="agent"),
    shape("latin-1 bytes", described("Caf\xe9").encode("latin-1"), "3: is not UTF-8", description="Café"),
    shape("a byte that no code page has", b"---\nname: agent\ndescription: d\n---\n\x81 a\n", "5: is not UTF-8"),
    shape("UTF-16", header("model: opus").encode("utf-16"), "1: is UTF-16", model="opus"),
)  # fmt: skip

UNUSABLE = {
    "empty": b"",
    "only blank": b" \n\n\t\n",
    "no body": header(body="").encode(),
    "binary": b"\x7fELF\x00\x01\x02",
    "NUL in the text": header(body="a\0b").encode(),
    "UTF-16 without its mark": header().encode("utf-16-le"),
    "half a UTF-16 character": b"\xff\xfea",
    "huge": header(body="x" * 300_000).encode(),
    "huge front matter": header("color: " + "x" * 20_000).encode(),
}

READABLE = (*PLAIN, *TOOLS, *VALUES, *FOREIGN, *BROKEN, *FRAMES)
