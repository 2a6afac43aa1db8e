"""Who takes over, and when: by price, then by strength, and never a weaker one."""

from decimal import Decimal

from agentic_flow.core.profiles import Complexity, TaskProfile, TaskType
from agentic_flow.core.values import Candidate, Decision, Target
from agentic_flow.routing import climb, patience
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


def answers(difficulty: float | None, *able: Candidate) -> int:
    """Return how many answers the first has before the others take over."""
    profile = None
    if difficulty is not None:
        profile = TaskProfile(40, 60, 300, TaskType.CODING, Complexity.MEDIUM, difficulty)
    first, *behind = (each.target for each in able)
    return patience(Decision(first, "", profile=profile, candidates=able), first, behind)


def test_a_model_is_asked_again_where_that_is_likely_to_spare_more_than_it_costs() -> None:
    assert answers(0.5, MIDDLE, LARGE) == 2
    assert answers(0.7, MIDDLE, LARGE) == 2  # a tenth of the price: even a small chance will do
    assert answers(0.85, MIDDLE, LARGE) == 1
    assert answers(0.7, candidate("m", "0.06", 0.5), LARGE) == 1


def test_a_hosted_model_repairs_before_one_of_three_times_its_price_takes_over() -> None:
    haiku, sonnet, opus = (
        candidate("h", "0.01", 0.74),
        candidate("s", "0.03", 0.9),
        candidate("o", "0.05", 0.98),
    )
    assert [answers(difficulty, haiku, sonnet, opus) for difficulty in (0.5, 0.7, 0.8, 0.95)] == [2, 2, 2, 1]


def test_what_costs_nothing_repairs_before_what_costs_unless_it_hardly_can() -> None:
    assert answers(0.2, SMALL, MIDDLE) == 2
    assert answers(0.6, SMALL, MIDDLE) == 1


def test_between_two_that_cost_nothing_the_repair_has_to_be_worth_its_time() -> None:
    quick, slow = (
        Candidate(Target("p", n), None, Decimal(0), s, k) for n, s, k in (("q", 9, 0.4), ("w", 30, 0.5))
    )
    assert answers(0.3, quick, slow) == 2
    assert answers(0.6, quick, slow) == 1


def test_where_nobody_knows_a_second_answer_is_asked_for() -> None:
    assert answers(None, SMALL, LARGE) == 2
    assert answers(0.9, MIDDLE, candidate("x", None, 0.95)) == 2
