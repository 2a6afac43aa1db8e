"""What a batch costs beside its models' own time.

Two claims. 500 tasks at a loopback provider that answers in 200 ms, 64 at once, take at most 1.15 times the
ideal time and 4 ms of CPU each. From 500 to 10,000 tasks the memory grows by less than 20 MB.

The ideal is eight rounds of 64 answers, 1.6 s, in which this program and the disk take no time at all.
Starting the program is not counted: a batch of one task is measured first and taken off, less the one answer
in it. The provider is a process of its own that does nothing but wait, and both together want two quiet
processors: what else the machine does is in the figures.

    python benchmarks/batch.py [--rounds 3]
"""

import argparse
import asyncio
import json
import math
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ANSWER_SECONDS = 0.2
TASKS, JOBS, MANY = 500, 64, 10_000
MOST_TIME, MOST_CPU, MOST_GROWTH = 1.15, 0.004, 20e6
IDEAL = math.ceil(TASKS / JOBS) * ANSWER_SECONDS


def event(kind: str, **content: object) -> bytes:
    """Return one event as Anthropic sends it, in a chunk of its own."""
    body = f"event: {kind}\ndata: {json.dumps({'type': kind, **content})}\n\n".encode()
    return b"%x\r\n%b\r\n" % (len(body), body)


ANSWER = b"".join(
    (
        b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n",
        event("message_start", message={"model": "m", "usage": {"input_tokens": 40}}),
        event("content_block_start", index=0, content_block={"type": "text", "text": ""}),
        *(
            event("content_block_delta", index=0, delta={"type": "text_delta", "text": "word "})
            for _ in "12345678"
        ),
        event("message_delta", delta={"stop_reason": "end_turn"}, usage={"output_tokens": 8}),
        event("message_stop"),
        b"0\r\n\r\n",
    )
)


async def serve(seconds: float) -> None:
    """Answer every request `seconds` after it came; connections are kept."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
                await reader.readexactly(length)
                await asyncio.sleep(seconds)
                writer.write(ANSWER)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await server.serve_forever()


def run(tasks: Path, home: Path, *options: str, **env: str) -> tuple[float, float, int]:
    """Run a batch; return its seconds, its CPU seconds and the most memory it had."""
    results = tasks.with_suffix(".results")
    results.unlink(missing_ok=True)
    command = [
        sys.executable,
        "-m",
        "agentic_flow",
        "batch",
        str(tasks),
        "--results",
        str(results),
        "--quiet",
    ]
    begun = time.monotonic()
    process = subprocess.Popen(
        [*command, *options],
        cwd=home,
        env={**os.environ, "HOME": str(home), "PYTHONPATH": str(ROOT), **env},
    )
    _, status, used = os.wait4(process.pid, 0)
    took = time.monotonic() - begun
    assert os.waitstatus_to_exitcode(status) == 0, status  # noqa: S101  (a batch that failed measured nothing)
    lines = results.read_bytes().count(b"\n")
    assert lines == tasks.read_bytes().count(b"\n"), lines  # noqa: S101
    return took, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024


def write(folder: Path, count: int) -> Path:
    """Write a file of `count` tasks."""
    path = folder / f"{count}.jsonl"
    lines = (json.dumps({"id": f"t{n}", "task": f"Say {n}"}) + "\n" for n in range(count))
    path.write_text("".join(lines))
    return path


def measure(folder: Path, port: str, rounds: int) -> bool:
    """Measure both claims, print them, and say whether they hold."""
    options = ["--jobs", str(JOBS), "--agent", "reviewer", "--model", "anthropic/claude-haiku-4-5"]
    env = {"ANTHROPIC_BASE_URL": f"http://127.0.0.1:{port}", "ANTHROPIC_API_KEY": "a-key"}
    files = {count: write(folder, count) for count in (1, TASKS, MANY)}
    times: list[float] = []
    costs: list[float] = []
    memory = 0
    for _ in range(rounds):
        start, start_cpu, _ = run(files[1], folder, *options, **env)
        took, cpu, memory = run(files[TASKS], folder, *options, **env)
        times.append((took - start + ANSWER_SECONDS) / IDEAL)
        costs.append((cpu - start_cpu) / TASKS)
    growth = run(files[MANY], folder, *options, **env)[2] - memory
    # The quietest round: what else the machine does only ever adds.
    time_ratio, cost = min(times), min(costs)
    print(f"time: {time_ratio:.2f} of the ideal {IDEAL:.1f} s (limit {MOST_TIME})")
    print(f"CPU: {cost * 1000:.2f} ms a task (limit {MOST_CPU * 1000:.0f})")
    print(f"memory from {TASKS} to {MANY:,} tasks: {growth / 1e6:+.1f} MB (limit {MOST_GROWTH / 1e6:.0f})")
    return time_ratio <= MOST_TIME and cost <= MOST_CPU and growth < MOST_GROWTH


def main() -> None:
    """Start the provider, measure, and leave with 1 where a claim does not hold."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        asyncio.run(serve(ANSWER_SECONDS))
        return
    command = [sys.executable, __file__, "--serve"]
    with (
        tempfile.TemporaryDirectory() as folder,
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server,
    ):
        assert server.stdout is not None  # noqa: S101
        try:
            holds = measure(Path(folder), server.stdout.readline().strip(), arguments.rounds)
        finally:
            server.terminate()
    sys.exit(0 if holds else 1)


if __name__ == "__main__":
    main()
