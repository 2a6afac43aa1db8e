"""A run goes on until its files pass: repair, a stronger model, exit 9; all of it can be taken back."""

import json
from pathlib import Path

import pytest

from tests.cli.proving import BAD, CHECK, DONE, GOOD, NEXT, WORSE, ask, outcomes, reply
from tests.program import Flow


def test_a_failing_check_goes_back_and_the_repaired_files_pass(flow: Flow) -> None:
    result, said = ask(flow, flow.script("model", BAD, DONE, NEXT, GOOD, DONE), *CHECK)

    assert (result["exit_code"], outcomes(result)) == (0, [("model", "check"), ("model", "ok")])
    assert result["text"] == GOOD["text"]
    assert [(f["path"], f["action"]) for f in result["files"]] == [("sums.py", "created")]
    assert [check["exit_code"] for check in result["checks"]] == [0]
    assert result["usage"] == {"input_tokens": 10, "output_tokens": 6, "cached_input_tokens": 0}
    assert "ended with status 1; asking it again with what failed, attempt 2 of 3" in said
    assert (flow.cwd / "sums.py").read_text() == "assert 1 + 1 == 2\n"


def test_a_repair_is_not_judged_by_what_python_compiled_of_the_answer_before_it(flow: Flow) -> None:
    wrong, right = (reply(f"def add(a, b):\n    return a {sign} b") for sign in "-+")
    check = "python3 -c 'import sums; assert sums.add(1, 2) == 3'"

    result, _ = ask(flow, flow.script("model", wrong, DONE, NEXT, right, DONE), "--check", check)

    assert (result["exit_code"], outcomes(result)) == (0, [("model", "check"), ("model", "ok")])
    assert {path.name for path in flow.cwd.iterdir()} == {"model.jsonl", "sums.py"}


def test_the_model_is_told_the_command_its_end_and_the_files_as_they_stand(flow: Flow) -> None:
    result, _ = ask(flow, flow.script("model", BAD, DONE, NEXT, {"echo": True}, DONE), *CHECK)

    asked = result["text"]
    for words in (
        "Create sums.py",
        "sums.py\n```\nassert 1 + 1 == 3\n```",
        "$ python3 sums.py",
        "exit code 1",
    ):
        assert words in asked
    assert "AssertionError" in asked
    assert asked.endswith("Write only sums.py, changed so that it does what the task asks.")


def test_a_stronger_model_takes_over_and_knows_what_failed(flow: Flow) -> None:
    weak = flow.script("weak", BAD, DONE, NEXT, WORSE, DONE, NEXT, GOOD, DONE)
    strong = flow.script("strong", GOOD, DONE)

    result, said = ask(flow, weak, *CHECK, "--escalate-to", strong)

    assert outcomes(result) == [*[("weak", "check")] * 2, ("strong", "ok")]
    assert "asking it again with what failed, attempt 2 of 2" in said
    assert (result["exit_code"], Path(result["model"]).stem) == (0, "strong")
    assert f"escalating to {strong}" in said
    echo = flow.script("echo", {"echo": True}, DONE)
    told = ask(flow, weak, *CHECK, "--overwrite", "--escalate-to", echo)[0]["text"]
    assert "AssertionError" in told


def test_the_same_failure_twice_is_enough(flow: Flow) -> None:
    result, _ = ask(
        flow, flow.script("weak", BAD, DONE), *CHECK, "--escalate-to", flow.script("strong", GOOD, DONE)
    )
    assert outcomes(result) == [("weak", "check"), ("weak", "check"), ("strong", "ok")]


def test_a_check_that_says_nothing_is_no_evidence_of_the_same_failure(flow: Flow) -> None:
    answers = [part for n in (1, 2, 3) for part in (reply(f"print({n})"), DONE, NEXT)]
    result, _ = ask(
        flow, flow.script("model", *answers[:-1]), "--check", 'test "$(python3 sums.py)" = 3', "--no-escalate"
    )
    assert (result["exit_code"], len(result["attempts"])) == (0, 3)


def test_a_run_that_gives_up_early_says_why_and_what_it_used(flow: Flow) -> None:
    result, said = ask(flow, flow.script("model", BAD, DONE), *CHECK)

    assert (result["exit_code"], len(result["attempts"])) == (9, 2)
    *_, used, last = said.splitlines()
    assert "; the same failure again, so attempt 3 of 3 was not made; the files are" in last
    assert used.startswith("used: 10 tokens in, 6 out, ")
    assert "not made" not in ask(flow, flow.script("all", BAD, DONE), *CHECK, "--max-attempts", "2")[1]


def test_what_the_weaker_model_wrote_does_not_stay(flow: Flow) -> None:
    (flow.cwd / "mine.py").write_text("mine\n")
    weak = flow.script("weak", {"text": f"{BAD['text']}{reply('x = 1', 'stray/test_x.py')['text']}"}, DONE)
    result, _ = ask(flow, weak, *CHECK, "--escalate-to", flow.script("strong", GOOD, DONE))

    assert [f["path"] for f in result["files"]] == ["sums.py"]
    assert not (flow.cwd / "stray").exists()
    assert flow("history", "undo").returncode == 0
    assert not (flow.cwd / "sums.py").exists()
    assert (flow.cwd / "mine.py").read_text() == "mine\n"


def test_no_escalation_where_none_is_wanted(flow: Flow) -> None:
    assert ask(flow, flow.script("weak", BAD, DONE), *CHECK, "--no-escalate")[0]["exit_code"] == 9
    both = flow("-t", "x", "--no-stdin", "--no-escalate", "--escalate-to", "onnx/default")
    assert both.returncode == 2


def test_a_wrong_name_of_a_stronger_model_is_told_before_anything_is_asked(flow: Flow) -> None:
    result, _ = ask(flow, flow.script("weak", BAD, DONE), "--escalate-to", "nowhere/x")
    assert (result["exit_code"], result["attempts"]) == (3, [])


def test_exit_9_leaves_the_files_of_the_last_attempt_and_undo_none_of_the_run(
    flow: Flow,
) -> None:
    file = flow.cwd / "sums.py"
    file.write_bytes(b"mine\r\n")
    file.chmod(0o640)
    script = (BAD, DONE, NEXT, WORSE, DONE, NEXT, reply("raise SystemExit(7)"), DONE)

    result, said = ask(flow, flow.script("model", *script), *CHECK, "--context", "sums.py")

    assert (result["exit_code"], len(result["attempts"])) == (9, 3)
    assert result["checks"][0]["exit_code"] == 7
    assert file.read_text() == "raise SystemExit(7)\n"
    assert "ended with status 7; the files are as the last of 3 attempts left them" in said
    assert flow("history", "undo").returncode == 0
    assert (file.read_bytes(), file.stat().st_mode & 0o777) == (b"mine\r\n", 0o640)


def test_a_file_keeps_its_byte_order_mark_and_line_ends_through_every_attempt(flow: Flow) -> None:
    file = flow.cwd / "sums.py"
    file.write_bytes(b"\xef\xbb\xbfassert 1\r\n")

    result, _ = ask(flow, flow.script("model", BAD, DONE, NEXT, GOOD, DONE), *CHECK, "--context", "sums.py")

    assert (result["exit_code"], len(result["attempts"])) == (0, 2)
    assert file.read_bytes() == b"\xef\xbb\xbfassert 1 + 1 == 2\r\n"
    assert flow("history", "undo").returncode == 0
    assert file.read_bytes() == b"\xef\xbb\xbfassert 1\r\n"


def test_max_attempts_bounds_each_model(flow: Flow) -> None:
    script = (BAD, DONE, NEXT, WORSE, DONE, NEXT, GOOD, DONE)
    assert ask(flow, flow.script("model", *script), *CHECK, "--max-attempts", "2")[0]["exit_code"] == 9

    ladder = ("--escalate-to", flow.script("strong", *script), "--overwrite")
    for most, calls in (("1", [1, 1]), ("9", [2, 3])):  # two are all that a model has with one behind it
        tried = [
            name
            for name, _ in outcomes(
                ask(flow, flow.script("weak", *script), *CHECK, *ladder, "--max-attempts", most)[0]
            )
        ]
        assert [tried.count("weak"), tried.count("strong")] == calls


def test_an_answer_that_cannot_be_read_is_asked_for_once_more(flow: Flow) -> None:
    elided = reply("def f():\n    # ... rest of the code unchanged ...")
    result, said = ask(flow, flow.script("model", elided, DONE, NEXT, GOOD, DONE))
    assert outcomes(result) == [("model", "output"), ("model", "ok")]
    assert "parts of it are left out" in said

    (flow.cwd / "sums.py").unlink()
    result, _ = ask(flow, flow.script("model", elided, DONE))
    assert (result["exit_code"], len(result["attempts"])) == (8, 2)
    assert not (flow.cwd / "sums.py").exists()


def test_a_syntax_error_goes_back_before_any_command_is_run(flow: Flow) -> None:
    model = flow.script("model", reply("def f(:"), DONE, NEXT, {"echo": True}, DONE)
    result, said = ask(flow, model, "--check", "touch ran", "--max-attempts", "2")

    assert result["exit_code"] == 9
    assert "sums.py: line 1: invalid syntax\n    def f(:" in result["text"]
    assert [(check["command"], check["exit_code"]) for check in result["checks"]] == [
        ("syntax of sums.py", 1)
    ]
    assert "the syntax of sums.py is wrong; the files are as the last of 2 attempts left them" in said
    assert (flow.cwd / "sums.py").exists()
    assert not (flow.cwd / "ran").exists()

    assert ask(flow, model, "--no-syntax-check", "--overwrite")[0]["exit_code"] == 0


def test_what_was_wrong_with_a_shown_file_before_is_not_held_against_the_answer(flow: Flow) -> None:
    (flow.cwd / "old.py").write_text("def f(x):\n    print x\n")

    def change(code: str, task: str) -> int:
        model = flow.script("model", reply(code, "old.py"), DONE)
        return flow("-m", model, "-t", task, "-c", "old.py", "--max-attempts", "1", "--no-stdin").returncode

    assert change("# says x\ndef f(x):\n    print x", "Add a comment to old.py") == 0
    assert change("# says x\ndef f(x):\n    print x", "Fix the comments of old.py") == 0
    assert change("def f(x:\n    print x", "Say it in old.py") == 9
    assert change("def f(x):\n    print x", "Correct the syntax of old.py") == 9


def test_imports_that_an_answer_forgot_are_added_and_told(flow: Flow) -> None:
    answer = reply("print(json.dumps(1))")
    result, said = ask(flow, flow.script("model", answer, DONE), *CHECK)

    assert (result["exit_code"], result["text"]) == (0, answer["text"])
    assert [file["added"] for file in result["files"]] == [["import json"]]
    assert "added to sums.py: import json (the answer forgot it)" in said
    assert (flow.cwd / "sums.py").read_text() == "import json\n\nprint(json.dumps(1))\n"
    remembered = json.loads(flow("history", "show", result["run_id"], "--json").stdout)
    assert remembered["files"] == result["files"]


def test_no_import_is_added_where_a_person_says_so(flow: Flow) -> None:
    model = flow.script("model", reply("print(json.dumps(1))"), DONE)
    result, _ = ask(flow, model, "--no-added-imports")

    assert [file["added"] for file in result["files"]] == [[]]
    assert (flow.cwd / "sums.py").read_text() == "print(json.dumps(1))\n"


def test_only_what_is_missing_is_asked_for(flow: Flow) -> None:
    half: dict[str, object] = {
        "text": f"{reply('x = 1', 'a.py')['text']}{reply('# ... rest unchanged', 'b.py')['text']}"
    }
    model = flow.script("model", half, DONE, NEXT, reply("y = 1", "b.py"), DONE)
    arguments = ("-a", "coder", "-t", "Create a.py and b.py", "--no-stdin", "--output-format", "json")

    assert flow(*arguments, "-m", model).returncode == 0
    assert [(flow.cwd / name).read_text() for name in ("a.py", "b.py")] == ["x = 1\n", "y = 1\n"]

    echo = flow.script("echo", half, DONE, NEXT, {"echo": True}, DONE)
    told = json.loads(flow(*arguments, "-m", echo).stdout)
    assert told["text"].endswith("Write only b.py.")


@pytest.mark.parametrize("cut", [{"finish": "max_tokens"}, {"finish": "refusal"}])
def test_an_answer_that_is_cut_goes_to_a_stronger_model_and_not_back(
    flow: Flow, cut: dict[str, object]
) -> None:
    strong = flow.script("strong", GOOD, DONE)
    result, _ = ask(flow, flow.script("weak", BAD, cut), *CHECK, "--escalate-to", strong)
    assert outcomes(result) == [("weak", "incomplete"), ("strong", "ok")]


def test_a_stronger_model_that_cannot_serve_is_passed_over(flow: Flow) -> None:
    gone = flow.script("gone", {"fail": "unavailable", "message": "no connection"})
    ladder = ("--escalate-to", gone, "--escalate-to", flow.script("strong", GOOD, DONE))
    weak = flow.script("weak", BAD, DONE)

    assert outcomes(ask(flow, weak, *CHECK, *ladder)[0])[2:] == [("gone", "provider"), ("strong", "ok")]
    result, said = ask(flow, weak, *CHECK, *ladder[:2], "--overwrite")
    assert result["exit_code"] == 9  # the files are there, and a check says no
    assert "no connection" in said
    assert [check["exit_code"] for check in result["checks"]] == [1]


def test_a_first_model_that_cannot_serve_ends_the_run(flow: Flow) -> None:
    gone = flow.script("gone", {"fail": "refused_key", "message": "refused"})
    result, _ = ask(flow, gone, *CHECK, "--escalate-to", flow.script("strong", GOOD, DONE))
    assert result["exit_code"] == 4


def test_the_time_limit_holds_over_all_attempts(flow: Flow) -> None:
    model = flow.script("model", BAD, DONE, NEXT, {"wait": 60}, GOOD, DONE)
    result, _ = ask(flow, model, *CHECK, "--timeout", "4")
    assert result["exit_code"] == 6
    assert result["attempts"][0]["outcome"] in {"check", "ok", "budget"}  # a slow machine is slow


def test_a_time_limit_on_the_way_says_which_files_are_left(flow: Flow) -> None:
    model = flow.script("model", BAD, DONE, NEXT, {"wait": 60}, GOOD, DONE)
    result, said = ask(flow, model, *CHECK, "--timeout", "5")
    assert result["exit_code"] == 6
    if result["files"]:  # a slow machine may not have come so far
        undo = f"`agentic-flow history undo {result['run_id']}`"
        assert f"the files are left as they are (sums.py), {undo} takes them back" in said
