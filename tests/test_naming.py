"""What a model's name stands for, as a table: every form, every name of the guide, every mistake."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentic_flow.core.errors import UnknownModel
from agentic_flow.core.settings import (
    BudgetSettings,
    CacheSettings,
    Defaults,
    FallbackSettings,
    OnnxSettings,
    Places,
    RemoteSettings,
    RoutingSettings,
    Secret,
    Settings,
)
from agentic_flow.core.values import Target
from agentic_flow.naming import Names, resolve

TODAY = date(2026, 11, 22)
HERE = Path("/nowhere")
SETTINGS = Settings(
    places=Places(HERE, HERE, HERE, HERE, HERE),
    anthropic=RemoteSettings(
        api_key=Secret("k"),
        models={"fast": "claude-haiku-5-5", "balanced": "sonnet", "powerful": "claude-3-opus-20240229"},
    ),
    openrouter=RemoteSettings(
        models={"fast": "meta-llama/llama-3.1-8b-instruct", "balanced": "google/gemini-pro-1.5"},
        default_model="fast",
    ),
    onnx=OnnxSettings(models={"fast": "smollm2-135m"}),
    routing=RoutingSettings(),
    fallback=FallbackSettings(),
    cache=CacheSettings(),
    budget=BudgetSettings(),
    defaults=Defaults(),
)
LOCAL = {
    "default": "qwen2.5-coder-0.5b",
    "qwen2.5-coder-0.5b": "qwen2.5-coder-0.5b",
    "smollm2-135m": "smollm2-135m",
    "phi-4": "phi-4",
    "phi-4-onnx": "phi-4",
}
NAMES = Names(SETTINGS, LOCAL, TODAY, verbatim={"scripted"})


@pytest.mark.parametrize(
    ("name", "target"),
    [
        ("anthropic/claude-opus-5-5", "anthropic/claude-opus-5-5"),
        ("anthropic/fast", "anthropic/claude-haiku-5-5"),
        ("anthropic/balanced", "anthropic/claude-sonnet-5-5"),
        ("anthropic/default", "anthropic/claude-sonnet-5-5"),
        ("anthropic", "anthropic/claude-sonnet-5-5"),
        ("anthropic/sonnet", "anthropic/claude-sonnet-5-5"),
        ("anthropic/Opus", "anthropic/claude-opus-5-5"),
        ("anthropic/haiku", "anthropic/claude-haiku-5-5"),
        ("openrouter/sonnet", "openrouter/anthropic/claude-sonnet-5.5"),
        ("openrouter/meta-llama/llama-3.1-8b-instruct", "openrouter/meta-llama/llama-3.1-8b-instruct"),
        ("openrouter/openai/gpt-4-turbo", "openrouter/openai/gpt-4-turbo"),
        ("openrouter/claude-opus-5-5", "openrouter/anthropic/claude-opus-5.5"),
        ("openrouter/default", "openrouter/meta-llama/llama-3.1-8b-instruct"),
        ("openrouter", "openrouter/meta-llama/llama-3.1-8b-instruct"),
        ("openrouter/auto", "openrouter/openrouter/auto"),
        ("onnx/default", "onnx/qwen2.5-coder-0.5b"),
        ("onnx", "onnx/qwen2.5-coder-0.5b"),
        ("onnx/phi-4", "onnx/phi-4"),
        ("onnx/Phi-4-ONNX", "onnx/phi-4"),
        ("onnx/fast", "onnx/smollm2-135m"),
        ("phi-4", "onnx/phi-4"),
        ("sonnet", "anthropic/claude-sonnet-5-5"),
        ("claude-opus-5-5", "anthropic/claude-opus-5-5"),
        (" anthropic/fast ", "anthropic/claude-haiku-5-5"),
        ("scripted/some/file.jsonl", "scripted/some/file.jsonl"),
    ],
)
def test_each_form_of_a_name(name: str, target: str) -> None:
    named = resolve(name, NAMES)
    assert str(named.target) == target
    assert named.warnings == ()


@pytest.mark.parametrize(
    ("name", "successor"),
    [
        ("anthropic/claude-3-opus", "anthropic/claude-opus-5-5"),
        ("anthropic/claude-3-opus-20240229", "anthropic/claude-opus-5-5"),
        ("anthropic/claude-3-haiku-20240307", "anthropic/claude-haiku-5-5"),
        ("anthropic/claude-3-5-sonnet-20241022", "anthropic/claude-sonnet-5-5"),
        ("anthropic/claude-3-7-sonnet-latest", "anthropic/claude-sonnet-5-5"),
        ("anthropic/claude-sonnet-4-20250514", "anthropic/claude-sonnet-5-5"),
        ("anthropic/claude-opus-4-1", "anthropic/claude-opus-5-5"),
        ("anthropic/claude-2.1", "anthropic/claude-sonnet-5-5"),
        ("anthropic/claude-instant-1.2", "anthropic/claude-haiku-5-5"),
        ("anthropic/powerful", "anthropic/claude-opus-5-5"),
        ("claude-3-opus", "anthropic/claude-opus-5-5"),
        ("openrouter/anthropic/claude-3-haiku", "openrouter/anthropic/claude-haiku-5.5"),
        ("openrouter/anthropic/claude-3.5-sonnet:beta", "openrouter/anthropic/claude-sonnet-5.5"),
        ("openrouter/google/gemini-pro-1.5", "openrouter/google/gemini-3.8-flash"),
        ("openrouter/google/gemini-pro", "openrouter/google/gemini-3.8-flash"),
        ("openrouter/balanced", "openrouter/google/gemini-3.8-flash"),
        ("openrouter/deepseek/deepseek-coder-33b-instruct", "openrouter/deepseek/deepseek-v4.1-flash"),
        ("openrouter/deepseek-coder", "openrouter/deepseek/deepseek-v4.1-flash"),
    ],
)
def test_a_retired_name_leads_to_its_successor_with_one_warning(name: str, successor: str) -> None:
    named = resolve(name, NAMES)
    assert str(named.target) == successor
    assert len(named.warnings) == 1
    assert named.target.model in named.warnings[0]
    assert "\n" not in named.warnings[0]


def test_a_model_that_retires_soon_is_still_asked_and_the_day_after_its_successor_is() -> None:
    soon = resolve("anthropic/claude-sonnet-4-5", NAMES)
    assert soon.target.model == "claude-sonnet-4-5"
    assert soon.warnings == ("claude-sonnet-4-5 retires on 2026-11-30; its successor is claude-sonnet-5-5",)

    later = resolve("anthropic/claude-sonnet-4-5", replace(NAMES, today=date(2026, 11, 30)))
    assert later.target.model == "claude-sonnet-5-5"

    earlier = resolve("anthropic/claude-sonnet-4-5", replace(NAMES, today=date(2026, 1, 1)))
    assert (earlier.target.model, earlier.warnings) == ("claude-sonnet-4-5", ())


@pytest.mark.parametrize(
    "model",
    ["claude-opus-4-5", "claude-haiku-4-5-20251001", "claude-sonnet-4-6", "claude-fable-5-2", "gpt-x"],
)
def test_a_model_that_is_served_is_left_alone(model: str) -> None:
    named = resolve(f"anthropic/{model}", NAMES)
    assert (named.target, named.warnings) == (Target("anthropic", model), ())


def test_claude_without_a_provider_goes_to_whoever_has_a_key() -> None:
    keyless = replace(SETTINGS.anthropic, api_key=None)
    openrouter = replace(SETTINGS.openrouter, api_key=Secret("k"))
    names = replace(NAMES, settings=replace(SETTINGS, anthropic=keyless, openrouter=openrouter))
    assert str(resolve("sonnet", names).target) == "openrouter/anthropic/claude-sonnet-5.5"
    assert str(resolve("claude-haiku-4-5-20251001", names).target) == (
        "openrouter/anthropic/claude-haiku-4.5-20251001"
    )


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("antropic/fast", "did you mean anthropic/fast"),
        ("ONNX/default", "did you mean onnx/default"),
        ("openai/gpt-6", "a model that OpenRouter serves is named openrouter/openai/gpt-6"),
        ("/fast", "shows the local ones"),
        ("meta-llama/llama-3.1-8b-instruct", "is named openrouter/meta-llama/llama-3.1-8b-instruct"),
        ("sonet", "did you mean sonnet"),
        ("onnx/phi-5", "did you mean onnx/phi-4"),
        ("onnx/fastest", "onnx"),
        ("", "expected provider/model"),
        ("default", "did you mean onnx/default?"),
        ("onnx/nope", "`agentic-flow models list` shows the local ones"),
        ("fast", "expected provider/model"),
        ("scripted", "expected provider/model"),
    ],
)
def test_a_mistake_says_what_would_do(name: str, hint: str) -> None:
    with pytest.raises(UnknownModel) as caught:
        resolve(name, NAMES)
    assert hint in str(caught.value)


def test_a_default_that_is_called_default_is_the_balanced_tier() -> None:
    names = replace(
        NAMES, settings=replace(SETTINGS, anthropic=replace(SETTINGS.anthropic, default_model="default"))
    )
    assert str(resolve("anthropic", names).target) == "anthropic/claude-sonnet-5-5"


def test_a_tier_without_a_model_names_its_setting() -> None:
    with pytest.raises(UnknownModel, match=r"providers\.anthropic\.models\.coding"):
        resolve("anthropic/coding", NAMES)


@given(st.text() | st.builds("{}/{}".format, st.sampled_from(["anthropic", "openrouter", "onnx"]), st.text()))
def test_any_name_has_an_answer_or_a_mistake_to_mend(name: str) -> None:
    try:
        named = resolve(name, NAMES)
    except UnknownModel:
        return
    assert named.target.model
