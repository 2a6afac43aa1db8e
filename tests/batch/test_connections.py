"""A batch shares its connections: no more than tasks at once, and one that went stale costs nothing."""

from collections import Counter

from tests.batch.test_killed import PRICE, answer, calls, echo, results, write
from tests.program import Flow
from tests.providers.loopback import Asked, Loopback, Peer

KEYS = {"ANTHROPIC_API_KEY": "sk-a-key-nobody-may-see"}


def test_a_batch_has_no_more_connections_than_tasks_at_once(flow: Flow) -> None:
    with Loopback([answer], patience=10) as server:
        done = flow(*write(flow, 60), ANTHROPIC_BASE_URL=server.url, **KEYS)
        assert done.returncode == 0, done.stderr
        assert len(server.asked) == 60
        assert server.accepted <= 8
        for thread in server.serving:  # the end of the batch was heard, before the server lost patience
            thread.join(5)
            assert not thread.is_alive()


def test_a_server_that_hangs_up_unsaid_loses_no_task_and_bills_none_twice(flow: Flow) -> None:
    """It promises nothing, and its connections have ended when their next task begins."""

    def hang_up(peer: Peer, asked: Asked) -> None:
        peer.end(*echo(asked))

    with Loopback([hang_up]) as server:
        done = flow(*write(flow, 24), ANTHROPIC_BASE_URL=server.url, **KEYS)
        assert done.returncode == 0, done.stderr
        assert (len(server.asked), server.accepted) == (24, 24)
    assert all(len(result["attempts"]) == 1 for result in results(flow))
    assert Counter(calls(flow)) == {("settled", PRICE): 24}


def test_repairs_of_one_run_use_the_connection_of_its_first_answer(flow: Flow) -> None:
    with Loopback([answer], patience=10) as server:
        asked = ["--model", "anthropic/claude-haiku-4-5", "--agent", "coder", "--max-attempts", "3"]
        done = flow(*asked, "--task", "Write a.py", ANTHROPIC_BASE_URL=server.url, **KEYS)
        assert done.returncode == 8
        assert (server.accepted, len(server.asked)) == (1, 2)
