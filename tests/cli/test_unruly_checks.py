"""Checks that do not behave: endless, missing, forking, flooding, in the way."""

import signal
import subprocess
import time

import pytest

from tests.cli.proving import BAD, CHECK, DONE, GOOD, NEXT, arguments, ask, reply
from tests.program import Flow


def test_a_check_that_never_ends_is_stopped_and_sent_back(flow: Flow) -> None:
    forever = reply("import time\nprint('still here', flush=True)\ntime.sleep(600)")
    model = flow.script("model", forever, DONE)
    result, said = ask(flow, model, *CHECK, "--timeout", "6", "--max-attempts", "1")
    assert (result["exit_code"], "the time limit is up" in said) == (6, True)
    for check in result["checks"]:
        assert (check["exit_code"], "still here" in check["output_tail"]) == (124, True)


@pytest.mark.parametrize("agent", ["coder", "reviewer"])
def test_a_check_whose_command_is_not_there_ends_the_run_before_a_model_is_asked(
    flow: Flow, agent: str
) -> None:
    model = flow.script("model", GOOD, DONE)
    more = ("-a", agent, "--check", "true", "--check", "cd . && pytset -q")
    result, said = ask(flow, model, *more, "--escalate-to", flow.script("strong"))

    assert (result["exit_code"], result["status"], result["attempts"]) == (9, "check", [])
    assert "the check 'cd . && pytset -q' cannot be run: there is no command 'pytset'; correct it or" in said
    assert "no model was asked" in said
    assert not (flow.cwd / "sums.py").exists()


def test_a_command_that_a_step_before_may_bring_is_looked_for_when_it_is_run(flow: Flow) -> None:
    model = flow.script("model", GOOD, DONE)
    checks = ("--check", "python3 sums.py", "--check", "pytset -q")
    result, said = ask(flow, model, *checks, "--escalate-to", flow.script("strong"))

    assert (result["exit_code"], result["status"], len(result["attempts"])) == (9, "check", 1)
    assert "the check 'pytset -q' cannot be run: there is no command 'pytset'; correct it or" in said
    undo = f"`agentic-flow history undo {result['run_id']}`"
    assert f"the files are left as they are (sums.py), {undo} takes them back" in said
    assert (flow.cwd / "sums.py").exists()


@pytest.mark.parametrize("more", ["--dry-run", "--preview"])
def test_where_no_check_is_run_its_command_need_not_be_there(flow: Flow, more: str) -> None:
    result, _ = ask(flow, flow.script("model", GOOD, DONE), "--check", "pytset", more)
    assert result["exit_code"] == 0


def test_a_check_may_be_a_file_that_the_answer_brings(flow: Flow) -> None:
    script: dict[str, object] = {"text": f"run.sh\n```sh\ntrue\n```\n{GOOD['text']}"}
    checks = ("--check", "sh run.sh", "--check", "chmod +x run.sh && ./run.sh")
    result, _ = ask(flow, flow.script("model", script, DONE), *checks)
    assert result["exit_code"] == 0


def test_a_check_that_forks_leaves_nobody_behind(flow: Flow) -> None:
    fork = "sleep 300 & echo $! > child; sleep 300 & echo $! >> child; false"
    result, _ = ask(flow, flow.script("model", GOOD, DONE), "--check", fork, "--max-attempts", "1")
    assert result["exit_code"] == 9
    assert not any(map(is_running, (flow.cwd / "child").read_text().split()))


def is_running(number: str) -> bool:
    look = ["ps", "-o", "stat=", "-p", number]
    state = subprocess.run(look, capture_output=True, text=True, check=False).stdout
    return state.strip()[:1] not in {"", "Z"}


def test_a_check_that_prints_a_gigabyte_sends_its_end_back(flow: Flow) -> None:
    flood = "test -e once || { touch once; yes | head -c 1000000000; }; echo the end; false"
    model = flow.script("model", BAD, DONE, NEXT, {"echo": True}, DONE)
    result, said = ask(flow, model, "--check", flood, "--max-attempts", "2")

    assert result["exit_code"] == 9
    assert "the end\n(exit code 1)" in result["text"]
    assert len(result["text"]) < 5_000
    assert len(said) < 100_000


def test_files_that_cannot_be_taken_back_are_still_told_of(flow: Flow) -> None:
    """A check put a folder in the place of one, so nothing is taken back when the stronger model begins."""
    both: dict[str, object] = {"text": f"{reply('x = 1', 'extra.py')['text']}\n{BAD['text']}"}
    strong = flow.script("strong", GOOD, DONE)
    check = "rm -rf extra.py; mkdir extra.py; python3 sums.py"

    result, _ = ask(flow, flow.script("weak", both, DONE), "--check", check, "--escalate-to", strong)

    assert result["exit_code"] == 0
    assert {file["path"] for file in result["files"]} == {"extra.py", "sums.py"}
    assert (flow.cwd / "extra.py").exists()


def test_a_check_of_an_answer_in_words_that_is_stopped_for_want_of_time_is_no_verdict(flow: Flow) -> None:
    model = flow.script("words", {"text": "It is fine."}, DONE)
    done = flow("-a", "reviewer", "-m", model, "-t", "Review x", "--check", "sleep 60", "--timeout", "3")

    assert done.returncode == 6
    assert "the time limit is up: 'sleep 60' ended with status 124; raise --timeout" in done.stderr


def test_a_check_that_will_not_go_is_gone_when_two_signals_have_ended_the_run(flow: Flow) -> None:
    stubborn = "trap '' TERM; echo $$ > number; while :; do sleep 0.1; done"
    model = flow.script("model", GOOD, DONE)
    run = flow.start(
        *arguments(model, "--check", stubborn), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    number = flow.cwd / "number"
    for _ in range(3000):
        if number.exists() and number.read_text().endswith("\n"):
            break
        time.sleep(0.01)

    run.send_signal(signal.SIGINT)
    time.sleep(0.1)  # the second comes while the first is being told to the check
    run.send_signal(signal.SIGTERM)

    assert run.wait(60) in {130, 143}
    assert not is_running(number.read_text().strip())
