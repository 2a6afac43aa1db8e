"""A path that is refused goes back to the model; what stands there is a person's to decide."""

from tests.cli.proving import BAD, CHECK, DONE, GOOD, NEXT, ask, outcomes, reply
from tests.program import Flow


def test_a_refused_path_goes_back_with_the_reason_and_where_the_file_may_go(flow: Flow) -> None:
    both: dict[str, object] = {
        "text": f"{reply('x = 1', '../sums.py')['text']}\n{reply('y = 1', 'b.py')['text']}"
    }
    result, said = ask(flow, flow.script("model", both, DONE, NEXT, GOOD, DONE), *CHECK)

    assert (result["exit_code"], outcomes(result)) == (0, [("model", "output"), ("model", "ok")])
    assert "refused: ../sums.py: it leads out of the output folder" in said
    assert {file["path"] for file in result["files"]} == {"sums.py", "b.py"}  # b.py is not asked for again
    assert not (flow.cwd.parent / "sums.py").exists()

    echo = flow.script("echo", both, DONE, NEXT, {"echo": True}, DONE)
    told = ask(flow, echo, "-o", "other", "--max-attempts", "2")[0]["text"]
    assert "The path '../sums.py' is refused: it leads out of the output folder." in told
    assert "Write that file as sums.py." in told
    assert "Done already: b.py." in told
    assert told.endswith("Write only sums.py.")


def test_a_file_that_runs_otherwise_than_it_reads_is_told_of(flow: Flow) -> None:
    hidden = "if user != 'user\u202e \u2066# admin only':"
    text = f"a.py\n```python\nuser = ''\n{hidden}\n    pass\n```\nb.py\n```python\nx = 1\n```\n"
    model = flow.script("trojan", {"text": text}, DONE)

    done = flow("-a", "coder", "-m", model, "-t", "Write a.py and b.py", "--no-stdin")

    assert done.returncode == 0
    said = "warning: a.py holds U+202E, U+2066, not to be seen: it may run otherwise than it reads"
    assert [line for line in done.stderr.splitlines() if "not to be seen" in line] == [said]


def test_a_path_that_stays_refused_ends_with_exit_8(flow: Flow) -> None:
    evil = [reply("x = 1", f"../evil{number}.py") for number in range(3)]
    weak = flow.script("weak", *(line for each in evil for line in (each, DONE, NEXT)))
    strong = flow.script("strong", reply("x = 1", ".git/hooks/pre-commit"), DONE)

    result, _ = ask(flow, weak, "--escalate-to", strong)

    assert (result["exit_code"], result["files"]) == (8, [])
    assert outcomes(result) == [*[("weak", "output")] * 2, *[("strong", "output")] * 2]
    assert {path.suffix for path in flow.cwd.rglob("*") if path.is_file()} == {".jsonl"}


def test_a_file_that_may_not_be_replaced_is_a_person_s_to_decide(flow: Flow) -> None:
    (flow.cwd / "sums.py").write_text("mine\n")
    strong = flow.script("strong", GOOD, DONE)
    result, said = ask(flow, flow.script("weak", GOOD, DONE), "--escalate-to", strong)
    assert (result["exit_code"], len(result["attempts"])) == (8, 1)
    assert "--overwrite replaces it" in said


def test_a_run_that_was_refused_claims_no_file_of_somebody_else(flow: Flow) -> None:
    """Its first answer was what stood there already, so it has written nothing."""
    (flow.cwd / "sums.py").write_text("assert 1 + 1 == 3\n")
    result, said = ask(flow, flow.script("model", BAD, DONE, NEXT, GOOD, DONE), *CHECK)
    assert (result["exit_code"], len(result["attempts"])) == (8, 2)
    assert "it is there already" in said
    assert "history undo" not in said
    assert (flow.cwd / "sums.py").read_text() == "assert 1 + 1 == 3\n"


def test_a_refused_answer_leaves_the_files_of_the_one_before_it(flow: Flow) -> None:
    (flow.cwd / "mine.py").write_text("mine\n")
    both: dict[str, object] = {"text": f"{GOOD['text']}\n{reply('yours', 'mine.py')['text']}"}
    result, said = ask(flow, flow.script("model", BAD, DONE, NEXT, both, DONE), *CHECK)
    assert (result["exit_code"], len(result["attempts"])) == (8, 2)
    assert "the files are as attempt 1 of 2 left them (sums.py)," in said
    assert (flow.cwd / "sums.py").read_text() == "assert 1 + 1 == 3\n"
