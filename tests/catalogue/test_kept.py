"""A provider's list survives on disk, whole and private, and says what has gone."""

import stat
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentic_flow.catalogue import keep, kept
from agentic_flow.catalogue.notices import notice
from agentic_flow.core.listings import HostedModel, Lifecycle, Listing
from agentic_flow.core.pricing import Price, Rate
from agentic_flow.core.values import Target

HOST = "https://somewhere/v1"
DAY = date(2026, 11, 25)
NOW = datetime(2026, 11, 25, tzinfo=UTC).timestamp()

rates = st.builds(
    Rate,
    st.decimals(0, 1000, places=6),
    st.lists(st.tuples(st.integers(1, 10**6), st.decimals(0, 1000, places=6)), max_size=2).map(tuple),
)
models = st.builds(
    HostedModel,
    id=st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1),
    name=st.text(st.characters(codec="utf-8")),
    context=st.none() | st.integers(1, 10**7),
    max_output=st.none() | st.integers(1, 10**6),
    price=st.none() | st.builds(Price, rates, rates, rates, rates, st.decimals(0, 10, places=4)),
    lifecycle=st.none() | st.sampled_from(Lifecycle),
    retires=st.none() | st.dates(),
    aliases=st.lists(st.text(st.characters(codec="utf-8"))).map(tuple),
    parameters=st.lists(st.sampled_from(["temperature", "tools"])).map(tuple),
)


@given(st.lists(models, max_size=4).map(tuple))
def test_what_is_kept_comes_back(
    tmp_path_factory: pytest.TempPathFactory, listed: tuple[HostedModel, ...]
) -> None:
    folder = tmp_path_factory.mktemp("catalogue")
    listing = Listing("openrouter", listed, NOW)
    keep(listing, folder, HOST)
    assert kept("openrouter", folder, HOST) == listing


def test_the_file_is_its_owners_alone_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    keep(Listing("openrouter", (HostedModel("a/b"),), NOW), tmp_path / "new", HOST)
    keep(Listing("openrouter", (HostedModel("a/c"),), NOW), tmp_path / "new", HOST)
    (path,) = (tmp_path / "new").iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_another_address_is_another_list(tmp_path: Path) -> None:
    keep(Listing("openrouter", (HostedModel("a/b"),), NOW), tmp_path, HOST)
    assert kept("openrouter", tmp_path, "http://localhost:1") is None
    assert kept("anthropic", tmp_path, HOST) is None


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", '{"form": 1}', '{"form": 2, "models": []}', "[" * 10**5]
)
def test_a_damaged_file_counts_as_not_there(tmp_path: Path, text: str) -> None:
    keep(Listing("openrouter", (HostedModel("a/b"),), NOW), tmp_path, HOST)
    next(tmp_path.iterdir()).write_text(text)
    assert kept("openrouter", tmp_path, HOST) is None


def test_a_folder_that_cannot_be_written_keeps_nothing_and_stops_nobody(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    keep(Listing("openrouter", (HostedModel("a/b"),), NOW), tmp_path / "file", HOST)
    assert kept("openrouter", tmp_path / "file", HOST) is None


CLAUDES = Listing(
    "anthropic",
    (
        HostedModel("claude-opus-5-5", lifecycle=Lifecycle.ACTIVE),
        HostedModel("claude-haiku-4-5-20251001", lifecycle=Lifecycle.DEPRECATED, retires=date(2027, 1, 5)),
        HostedModel("claude-sonnet-4-20250514", lifecycle=Lifecycle.RETIRED, retires=date(2026, 6, 15)),
        HostedModel("claude-far-1", lifecycle=Lifecycle.DEPRECATED, retires=date(2028, 1, 1)),
    ),
    NOW,
)
ROUTED = Listing("openrouter", (HostedModel("maker/model", aliases=("maker/model-0101",), price=None),), NOW)


@pytest.mark.parametrize(
    ("listing", "model", "said"),
    [
        (CLAUDES, "claude-opus-5-5", None),
        (CLAUDES, "claude-far-1", None),
        (CLAUDES, "claude-haiku-4-5", "retires on 2027-01-05"),
        (CLAUDES, "claude-haiku-4-5-latest", "retires on 2027-01-05"),
        (CLAUDES, "claude-sonnet-4", "was retired"),
        (CLAUDES, "claude-opus-9", "is not among the models that anthropic listed on 2026-11-25"),
        (ROUTED, "maker/model", None),
        (ROUTED, "maker/model-0101", None),
        (ROUTED, "maker/model:nitro", None),
        (ROUTED, "openrouter/auto", None),
        (ROUTED, "@preset/mine", None),
        (ROUTED, "maker/gone", "is not among the models that openrouter listed"),
    ],
)
def test_a_model_that_goes_or_has_gone_is_told(listing: Listing, model: str, said: str | None) -> None:
    told = notice(Target(listing.provider, model), listing, DAY)
    assert (told is None) if said is None else (told is not None and said in told)


def test_rates_keep_every_digit(tmp_path: Path) -> None:
    price = Price(*(Rate(Decimal("0.123456789012345678")),) * 4)
    keep(Listing("openrouter", (HostedModel("a/b", price=price),), NOW), tmp_path, HOST)
    back = kept("openrouter", tmp_path, HOST)
    assert back is not None
    assert back.models[0].price == price
