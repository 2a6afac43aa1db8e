"""A cloned repository brings links and files of its own: they reach nothing of the person's."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.program import Flow

DONE: dict[str, object] = {"finish": "end", "input_tokens": 1, "output_tokens": 1}
OWN_WORDS = "only for my own eyes"


@pytest.fixture
def cloned(flow: Flow) -> Flow:
    """Return the program in a repository, beside a person with a private folder."""
    private = Path(flow.env["HOME"], ".private")
    private.mkdir()
    (private / "notes.md").write_text(OWN_WORDS + "\n")
    subprocess.run(["git", "init", "-q", "."], cwd=flow.cwd, check=True)
    (flow.cwd / "docs").mkdir()
    (flow.cwd / "docs/real.md").write_text("for everybody\n")
    (flow.cwd / "mono/pkg").mkdir(parents=True)
    (flow.cwd / "mono/pkg/shared.md").symlink_to("../../docs/real.md")
    return flow


def echo(flow: Flow, *more: str) -> subprocess.CompletedProcess[str]:
    """Say the prompt back: what a model would have read."""
    return flow("-a", "reviewer", "-m", flow.script("echo", {"echo": True}, DONE), "-t", "Review", *more)


@pytest.mark.parametrize("pattern", ["docs/*.md", "docs/notes.md", "folder/*", "folder/notes.md", "**/*.md"])
def test_a_link_leads_no_private_file_into_a_prompt(cloned: Flow, pattern: str) -> None:
    private = Path(cloned.env["HOME"], ".private")
    (cloned.cwd / "docs/notes.md").symlink_to(private / "notes.md")
    (cloned.cwd / "folder").symlink_to(private)

    done = echo(cloned, "-c", pattern)

    assert (done.returncode, done.stdout) == (2, "")
    assert f"out of its project, to {private.resolve()}/notes.md" in done.stderr
    assert f"name it so: --context {private.resolve()}/notes.md" in done.stderr
    assert OWN_WORDS not in done.stderr


def test_a_file_of_one_s_own_is_shown_where_it_is_named(cloned: Flow) -> None:
    private = Path(cloned.env["HOME"], ".private")
    (private / "link.md").symlink_to(private / "notes.md")
    for named in (private / "notes.md", private / "link.md", private / "n*.md"):
        assert OWN_WORDS in echo(cloned, "-c", str(named)).stdout


def test_links_inside_a_repository_are_followed_from_any_of_its_folders(cloned: Flow) -> None:
    below = Flow(cloned.cwd / "mono/pkg", cloned.env)
    assert "for everybody" in echo(cloned, "-c", "mono/pkg/*.md").stdout
    assert "for everybody" in echo(below, "-c", "*.md").stdout


def test_a_pattern_in_a_folder_elsewhere_stays_in_it(cloned: Flow) -> None:
    other = cloned.cwd.parent / "unpacked"
    other.mkdir()
    (other / "notes.md").symlink_to(Path(cloned.env["HOME"], ".private/notes.md"))
    assert echo(cloned, "-c", "../unpacked/*.md").returncode == 2


@pytest.mark.parametrize("linked", ["agents", "agents/reviewer.md"])
def test_a_link_makes_no_agent_of_a_private_file(cloned: Flow, linked: str) -> None:
    private = Path(cloned.env["HOME"], ".private")
    (private / "reviewer.md").write_text(OWN_WORDS + "\n")
    place = cloned.cwd / linked
    place.parent.mkdir(exist_ok=True)
    place.symlink_to(private if linked == "agents" else private / "reviewer.md")

    done = echo(cloned)

    assert (done.returncode, done.stdout) == (3, "")
    assert f"a link leads out of the project, to {private.resolve()}/reviewer.md" in done.stderr
    assert cloned("agents", "show", str(private / "reviewer.md")).returncode == 0


def test_agents_of_one_s_own_may_be_links(cloned: Flow) -> None:
    own = Path(cloned.env["HOME"], ".config/agentic-flow/agents")
    own.mkdir(parents=True)
    (own / "mine.md").symlink_to(Path(cloned.env["HOME"], ".private/notes.md"))
    assert cloned("agents", "show", "mine").returncode == 0


def never_ending(flow: Flow, name: str) -> None:
    """Put something in the repository that is no file of a size."""
    os.mkfifo(flow.cwd / "pipe")
    (flow.cwd / "zeros").symlink_to("/dev/zero")
    with (flow.cwd / "huge").open("wb") as file:
        file.truncate(100_000_000)
    (flow.cwd / "rec").mkdir()
    (flow.cwd / "rec/a.json").symlink_to(flow.cwd / name)


@pytest.mark.parametrize("name", ["pipe", "zeros", "huge"])
def test_what_does_not_end_is_neither_waited_on_nor_held_in_memory(cloned: Flow, name: str) -> None:
    never_ending(cloned, name)
    task = ("-a", "reviewer", "-t", "Review", "--no-stdin", "--timeout", "2")

    played = cloned(*task, "-m", f"scripted/{name}")
    replayed = cloned(*task, "--replay", "rec")

    assert played.returncode == 3
    assert f"the script {name} cannot be read (it is " in played.stderr
    assert replayed.returncode == 5
    assert "of which a.json cannot be read" in replayed.stderr


@pytest.mark.parametrize("place", ["config", ".env", "agent"])
def test_a_repository_s_script_does_not_pass_for_a_model(cloned: Flow, place: str) -> None:
    model = cloned.script("theirs", {"text": "THEIR WORDS"}, DONE)
    if place == "config":
        (cloned.cwd / "router.config.json").write_text(json.dumps({"defaults": {"model": model}}))
    elif place == ".env":
        (cloned.cwd / ".env").write_text(f"AGENTIC_FLOW_MODEL={model}\n")
    else:
        (cloned.cwd / "agents").mkdir()
        (cloned.cwd / "agents/reviewer.md").write_text(
            f"---\nname: reviewer\ndescription: Reads.\nmodel: {model}\n---\nYou read.\n"
        )

    done = cloned("-a", "reviewer", "-t", "Review", "--no-stdin", "--models-dir", "none-here")

    assert (done.returncode, done.stdout) == (10, "")
    assert "--model" in done.stderr.splitlines()[0]
    assert "THEIR WORDS" in cloned("-a", "reviewer", "-t", "Review", "-m", model).stdout


@pytest.mark.parametrize("named", ["out", "out/below", "./docs/../out"])
def test_a_link_leads_no_answer_out_of_the_repository(cloned: Flow, named: str) -> None:
    private = Path(cloned.env["HOME"], ".private")
    (cloned.cwd / "out").symlink_to(private)
    (cloned.cwd / "inside").symlink_to("docs")
    words = ("-a", "coder", "-t", "Create a.py", "--no-stdin", "--overwrite")
    model = cloned.script("coder", {"text": "a.py\n```python\nx = 1\n```\n"}, DONE)

    done = cloned(*words, "-m", model, "-o", named)

    assert done.returncode == 2
    assert "a link leads out of its project" in done.stderr
    assert f"--output-dir {private.resolve()}" in done.stderr
    assert [path.name for path in private.iterdir()] == ["notes.md"]
    for own in ("inside", str(private)):
        assert cloned(*words, "-m", model, "-o", own).returncode == 0


@pytest.mark.parametrize(
    ("path", "instead"),
    [
        (".gitlab-ci.yml", "gitlab-ci.yml"),
        ("Jenkinsfile", "Jenkinsfile.txt"),
        ("agents/coder.md", "coder.md"),
        (".github/workflows/ci.yml", "ci.yml"),
        (".bashrc", "bashrc.txt"),
    ],
)
def test_what_a_tool_or_the_next_run_would_read_goes_beside_it(cloned: Flow, path: str, instead: str) -> None:
    first: dict[str, object] = {"text": f"{path}\n```\na: 1\n```\n"}
    repaired: dict[str, object] = {"text": f"{instead}\n```\na: 1\n```\n"}
    model = cloned.script("ci", first, DONE, {"next": True}, repaired, DONE)

    done = cloned("-a", "coder", "-m", model, "-t", f"Write {path}", "--no-stdin")

    assert done.returncode == 0, done.stderr
    assert (cloned.cwd / instead).read_text() == "a: 1\n"
    assert not (cloned.cwd / path).exists()

    told = cloned.script("told", first, DONE, {"next": True}, {"echo": True}, DONE)
    asked = cloned("-a", "coder", "-m", told, "-t", f"Write {path}", "--no-stdin", "--max-attempts", "2")
    assert re.search(
        "is refused: (it would be an agent|a build server runs it|a shell reads it)", asked.stdout
    )
    assert f"Write that file as {instead}." in asked.stdout
