"""Who takes over: by price, then by strength, and never a weaker one."""

from decimal import Decimal

from agentic_flow.core.values import Candidate, Decision, Target
from agentic_flow.routing import climb
from agentic_flow.routing.climbing import first_try


def candidate(name: str, cost: str | None, strength: float, obstacle: str | None = None) -> Candidate:
    price = None if cost is None else Decimal(cost)
    return Candidate(Target("p", name), obstacle, price, strength=strength)


def climbed(start: str, *candidates: Candidate) -> list[str]:
    return [target.model for target in climb(Decision(Target("p", start), "", candidates=candidates))]


SMALL, MIDDLE, LARGE = candidate("s", "0", 0.2), candidate("m", "0.01", 0.5), candidate("l", "0.1", 0.9)


def test_the_cheapest_stronger_one_is_next() -> None:
    assert climbed("s", LARGE, SMALL, MIDDLE) == ["m", "l"]
    assert climbed("m", LARGE, SMALL, MIDDLE) == ["l"]
    assert climbed("l", LARGE, SMALL, MIDDLE) == []


def test_what_costs_more_and_is_no_stronger_is_passed_over() -> None:
    assert climbed("s", SMALL, MIDDLE, candidate("dear", "0.05", 0.5), LARGE) == ["m", "l"]


def test_of_two_at_one_price_the_stronger_is_next() -> None:
    assert climbed("s", SMALL, candidate("a", "0", 0.3), candidate("b", "0", 0.4), LARGE) == ["b", "l"]


def test_what_cannot_serve_is_passed_over() -> None:
    assert climbed("s", SMALL, candidate("m", "0.01", 0.5, "no key"), LARGE) == ["l"]


def test_an_unknown_price_comes_last() -> None:
    assert climbed("s", SMALL, candidate("x", None, 0.95), LARGE) == ["l", "x"]


def test_a_name_that_decided_alone_has_nobody_above() -> None:
    assert climbed("s") == []


def tries_first(difficulty: float, *able: Candidate) -> str:
    return first_try(difficulty, able, able[-1]).target.model


def test_a_cheaper_model_tries_first_where_that_is_likely_to_spare_more_than_it_costs() -> None:
    assert tries_first(0.2, SMALL, MIDDLE, LARGE) == "s"
    assert tries_first(0.6, SMALL, MIDDLE, LARGE) == "m"  # the small one would hardly pass
    assert tries_first(0.9, SMALL, MIDDLE, LARGE) == "l"


def test_a_cheaper_model_that_is_hardly_cheaper_does_not_try_first() -> None:
    assert tries_first(0.6, candidate("m", "0.09", 0.5), LARGE) == "l"


def test_where_all_cost_nothing_it_is_time_that_is_spared() -> None:
    quick, slow = (
        Candidate(Target("p", n), None, Decimal(0), s, k) for n, s, k in (("q", 9, 0.4), ("w", 30, 0.5))
    )
    assert tries_first(0.4, quick, slow) == "q"
    assert tries_first(0.7, quick, slow) == "w"
