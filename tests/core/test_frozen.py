"""What `frozen` makes does as `dataclass(frozen=True, slots=True)` does."""

import inspect
import pickle
from collections.abc import Callable
from copy import copy, deepcopy
from dataclasses import KW_ONLY, FrozenInstanceError, asdict, dataclass, field, fields, replace
from typing import Any

import pytest

from agentic_flow.core.frozen import frozen


@frozen
class Point:
    """A class as the package has them; it can be pickled, being known by its name."""

    x: int
    y: int = 0
    tags: list[str] = field(default_factory=list[str])
    note: str = field(default="", compare=False)
    key: str = field(default="", repr=False)
    _: KW_ONLY
    scale: float = 1.0


@frozen
class Spot(Point):
    """One that adds a field to those of another."""

    name: str = "spot"


@frozen
class Hidden:
    """One that says of itself what is shown."""

    word: str

    def __repr__(self) -> str:
        return "Hidden(...)"


@frozen
class Nothing:
    """One without fields."""


def made_by(make: Callable[[type], type]) -> Any:
    class Made:
        """The same fields once more, with `make` to choose."""

        x: int
        y: int = 0
        word: str = field(default="w", repr=False)
        note: str = field(default="", compare=False)

    return make(Made)


def test_it_is_equal_hashed_and_shown_as_a_dataclass_is() -> None:
    ours, theirs = made_by(frozen), made_by(dataclass(frozen=True, slots=True))
    asked: list[dict[str, Any]] = [{"x": 1}, {"x": 1, "y": 0}, {"x": 1, "note": "n"}, {"x": 1, "word": "v"}]
    mine, yours = ([cls(**named) for named in asked] for cls in (ours, theirs))

    assert [*map(repr, mine)] == [*map(repr, yours)]
    assert [*map(hash, mine)] == [*map(hash, yours)]
    assert [[one == two for two in mine] for one in mine] == [[one == two for two in yours] for one in yours]
    assert mine[0] != yours[0]
    assert ours.__match_args__ == theirs.__match_args__
    assert ours.__slots__ == theirs.__slots__
    assert Nothing() == Nothing()
    assert repr(Nothing()) == "Nothing()"


def test_nothing_of_it_changes() -> None:
    point = Point(1)

    for name in ("x", "other"):
        with pytest.raises(FrozenInstanceError):
            setattr(point, name, 2)
        with pytest.raises(FrozenInstanceError):
            delattr(point, name)
    assert point == Point(1)


def test_the_tools_for_dataclasses_and_for_copies_take_it() -> None:
    spot = Spot(1, tags=["a"], key="k", scale=2.0, name="n")

    assert [each.name for each in fields(spot)] == ["x", "y", "tags", "note", "key", "scale", "name"]
    assert replace(spot, y=5) == Spot(1, 5, ["a"], key="k", scale=2.0, name="n")
    assert asdict(spot)["tags"] == ["a"]
    for again in (copy(spot), deepcopy(spot), pickle.loads(pickle.dumps(spot))):  # noqa: S301  (ours)
        assert again == spot
        assert type(again) is Spot
    match spot:
        case Point(x, y):
            assert (x, y) == (1, 0)


def test_each_has_its_own_of_what_is_made_for_it() -> None:
    assert Point(1).tags == []
    assert Point(1).tags is not Point(1).tags
    assert Point(1, 2, ["a"]).tags == ["a"]


def test_what_is_missing_or_unknown_is_told_with_the_class() -> None:
    make: Any = Point

    with pytest.raises(TypeError, match=r"Point\.__init__\(\) missing 1 required positional argument: 'x'"):
        make()
    with pytest.raises(TypeError, match="unexpected keyword argument 'z'"):
        make(1, z=2)
    with pytest.raises(TypeError, match="positional arguments"):
        make(1, 2, [], "", "", 3.0)  # the last only by its name


def test_what_is_not_to_be_shown_is_not_shown() -> None:
    assert "hush" not in repr(Point(1, key="hush"))
    assert repr(Hidden("hush")) == "Hidden(...)"


def test_its_types_are_told_where_somebody_asks_for_them() -> None:
    told = inspect.signature(Spot).parameters

    assert {name: told[name].annotation for name in ("x", "key", "scale", "name")} == {
        "x": int,
        "key": str,
        "scale": float,
        "name": str,
    }


def test_what_only_a_dataclass_does_is_refused() -> None:
    class Checked:
        """It would not be checked."""

        x: int

        def __post_init__(self) -> None:
            raise ValueError(self.x)

    class Counted:
        """It would be asked for."""

        x: int
        count: int = field(default=0, init=False)

    class Unhashed:
        """It would be hashed."""

        x: int
        tags: list[str] = field(default_factory=list[str], hash=False)

    for each in (Checked, Counted, Unhashed):
        with pytest.raises(TypeError, match="make it a dataclass"):
            frozen(each)
