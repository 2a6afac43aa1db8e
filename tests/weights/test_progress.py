import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentic_flow.weights import progress
from agentic_flow.weights.progress import DownloadEvent, Meter, Stage, Step
from agentic_flow.weights.sizes import size_in_words


class Clock:
    """Time that passes when a test says so."""

    now = 0.0

    def monotonic(self) -> float:
        """Stand in for `time.monotonic`."""
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(progress, "time", clock)
    return clock


@pytest.mark.usefixtures("clock")
def test_the_bytes_of_all_files_add_up() -> None:
    events: list[DownloadEvent] = []
    meter = Meter(Stage.DOWNLOADING, 100, events.append)

    meter.at("a", 10)
    meter.at("b", 20)
    meter.at("a", 30)
    meter.end()

    assert events[-1] == Step(Stage.DOWNLOADING, 50, 100, None)


def test_speed_is_what_moved_in_the_last_seconds(clock: Clock) -> None:
    events: list[DownloadEvent] = []
    meter = Meter(Stage.DOWNLOADING, 10_000, events.append)
    for second in range(1, 21):
        clock.now = float(second)
        meter.at("a", 100 * second if second <= 10 else 1_000 + 400 * (second - 10))

    assert isinstance(events[-1], Step)
    assert events[-1].speed == 400


def test_bytes_from_an_earlier_try_are_no_speed(clock: Clock) -> None:
    events: list[DownloadEvent] = []
    meter = Meter(Stage.DOWNLOADING, 2_000, events.append)
    meter.at("a", 0)
    clock.now = 1.0
    meter.at("b", 1_000, moved=False)
    clock.now = 2.0
    meter.at("a", 100)

    assert events[-1] == Step(Stage.DOWNLOADING, 1_100, 2_000, 50.0)


def test_reports_come_at_a_pace_an_eye_can_follow(clock: Clock) -> None:
    events: list[DownloadEvent] = []
    meter = Meter(Stage.DOWNLOADING, 1_000, events.append)
    for millisecond in range(1_000):
        clock.now = millisecond / 1_000
        meter.at("a", millisecond)

    assert len(events) == 10


@pytest.mark.parametrize(
    ("size", "words"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1_000, "1 kB"),
        (98_362_432, "98 MB"),
        (999_499, "999 kB"),
        (999_600, "1 MB"),
        (491_400_064, "491 MB"),
        (1_117_320_768, "1.1 GB"),
        (10_916_031_783, "10.9 GB"),
    ],
)
def test_sizes_are_said_as_people_read_them(size: int, words: str) -> None:
    assert size_in_words(size) == words


@given(st.integers(0, 10**16))
def test_a_size_in_words_is_short(size: int) -> None:
    assert len(size_in_words(size)) <= 12
