import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentic_flow.core.errors import InvalidTemplate, UnknownAgent, UsageMistake
from agentic_flow.core.settings import Places
from agentic_flow.core.shipped import shipped
from agentic_flow.core.values import AgentTemplate
from agentic_flow.templates import (
    Unreadable,
    find_template,
    list_templates,
    serving,
    template_folders,
    templates_at,
)


def write(folder: Path, file: str, name: str | None = None, body: str = "Do it.") -> Path:
    """Write one template."""
    path = folder / file
    path.parent.mkdir(parents=True, exist_ok=True)
    said = f"name: {name}\n" if name else ""
    path.write_text(f"---\n{said}description: d\n---\n{body}\n", encoding="utf-8")
    return path


def places(root: Path) -> Places:
    """Return places below `root`."""
    return Places(root / "project", root / "config", root / "data", root / "cache", root / "models")


def test_folders_are_searched_from_the_nearest_to_the_shipped_one(tmp_path: Path) -> None:
    where = places(tmp_path)
    for folder in ("agents", ".agentic-flow/agents", ".claude/agents"):
        (where.project / folder).mkdir(parents=True)
    (where.user_config / "agents").mkdir(parents=True)
    (tmp_path / "own").mkdir()

    assert template_folders(where, tmp_path / "own") == [
        ("--agents-dir", tmp_path / "own"),
        ("project agents/", where.project / "agents"),
        ("project .agentic-flow/agents/", where.project / ".agentic-flow" / "agents"),
        ("project .claude/agents/", where.project / ".claude" / "agents"),
        ("user", where.user_config / "agents"),
        ("shipped", shipped("agents")),
    ]


def test_a_folder_reached_twice_is_searched_once(tmp_path: Path) -> None:
    where = places(tmp_path)
    own = where.project / "agents"
    own.mkdir(parents=True)

    assert [origin for origin, _ in template_folders(where, own)] == ["--agents-dir", "shipped"]


def test_an_agents_dir_that_is_none_is_a_usage_mistake(tmp_path: Path) -> None:
    with pytest.raises(UsageMistake, match="nowhere is not a folder"):
        template_folders(places(tmp_path), tmp_path / "nowhere")


def test_the_first_folder_wins_and_the_other_is_still_listed(tmp_path: Path) -> None:
    near = write(tmp_path / "near", "coder.md", "coder")
    far = write(tmp_path / "far", "coder.md", "coder")
    folders = [("near", tmp_path / "near"), ("far", tmp_path / "far")]

    found = list_templates(folders)

    assert find_template("coder", folders).path == near
    assert [each.path for each in found] == [near, far]
    assert serving(found)["coder"].path == near


def test_the_name_in_the_front_matter_counts(tmp_path: Path) -> None:
    """Whatever the file is called, and however deep it lies."""
    path = write(tmp_path, "team/x.md", "Backend Architect")

    assert find_template("Backend Architect", [("here", tmp_path)]).path == path


def test_a_file_name_serves_where_no_template_says_it(tmp_path: Path) -> None:
    write(tmp_path / "near", "helper.md", "other")
    far = write(tmp_path / "far", "x.md", "helper")
    folders = [("near", tmp_path / "near"), ("far", tmp_path / "far")]

    assert find_template("helper", folders).path == far
    assert find_template("helper", folders[:1]).name == "other"


def test_a_template_without_a_name_is_called_after_its_file(tmp_path: Path) -> None:
    write(tmp_path, "deep/down/quiet.md")

    assert find_template("quiet", [("here", tmp_path)]).name == "quiet"


def test_finding_by_file_name_opens_no_other_file(tmp_path: Path) -> None:
    write(tmp_path, "coder.md", "coder")
    os.mkfifo(tmp_path / "a.md")
    (tmp_path / "broken.md").write_bytes(b"\0")

    assert find_template("coder", [("here", tmp_path)]).name == "coder"


def test_what_tells_of_the_agents_is_none(tmp_path: Path) -> None:
    """It is no agent even where it says so: whoever writes it puts nobody in another's place."""
    write(tmp_path, "README.md", "coder")
    mine = write(tmp_path, "mine.md", "coder")

    assert find_template("coder", [("here", tmp_path)]).path == mine
    assert [found.path for found in list_templates([("here", tmp_path)])] == [mine]


def test_a_path_to_a_file_is_a_name_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path, "mine.md", "something")
    monkeypatch.chdir(tmp_path)

    assert find_template("mine.md", []).path == path
    assert find_template(str(path), []).name == "something"


def test_an_unknown_name_says_what_is_near_and_where_it_looked(tmp_path: Path) -> None:
    write(tmp_path, "reviewer.md", "reviewer")
    (tmp_path / "empty.md").write_bytes(b"")

    with pytest.raises(UnknownAgent) as failure:
        find_template("Reviwer", [("here", tmp_path)])

    said = str(failure.value)
    assert "did you mean 'reviewer'?" in said
    assert f"here ({tmp_path})" in said
    assert f"{tmp_path / 'empty.md'}:1: holds no instructions" in said


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../x", "a/b", "a\0b", "x" * 300, "x" * 300 + ".md", "\udcff", "/etc"]
)
def test_no_name_leads_out_of_the_folders(name: str, tmp_path: Path) -> None:
    write(tmp_path, "x.md", "x")
    inner = tmp_path / "inner"
    inner.mkdir()

    with pytest.raises(UnknownAgent):
        find_template(name, [("here", inner)])


def test_a_broken_file_keeps_its_name(tmp_path: Path) -> None:
    """An agent further down the search order does not take its place unasked."""
    (tmp_path / "near").mkdir()
    broken = tmp_path / "near" / "coder.md"
    broken.write_bytes(b"")
    write(tmp_path / "far", "coder.md", "coder")
    folders = [("near", tmp_path / "near"), ("far", tmp_path / "far")]

    with pytest.raises(InvalidTemplate, match=r"near/coder\.md:1: "):
        find_template("coder", folders)
    assert serving(list_templates(folders))["coder"].path == broken


def test_hidden_folders_are_not_entered(tmp_path: Path) -> None:
    write(tmp_path, ".git/x.md", "x")

    assert list_templates([("here", tmp_path)]) == []


def test_a_link_to_a_folder_is_not_entered_but_said(tmp_path: Path) -> None:
    folder = tmp_path / "agents"
    write(folder, "a.md", "a")
    (folder / "round").symlink_to(folder)

    found = list_templates([("here", folder)])

    assert [each.name for each in found] == ["a", "round"]
    assert isinstance(found[1], Unreadable)
    assert "is a link to a folder" in found[1].reason


def test_a_folder_of_endless_files_is_cut_and_said(tmp_path: Path) -> None:
    for number in range(2001):
        (tmp_path / f"{number}.md").write_text("x", encoding="utf-8")

    found = list_templates([("here", tmp_path)])

    assert len(found) == 2001
    assert isinstance(found[-1], Unreadable)
    assert "over 2000 Markdown files" in found[-1].reason


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_without_rights_is_said(tmp_path: Path) -> None:
    (tmp_path / "shut").mkdir(mode=0)

    (found,) = list_templates([("here", tmp_path)])

    assert isinstance(found, Unreadable)
    assert "Permission denied" in found.reason


def test_a_file_or_a_folder_can_be_read_by_its_path(tmp_path: Path) -> None:
    write(tmp_path, "a.md", "a")
    write(tmp_path, "b/c.md", "c")

    assert [each.name for each in templates_at(tmp_path)] == ["a", "c"]
    assert [each.name for each in templates_at(tmp_path / "b" / "c.md")] == ["c"]
    assert isinstance(templates_at(tmp_path / "gone.md")[0], Unreadable)


FILES = st.sampled_from(["a.md", "b.md", "a.agent.md", "d/a.md", "d/b.md", "a.MD", "z.md", "d/e/c.md"])
NAMES = st.sampled_from(["a", "b", "c", None])


@given(st.lists(st.dictionaries(FILES, NAMES, min_size=1), min_size=1, max_size=3))
def test_the_list_and_the_search_agree(
    tmp_path_factory: pytest.TempPathFactory, layout: list[dict[str, str | None]]
) -> None:
    """The template that the list says a name stands for is the one that is found by that name."""
    root = tmp_path_factory.mktemp("gallery")
    folders = [(f"folder {number}", root / str(number)) for number in range(len(layout))]
    for (_, folder), files in zip(folders, layout, strict=True):
        for file, name in files.items():
            write(folder, file, name)

    for name, template in serving(list_templates(folders)).items():
        assert isinstance(template, AgentTemplate)
        assert find_template(name, folders) == template
