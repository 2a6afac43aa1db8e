"""Rules in their order, then the strategy; what cannot serve is passed over, and the reason says so."""

import random
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentic_flow.core.budgets import Limit, Period, Room
from agentic_flow.core.conditions import read_condition
from agentic_flow.core.errors import LocalModelProblem, ModelMissing, OverBudget
from agentic_flow.core.profiles import Complexity, TaskProfile, TaskType
from agentic_flow.core.values import Target
from agentic_flow.routing import Offer, Policy, PolicyRule, Share, Strategy, climb, decide

EASY = TaskProfile(20, 100, 100, TaskType.CODING, Complexity.LOW, 0.1)
HARD = TaskProfile(40, 100, 4000, TaskType.CODING, Complexity.HIGH, 0.85)


def costs(dollars_a_million: str | None) -> Callable[[int, int], Decimal | None]:
    if dollars_a_million is None:
        return lambda _prompt, _answer: None
    rate = Decimal(dollars_a_million)
    return lambda prompt, answer: (prompt + 5 * answer) * rate / 1_000_000


LOCAL = Offer(Target("onnx", "qwen2.5-coder-0.5b"), costs("0"), context=32_768)
HAIKU = Offer(Target("anthropic", "claude-haiku-5-5"), costs("0.1"), tier="fast")
SONNET = Offer(Target("anthropic", "claude-sonnet-5-5"), costs("2"), tier="balanced")
OPUS = Offer(Target("anthropic", "claude-opus-5-5"), costs("4"), tier="powerful")
LLAMA = Offer(Target("openrouter", "meta-llama/llama-3.1-8b-instruct"), costs("0.05"), tier="fast")
ALL = (LOCAL, HAIKU, SONNET, OPUS, LLAMA)


def policy(strategy: Strategy, *rules: PolicyRule, offers: tuple[Offer, ...] = ALL) -> Policy:
    return Policy(strategy, rules, offers, LOCAL, download="qwen2.5-coder-0.5b")


def rule(condition: str, offer: Offer, reason: str = "because") -> PolicyRule:
    return PolicyRule(read_condition(condition), offer, reason)


@pytest.mark.parametrize(
    ("strategy", "easy", "hard"),
    [
        (Strategy.COST_OPTIMIZED, LOCAL, SONNET),
        (Strategy.BALANCED, LLAMA, SONNET),
        (Strategy.QUALITY, OPUS, OPUS),
        (Strategy.SPEED, HAIKU, SONNET),
    ],
)
def test_a_strategy_weighs_need_strength_and_price(strategy: Strategy, easy: Offer, hard: Offer) -> None:
    assert decide(EASY, policy(strategy)).target == easy.target
    assert decide(HARD, policy(strategy)).target == hard.target


def test_the_first_rule_that_matches_decides_and_is_named() -> None:
    rules = (
        rule("complexity == 'high'", OPUS, "hard"),
        rule("token_count < 500", LLAMA),
        rule("default", HAIKU),
    )
    decided = [decide(profile, policy(Strategy.BALANCED, *rules)) for profile in (HARD, EASY)]

    assert [decision.target for decision in decided] == [OPUS.target, LLAMA.target]
    assert decided[0].reason == "rule 1, complexity == 'high': hard"


def test_a_rule_whose_model_cannot_serve_is_passed_over_and_the_reason_says_so() -> None:
    keyless = replace(OPUS, obstacle="no ANTHROPIC_API_KEY")
    decision = decide(
        HARD, policy(Strategy.BALANCED, rule("complexity == 'high'", keyless), rule("default", LLAMA))
    )

    assert decision.target == LLAMA.target
    assert "rule 1 asks for anthropic/claude-opus-5-5: no ANTHROPIC_API_KEY" in decision.reason


def test_where_no_rule_matches_the_strategy_decides() -> None:
    assert decide(EASY, policy(Strategy.QUALITY, rule("has_code", LLAMA))).target == OPUS.target


def test_a_context_that_is_too_small_is_an_obstacle() -> None:
    long = replace(EASY, task_tokens=40_000)
    decision = decide(long, policy(Strategy.COST_OPTIMIZED))

    obstacles = {candidate.target: candidate.obstacle for candidate in decision.candidates}
    assert decision.target != LOCAL.target
    assert "context of 32,768" in str(obstacles[LOCAL.target])


def test_where_nothing_is_strong_enough_the_strongest_serves_and_says_so() -> None:
    decision = decide(HARD, policy(Strategy.COST_OPTIMIZED, offers=(LOCAL, LLAMA)))

    assert decision.target == LLAMA.target
    assert "nothing that can serve is strong enough" in decision.reason


def test_an_unknown_price_is_never_the_cheapest() -> None:
    offers = (replace(HAIKU, cost=costs(None)), SONNET)
    assert decide(EASY, policy(Strategy.COST_OPTIMIZED, offers=offers)).target == SONNET.target


@pytest.mark.parametrize("strategy", list(Strategy))
def test_a_private_task_never_leaves_the_machine(strategy: Strategy) -> None:
    private = replace(HARD, private="it holds a key")
    decision = decide(private, policy(strategy, rule("default", OPUS)))

    assert decision.target == LOCAL.target
    assert "stays on this machine: it holds a key" in decision.reason


def test_a_private_task_that_no_local_model_can_serve_fails_with_the_command() -> None:
    private = replace(EASY, private="the priority is privacy")
    offers = (replace(LOCAL, obstacle="not downloaded"), HAIKU)

    with pytest.raises(ModelMissing, match=r"run `agentic-flow download-model qwen2\.5-coder-0\.5b`"):
        decide(private, policy(Strategy.PRIVACY, offers=offers))
    with pytest.raises(LocalModelProblem, match="no local model can serve it"):
        decide(private, replace(policy(Strategy.PRIVACY, offers=offers), download=None))


def test_with_nothing_at_all_the_default_local_model_is_named_with_what_is_missing() -> None:
    offers = tuple(replace(offer, obstacle="not there") for offer in ALL)
    decision = decide(EASY, policy(Strategy.BALANCED, offers=offers))

    assert decision.target == LOCAL.target
    assert "nothing can serve now" in decision.reason


@given(
    st.builds(
        TaskProfile,
        st.integers(0, 10**7),
        st.integers(0, 10**5),
        st.integers(1, 16_000),
        st.sampled_from(TaskType),
        st.sampled_from(Complexity),
        st.floats(0, 1),
    ),
    st.sampled_from(Strategy),
    st.sets(st.sampled_from(range(len(ALL)))),
)
def test_deciding_is_the_same_twice_and_chooses_what_can_serve(
    profile: TaskProfile, strategy: Strategy, closed: set[int]
) -> None:
    offers = tuple(replace(o, obstacle="closed") if i in closed else o for i, o in enumerate(ALL))
    decision = decide(profile, policy(strategy, offers=offers))

    assert decision == decide(profile, policy(strategy, offers=offers))
    able = {candidate.target for candidate in decision.candidates if candidate.obstacle is None}
    assert decision.target in (able or {LOCAL.target})


@pytest.mark.parametrize("wanted", [0.0, 0.1, 0.3, 1.0])
def test_cost_optimized_holds_a_share_over_the_latest_tasks(wanted: float) -> None:
    """Whatever the difficulties are like, the strongest gets about the share that is wanted: the hardest."""
    chance = random.Random(1)  # noqa: S311  (a fixed choice)
    recent: list[float] = [chance.betavariate(2, 6) for _ in range(200)]
    strong: list[float] = []
    weak: list[float] = []
    for _ in range(300):
        difficulty = round(chance.betavariate(2, 6), 3)
        profile = replace(EASY, difficulty=difficulty)
        held = replace(policy(Strategy.COST_OPTIMIZED), share=Share(wanted, tuple(recent[-200:])))
        (strong if decide(profile, held).target == OPUS.target else weak).append(difficulty)
        recent.append(difficulty)
    assert len(strong) / 300 == pytest.approx(wanted, abs=0.05)
    if strong and weak:
        assert sum(strong) / len(strong) > sum(weak) / len(weak)


def test_a_share_waits_for_enough_tasks_and_says_what_it_does() -> None:
    few = replace(policy(Strategy.COST_OPTIMIZED), share=Share(0.0, (0.1,) * 19))
    assert decide(HARD, few).target == SONNET.target
    many = replace(policy(Strategy.COST_OPTIMIZED), share=Share(0.2, (0.1,) * 20))
    decision = decide(HARD, many)
    assert decision.target == OPUS.target
    assert "among the hardest 20% of the last 20 tasks" in decision.reason
    kept = replace(policy(Strategy.COST_OPTIMIZED), share=Share(0.2, (0.9,) * 20))
    assert "is kept for the hardest 20%" in decide(EASY, kept).reason


def room(left: str) -> Room:
    limit = Limit(Decimal(left), "the daily budget", "budgetLimits.daily", period=Period.DAY)
    return Room(limit, Decimal(0), Decimal(0), None)


def test_what_a_limit_does_not_leave_is_passed_over_and_the_reason_says_so() -> None:
    rich = decide(HARD, replace(policy(Strategy.QUALITY), room=room("1")))
    poor = decide(HARD, replace(policy(Strategy.QUALITY), room=room("0.05")))

    assert (rich.target, poor.target) == (OPUS.target, SONNET.target)
    assert "over the daily budget" not in rich.reason
    assert poor.reason.startswith(f"{OPUS.target}: over the daily budget: $0.05 left, this needs about $0.08")
    obstacles = {each.target: each.obstacle for each in poor.candidates}
    assert obstacles[SONNET.target] is None
    assert "over the daily budget" in str(obstacles[OPUS.target])


def test_a_rule_whose_model_is_too_dear_is_passed_over() -> None:
    decision = decide(EASY, replace(policy(Strategy.BALANCED, rule("default", OPUS)), room=room("0")))
    assert decision.target == LOCAL.target
    assert f"rule 1 asks for {OPUS.target}: over the daily budget" in decision.reason


def test_under_a_limit_nobody_is_asked_whose_price_nobody_knows() -> None:
    unknown = replace(OPUS, cost=costs(None))
    dear = decide(HARD, replace(policy(Strategy.QUALITY, offers=(unknown, SONNET, LOCAL)), room=room("1")))
    assert dear.target == SONNET.target
    assert "nobody knows its price, and the daily budget holds" in dear.reason


def test_where_only_money_is_in_the_way_the_limit_is_named() -> None:
    switched_off = replace(LOCAL, obstacle="switched off")
    nothing = replace(policy(Strategy.BALANCED, offers=(switched_off, SONNET, OPUS)), room=room("0.01"))
    with pytest.raises(OverBudget, match=r"has \$0.01 left .* the cheapest, anthropic/claude-son"):
        decide(HARD, nothing)


@pytest.mark.parametrize(
    ("preferred", "chosen"), [((), LLAMA), (("anthropic", "openrouter"), HAIKU), (("onnx",), LLAMA)]
)
def test_a_preferred_provider_wins_where_the_cost_is_alike(preferred: tuple[str, ...], chosen: Offer) -> None:
    haiku = replace(HAIKU, cost=costs("0.054"))
    offers = (haiku, LLAMA, SONNET)
    decision = decide(EASY, replace(policy(Strategy.COST_OPTIMIZED, offers=offers), preferred=preferred))
    assert decision.target == chosen.target
    assert ("less preferred provider" in decision.reason) is (chosen is HAIKU)


def test_a_preferred_provider_does_not_win_where_it_costs_more() -> None:
    two = policy(Strategy.COST_OPTIMIZED, offers=(HAIKU, LLAMA))
    assert decide(EASY, replace(two, preferred=("anthropic",))).target == LLAMA.target


def test_where_checks_tell_a_wrong_answer_a_cheaper_model_tries_first_and_the_reason_says_so() -> None:
    money = policy(Strategy.COST_OPTIMIZED)
    decision = decide(HARD, replace(money, proven=True))
    assert (decide(HARD, money).target, decision.target) == (SONNET.target, HAIKU.target)
    assert f"as checks tell whether it passes, {HAIKU.target} tries first" in decision.reason
    assert f"({SONNET.target}); as checks tell" in decision.reason
    why = {each.target: each.passed_over for each in decision.candidates}
    assert (why[HAIKU.target], why[SONNET.target]) == (
        None,
        "the choice without checks; cheaper ones try first",
    )
    assert climb(decision)[0] == SONNET.target


@pytest.mark.parametrize("strategy", Strategy)
@pytest.mark.parametrize("profile", [EASY, HARD])
def test_of_each_that_could_serve_it_is_said_why_it_was_not_taken(
    profile: TaskProfile, strategy: Strategy
) -> None:
    decision = decide(profile, policy(strategy))
    for each in decision.candidates:
        said = each.obstacle or each.passed_over
        assert bool(said) is (each.target != decision.target)
        assert each.obstacle is None or each.passed_over is None


@pytest.mark.parametrize("strategy", [Strategy.QUALITY, Strategy.SPEED])
def test_where_money_does_not_decide_nobody_cheaper_tries_first(strategy: Strategy) -> None:
    assert decide(HARD, replace(policy(strategy), proven=True)) == decide(HARD, policy(strategy))
