"""From the start of the process to the first visible word of a local model, against limits and a peer.

    python benchmarks/first_token.py --model qwen2.5-coder-0.5b
    python benchmarks/first_token.py --peer /path/to/python --gguf model.gguf    llama-cpp-python in there

Claims, for the 0.5B model: asked for a file, the program shows its first word at most 2.0 s after it was
started; of that, loading takes at most 1.3 s; to the end of the answer it never holds more than 1.3 GB. With
a peer: after loading, the first word comes at most 1.1 times as late as the peer's on the same messages.
Medians; runs of both interleave. Exit status 1 when a claim does not hold.

A first run that is not counted brings the weights into the page cache: this measures the program, not
the disk.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from agentic_flow.config import Flags, load_settings
from agentic_flow.core.events import Progress, TextDelta
from agentic_flow.core.settings import OnnxSettings
from agentic_flow.core.values import Message, Prompt, Role, Sampling
from agentic_flow.providers.local import LocalProvider

ROOT = Path(__file__).resolve().parent.parent
MOST_SECONDS, MOST_LOADING, MOST_BYTES, MOST_OF_PEER = 2.0, 1.3, 1.3e9, 1.1
TASK = "Write calculator.py with add, subtract, multiply and divide. divide raises ValueError on zero."
MESSAGES = (
    ("system", "You are a careful programmer. Write complete, working code. Keep explanations short."),
    ("user", TASK),
)
PEER = """
import json, sys, time
from llama_cpp import Llama
begun = time.perf_counter()
model = Llama(sys.argv[1], n_ctx=2048, n_threads=int(sys.argv[2]), verbose=False)
loaded = time.perf_counter()
messages = [dict(role=role, content=text) for role, text in json.loads(sys.argv[3])]
for event in model.create_chat_completion(messages, max_tokens=8, temperature=0.0, stream=True):
    if event["choices"][0]["delta"].get("content"):
        break
print(json.dumps([loaded - begun, time.perf_counter() - loaded]))
"""


@dataclass(frozen=True, slots=True)
class Start:
    """Seconds, and bytes at the peak."""

    whole: float
    loading: float
    answering: float
    """From loaded to the first word."""
    memory: float


def program(name: str, models: Path) -> tuple[float, float]:
    """Start the program as a person does; return seconds to its first word, and its memory."""
    command = [sys.executable, "-m", "agentic_flow", "--agent", "coder", "--model", f"onnx/{name}"]
    command += [
        "--task",
        TASK,
        "--no-files",
        "--no-stdin",
        "--output-format",
        "stream-json",
        "--max-tokens",
        "8",
    ]
    command += ["--models-dir", str(models)] if models else []
    with tempfile.TemporaryDirectory() as folder:
        begun = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment()
        )
        assert process.stdout is not None  # noqa: S101  (it was asked for)
        while line := process.stdout.readline():
            if json.loads(line)["event"] == "text.delta":
                break
        else:
            sys.exit(f"no answer; for the reason run: {' '.join(command)}")
        seconds = time.perf_counter() - begun
        process.stdout.read()
        _, _, used = os.wait4(process.pid, 0)
    return seconds, used.ru_maxrss * 1024.0


def parts(folder: Path, threads: int | None) -> None:
    """Load and answer in this process; print the seconds of each."""
    provider = LocalProvider(folder, folder.name, OnnxSettings(threads=threads))
    prompt = Prompt(
        folder.name, tuple(Message(Role(role), text) for role, text in MESSAGES), Sampling(8, 0.0)
    )
    loaded = begun = time.perf_counter()
    for event in provider.stream(prompt):
        match event:
            case Progress(doing) if doing.startswith("reading"):
                loaded = time.perf_counter()
            case TextDelta():
                print(json.dumps([loaded - begun, time.perf_counter() - loaded]))
                break
            case _:
                pass
    provider.close()


def child(command: Sequence[str]) -> tuple[float, float]:
    """Run what prints two numbers of seconds."""
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, env=environment())
    first, second = json.loads(done.stdout.splitlines()[-1])
    return first, second


def once(name: str, folder: Path, threads: int) -> Start:
    """Measure one start of the program, and the parts of another."""
    whole, memory = program(name, folder.parent)
    loading, answering = child([sys.executable, __file__, "--parts", str(folder), "--threads", str(threads)])
    return Start(whole, loading, answering, memory)


def environment() -> dict[str, str]:
    """Return this process's environment, with this checkout first."""
    inherited = dict(os.environ)
    return inherited | {"PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), inherited.get("PYTHONPATH")]))}


def report(name: str, values: Sequence[float], limit: float | None, unit: str = "s") -> bool:
    """Print one line; return whether the claim holds."""
    holds = limit is None or median(values) <= limit
    verdict = "" if limit is None else f"  at most {limit:.2f}: {'yes' if holds else 'NO'}"
    print(f"{name:34} {median(values):6.2f} {unit} ({min(values):.2f} to {max(values):.2f}){verdict}")
    return holds


def main() -> None:
    """Measure and judge."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--model", default="qwen2.5-coder-0.5b", help="a downloaded model")
    parser.add_argument("--models-dir", type=Path, help="where it lies; else where the program looks")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2, help="of the model, and of the peer")
    parser.add_argument("--peer", help="a Python in which llama_cpp is installed")
    parser.add_argument("--gguf", help="the same model for the peer")
    parser.add_argument("--parts", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.parts:
        parts(options.parts, options.threads)
        return

    folder = load_settings(Flags(models_dir=options.models_dir)).places.models / options.model
    peer = [options.peer, "-c", PEER, options.gguf, str(options.threads), json.dumps(MESSAGES)]
    once(options.model, folder, options.threads)
    starts: list[Start] = []
    peers: list[tuple[float, float]] = []
    for _ in range(options.runs):
        starts.append(once(options.model, folder, options.threads))
        if options.peer:
            peers.append(child(peer))

    limited = options.model == "qwen2.5-coder-0.5b"
    claims = [
        report("start to first word", [s.whole for s in starts], MOST_SECONDS if limited else None),
        report("loading", [s.loading for s in starts], MOST_LOADING if limited else None),
        report("loaded to first word", [s.answering for s in starts], None),
        report("memory", [s.memory / 1e9 for s in starts], MOST_BYTES / 1e9 if limited else None, "GB"),
    ]
    if peers:
        report("peer: loading", [loading for loading, _ in peers], None)
        report("peer: loaded to first word", [answering for _, answering in peers], None)
        ratios = [ours.answering / answering for ours, (_, answering) in zip(starts, peers, strict=True)]
        claims.append(report("first word, ours / peer's", ratios, MOST_OF_PEER, " "))
    sys.exit(not all(claims))


if __name__ == "__main__":
    main()
