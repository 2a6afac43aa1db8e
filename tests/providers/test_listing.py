"""What providers say they serve: prices exact or unknown, ids that a person can type."""

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from agentic_flow.core.errors import KeyProblem, ProviderUnavailable
from agentic_flow.core.listings import HostedModel, Lifecycle
from agentic_flow.core.pricing import Price, Rate
from agentic_flow.core.settings import RemoteSettings
from agentic_flow.core.values import Usage
from agentic_flow.providers.listing import list_models
from agentic_flow.providers.wire import Wire
from tests.providers.loopback import Answer, Asked, Loopback, Peer, head, says
from tests.providers.playback import KEY, settings


def answer(*models: dict[str, Any], **more: object) -> Answer:
    return says(head(content_type="application/json"), json.dumps({"data": models, **more}).encode())


def routed(**said: Any) -> HostedModel:
    with Loopback([answer({"id": "maker/model", **said})]) as server:
        (model,) = list_models("openrouter", settings(server.url), Wire())
    return model


def rate(base: str, *tiers: tuple[int, str]) -> Rate:
    return Rate(Decimal(base), tuple((start, Decimal(price)) for start, price in tiers))


def test_openrouters_prices_are_texts_in_dollars_a_token() -> None:
    model = routed(
        name="Maker: Model",
        canonical_slug="maker/model-20260101",
        context_length=131072,
        top_provider={"max_completion_tokens": 8192},
        supported_parameters=["temperature", "tools", 7],
        pricing={"prompt": "0.0000001", "completion": "0.0000004", "input_cache_read": "0.00000001"},
    )
    assert model == HostedModel(
        "maker/model",
        "Maker: Model",
        131072,
        8192,
        Price(rate("0.1"), rate("0.4"), rate("0.01"), rate("0.1")),
        aliases=("maker/model-20260101",),
        parameters=("temperature", "tools"),
    )
    assert model.price is not None
    assert model.price.cost(Usage(1_000_000, 1_000_000)) == Decimal("0.5")


@pytest.mark.parametrize(
    "pricing",
    [
        {},
        {"prompt": "0.1"},
        {"prompt": "-1", "completion": "-1"},
        {"prompt": "free", "completion": "0"},
        {"prompt": "NaN", "completion": "Infinity"},
        {"prompt": None, "completion": []},
        {"prompt": True, "completion": "0"},
    ],
)
def test_a_price_that_is_missing_or_no_price_is_unknown_and_never_nothing(pricing: dict[str, Any]) -> None:
    assert routed(pricing=pricing).price is None


def test_a_free_model_is_free() -> None:
    price = routed(pricing={"prompt": "0", "completion": "0"}).price
    assert price is not None
    assert price.cost(Usage(1000, 1000)) == 0


def test_a_price_a_request_is_part_of_what_a_call_costs() -> None:
    price = routed(pricing={"prompt": "0", "completion": "0", "request": "0.005"}).price
    assert price is not None
    assert price.cost(Usage(1000)) == price.worst(1000, 0) == Decimal("0.005")


def test_overrides_for_long_prompts_are_tiers_and_certain_hours_count_where_they_are_dearer() -> None:
    price = routed(
        pricing={
            "prompt": "0.000001",
            "completion": "0.000002",
            "overrides": [
                {"min_prompt_tokens": 200_000, "prompt": "0.000003"},
                {"utc_start": "00:00", "utc_end": "06:00", "prompt": "0.0000005", "completion": "0.000009"},
            ],
        }
    ).price
    assert price is not None
    assert price.input.at(199_999) == 1
    assert price.input.at(200_000) == 3
    assert price.output == rate("9")
    assert price.cache_write.at(200_000) == 3


def test_an_end_that_is_announced_is_told() -> None:
    model = routed(expiration_date="2026-12-01")
    assert (model.lifecycle, model.retires) == (Lifecycle.DEPRECATED, date(2026, 12, 1))


def test_ids_that_nobody_can_type_are_left_out_and_names_drive_no_terminal() -> None:
    strange = ["\x1b[2Jx", "a b", "", "ü", "\u202eabc", "x" * 500, 7, None]
    with Loopback(
        [answer(*({"id": said} for said in strange), {"id": "ok", "name": "\x1b[31mred"})]
    ) as server:
        (model,) = list_models("openrouter", settings(server.url), Wire())
    assert (model.id, model.name) == ("ok", "[31mred")


def test_a_server_of_openais_dialect_lists_its_ids() -> None:
    with Loopback(
        [answer({"id": "local.gguf", "object": "model", "owned_by": "me"}, object="list")]
    ) as server:
        assert list_models("openrouter", settings(server.url), Wire()) == (HostedModel("local.gguf"),)
    assert server.asked[0].line == "GET /models HTTP/1.1"
    assert server.asked[0].headers["authorization"] == f"Bearer {KEY}"


def test_openrouters_list_needs_no_key() -> None:
    with Loopback([answer({"id": "maker/model"})]) as server:
        list_models("openrouter", RemoteSettings(base_url=server.url), Wire())
    assert "authorization" not in server.asked[0].headers


def claudes(peer: Peer, asked: Asked) -> None:
    if "after_id=claude-a" in asked.line:
        page: dict[str, Any] = {"data": [{"id": "claude-b", "lifecycle": "retired"}], "has_more": False}
    else:
        first = {
            "id": "claude-a",
            "display_name": "Claude A",
            "lifecycle": "deprecated",
            "retires_at": "2026-11-30T00:00:00Z",
            "max_input_tokens": 200_000,
            "max_tokens": 64_000,
            "capabilities": {"thinking": {"supported": True}, "batch": {"supported": False}},
        }
        page = {"data": [first], "has_more": True, "last_id": "claude-a"}
    peer.send(head(content_type="application/json"), json.dumps(page).encode())


def test_anthropics_list_comes_in_pages_with_lifecycle_and_limits() -> None:
    with Loopback([claudes]) as server:
        first, second = list_models("anthropic", settings(server.url), Wire())
    assert first == HostedModel(
        "claude-a",
        "Claude A",
        200_000,
        64_000,
        lifecycle=Lifecycle.DEPRECATED,
        retires=date(2026, 11, 30),
        parameters=("thinking",),
    )
    assert second.lifecycle is Lifecycle.RETIRED
    assert server.asked[0].line == "GET /v1/models?limit=1000 HTTP/1.1"
    assert server.asked[0].headers["x-api-key"] == KEY


def test_pages_without_end_are_left() -> None:
    with Loopback([answer({"id": "claude-a"}, has_more=True, last_id="claude-a")]) as server:
        assert len(list_models("anthropic", settings(server.url), Wire())) == 1
    assert len(server.asked) < 50


def test_anthropic_is_not_asked_without_a_key() -> None:
    with pytest.raises(KeyProblem, match="ANTHROPIC_API_KEY"):
        list_models("anthropic", RemoteSettings(base_url="http://localhost:1"), Wire())


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (says(head(404, {"content-type": "application/json"}), b"{}"), "has no list of models"),
        (says(head(content_type="application/json"), b"[1, 2"), "something else than a JSON object"),
        (says(head(content_type="application/json"), b"\xff{"), "something else than a JSON object"),
        (says(head(content_type="text/html"), b"<html>"), "check providers.openrouter.baseURL"),
        (says(head(302, {"location": "https://elsewhere"})), "redirects"),
        (says(head(500, {"content-type": "application/json"}), b"{}"), "failed"),
        (answer(), "lists no model"),
    ],
)
def test_what_is_no_list_says_so(reply: Answer, said: str) -> None:
    with Loopback([reply]) as server, pytest.raises(ProviderUnavailable, match=said):
        list_models("openrouter", settings(server.url), Wire())
