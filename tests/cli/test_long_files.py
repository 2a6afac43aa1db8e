"""A long file is changed in places; context beyond its budget is shown in outline."""

import json
from typing import Any

import pytest

from tests.program import Flow

DONE: dict[str, object] = {"finish": "end", "input_tokens": 1, "output_tokens": 1}
NEXT: dict[str, object] = {"next": True}
LONG = "".join(f"def f{n}(x):\n    return x + {n}\n\n\n" for n in range(150))


@pytest.fixture(autouse=True)
def _long(flow: Flow) -> None:
    (flow.cwd / "long.py").write_text(LONG)


def ask(flow: Flow, model: str, *more: str) -> tuple[dict[str, Any], str]:
    asked = ("-a", "coder", "-m", model, "-t", "Let f7 in long.py subtract 7", "-c", "long.py")
    done = flow(*asked, "--no-stdin", "--output-format", "json", *more)
    return json.loads(done.stdout), done.stderr


def change(search: str, replace: str) -> dict[str, object]:
    block = f"<<<<<<< SEARCH\n{search}\n=======\n{replace}\n>>>>>>> REPLACE"
    return {"text": f"long.py\n```python\n{block}\n```\n"}


def test_blocks_change_the_place_they_name(flow: Flow) -> None:
    result, _ = ask(flow, flow.script("model", change("    return x + 7", "    return x - 7"), DONE))
    assert result["exit_code"] == 0
    assert (flow.cwd / "long.py").read_text() == LONG.replace("x + 7\n", "x - 7\n")


def test_the_model_is_asked_for_blocks(flow: Flow) -> None:
    said = ask(flow, flow.script("echo", {"echo": True}, DONE), "--max-attempts", "1")[0]["text"]
    assert said.endswith(">>>>>>> REPLACE")
    assert "Do not repeat all of long.py" in said


def test_a_block_that_fits_nowhere_goes_back_once_with_the_closest_lines(flow: Flow) -> None:
    wrong = change("    return x+7", "    return x - 7")
    right = change("    return x + 7", "    return x - 7")

    assert ask(flow, flow.script("model", wrong, DONE, NEXT, right, DONE))[0]["exit_code"] == 0
    (flow.cwd / "long.py").write_text(LONG)
    told = ask(flow, flow.script("echo", wrong, DONE, NEXT, {"echo": True}, DONE))[0]["text"]
    assert "30:     return x + 7" in told
    (flow.cwd / "long.py").write_text(LONG)
    result, _ = ask(flow, flow.script("model", wrong, DONE))
    assert (result["exit_code"], len(result["attempts"])) == (8, 2)
    assert (flow.cwd / "long.py").read_text() == LONG


def test_context_beyond_the_budget_is_outlined_and_that_is_said(flow: Flow) -> None:
    (flow.cwd / "small.py").write_text("SMALL = 1\n")
    echo = flow.script("echo", {"echo": True}, DONE)
    result, said = ask(flow, echo, "-c", "small.py", "--context-tokens", "1500", "--max-attempts", "1")

    assert "warning: only an outline of long.py is shown" in said
    assert "SMALL = 1" in result["text"]
    assert "long.py (only its outline)" in result["text"]
    assert "29: def f7(x):" in result["text"]
    assert "return x + 7" not in result["text"]


def test_a_file_shown_in_outline_is_not_replaced_whole(flow: Flow) -> None:
    whole: dict[str, object] = {"text": "long.py\n```python\nx = 1\n```\n"}
    result, _ = ask(flow, flow.script("model", whole, DONE), "--context-tokens", "100")
    assert result["exit_code"] == 8
    assert "only its outline was shown" in result["error"]
    assert (flow.cwd / "long.py").read_text() == LONG


def test_a_preview_shows_the_difference_and_writes_nothing(flow: Flow) -> None:
    model = flow.script("model", change("    return x + 7", "    return x - 7"), DONE)
    result, said = ask(flow, model, "--preview", "--check", "touch ran")

    file = result["files"][0]
    assert (result["exit_code"], file["action"], file["preview"]) == (0, "replaced", True)
    assert "-    return x + 7\n+    return x - 7" in said
    assert "would be replaced: long.py" in said
    assert (flow.cwd / "long.py").read_text() == LONG
    assert not (flow.cwd / "ran").exists()
    assert flow("history", "undo").returncode == 2
    assert "\nwould be replaced: long.py" in flow("history", "show").stdout


@pytest.mark.parametrize(
    ("leave", "more"), [([], ", with --overwrite or after a yes"), (["--overwrite"], "")]
)
def test_a_preview_says_what_a_run_would_be_refused(flow: Flow, leave: list[str], more: str) -> None:
    (flow.cwd / "a.py").write_text("x = 1\n")
    model = flow.script("model", {"text": "a.py\n```python\nx = 2\n```\n"}, DONE)
    asked = ["-a", "coder", "-m", model, "-t", "Change a.py", "--no-stdin", "--preview", *leave]

    done = flow(*asked)
    events = [json.loads(line) for line in flow(*asked, "--output-format", "stream-json").stdout.splitlines()]

    assert f"would be replaced{more}: a.py (6 bytes)" in done.stderr
    assert f"would be replaced{more}: a.py (6 bytes" in flow("history", "show").stdout
    (told,) = [event for event in events if event["event"].startswith("file.")]
    assert (told["event"], told["needs_overwrite"]) == ("file.previewed", bool(more))
    assert events[-1]["files"][0]["preview"]
    assert (flow.cwd / "a.py").read_text() == "x = 1\n"


def test_a_piece_of_a_file_does_not_replace_it_and_is_asked_back(flow: Flow) -> None:
    text = "\n\n".join(f"def f{number}():\n    x = {number}\n    return x\n" for number in range(40))
    (flow.cwd / "big.py").write_text(text)
    piece: dict[str, object] = {"text": "big.py\n```python\ndef f3():\n    return 99\n```\n"}
    whole: dict[str, object] = {"text": f"big.py\n```python\n{text.replace('x = 3', 'x = 99')}```\n"}
    done: dict[str, object] = {"finish": "end"}
    arguments = ("-a", "coder", "-t", "Let f3 in big.py return 99", "-c", "big.py", "--no-stdin")

    refused = flow(*arguments, "-m", flow.script("piece", piece, done))
    assert refused.returncode == 8
    assert "big.py: the answer has 2 lines for its 120 and no f0, f1, f2 and more" in refused.stderr
    assert (flow.cwd / "big.py").read_text() == text

    mended = flow(*arguments, "-m", flow.script("whole", piece, done, {"next": True}, whole, done))
    assert mended.returncode == 0
    assert "x = 99" in (flow.cwd / "big.py").read_text()

    meant = flow(*arguments, "--overwrite", "-m", flow.script("meant", piece, done))
    assert (meant.returncode, (flow.cwd / "big.py").read_text()) == (0, "def f3():\n    return 99\n")


def test_a_change_in_places_keeps_a_byte_order_mark_and_every_line_end(flow: Flow) -> None:
    before = b"\xef\xbb\xbfx = 1\r\ny = 2\nz = 3\r\n"
    (flow.cwd / "a.py").write_bytes(before)
    block = "a.py\n```\n<<<<<<< SEARCH\ny = 2\nz = 3\n=======\ny = 4\nz = 3\n>>>>>>> REPLACE\n```\n"
    arguments = ("-a", "coder", "-t", "Let y be 4", "-c", "a.py", "--no-stdin")

    done = flow(*arguments, "-m", flow.script("edit", {"text": block}, {"finish": "end"}))

    assert done.returncode == 0
    assert (flow.cwd / "a.py").read_bytes() == before.replace(b"y = 2", b"y = 4")
