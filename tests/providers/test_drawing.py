"""The next word from its scores."""

from collections import Counter

import numpy as np
import pytest

from agentic_flow.providers.drawing import Drawing

SCORES = [0.0, 3.0, 2.0, 1.0, -1.0]


def scores() -> "np.ndarray[tuple[int], np.dtype[np.float32]]":
    return np.array(SCORES, np.float32)


def drawn(**search: float) -> Counter[int]:
    drawing = Drawing({"do_sample": True, "random_seed": 7, **search})
    return Counter(drawing.next(scores(), range(at)) for at in range(2000))


def test_without_chance_the_likeliest_comes() -> None:
    assert Drawing({"do_sample": False}).next(scores(), []) == 1


def test_what_was_said_is_made_less_likely() -> None:
    penalty = Drawing({"repetition_penalty": 2.0})
    assert penalty.next(scores(), [1, 4]) == 2
    assert penalty.next(-scores(), [4, 0]) == 4  # below 0 a score grows


def test_words_come_as_often_as_they_are_likely() -> None:
    weights = np.exp(SCORES)
    counts = drawn()
    for word, share in enumerate(weights / weights.sum()):
        assert counts[word] / 2000 == pytest.approx(share, abs=0.03)


def test_heat_evens_out_and_cold_is_sure() -> None:
    assert drawn(temperature=0.05)[1] == 2000
    assert drawn(temperature=50.0)[4] > 300


@pytest.mark.parametrize(
    ("search", "words"),
    [
        ({"top_k": 2}, {1, 2}),
        ({"top_p": 0.5}, {1}),
        ({"top_p": 0.85}, {1, 2}),
        ({"top_p": 1.0, "top_k": 0}, {0, 1, 2, 3, 4}),
        ({"top_k": 3, "top_p": 0.99}, {1, 2, 3}),
    ],
)
def test_only_the_likeliest_are_drawn_from(search: dict[str, float], words: set[int]) -> None:
    assert set(drawn(**search)) == words


def test_chance_follows_seed_and_place() -> None:
    def text(seed: int) -> list[int]:
        drawing = Drawing({"do_sample": True, "random_seed": seed})
        return [drawing.next(scores(), range(at)) for at in range(50)]

    assert text(1) == text(1) != text(2)
