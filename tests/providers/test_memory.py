from pathlib import Path

import pytest

from agentic_flow.core.errors import NotEnoughMemory
from agentic_flow.providers.folder import ModelFolder
from agentic_flow.providers.memory import Bounds, needed_to_load, require_memory

MODEL = ModelFolder(
    path=Path("big"),
    window=32768,
    end_ids=frozenset({0}),
    end_words=frozenset(),
    weights=1_000_000_000,
    cache_per_token=100_000,
    chat_template="",
    begin_word="",
    end_word="",
    search={},
)
WHOLE = needed_to_load(MODEL) + 400_000_000  # with 4,000 tokens


@pytest.mark.parametrize(
    ("limit", "free", "loaded"),
    [
        (None, None, False),
        (WHOLE, WHOLE, False),
        (WHOLE, 400_000_000, True),
    ],
)
def test_a_model_that_fits_to_the_last_byte_is_let_in(
    limit: int | None, free: int | None, *, loaded: bool
) -> None:
    def fits(limit: int | None, free: int | None) -> bool:
        try:
            require_memory(MODEL, "big", 4000, Bounds(limit, free), loaded=loaded)
        except NotEnoughMemory:
            return False
        return True

    assert fits(limit, free)
    assert not fits(0, free)
    assert not fits(limit, 0)


@pytest.mark.parametrize(
    ("limit", "free", "loaded", "sentence"),
    [
        (WHOLE - 1, None, False, r"big needs 1\.75 GB .*0\.40 GB for 4,000 tokens.*memoryLimit is 1\.75 GB"),
        (500_000_000, 10**12, True, r"memoryLimit is 0\.50 GB; raise optimization\.onnx\.memoryLimit"),
        (None, WHOLE - 1, False, r"needs 1\.75 GB of memory for 4,000 tokens and 1\.75 GB is free"),
        (None, 399_999_999, True, r"needs 0\.40 GB .* smaller model"),
        (WHOLE - 1, 5, False, "memoryLimit"),  # what can be changed is named first
    ],
)
def test_a_model_that_does_not_fit_is_refused_with_both_numbers(
    limit: int | None, free: int | None, sentence: str, *, loaded: bool
) -> None:
    with pytest.raises(NotEnoughMemory, match=sentence) as refused:
        require_memory(MODEL, "big", 4000, Bounds(limit, free), loaded=loaded)
    assert refused.value.outcome.exit_code == 10
