"""JSON and YAML mean the same, and every mistake has a line and a column."""

import json
from contextlib import suppress
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from agentic_flow.config.located import Unreadable, read_json_located, read_located
from agentic_flow.config.reading import LARGEST_FILE, read_document
from agentic_flow.core.errors import ConfigMistake
from tests.config.conftest import ONE_WORLD

STRINGS = st.text(st.characters(exclude_categories=["Cs"]))
KEYS = st.text(st.characters(exclude_categories=["Cs"]), max_size=100)
NUMBERS = st.integers(-(10**20), 10**20)
TREES = st.recursive(
    st.none() | st.booleans() | NUMBERS | STRINGS,
    lambda below: st.lists(below, max_size=4) | st.dictionaries(KEYS, below, max_size=4),
)


def _read(folder: Path, text: str | bytes, name: str = "c.json") -> object:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_document(path, name).tree


def _mistake(folder: Path, text: str | bytes, name: str = "c.json") -> str:
    with pytest.raises(ConfigMistake) as caught:
        _read(folder, text, name)
    return str(caught.value)


@ONE_WORLD
@example(tree={"a \u2028 b": "\u2029", "\x85": "\x7f", "\uffff": "\\\u2028"})
@given(tree=st.dictionaries(KEYS, TREES, max_size=4))
def test_json_means_the_same_when_it_is_read_for_its_places(tree: dict[str, object]) -> None:
    """The second reading, which finds lines and columns, sees what the first one saw."""
    text = json.dumps(tree, ensure_ascii=False, indent=1)

    assert read_json_located(text)[0] == tree


def test_numbers_keep_their_digits(tmp_path: Path) -> None:
    for name in ("c.json", "c.yaml"):
        tree = _read(tmp_path, '{"a": 0.10, "b": 5.00, "c": 1e3, "d": -7}', name)

        assert isinstance(tree, dict)
        assert {key: str(value) for key, value in tree.items()} == {
            "a": "0.10",
            "b": "5.00",
            "c": "1E+3",
            "d": "-7",
        }
        assert isinstance(tree["b"], Decimal)


def test_yaml_guesses_nothing(tmp_path: Path) -> None:
    text = (
        "a: yes\nb: 2025-10-04\nc: 010\nd: 1:30\ne: NO\nf: .inf\ng: ~\nh: TRUE\ni: '5'\nj: |\n  5\nk: 1_000\n"
    )

    assert _read(tmp_path, text, "c.yml") == {
        "a": "yes",
        "b": "2025-10-04",
        "c": "010",
        "d": "1:30",
        "e": "NO",
        "f": ".inf",
        "g": None,
        "h": True,
        "i": "5",
        "j": "5\n",
        "k": "1_000",
    }


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{"a": 1,\n "b": }', "c.json:2:7: not JSON: Expecting value"),
        ("", "c.json:1:1: it is empty; the least is {}"),
        ('{"a": NaN}', "c.json: NaN is not a number that a setting can have"),
        ('{"a": -Infinity}', "c.json: -Infinity is not a number that a setting can have"),
        ('{"a": 1e99999}', "c.json: 1e99999 is not a number that a setting can have"),
        ('{"a": ' + "9" * 5000 + "}", "c.json: 99999999999999999999 is not a number that a setting can have"),
        ("[1]", "c.json: expected an object with keys such as 'providers' at the top"),
        ('"a"', "c.json: expected an object with keys such as 'providers' at the top"),
        ('{"a": 1}}', "c.json:1:9: not JSON: Extra data"),
        (
            '{"a": 1, // one\n "b": 2}',
            "c.json:1:10: not JSON: it has no comments; leave this one out, or write the file as YAML",
        ),
        ("{'a': 1}", "c.json:1:2: not JSON: a text stands between double quotes"),
        ('{"a": 1,, "b": 2}', "c.json:1:9: not JSON: a comma stands only between two values"),
        (b'{"a":\n "\xff"}', "c.json:2: not UTF-8 text"),
        (
            b" " * (LARGEST_FILE + 1),
            f"c.json: larger than {LARGEST_FILE} bytes, too large for a configuration",
        ),
    ],
)
def test_what_is_not_json_is_said_with_its_place(tmp_path: Path, text: str | bytes, says: str) -> None:
    assert _mistake(tmp_path, text) == says


@pytest.mark.parametrize("text", ['{"a": 1,}', '{"a": [1, 2,]}', '{"a": 1,\n}\n'])
def test_a_comma_before_the_end_is_said_to_be_one(tmp_path: Path, text: str) -> None:
    """Its place is another one by later Pythons."""
    assert _mistake(tmp_path, text).endswith(": not JSON: a comma stands only between two values")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a: 1\nb: [1, 2\n", "c.yaml:3:1: expected ',' or ']', but got '<stream end>'"),
        ("a: &x 1\nb: *x\n", "c.yaml:2:4: aliases (*name) are not read here; write the value out"),
        ("a: !!python/object/apply:os.system ['true']\n", "c.yaml:1:4: tags (!name) are not read here"),
        ("a: !!binary aGk=\n", "c.yaml:1:4: tags (!name) are not read here"),
        ("a: 1\n---\nb: 2\n", "c.yaml:2:1: a second document begins here; one is read"),
        ("? [1]\n: 2\n", "c.yaml:1:3: a key has to be a word"),
        ("a: \x01\n", "c.yaml: it holds a character that text does not have"),
        ("- a\n", "c.yaml: expected an object with keys such as 'providers' at the top"),
    ],
)
def test_what_is_not_yaml_is_said_with_its_place(tmp_path: Path, text: str, says: str) -> None:
    assert _mistake(tmp_path, text, "c.yaml") == says


@pytest.mark.parametrize("name", ["c.json", "c.yaml"])
def test_a_key_said_twice_is_a_mistake_at_its_second_place(tmp_path: Path, name: str) -> None:
    text = '{"a": {"x": 1,\n        "x": 2},\n "a": 3}'

    assert _mistake(tmp_path, text, name) == (
        f"{name}:2:9: 'x' is said twice in one object\n{name}:3:2: 'a' is said twice in one object"
    )


def test_a_key_said_twice_is_found_where_yaml_cannot_read_the_text(tmp_path: Path) -> None:
    key = "k" * 2000

    assert _mistake(tmp_path, f'{{"{key}": 1, "{key}": 2}}') == "c.json: a key is said twice in one object"


def test_tabs_and_a_byte_order_mark_are_no_mistakes(tmp_path: Path) -> None:
    path = tmp_path / "c.json"
    path.write_text('\ufeff{\n\t"a":\t{"b": [1,\t2]}}', encoding="utf-8")

    document = read_document(path, "c.json")

    assert document.tree == {"a": {"b": [1, 2]}}
    assert document.place(("a",)) == "c.json:2:2"
    assert document.place(("a", "b", 1)) == "c.json:2:17"
    assert document.place(("a", "gone")) == "c.json:2:2"


def test_where_yaml_cannot_read_the_text_a_place_is_the_file(tmp_path: Path) -> None:
    path = tmp_path / "c.json"
    path.write_text(json.dumps({"k" * 2000: 1, "a": 2}), encoding="utf-8")

    assert read_document(path, "c.json").place(("a",)) == "c.json"


def test_an_empty_yaml_file_says_nothing(tmp_path: Path) -> None:
    assert _read(tmp_path, "# nothing yet\n", "c.yaml") == {}


def test_a_file_without_a_known_ending_is_json_where_it_begins_with_a_brace(tmp_path: Path) -> None:
    assert _read(tmp_path, ' {"a": 1}', "settings") == {"a": 1}
    assert _read(tmp_path, "a: 1", "settings.conf") == {"a": 1}


@ONE_WORLD
@given(text=st.text())
def test_no_text_does_more_than_be_unreadable(text: str) -> None:
    tree: object = None
    places = [1]
    with suppress(RecursionError):
        try:
            tree, spot = read_located(text)
            places = [spot.line]
        except Unreadable as unreadable:
            places = [fault.line for fault in unreadable.faults]
    assert isinstance(tree, dict | list | str | int | Decimal | None)
    assert places
    assert all(0 <= line <= len(text.splitlines()) + 1 for line in places)
