"""Rows of plans -> a table, the cascade held against the strong model, and the plot."""

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from first_answer import wilson
from pricing import BILLIONS, CHEAP, MIDDLE, STRONG

CASCADE = "cascade"
ONCE = "cascade, one answer each"
MOST_COST = 0.60


@dataclass(frozen=True, slots=True)
class Row:
    """One problem under one policy."""

    problem: str
    passed: bool
    served: str
    """The model that answered last."""
    calls: int
    input_tokens: int
    output_tokens: int
    cost: float
    """US dollars for a thousand problems like it."""
    by_model: Mapping[str, int]
    """Calls of each."""
    costs: Mapping[str, float]
    """What each cost of it."""


def report(table: Mapping[str, Sequence[Row]], path: Path | None, plot: Path | None) -> int:
    """Print the totals, hold the cascade against the strong model, and draw; return the exit status."""
    print(f"\n{'plan':27} {'pass':>7} {'95% interval':>14} {'calls':>6} {'in':>8} {'out':>8} {'$/1000':>8}")
    for name, rows in table.items():
        low, high = wilson(_passed(rows), len(rows))
        tokens = (sum(row.input_tokens for row in rows), sum(row.output_tokens for row in rows))
        calls = sum(row.calls for row in rows)
        print(
            f"{name:27} {_passed(rows):3}/{len(rows):<3} {low:6.1%}-{high:6.1%} {calls:6}"
            f" {tokens[0]:8,} {tokens[1]:8,} {_cost(rows):8.2f}"
        )
    if path is not None:
        path.write_text(
            json.dumps({name: [asdict(row) for row in rows] for name, rows in table.items()}, indent=1)
        )
    if plot is not None:
        draw(table, plot)
    return hold(table)


def hold(table: Mapping[str, Sequence[Row]]) -> int:
    """Hold the cascade against the strong model; 0 where the claim holds or cannot be judged."""
    cascade = table.get(CASCADE)
    if cascade is None or not {f"{STRONG} alone", f"{STRONG}, repair"} <= table.keys():
        return 0
    calls = {name: sum(row.by_model[name] for row in cascade) for name in BILLIONS}
    served = {name: sum(row.passed and row.served == name for row in cascade) for name in BILLIONS}
    for name in BILLIONS:
        share = sum(row.costs[name] for row in cascade) / len(cascade) / _cost(cascade)
        print(f"cascade: {name} had {calls[name]} calls, {share:.0%} of the cost; {served[name]} passed")
    for name in (f"{STRONG} alone", f"{STRONG}, repair"):
        low, high = _share_interval(cascade, table[name])
        print(
            f"cascade: {_passed(cascade)} pass against {_passed(table[name])} of {name},"
            f" at {_cost(cascade) / _cost(table[name]):.0%} of its cost [{low:.0%}, {high:.0%}]"
        )
    goal = table[f"{STRONG}, repair"]
    if ONCE in table:
        once = table[ONCE]
        share = _cost(once) / _cost(goal)
        print(f"{ONCE}: {_passed(once)} pass against {_passed(goal)}, at {share:.1%} of the cost")
    kept = _passed(cascade) >= _passed(goal) and _cost(cascade) <= MOST_COST * _cost(goal)
    print(
        f"claim: as many as with repair, at {MOST_COST:.0%} or less: {'holds' if kept else 'DOES NOT HOLD'}"
    )
    return 0 if kept else 1


def _share_interval(cascade: Sequence[Row], other: Sequence[Row]) -> tuple[float, float]:
    """Return where the share of the cost lies for 95 % of 2,000 draws of as many of the problems."""
    draw_of = random.Random(0)  # noqa: S311 - a draw of samples, no secret
    pairs = [(one.cost, two.cost) for one, two in zip(cascade, other, strict=True)]
    shares: list[float] = []
    for _ in range(2000):
        drawn = draw_of.choices(pairs, k=len(pairs))
        shares.append(sum(one for one, _ in drawn) / sum(two for _, two in drawn))
    shares.sort()
    return shares[50], shares[-51]


def draw(table: Mapping[str, Sequence[Row]], path: Path) -> None:
    """Draw cost against pass rate, with intervals; repair is joined to the model alone."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(7, 4.5))
    colours = {CHEAP: "tab:gray", MIDDLE: "tab:blue", STRONG: "tab:purple", CASCADE: "tab:red"}
    at = {name: (_cost(rows), 100 * _passed(rows) / len(rows)) for name, rows in table.items()}
    for name, rows in table.items():
        low, high = (100 * bound for bound in wilson(_passed(rows), len(rows)))
        model = next(model for model in colours if name.startswith(model))
        cost, rate = at[name]
        mark = "D" if name.startswith(CASCADE) else "^" if "repair" in name else "o"
        errors = [[max(0, rate - low)], [max(0, high - rate)]]
        axes.errorbar(cost, rate, yerr=errors, fmt=mark, color=colours[model], capsize=3, alpha=0.8)
        left = name.startswith(CASCADE)  # the strong model's own stand to the right of it
        axes.annotate(
            name,
            (cost, rate),
            textcoords="offset points",
            xytext=(-7 if left else 7, -12 if "alone" in name else 5),
            ha="right" if left else "left",
            fontsize=8,
        )
    for model in BILLIONS:
        if {f"{model} alone", f"{model}, repair"} <= at.keys():
            axes.plot(
                *zip(at[f"{model} alone"], at[f"{model}, repair"], strict=True), ":", color=colours[model]
            )
    axes.set_xscale("log")
    axes.set_xlabel("US dollars a thousand problems, at the prices of this run (log scale)")
    axes.set_ylabel("problems passed, % (95 % interval)")
    axes.set_title(f"{len(next(iter(table.values())))} HumanEval problems, local models")
    axes.margins(x=0.45)
    figure.tight_layout()
    figure.savefig(path, dpi=110)


def _passed(rows: Sequence[Row]) -> int:
    return sum(row.passed for row in rows)


def _cost(rows: Sequence[Row]) -> float:
    return sum(row.cost for row in rows) / len(rows)
