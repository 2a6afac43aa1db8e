"""Settings, what for -> the configured models that would do, best first."""

from agentic_flow.core.settings import Settings
from agentic_flow.core.wishes import Purpose
from agentic_flow.offering import policy_of
from agentic_flow.routing import Recommended, recommend
from agentic_flow.wiring.choosing import resolve_model
from agentic_flow.wiring.learning import own_experience


def recommended(purpose: Purpose, settings: Settings) -> list[Recommended]:
    """Judge every configured model for a purpose."""
    policy = policy_of(settings, lambda name: resolve_model(name, settings), own_experience(settings))
    return recommend(purpose, policy.offers)
