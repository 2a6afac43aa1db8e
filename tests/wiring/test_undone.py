"""Whatever a run did to a tree, in however many attempts, taking it back leaves no trace."""

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from agentic_flow.core.errors import OutputProblem
from agentic_flow.core.values import Draft, Task
from agentic_flow.wiring.desk import Desk
from agentic_flow.writing import restore

NAMES = st.sampled_from(("a.py", "b.txt", "sub/c.py", "sub/deep/d.md", "other/e.py", "sub/f.json"))
MODES = st.sampled_from((0o600, 0o640, 0o644, 0o751, 0o755))
Tree = dict[str, tuple[bytes, int]]

TREES = st.dictionaries(NAMES, st.tuples(st.binary(max_size=40), MODES), max_size=4)
TEXTS = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=30)
ANSWERS = st.dictionaries(NAMES, TEXTS, min_size=1, max_size=4)
RUNS = st.lists(ANSWERS | st.none(), min_size=1, max_size=5)
"""The answers of a run; None is where a stronger model begins anew."""


def lay_out(root: Path, tree: Tree) -> None:
    for name, (data, mode) in tree.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        path.chmod(mode)


def snapshot(root: Path) -> dict[str, tuple[bytes | None, int]]:
    return {
        path.relative_to(root).as_posix(): (
            path.read_bytes() if path.is_file() else None,
            path.stat().st_mode & 0o7777,
        )
        for path in root.rglob("*")
    }


@settings(max_examples=200)
@given(TREES, RUNS, st.booleans())
def test_a_tree_is_as_it_was_in_every_byte_and_mode(
    tree: Tree,
    run: list[dict[str, str] | None],
    there: bool,  # noqa: FBT001 - hypothesis gives it by place
) -> None:
    with tempfile.TemporaryDirectory() as scratch, tempfile.TemporaryDirectory() as kept:
        root, keep = Path(scratch, "out"), Path(kept, "run")
        if there:
            root.mkdir()
        lay_out(root, tree)
        before = snapshot(Path(scratch))
        desk = Desk(Task("x", "coder"), keep, root, overwrite=True, confirm=None)
        for answer in run:
            if answer is None:
                desk.take_back()
                assert snapshot(Path(scratch)) == before
            else:
                desk.write([Draft(name, text) for name, text in answer.items()])
        try:
            restore(keep)
        except OutputProblem:
            assert not keep.exists()  # nothing was changed, or all of it was taken back already
        assert snapshot(Path(scratch)) == before
