"""Charts and pages: whatever the numbers are they fit, whatever the words are they stay words."""

import re
from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from agentic_flow.reports.charts import Axis, Bar, Dot, ceiling, columns, dots, share
from agentic_flow.reports.markup import page, section, table

AXIS = Axis("dollars", lambda value: f"{value:g}")
ANYTHING = st.text(st.characters(), max_size=40) | st.sampled_from(
    ["<script>alert(1)</script>", '" onload="alert(1)', "</style>", "-->", "&lt;", "\x1b[31m", "\u202e"]
)


class Reader(HTMLParser):
    """Reads a page as a browser does, and notes what stands in it."""

    VOID = frozenset({"meta"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag and the names of its attributes."""
        self.seen.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag that has nothing in it."""
        self.seen.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_endtag(self, tag: str) -> None:
        """Hold the tag against the one that is open."""
        assert self.open.pop() == tag


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    reader.close()
    assert reader.open == []
    return reader


@given(ANYTHING, ANYTHING, st.floats(0, 1e9))
def test_words_stay_words_wherever_they_stand(name: str, told: str, value: float) -> None:
    html = page(
        name,
        told,
        [
            section("one", name, columns([Bar(name, value, told)], AXIS, told)),
            share([Bar(name, value, told)], told),
            dots([Dot(name, value, value, told, labelled=True, ringed=True)], AXIS, AXIS, told),
            table(name, [name, told], [[name, told]]),
        ],
    )
    reader = read(html)
    assert "script" not in reader.seen
    assert not any(name.startswith("on") for name in reader.attributes)
    assert {"src", "href"} & reader.attributes == {"href"}
    assert "http" not in html.replace("http-equiv", "").replace(name, "").replace(told, "")
    assert "\x1b" not in html


@given(st.floats(0, 1e12))
def test_an_axis_ends_at_a_round_number_that_is_not_below_the_value(value: float) -> None:
    top = ceiling(value)
    assert top >= value
    assert value == 0 or top <= 10.0001 * value or top == 1.0


def test_nothing_to_show_is_shown_too() -> None:
    html = page("a", "b", [columns([], AXIS, "none"), dots([], AXIS, AXIS, "none"), share([], "none")])
    assert "svg" in read(html).seen
    assert html.count("none") >= 3
    assert not re.search(r"nan|inf", html)
