"""What reading a provider's stream costs, beside bare httpx with httpx-sse in the same run.

Two claims: draining 20,000 events takes at most 1.5 times the CPU that httpx with httpx-sse takes to do
nothing with them, and from the moment the server sends the first words to the first byte that `agentic-flow`
writes to its stdout go at most 5 ms; a bare httpx script that prints them stands beside it. A server in a
process of its own sends one event a chunk, over loopback. Needs the `bench` dependency group.

    python benchmarks/streaming.py [--rounds 7]
"""

import argparse
import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from statistics import median

import httpx
from httpx_sse import connect_sse

from agentic_flow.core.events import TextDelta
from agentic_flow.core.settings import RemoteSettings, Secret
from agentic_flow.core.values import Message, Prompt, Role
from agentic_flow.providers.anthropic import AnthropicProvider
from agentic_flow.providers.wire import Wire

EVENTS = 20_000
MOST_CPU, MOST_LATENCY = 1.5, 0.005
PAUSE = 0.05
PROMPT = Prompt("claude-opus-5-5", (Message(Role.USER, "Hello"),))


def event(kind: str, **content: object) -> bytes:
    """Return one event as Anthropic sends it, in a chunk of its own."""
    body = f"event: {kind}\ndata: {json.dumps({'type': kind, **content})}\n\n".encode()
    return b"%x\r\n%b\r\n" % (len(body), body)


def words(text: str) -> bytes:
    """Return one event with words."""
    return event("content_block_delta", index=0, delta={"type": "text_delta", "text": text})


def hear(peer: socket.socket) -> bytes:
    """Read one request to its end: closing a socket with unread bytes would reset the connection."""
    asked = peer.recv(65536)
    while b"\r\n\r\n" not in asked:
        asked += peer.recv(65536)
    head, _, body = asked.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)content-length: *(\d+)", head)
    while length and len(body) < int(length[1]):
        body += peer.recv(65536)
    return asked


def serve() -> None:
    """Answer /drain with 20,000 events and /first with one whose words are the time it was sent at."""
    start = event("message_start", message={"model": "m", "usage": {"input_tokens": 1}})
    stop = event("message_delta", delta={"stop_reason": "end_turn"}, usage={"output_tokens": 1})
    end = stop + event("message_stop") + b"0\r\n\r\n"
    drained = start + b"".join(words(f" word{number % 97}") for number in range(EVENTS)) + end
    head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
    with socket.create_server(("127.0.0.1", 0)) as listening:
        print(listening.getsockname()[1], flush=True)
        while True:
            peer, _ = listening.accept()
            with peer:
                peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                asked = hear(peer)
                if b"/drain/" in asked:
                    peer.sendall(head + drained)
                else:
                    peer.sendall(head + start)
                    time.sleep(PAUSE)
                    peer.sendall(words(repr(time.monotonic())))
                    peer.sendall(end)
                peer.recv(1)


def cpu_of(work: Callable[[], int]) -> float:
    """Return the CPU seconds of one round, which has to see every event."""
    begun = time.process_time()
    seen = work()
    spent = time.process_time() - begun
    assert seen >= EVENTS, seen  # noqa: S101  (a round that saw less measured nothing)
    return spent


def drain_httpx(url: str) -> int:
    """Read every event with httpx and httpx-sse, and do nothing with it."""
    with httpx.Client() as client, connect_sse(client, "POST", f"{url}/drain/v1/messages") as source:
        return sum(1 for _ in source.iter_sse())


def provider(url: str) -> AnthropicProvider:
    """Return ours."""
    return AnthropicProvider(RemoteSettings(api_key=Secret("a-key"), base_url=url), Wire())


def drain_ours(url: str) -> int:
    """Read every event, decode it, watch the clocks, count the tokens."""
    return sum(isinstance(event, TextDelta) for event in provider(f"{url}/drain").stream(PROMPT))


BARE = """
import json, sys, httpx
from httpx_sse import connect_sse
with httpx.Client() as client, connect_sse(client, "POST", sys.argv[1] + "/first/v1/messages") as source:
    for event in source.iter_sse():
        delta = json.loads(event.data).get("delta", {})
        if "text" in delta:
            sys.stdout.buffer.write(delta["text"].encode())
            sys.stdout.buffer.flush()
"""


def latency_of(command: list[str], environment: dict[str, str]) -> float:
    """Return the seconds from sending the first words to their first byte on a program's stdout."""
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **environment},
    ) as program:
        assert program.stdout is not None  # noqa: S101  (a pipe was asked for)
        said = os.read(program.stdout.fileno(), 64)
        arrived = time.monotonic()
        program.stdout.read()
    return arrived - float(said)


def latency_httpx(url: str) -> float:
    """Return the latency of a bare httpx script."""
    return latency_of([sys.executable, "-c", BARE, url], {})


def latency_ours(url: str) -> float:
    """Return the latency of the command line."""
    command = [sys.executable, "-m", "agentic_flow", "--agent", "coder", "--task", "Hello", "--no-files"]
    return latency_of(
        [*command, "--model", "anthropic/claude-opus-5-5", "--no-log"],
        {"ANTHROPIC_API_KEY": "a-key", "ANTHROPIC_BASE_URL": f"{url}/first"},
    )


def main() -> int:
    """Measure, report, and fail when a claim does not hold."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve()
    server = subprocess.Popen([sys.executable, __file__, "--serve"], stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None  # noqa: S101  (a pipe was asked for)
        url = f"http://127.0.0.1:{int(server.stdout.readline())}"
        for warm_up in (drain_httpx, drain_ours):
            warm_up(url)
        pairs = [
            (cpu_of(lambda: drain_httpx(url)), cpu_of(lambda: drain_ours(url))) for _ in range(options.rounds)
        ]
        waits = [(latency_httpx(url), latency_ours(url)) for _ in range(2 * options.rounds)]
    finally:
        server.kill()
        server.wait()
    bare, ours = (median(column) for column in zip(*pairs, strict=True))
    ratio = median(second / first for first, second in pairs)
    first_bare, first_ours = (median(column) for column in zip(*waits, strict=True))
    print(f"drain {EVENTS:,} events: httpx + httpx-sse {bare:.3f} s CPU, ours {ours:.3f} s")
    print(f"  ratio {ratio:.2f}, limit {MOST_CPU}; of each round: {[round(b / a, 2) for a, b in pairs]}")
    bare_ms, ours_ms = first_bare * 1000, first_ours * 1000
    print(f"first words, socket to stdout: bare httpx {bare_ms:.2f} ms, ours {ours_ms:.2f} ms")
    print(f"  limit {MOST_LATENCY * 1000:.0f} ms; of each run: {[round(b * 1000, 2) for _, b in waits]}")
    return 0 if ratio <= MOST_CPU and first_ours <= MOST_LATENCY else 1


if __name__ == "__main__":
    sys.exit(main())
