"""Words that make no command, empty words, and the shell's completion."""

import json
import os
import shlex
import subprocess
from collections.abc import Sequence

import pytest

from tests.program import TOLD_THE_SHELL, Flow


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--no-such-option"], "No such option: --no-such-option"),
        (["agent", "list"], "Did you mean 'agents'?"),
        (["agents"], "name a command of `agentic-flow agents`"),
        (["models", "show"], "Missing argument 'name'"),
        (["--max-tokens", "0", "-t", "x"], "--max-tokens"),
        (["--timeout", "inf", "-t", "x"], "--timeout"),
        (["--timeout", "1e30", "-t", "x"], "--timeout"),
        (["--timeout", "nan", "-t", "x"], "--timeout"),
        (["--temperature", "nan", "-t", "x"], "--temperature"),
        (["batch", "-", "--timeout", "1e30"], "--timeout"),
        (["--task", "caf\udce9"], "is not text"),
        (["history", "list", "--search", "\udcff"], "is not text"),
        (["--timeout", "0", "-t", "x"], "expected a time such as '30s'"),
        (["--timeout", "9000h", "-t", "x"], "a week at most"),
        (["models", "recommend"], "Choose from: coding, fast, reasoning, long-context"),
        (["-a", "coder", "do it"], 'Say what you want done with --task "..."'),
        (["--task", "Create", "hello.py"], 'goes in quotes: --task "..."'),
        (["--max-cost", "0", "batch", "tasks.jsonl"], "--max-cost says nothing before 'batch'"),
        (["-m", "onnx/default", "history", "list"], "`agentic-flow history --help` shows them"),
    ],
)
def test_the_last_line_says_what_could_not_be_understood(flow: Flow, words: list[str], says: str) -> None:
    done = flow(*words)

    last = done.stderr.splitlines()[-1]
    assert (done.returncode, done.stdout) == (2, "")
    assert last.startswith("agentic-flow: usage: ")
    assert says.casefold() in last.casefold()  # Typer wrote NAME once


@pytest.mark.parametrize("asked", [["--output-format", "json"], ["--output-format=stream-json"]])
def test_a_script_that_asked_for_json_gets_its_object(flow: Flow, asked: list[str]) -> None:
    done = flow(*asked, "--no-such-option")

    result = json.loads(done.stdout)
    assert (result["status"], result["exit_code"], done.returncode) == ("usage", 2, 2)
    assert "--no-such-option" in result["error"]


@pytest.mark.parametrize("option", ["--output-dir", "--config", "--models-dir", "--agents-dir"])
def test_an_empty_path_is_a_variable_nobody_set_and_not_this_folder(flow: Flow, option: str) -> None:
    done = flow("-t", "x", "--no-stdin", option, "")
    assert done.returncode == 2
    assert option in done.stderr.splitlines()[-1]


def test_an_output_folder_that_is_none_is_said_before_a_model_is_asked(flow: Flow) -> None:
    """An answer that cannot be kept is not paid for."""
    (flow.cwd / "taken").write_text("a file\n")
    model = flow.script("bug", {"bug": "the model was asked"})
    done = flow("-a", "coder", "-m", model, "-t", "x", "--no-stdin", "-o", "taken/out")

    assert done.returncode == 8
    assert "is a file, not a folder" in done.stderr.splitlines()[-1]


@pytest.mark.parametrize("time", ["7.5", "500ms", "90s", "5m", "1h"])
def test_a_time_limit_is_written_as_a_batch_and_the_configuration_write_it(flow: Flow, time: str) -> None:
    done = flow("-m", "onnx/default", "-t", "x", "--no-stdin", "--dry-run", "--timeout", time)
    assert done.returncode == 0


def test_an_undo_folder_that_cannot_be_made_is_named_before_a_model_is_asked(flow: Flow) -> None:
    (flow.cwd / "taken").write_text("a file\n")
    model = flow.script("bug", {"bug": "the model was asked"})
    done = flow("-a", "coder", "-m", model, "-t", "x", "--no-stdin", XDG_DATA_HOME=str(flow.cwd / "taken"))

    assert done.returncode == 8
    assert "keeping what was there in" in done.stderr.splitlines()[-1]
    assert "set XDG_DATA_HOME" in done.stderr.splitlines()[-1]


def test_a_check_without_a_folder_to_run_in_says_so(flow: Flow) -> None:
    model = flow.script("hello", {"text": "Hello"}, {"finish": "end"})
    done = flow(
        "-a", "coder", "--no-files", "-m", model, "-t", "x", "--no-stdin", "--check", "true", "-o", "out"
    )

    last = done.stderr.splitlines()[-1]
    assert done.returncode == 8
    assert "/out': there is no such folder" in last


def test_ctrl_c_while_the_program_starts_leaves_no_traceback(flow: Flow) -> None:
    code = """
import sys
class Impatient:
    def find_spec(self, name, *_):
        if name == "agentic_flow.cli":
            raise KeyboardInterrupt
sys.meta_path.insert(0, Impatient())
sys.argv = ["agentic-flow", "agents", "list"]
from agentic_flow.__main__ import main
main()
"""
    command = [flow.command(())[0], "-c", code]
    done = subprocess.run(command, cwd=flow.cwd, env=flow.env, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


# --- completion -----------------------------------------------------------------------------------


def completed(flow: Flow, line: str) -> Sequence[str]:
    """Complete the last word of a line in a real bash, with the script that the program prints for it."""
    program = flow.cwd / "agentic-flow"
    program.write_text(f'#!/bin/sh\nexec {shlex.join(flow.command(()))} "$@"\n')
    program.chmod(0o755)
    words = line.split(" ")
    script = f"""
        eval "$(_AGENTIC_FLOW_COMPLETE=source_bash agentic-flow)"
        COMP_WORDS=({shlex.join(words)}) COMP_CWORD={len(words) - 1}
        _agentic_flow_completion agentic-flow && printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=flow.cwd,
        env=flow.env | {"PATH": f"{flow.cwd}{os.pathsep}{flow.env['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.split()


@pytest.mark.parametrize(
    ("line", "offers"),
    [
        ("agentic-flow mod", ["models"]),
        ("agentic-flow --no-f", ["--no-files"]),
        ("agentic-flow --output-format s", ["stream-json"]),
        ("agentic-flow --agent co", ["coder"]),
        ("agentic-flow --model onnx/phi-4-m", ["onnx/phi-4-mini"]),
        ("agentic-flow --model anthropic/h", ["anthropic/haiku"]),
        ("agentic-flow download-model smollm2-", ["smollm2-135m"]),
        ("agentic-flow agents show pl", ["planner"]),
    ],
)
def test_the_shell_completes_commands_options_and_names(flow: Flow, line: str, offers: list[str]) -> None:
    assert set(offers) <= set(completed(flow, line))


def test_no_name_is_completed_that_would_be_run(flow: Flow) -> None:
    """Bash puts it into the line as it is, and it may be a cloned repository's."""
    (flow.cwd / "agents").mkdir()
    names = ["a$(touch ran)", "a`touch ran`", "a;touch ran", "a b", "a'b", "a*", "a\ntouch", "a-fine.name"]
    for number, name in enumerate(names):
        text = f"---\nname: {json.dumps(name)}\ndescription: x\n---\nYou code.\n"
        (flow.cwd / f"agents/{number}.md").write_text(text)

    assert completed(flow, "agentic-flow --agent a") == ["a-fine.name", "api-builder", "architect"]


def test_a_broken_configuration_does_not_disturb_a_person_who_types(flow: Flow) -> None:
    (flow.cwd / "router.config.json").write_text("{")
    assert completed(flow, "agentic-flow --agent co") == []


def test_a_home_that_takes_no_completion_is_told_in_words(flow: Flow) -> None:
    (flow.cwd / "file").write_text("")
    done = flow("--install-completion", "bash", HOME=str(flow.cwd / "file"), **TOLD_THE_SHELL)
    assert done.returncode == 8
    assert done.stderr.splitlines()[-1].startswith("agentic-flow: output: completion cannot be installed in ")


def test_a_script_for_each_shell_can_be_had(flow: Flow) -> None:
    for shell in ("bash", "zsh", "fish"):
        done = flow(_AGENTIC_FLOW_COMPLETE=f"source_{shell}")
        assert (done.returncode, done.stderr) == (0, "")
        assert "_AGENTIC_FLOW_COMPLETE" in done.stdout


@pytest.mark.parametrize("words", [[], ["batch"], ["costs", "report"]], ids=" ".join)
def test_a_single_dash_and_letter_asks_for_help_too(flow: Flow, words: list[str]) -> None:
    short, long = flow(*words, "-h"), flow(*words, "--help")

    assert (short.returncode, short.stdout) == (0, long.stdout)
    assert "-h, --help" in long.stdout
