"""Numbers -> charts in SVG, with their words in HTML around them, so that words keep their size on a phone.

A chart is one picture to a screen reader, with a sentence that says what it shows; whoever wants the numbers
finds them in the table that stands behind each.
"""

from collections.abc import Callable, Sequence

from agentic_flow.core.frozen import frozen
from agentic_flow.reports.markup import COLOURS, text

_DOT = 11
"""Pixels."""
_LABELS = 5
_MIDDLE = 50.0
"""Percent of the width from where on a dot's name stands to its left."""


@frozen
class Bar:
    """One column."""

    name: str
    value: float
    told: str
    """The value in words."""


@frozen
class Dot:
    """One point."""

    name: str
    x: float
    y: float
    told: str
    kind: int = 0
    """Which colour; the legend says what it means."""
    labelled: bool = False
    ringed: bool = False


@frozen
class Axis:
    """What a direction means."""

    words: str
    show: Callable[[float], str]
    """A value as its mark says it."""


def columns(bars: Sequence[Bar], axis: Axis, says: str) -> str:
    """Return columns side by side; `says` is the sentence a screen reader reads."""
    top = ceiling(max((bar.value for bar in bars), default=0))
    step = 100 / max(len(bars), 1)
    width = max(step * 0.72, min(step, 0.8))
    shapes = "".join(
        _rectangle(at * step + (step - width) / 2, width, 100 * bar.value / top, colour_of(0), bar)
        for at, bar in enumerate(bars)
    )
    every = max(1, -(-len(bars) // _LABELS))
    names = "".join(
        f'<span class="x" style="left:{(at + 0.5) * step:.2f}%">{text(bar.name)}</span>'
        for at, bar in enumerate(bars)
        if at % every == 0
    )
    return _plot(shapes, names + _heights(top, axis), says)


def dots(points: Sequence[Dot], across: Axis, up: Axis, says: str, line: Sequence[Dot] = ()) -> str:
    """Return points over two axes that begin at 0; `line` joins some of them."""
    right = ceiling(max((dot.x for dot in points), default=0))
    top = ceiling(max((dot.y for dot in points), default=0))

    def place(dot: Dot) -> tuple[float, float]:
        return 100 * dot.x / right, 100 - 100 * dot.y / top

    joined = " L".join(f"{x:.2f} {y:.2f}" for x, y in map(place, line))
    path = (
        f'<path d="M{joined}" fill="none" stroke="var(--soft)" stroke-dasharray="4 4" stroke-width="1.5"'
        ' vector-effect="non-scaling-stroke"/>'
        if len(line) > 1
        else ""
    )
    shapes = path + "".join(_dot(dot, *place(dot)) for dot in points)
    labels = "".join(_label(dot, *place(dot)) for dot in points if dot.labelled)
    marks = "".join(
        f'<span class="x{side}" style="left:{100 * part:.0f}%">{text(across.show(right * part))}</span>'
        for part, side in ((0.0, " first"), (0.5, ""), (1.0, " last"))
    )
    below = f'<span class="axis">{text(across.words)} →</span>'
    return _plot(shapes, labels + marks + below + _heights(top, up), says)


def share(parts: Sequence[Bar], says: str) -> str:
    """Return one bar cut into parts, and what each part is."""
    whole = sum(part.value for part in parts) or 1
    at, shapes, key = 0.0, "", ""
    for place, part in enumerate(parts):
        width, colour = 100 * part.value / whole, colour_of(place)
        shapes += _rectangle(at, width, 100, colour, part)
        key += f'<li><i style="background:{colour}"></i>{text(part.name)}: {text(part.told)}</li>'
        at += width
    return f'<div class="share">{_picture(shapes, says)}<ul class="key">{key}</ul></div>'


def legend(names: Sequence[str]) -> str:
    """Return what each colour means."""
    key = "".join(
        f'<li><i style="background:{colour_of(place)}"></i>{text(name)}</li>'
        for place, name in enumerate(names)
    )
    return f'<ul class="key">{key}</ul>'


def colour_of(place: int) -> str:
    """Return the colour of the n-th of several."""
    return f"var(--c{place % COLOURS})"


def ceiling(value: float) -> float:
    """Return a round number that is not below `value`: 1, 2, 2.5 or 5 times a power of ten."""
    if value <= 0:
        return 1.0
    power = 10.0 ** len(str(int(value))) if value >= 1 else 1.0
    while power / 10 >= value:
        power /= 10
    return next(power * part for part in (0.1, 0.2, 0.25, 0.5, 1.0) if power * part >= value)


def _heights(top: float, axis: Axis) -> str:
    marks = "".join(
        f'<span class="y" style="bottom:{100 * part:.0f}%">{text(axis.show(top * part))}</span>'
        for part in (0.0, 0.5, 1.0)
    )
    return f'{marks}<span class="up">{text(axis.words)} ↑</span>'


def _plot(shapes: str, words: str, says: str) -> str:
    grid = "".join(
        f'<line x1="0" x2="100" y1="{y}" y2="{y}" stroke="var(--grid)" vector-effect="non-scaling-stroke"/>'
        for y in (0, 50)
    )
    picture = _picture(f"{grid}{shapes}", says)
    return f'<div class="plot">{picture}<div aria-hidden="true">{words}</div></div>'


def _picture(shapes: str, says: str) -> str:
    size = 'viewBox="0 0 100 100" preserveAspectRatio="none"'
    return f'<svg {size} role="img" aria-label="{text(says)}">{shapes}</svg>'


def _rectangle(x: float, width: float, height: float, colour: str, bar: Bar) -> str:
    place = f'x="{x:.3f}" y="{100 - height:.3f}" width="{width:.3f}" height="{height:.3f}"'
    return f'<rect {place} fill="{colour}"><title>{text(bar.name)}: {text(bar.told)}</title></rect>'


def _dot(dot: Dot, x: float, y: float) -> str:
    # A line of no length with round ends: round whatever the picture is stretched to.
    def drawn(width: int, colour: str) -> str:
        return (
            f'<path d="M{x:.2f} {y:.2f}h0" stroke="{colour}" stroke-width="{width}" stroke-linecap="round"'
            ' vector-effect="non-scaling-stroke"/>'
        )

    ring = drawn(_DOT + 6, "var(--ink)") + drawn(_DOT + 3, "var(--ground)") if dot.ringed else ""
    return f"<g><title>{text(dot.name)}: {text(dot.told)}</title>{ring}{drawn(_DOT, colour_of(dot.kind))}</g>"


def _label(dot: Dot, x: float, y: float) -> str:
    side = " left" if x > _MIDDLE else ""
    return f'<span class="name{side}" style="left:{x:.2f}%;top:{y:.2f}%">{text(dot.name)}</span>'
