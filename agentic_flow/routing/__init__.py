"""TaskProfile, Policy -> Decision. Pure: what is configured and what can serve is handed in."""

from agentic_flow.routing.climbing import climb, patience
from agentic_flow.routing.deciding import Policy, PolicyRule, decide
from agentic_flow.routing.named import choose
from agentic_flow.routing.offers import Offer
from agentic_flow.routing.recommending import Recommended, recommend
from agentic_flow.routing.standing_in import stand_ins
from agentic_flow.routing.strategies import Share, Strategy
from agentic_flow.routing.strengths import standing_of

__all__ = [
    "Offer",
    "Policy",
    "PolicyRule",
    "Recommended",
    "Share",
    "Strategy",
    "choose",
    "climb",
    "decide",
    "patience",
    "recommend",
    "stand_ins",
    "standing_of",
]
