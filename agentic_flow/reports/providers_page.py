"""Measurements of several models -> one page: quality against cost and against time, and the numbers."""

from collections.abc import Iterator, Sequence

from agentic_flow.core.budgets import dollars
from agentic_flow.reports.charts import Axis, Dot, dots, legend
from agentic_flow.reports.markup import behind, page, section, table, text
from agentic_flow.reports.measured import Measured, Spread, unbeaten

HEAD = ("MODEL", "PASSED", "FIRST WORD", "TOKENS/S", "SECONDS", "COST", "UNBEATEN")


def providers_page(measured: Sequence[Measured], about: str) -> str:
    """Return the page."""
    return page("Models, measured side by side", about, _sections(measured))


def rows(measured: Sequence[Measured]) -> list[tuple[str, ...]]:
    """Return a row of words for each model, under `HEAD`."""
    best = unbeaten(measured)
    return [
        (
            str(each.target),
            f"{each.passed} of {each.runs}",
            _told(each.first_word, 2),
            _told(each.speed, 1),
            _told(each.seconds, 1),
            "unknown" if each.cost_usd is None else dollars(each.cost_usd),
            "yes" if each in best else "no",
        )
        for each in measured
    ]


def _sections(measured: Sequence[Measured]) -> Iterator[str]:
    best = unbeaten(measured)
    names = ", ".join(str(each.target) for each in best) or "none"
    providers = sorted({each.target.provider for each in measured})
    yield (
        "<p>A ring marks a model that no other matches in quality, cost and speed together while beating it"
        f" in one: {text(names)}.</p>"
    )
    known = [each for each in measured if each.seconds and each.cost_a_run is not None]
    quality = Axis("percent passed", lambda value: f"{value:.0f} %")
    cost = [
        _dot(each, each.cost_a_run or 0.0, providers.index(each.target.provider), each in best)
        for each in known
    ]
    yield section(
        "cost",
        "Quality against cost",
        dots(cost, Axis("US dollars a run", _money), quality, _says("cost", names), _front(cost)),
        legend(providers),
    )
    time = [
        _dot(
            each,
            each.seconds.median if each.seconds else 0.0,
            providers.index(each.target.provider),
            each in best,
        )
        for each in known
    ]
    yield section(
        "time",
        "Quality against time",
        dots(time, Axis("seconds a run", lambda value: f"{value:.3g} s"), quality, _says("time", names)),
        legend(providers),
    )
    numbers = frozenset({1, 2, 3, 4, 5})
    yield section("numbers", "The numbers", table("Measurements", HEAD, rows(measured), numbers))
    failures = [(str(each.target), failure) for each in measured for failure in _failures(each)]
    if failures:
        yield behind("What went wrong", table("Failures", ("Model", "What"), failures))


def _failures(each: Measured) -> Iterator[str]:
    yield from each.failures
    if each.stopped:
        yield each.stopped


def _dot(each: Measured, across: float, kind: int, best: bool) -> Dot:  # noqa: FBT001  (a property of the dot)
    told = f"{each.passed} of {each.runs} passed, {_told(each.seconds, 1)} s, {_money(each.cost_a_run or 0)}"
    name = each.target.model.rsplit("/", 1)[-1]
    return Dot(name, across, 100 * each.pass_rate, told, kind, labelled=True, ringed=best)


def _front(points: Sequence[Dot]) -> list[Dot]:
    """Return the points that are the best for their cost, the cheapest first."""
    front: list[Dot] = []
    for dot in sorted(points, key=lambda dot: (dot.x, -dot.y)):
        if not front or dot.y > front[-1].y:
            front.append(dot)
    return front


def _says(what: str, names: str) -> str:
    return f"Percent of runs that passed against {what}. Beaten by none: {names}."


def _told(spread: Spread | None, digits: int) -> str:
    if spread is None:
        return "-"
    middle = f"{spread.median:.{digits}f}"
    return (
        middle
        if spread.least == spread.most
        else f"{middle} ({spread.least:.{digits}f}-{spread.most:.{digits}f})"
    )


def _money(value: float) -> str:
    return f"${value:.4g}"
