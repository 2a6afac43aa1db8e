"""What stdout, stderr and a terminal tell of a run that goes on until its files pass."""

import json

import pexpect

from tests.cli.proving import BAD, CHECK, DONE, GOOD, NEXT, ask
from tests.program import Flow


def test_a_pipe_gets_each_answer_on_lines_of_its_own(flow: Flow) -> None:
    open_end: dict[str, object] = {"text": str(BAD["text"]).rstrip("\n")}
    model = flow.script("model", open_end, DONE, NEXT, GOOD, DONE)
    done = flow("-a", "coder", "-m", model, "-t", "Create sums.py", "--no-stdin", *CHECK)
    assert (done.returncode, done.stdout) == (0, f"{BAD['text']}{GOOD['text']}")


def test_events_tell_what_follows_a_failed_attempt(flow: Flow) -> None:
    model = flow.script("model", BAD, DONE, NEXT, GOOD, DONE)
    done = flow(
        *("-a", "coder", "-m", model, "-t", "Create sums.py", "--no-stdin", *CHECK),
        *("--output-format", "stream-json"),
    )
    events = [json.loads(line) for line in done.stdout.splitlines()]
    once = ["attempt.started", "text.delta", "file.written", "check.finished"]
    kinds = ["run.started", "route.decided", *once, "attempt.failed", *once, "run.finished"]
    assert [event["event"] for event in events] == kinds
    failed = events[kinds.index("attempt.failed")]
    assert (failed["outcome"], failed["usage"]["output_tokens"]) == ("check", 3)
    assert "attempt 2 of 3" in failed["then"]
    assert events[-1]["attempts"][0] == {k: v for k, v in failed.items() if k not in ("event", "then")}


def test_on_a_terminal_each_attempt_is_shown_as_a_difference(flow: Flow) -> None:
    model = flow.script("model", BAD, DONE, NEXT, GOOD, DONE)
    arguments = ("-a", "coder", "-m", model, "-t", "Create sums.py", "--no-stdin", *CHECK)
    assert "-assert 1 + 1 == 3" not in flow(*arguments, "-o", "piped").stderr

    child = flow.on_terminal(*arguments, "-o", "shown", "--output-format", "json", TERM="dumb")
    child.expect(pexpect.EOF)
    child.close()
    said = str(child.before).replace("\r\n", "\n")

    assert "--- a/sums.py\n+++ b/sums.py\n@@ -1 +1 @@\n-assert 1 + 1 == 3\n+assert 1 + 1 == 2\n" in said
    assert child.exitstatus == 0


def test_only_the_last_lines_of_a_failed_check_are_shown(flow: Flow) -> None:
    result, said = ask(
        flow, flow.script("model", GOOD, DONE), "--check", "seq 1 90; false", "--max-attempts", "1"
    )

    shown = said.splitlines()
    assert "[50 lines before these are not shown]" in shown
    assert ("50" in shown, "51" in shown, "90" in shown) == (False, True, True)
    assert result["checks"][0]["output_tail"].splitlines()[0] == "1"
