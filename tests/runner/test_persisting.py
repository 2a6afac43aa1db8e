"""What a run does after a failed attempt, as a table."""

import pytest

from agentic_flow.core.errors import (
    CheckFailed,
    FlowError,
    IncompleteAnswer,
    NoFiles,
    ProviderUnavailable,
    ReplacesFile,
    UnsafeWrite,
)
from agentic_flow.runner.persisting import Failure, Move, next_move


def check(said: str) -> Failure:
    return Failure(CheckFailed("no"), said)


def other(error: FlowError) -> Failure:
    return Failure(error, str(error))


def silent(files: str) -> Failure:
    return Failure(CheckFailed("no"), "$ test", files)


FAILURES = {
    "the first of three": ([check("a")], Move.REPAIR),
    "another failure than before": ([check("a"), check("b")], Move.REPAIR),
    "the last of three": ([check("a"), check("b"), check("c")], None),
    "the same failure twice": ([check("a"), check("a")], None),
    "the same but for its clock": ([check("1 failed in 0.02s"), check("1 failed in 0.41s")], None),
    "the same but for a port": (
        [check("GET http://127.0.0.1:4711/ failed"), check("GET http://127.0.0.1:4712/ failed")],
        None,
    ),
    "the same but for an address": ([check("<A at 0x7f01>"), check("<A at 0x7f52>")], None),
    "the same but for a scratch folder": ([check("/tmp/x1/a.py"), check("/tmp/y2/a.py")], None),  # noqa: S108
    "a check that says nothing, of other files": ([silent("x = 1"), silent("x = 2")], Move.REPAIR),
    "a check that says nothing, of the same files": ([silent("x = 1"), silent("x = 1")], None),
    "another number": ([check("assert 3 == 4"), check("assert 5 == 4")], Move.REPAIR),
    "the same, with another between": ([check("a"), check("b"), check("a")], None),
    "no files": ([other(NoFiles("no block"))], Move.REPAIR),
    "no files, asked once": ([other(NoFiles("no block")), other(NoFiles("no name"))], None),
    "files at last, which fail": ([other(NoFiles("no block")), check("a")], Move.REPAIR),
    "a path that is refused": ([other(UnsafeWrite("../a", "out"))], Move.REPAIR),
    "the same path again": ([other(UnsafeWrite("../a", "out")), other(UnsafeWrite("../a", "out"))], None),
    "a file that may not be replaced": ([other(ReplacesFile("a", "it is there"))], None),
    "a cut answer": ([other(IncompleteAnswer("cut"))], None),
    "nobody there": ([check("a"), other(ProviderUnavailable("gone"))], None),
}


@pytest.mark.parametrize(("failures", "move"), FAILURES.values(), ids=FAILURES)
@pytest.mark.parametrize("stronger", [True, False])
def test_the_same_model_tries_again_while_that_may_help(
    failures: list[Failure], move: Move | None, *, stronger: bool
) -> None:
    expected = move or (Move.ESCALATE if stronger else Move.END)
    assert next_move(failures, most=3, stronger=stronger) is expected


def test_one_attempt_is_no_repair() -> None:
    assert next_move([check("a")], most=1, stronger=False) is Move.END


@pytest.mark.parametrize(
    ("failures", "move"),
    [
        ([check("a")], Move.REPAIR),
        ([check("a"), check("a")], Move.DRAW),
        ([check("a"), check("b")], Move.DRAW),
        ([check("a"), check("a"), check("a")], Move.DRAW),
        ([check("a"), check("a"), check("a"), check("b")], Move.END),
        ([check("a"), other(IncompleteAnswer("cut"))], Move.END),
    ],
)
def test_words_that_cost_nothing_are_drawn_when_the_likeliest_have_failed(
    failures: list[Failure], move: Move
) -> None:
    assert next_move(failures, most=4, stronger=False, draws=True) is move


def test_who_fails_the_way_it_was_told_of_is_stuck_at_once() -> None:
    told, same, new = check("1 failed in 0.02s"), [check("1 failed in 0.03s")], [check("2 failed")]
    assert next_move(same, most=3, stronger=False, told=told) is Move.END
    assert next_move(same, most=3, stronger=True, told=told) is Move.ESCALATE
    assert next_move(same, most=3, stronger=False, draws=True, told=told) is Move.DRAW
    assert next_move(new, most=3, stronger=False, told=told) is Move.REPAIR
    assert next_move([*new, *same], most=3, stronger=False, told=told) is Move.REPAIR
