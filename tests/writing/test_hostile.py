"""Whatever a path says, nothing outside the output folder is written, made, cut or removed."""

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from agentic_flow.core.errors import OutputProblem
from agentic_flow.core.values import Draft
from agentic_flow.writing import Workspace, write
from tests.writing.pictures import take_picture

WAYS_OUT = {".git", "to-outside", "to-file", "to-parent", "to-nothing", "to-git"}
PIECES = [
    "/", "\\", "..", ".", "...", "~", "-", ":", "\0", "\n", " ", "$HOME", "%2e%2e", "\u2025", "\uff0e\uff0e",
    "a.py", "pkg", "b.py", *sorted(WAYS_OUT), "secret.txt", "outside", ".GIT", "hooks", "config", ".bashrc",
    ".ssh", "C:", "con", "\u202e", "\u200d", "GIT~1", "::$DATA", "/etc", "/root", "//", "x",
]  # fmt: skip
PATHS = st.one_of(
    st.text(st.characters(exclude_categories=[]), max_size=40),
    st.lists(st.sampled_from(PIECES), max_size=8).map("".join),
    st.lists(st.sampled_from(PIECES), max_size=6).map("/".join),
)


def build(ground: Path) -> Path:
    """Build an output folder full of ways out, beside things that are nobody's business."""
    out, outside = ground / "out", ground / "outside"
    (out / "pkg").mkdir(parents=True)
    (out / ".git/hooks").mkdir(parents=True)
    outside.mkdir()
    (outside / "secret.txt").write_text("secret\n")
    (outside / "a.py").write_text("not yours\n")
    (out / "a.py").write_text("old\n")
    (out / ".git/config").write_text("[core]\n")
    (out / "to-outside").symlink_to(outside)
    (out / "to-file").symlink_to(outside / "secret.txt")
    (out / "to-parent").symlink_to("..")
    (out / "to-nothing").symlink_to(outside / "not-yet")
    (out / "to-git").symlink_to(".git")
    (out / "hard.txt").hardlink_to(outside / "secret.txt")
    os.mkfifo(out / "pipe")
    return out


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
@given(paths=st.lists(PATHS, min_size=1, max_size=3))
@example(paths=["to-outside/secret.txt"])
@example(paths=["to-file"])
@example(paths=["to-nothing"])
@example(paths=["to-git/config"])
@example(paths=["hard.txt"])
@example(paths=["pipe"])
@example(paths=["pkg/../../outside/a.py"])
def test_no_path_text_leads_out_of_the_output_folder(way: str, paths: Sequence[str]) -> None:
    with tempfile.TemporaryDirectory() as place:
        out = build(ground := Path(place).resolve())
        before = take_picture(ground)

        try:
            changes = write([Draft(path, "evil\n") for path in paths], Workspace(out, overwrite=True))
        except OutputProblem:
            changes = ()

        after = take_picture(ground)
        changed = {name for name in {*before, *after} if before.get(name) != after.get(name)}
        told = {Path("out", change.path) for change in changes}
        assert changed <= {str(path) for file in told for path in (file, *file.parents)}, way
        assert not {name.split("/")[1] for name in changed} & WAYS_OUT
