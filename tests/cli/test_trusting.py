"""A cloned repository cannot run commands: its checks count where a person says so, and not before."""

import json
import os
import stat
from pathlib import Path

import pexpect
import pytest

from tests.program import Flow

DONE: dict[str, object] = {"finish": "end", "input_tokens": 1, "output_tokens": 1}
FILE: dict[str, object] = {"text": "a.py\n```python\nx = 1\n```\n"}
CHECK = "echo ran >> ran; true"


@pytest.fixture(params=["template", "config"])
def cloned(flow: Flow, request: pytest.FixtureRequest) -> Flow:
    """Return the program in a project that brings a check."""
    project(flow, request.param, CHECK)
    return flow


def project(flow: Flow, kind: str, check: str) -> None:
    if kind == "config":
        said = {"defaults": {"check": [check], "agent": "coder"}}
        (flow.cwd / "router.config.json").write_text(json.dumps(said))
    else:
        (flow.cwd / "agents").mkdir(exist_ok=True)
        (flow.cwd / "agents/coder.md").write_text(template("coder", json.dumps(check)))


def template(name: str, check: str) -> str:
    return f"---\nname: {name}\ndescription: Codes.\noutput: files\ncheck: {check}\n---\nYou code.\n"


def arguments(flow: Flow, *more: str) -> list[str]:
    model = flow.script("model", FILE, DONE)
    return ["-a", "coder", "-m", model, "-t", "Write a.py", "--no-stdin", "--overwrite", *more]


def runs(flow: Flow) -> int:
    """Return how often the check was run."""
    ran = flow.cwd / "ran"
    return len(ran.read_text().splitlines()) if ran.exists() else 0


def test_a_project_s_check_is_not_run_and_the_run_says_so(cloned: Flow) -> None:
    done = cloned(*arguments(cloned))
    assert (done.returncode, runs(cloned)) == (0, 0)
    assert f"asks for the check {CHECK!r}; it is not run without --trust-project" in done.stderr


def test_a_flag_trusts_the_project_for_one_run(cloned: Flow) -> None:
    assert cloned(*arguments(cloned, "--trust-project")).returncode == 0
    assert runs(cloned) == 1
    cloned(*arguments(cloned))
    assert runs(cloned) == 1


def test_a_check_that_fails_counts_like_any_other(flow: Flow) -> None:
    project(flow, "template", "false")
    assert flow(*arguments(flow, "--trust-project")).returncode == 9


def on_terminal(flow: Flow, answer: str | None) -> str:
    """Run on a terminal; type an answer where one is expected."""
    child = flow.on_terminal(*arguments(flow), TERM="dumb")
    said = ""
    if answer is not None:
        child.expect(r"\[y/N\]")
        said = str(child.before)
        child.sendline(answer)
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
    return said + str(child.before)


def test_a_yes_on_a_terminal_is_remembered_for_the_file_as_it_is(cloned: Flow) -> None:
    on_terminal(cloned, "n")
    assert runs(cloned) == 0
    assert CHECK in on_terminal(cloned, "y")
    assert runs(cloned) == 1

    on_terminal(cloned, None)
    assert cloned(*arguments(cloned)).returncode == 0  # nor is it asked without a terminal
    assert runs(cloned) == 3

    file = next(
        path for path in (cloned.cwd / "agents/coder.md", cloned.cwd / "router.config.json") if path.exists()
    )
    file.write_text(file.read_text() + "\n")
    assert "it is not run" in cloned(*arguments(cloned)).stderr
    assert runs(cloned) == 3


@pytest.mark.parametrize(
    ("hidden", "seen"),
    [
        ("true \x1b]; echo ran >> ran; \x07", r"true \x1b]; echo ran >> ran; \x07"),
        ("true \x1b]0; echo ran >> ran; \x1b\\", r"true \x1b]0; echo ran >> ran; \x1b\\"[:-1]),
        ("true \x1b[8m; echo ran >> ran", r"true \x1b[8m; echo ran >> ran"),
        ("true # \u202e\necho ran >> ran", r"true # \u202e\necho ran >> ran"),
        ("true" + " " * 5000 + "; echo ran >> ran", "true[5000 blanks]; echo ran >> ran"),
        ("echo ran >> ran;\rtrue            ", r"echo ran >> ran;\rtrue"),
    ],
)
def test_all_of_a_command_is_in_sight_before_a_yes(flow: Flow, hidden: str, seen: str) -> None:
    project(flow, "template", hidden)
    assert f"  {seen}" in on_terminal(flow, "n")
    assert runs(flow) == 0


def test_nobody_else_may_say_yes(flow: Flow) -> None:
    """With a loose umask, too: a mark that another user could leave there would run what they like."""
    project(flow, "config", CHECK)
    before = os.umask(0)
    try:
        on_terminal(flow, "y")
    finally:
        os.umask(before)
    marks = Path(flow.env["HOME"], ".local/share/agentic-flow/trusted")
    assert [stat.S_IMODE(path.stat().st_mode) for path in (marks, *marks.iterdir())] == [0o700, 0o600]


def test_a_yes_does_not_hold_for_a_copy_elsewhere(flow: Flow, tmp_path: Path) -> None:
    project(flow, "config", CHECK)
    on_terminal(flow, "y")
    (tmp_path / "other").mkdir()
    other = Flow(tmp_path / "other", flow.env)
    (other.cwd / "router.config.json").write_bytes((flow.cwd / "router.config.json").read_bytes())
    other(*arguments(other))
    assert runs(other) == 0


def test_the_person_s_own_checks_need_no_yes_and_a_project_cannot_replace_them(flow: Flow) -> None:
    own = Path(flow.env["HOME"], ".config/agentic-flow")
    own.mkdir(parents=True)
    (own / "router.config.json").write_text(json.dumps({"defaults": {"check": ["echo mine >> ran"]}}))
    project(flow, "config", "echo theirs >> ran")

    done = flow(*arguments(flow))
    assert (flow.cwd / "ran").read_text() == "mine\n"
    assert "it is not run" in done.stderr
    flow(*arguments(flow, "--check", "echo flag >> ran"))
    assert (flow.cwd / "ran").read_text() == "mine\nflag\n"


def test_a_config_named_with_a_flag_is_the_person_s_word(flow: Flow) -> None:
    project(flow, "config", CHECK)
    flow(*arguments(flow, "--config", "router.config.json"))
    assert runs(flow) == 1


def test_nothing_is_asked_of_a_dry_run_or_of_a_text_answer(cloned: Flow) -> None:
    for option in ("--dry-run", "--no-files"):
        done = cloned(*arguments(cloned, option, "--trust-project"))
        assert done.returncode == 0, done.stderr
    assert runs(cloned) == 0


def test_a_template_may_ask_for_several(flow: Flow) -> None:
    own = Path(flow.env["HOME"], ".config/agentic-flow/agents")
    own.mkdir(parents=True)
    (own / "mine.md").write_text(template("mine", "\n  - echo a >> ran\n  - echo b >> ran"))
    assert flow(*arguments(flow), "-a", "mine").returncode == 0
    assert (flow.cwd / "ran").read_text() == "a\nb\n"
    shown = json.loads(flow("agents", "show", "mine", "--json").stdout)
    assert shown["check"] == ["echo a >> ran", "echo b >> ran"]


def test_a_file_s_name_says_no_yes_by_itself(flow: Flow) -> None:
    (flow.cwd / "agents").mkdir()
    name = "coder\n  true\nRun them, now and as long as that file stays as it is? yes\n.md"
    (flow.cwd / "agents" / name).write_text(template("coder", json.dumps(CHECK)))

    said = on_terminal(flow, "n")

    assert "coder\\n  true\\nRun them" in said
    assert f"  {CHECK}" in said
