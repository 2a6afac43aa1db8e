"""`agents list|show|validate|new` on real processes."""

import json
from pathlib import Path

import pytest

from tests.program import Flow


def write(folder: Path, file: str, text: str) -> Path:
    """Write one template into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / file
    path.write_text(text, encoding="utf-8")
    return path


def template(name: str, description: str = "d", body: str = "Do it.") -> str:
    """Return a template's text."""
    return f"---\nname: {name}\ndescription: {description}\n---\n{body}\n"


def on_terminal(flow: Flow, *arguments: str) -> str:
    """Return what a terminal of 100 columns is sent."""
    child = flow.on_terminal(*arguments, dimensions=(40, 100))
    sent: str = child.read()
    child.close()
    assert child.exitstatus == 0
    return sent


def test_the_list_says_what_each_agent_is_for(flow: Flow) -> None:
    """One line an agent, plain in a pipe, and nothing on stderr when all is well."""
    said = flow("agents", "list")

    assert said.returncode == 0
    assert said.stderr == ""
    (coder,) = [line for line in said.stdout.splitlines() if line.startswith("coder ")]
    assert coder.split(maxsplit=4) == [
        "coder", "files", "-", "shipped", "Writes working code for a task, as complete files.",
    ]  # fmt: skip


def test_the_list_says_what_is_hidden_and_what_cannot_be_used(flow: Flow) -> None:
    own = write(flow.cwd / "agents", "coder.md", template("coder", "Mine."))
    broken = write(flow.cwd / ".claude" / "agents", "empty.md", "")
    odd = write(flow.cwd / ".claude" / "agents" / "team", "odd.md", template("odd", "Use it: now"))

    said = flow("agents", "list")

    assert said.returncode == 0
    assert "Mine." in said.stdout
    assert "Use it: now" in said.stdout
    assert f"because {own} is called 'coder' too" in said.stderr
    assert f"cannot be used: {broken}:1: holds no instructions" in said.stderr
    assert "read with warnings: 1" in said.stderr
    assert str(odd) not in said.stderr


def test_the_list_as_json_holds_every_file(flow: Flow) -> None:
    write(flow.cwd / "agents", "coder.md", template("coder", "Mine."))
    write(flow.cwd / "agents", "empty.md", "")

    listed = json.loads(flow("agents", "list", "--json").stdout)

    mine, theirs = (each for each in listed if each["name"] == "coder")
    assert (mine["origin"], mine["hidden_by"]) == ("project agents/", None)
    assert (theirs["origin"], theirs["hidden_by"]) == ("shipped", mine["path"])
    assert [each["name"] for each in listed if "error" in each] == ["empty"]


def test_a_description_with_examples_is_one_line(flow: Flow) -> None:
    write(flow.cwd / "agents", "a.md", template("a", r"Use it.\n\n<example>\nuser asks</example>"))
    write(flow.cwd / "agents", "b.md", template("b", "|\n  Use that.\n\n  More."))

    said = flow("agents", "list").stdout.splitlines()

    assert [line.split(maxsplit=5)[-1] for line in said if line.startswith(("a ", "b "))] == [
        "Use it.",
        "Use that.",
    ]


def test_show_prints_what_the_model_reads(flow: Flow) -> None:
    body = "# You\n\n[bold] *stars* \x1b[31mred\x1b[0m é"
    write(flow.cwd / "agents", "mine.md", template("mine", "d", body))

    said = flow("agents", "show", "mine")

    assert said.returncode == 0
    assert said.stdout.endswith(f"\n\n{body}\n")
    assert json.loads(flow("agents", "show", "mine", "--json").stdout)["instructions"] == body


def test_a_terminal_sees_no_control_characters_of_a_strangers_template(flow: Flow) -> None:
    write(flow.cwd / "agents", "evil.md", template("evil", "d", "a\x1b]0;title\x07b\x1b[2Jc\u202ed"))

    output = on_terminal(flow, "agents", "show", "evil")

    assert output.splitlines()[-1].startswith("a")
    assert set(output).isdisjoint("\x1b\x07\u202e")


def test_on_a_terminal_long_descriptions_are_wrapped(flow: Flow) -> None:
    write(flow.cwd / "agents", "long.md", template("long", "word " * 60))

    output = on_terminal(flow, "agents", "list")

    assert output.count("word") == 60
    assert max(map(len, output.splitlines())) <= 100


def test_an_unknown_agent_is_a_config_mistake_with_a_guess(flow: Flow) -> None:
    said = flow("agents", "show", "codr")

    assert said.returncode == 3
    assert said.stdout == ""
    assert "did you mean 'coder'?" in said.stderr
    assert "shipped (" in said.stderr


def test_validate_says_file_and_line(flow: Flow) -> None:
    odd = write(flow.cwd / "agents", "odd.md", template("odd", "Use it: now"))

    said = flow("agents", "validate", "odd")

    assert said.returncode == 0
    assert said.stdout.startswith(f"{odd}:3: warning: description: not YAML")
    assert flow("agents", "validate", "--strict", "odd").returncode == 3
    assert f"{odd}:3: error: " in flow("agents", "validate", "--strict", "odd").stdout


def test_validate_looks_for_the_model_that_an_agent_names(flow: Flow) -> None:
    agents = flow.cwd / "agents"
    for name, model in (
        ("odd", "gpt-9"),
        ("old", "claude-3-opus-20240229"),
        ("same", "inherit"),
        ("own", "sonnet"),
    ):
        text = template(name).replace("---\n", f"---\nmodel: {model}\n", 1)
        write(agents, f"{name}.md", text)

    said = flow("agents", "validate", "odd", "old", "same", "own")

    assert said.returncode == 0
    first, second, *others = said.stdout.splitlines()
    assert first.startswith(f"{agents / 'odd.md'}:2: warning: model: there is no model 'gpt-9'")
    assert second.startswith(f"{agents / 'old.md'}:2: warning: model: claude-3-opus-20240229 was retired")
    assert others == [f"{agents / name}: fine" for name in ("same.md", "own.md")]


def test_validate_tells_of_names_that_are_taken_or_that_none_could_be_begun_under(flow: Flow) -> None:
    agents = flow.cwd / "agents"
    first = write(agents, "a.md", template("same"))
    second = write(agents, "b.md", template("same"))
    evil = write(agents, "evil.md", template("../evil"))

    told = flow("agents", "validate").stdout
    assert f"{second}:1: warning: name: 'same' is that of {first}, which is used in its place\n" in told
    assert f"{evil}:1: warning: name: an agent cannot be called '../evil'" in told
    assert f"{first}: fine\n" in told


def test_a_hidden_file_is_no_agent_and_no_name_ends_as_its_file_does(flow: Flow) -> None:
    write(flow.cwd / "agents", ".hidden.md", template("hidden"))
    assert "hidden" not in flow("agents", "list").stdout

    refused = flow("agents", "new", "a.md")
    assert refused.returncode == 2
    assert "leave .md out" in refused.stderr


def test_an_agent_that_is_not_there_repeats_no_long_list_of_what_is_wrong(flow: Flow) -> None:
    for name in ("a", "b", "c"):
        write(flow.cwd / "agents", f"{name}.md", "")
    last = flow("-a", "nobody", "-t", "x", "--no-stdin").stderr.splitlines()[-1]
    assert "3 files cannot be used: `agentic-flow agents validate` says why." in last
    assert "a.md" not in last


def test_validate_without_names_checks_all(flow: Flow) -> None:
    """The shipped agents are strictly fine; one that cannot be used makes it exit 3."""
    assert flow("agents", "validate", "--strict").returncode == 0
    empty = write(flow.cwd / "agents", "empty.md", "")

    said = flow("agents", "validate")

    assert said.returncode == 3
    assert f"{empty}:1: error: holds no instructions" in said.stdout
    assert "/coder.md: fine" in said.stdout
    assert said.stderr.splitlines()[-1].endswith("agents unusable; see above")


@pytest.mark.parametrize("named", ["elsewhere", "elsewhere/a.md"])
def test_validate_takes_paths(flow: Flow, named: str) -> None:
    write(flow.cwd / "elsewhere", "a.md", template("a"))

    said = flow("agents", "validate", named)

    assert said.returncode == 0
    assert said.stdout == "elsewhere/a.md: fine\n"
    assert flow("agents", "validate", "gone.md").returncode == 3


def test_a_new_agent_is_in_order_and_found(flow: Flow) -> None:
    """It reads strictly without a warning, holds the other's instructions, and is never overwritten."""
    said = flow("agents", "new", "my-reviewer", "--from", "reviewer")

    assert said.returncode == 0
    path = flow.cwd / "agents" / "my-reviewer.md"
    assert said.stdout == f"{path}\n"
    assert flow("agents", "validate", "--strict", "my-reviewer").returncode == 0
    new, old = (
        json.loads(flow("agents", "show", name, "--json").stdout) for name in ("my-reviewer", "reviewer")
    )
    assert {key for key in new if new[key] != old[key]} == {"name", "origin", "path"}

    path.write_text("mine now", encoding="utf-8")
    again = flow("agents", "new", "my-reviewer")
    assert again.returncode == 8
    assert "exists" in again.stderr
    assert path.read_text(encoding="utf-8") == "mine now"


def test_a_new_agent_for_all_projects(flow: Flow) -> None:
    path = Path(flow("agents", "new", "mine", "--user").stdout.strip())

    assert path.is_relative_to(flow.env["HOME"])
    assert not (flow.cwd / "agents").exists()
    assert json.loads(flow("agents", "show", "mine", "--json").stdout)["origin"] == "user"


def test_a_new_agent_keeps_what_is_odd_in_the_old_one(flow: Flow) -> None:
    """A description with quotes and colons, a model, tokens: written so that they read the same."""
    odd = 'name: odd\ndescription: "Say: \\"é\\" # ok"\nmodel: "x/y:free"\nmax_tokens: 70\ntemperature: 0.25'
    write(flow.cwd / "agents", "odd.md", f"---\n{odd}\n---\nDo it.\n")
    flow("agents", "new", "copy", "--from", "odd")

    shown = json.loads(flow("agents", "show", "copy", "--json").stdout)

    assert shown["description"] == 'Say: "é" # ok'
    assert (shown["model"], shown["max_tokens"], shown["temperature"]) == ("x/y:free", 70, 0.25)
    assert shown["warnings"] == []


@pytest.mark.parametrize("name", ["../up", "a/b", "Big", "", "-x", "a b", "x" * 65, "x\n"])
def test_a_name_that_does_not_do_is_refused(flow: Flow, name: str) -> None:
    said = flow("agents", "new", "--", name)

    assert said.returncode == 2
    assert not (flow.cwd / "agents").exists()


def test_a_new_agent_that_hides_another_says_so(flow: Flow) -> None:
    assert "there is another 'coder'" in flow("agents", "new", "coder").stderr


def test_a_run_uses_the_agent_of_the_folder_named_first(flow: Flow) -> None:
    """The template reaches the model's prompt, and its warnings reach stderr."""
    write(flow.cwd / "own", "greeter.md", template("greeter", "Say: hi", "Greet."))
    model = flow.script("m", {"text": "hello"}, {"finish": "end", "input_tokens": 1, "output_tokens": 1})

    said = flow("--agents-dir", "own", "--agent", "greeter", "--model", model, "--task", "hi", "--no-stdin")

    assert said.returncode == 0
    assert said.stdout == "hello"
    assert "greeter.md:3: description: not YAML" in said.stderr
