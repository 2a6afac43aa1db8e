"""How fast an imported model answers, beside llama.cpp on the same GGUF file.

    python benchmarks/decoding.py --peer /path/to/python [--gguf-dir DIR] [--model NAME ...]

Claims, at 2 threads: tokens a second are at least 1.1 times llama.cpp's on the 135M and the 0.5B model, at
least 0.9 times on the 1.5B; once loaded, the first token of the answer to a prompt of about 70 tokens comes
no later than 1.1 times llama.cpp's. Exit status 1 when a claim does not hold.

`--peer` is a Python in which llama-cpp-python is installed, built for this processor
(`CMAKE_ARGS=-DGGML_NATIVE=ON pip install --no-binary llama-cpp-python llama-cpp-python`). Both load once, in
a process of their own, and answer in turn: the same tokens in, greedy, from an empty cache. Medians over the
rounds of what each took, and of each round's ratio. The model is imported anew from the GGUF file, unless
`--models-dir` holds one to be measured as it is.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Self

from originals import NAMES, original

from agentic_flow.core.values import Message, Role
from agentic_flow.providers import chat
from agentic_flow.providers.devices import find_device
from agentic_flow.providers.engine import Loader
from agentic_flow.providers.folder import read_folder
from agentic_flow.providers.vocabulary import Vocabulary
from agentic_flow.weights.gguf import import_gguf

LEAST_SPEED = {"smollm2-135m": 1.1, "qwen2.5-coder-0.5b": 1.1, "qwen2.5-coder-1.5b": 0.9}
MOST_FIRST = 1.1
MESSAGES = (
    Message(Role.SYSTEM, "You are a careful programmer. Write complete, working code with comments."),
    Message(
        Role.USER,
        "Write calculator.py with add, subtract, multiply and divide, each with a docstring and examples."
        " divide raises ValueError on zero. Then explain each function at length.",
    ),
)
PEER = """
import itertools, json, sys, time
from llama_cpp import Llama
threads = int(sys.argv[2])
model = Llama(sys.argv[1], n_ctx=2048, n_threads=threads, n_threads_batch=threads, verbose=False)
print(flush=True)
for line in sys.stdin:
    tokens, count = json.loads(line)
    model.reset()
    begun = time.perf_counter()
    words = model.generate(tokens, temp=0.0)
    next(words)
    first = time.perf_counter()
    made = sum(1 for _ in itertools.islice(words, count))
    print(json.dumps([first - begun, made / (time.perf_counter() - first)]), flush=True)
"""


@dataclass(frozen=True, slots=True)
class Answer:
    """Seconds to the first token, and tokens a second after it."""

    first: float
    speed: float


class Answerer:
    """A process that has loaded a model and answers whenever it is told to."""

    def __init__(self, *command: str) -> None:
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self) -> Self:
        self._line()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()

    def answer(self, tokens: Sequence[int], count: int) -> Answer:
        """Have it read tokens and make one, and `count` more."""
        assert self._process.stdin  # noqa: S101  (it was asked for)
        print(json.dumps([tokens, count]), file=self._process.stdin, flush=True)
        return Answer(*json.loads(self._line()))

    def _line(self) -> str:
        assert self._process.stdout  # noqa: S101  (it was asked for)
        if not (line := self._process.stdout.readline()):
            sys.exit("one of the two came to an end; what it said is above")
        return line


def serve(folder: Path, threads: int) -> None:
    """Answer as the local provider does, less the words: its engine, tokens in and out."""
    model = Loader(folder, find_device("cpu"), threads).load()
    print(flush=True)
    for line in sys.stdin:
        tokens, count = json.loads(line)
        begun = time.perf_counter()
        generation = model.begin({"max_length": 2048, "do_sample": False})
        generation.read(tokens)
        generation.make()
        first = time.perf_counter()
        for _ in range(count):
            generation.make()
        print(json.dumps([first - begun, count / (time.perf_counter() - first)]), flush=True)
        generation.close()


def measure(name: str, folder: Path, gguf: Path, options: argparse.Namespace) -> Iterator[bool]:
    """Let both answer in turn; yield whether each claim holds."""
    tokens = chat.tokens(MESSAGES, read_folder(folder), Vocabulary(folder))
    threads = str(options.threads)
    ours = Answerer(sys.executable, __file__, "--serve", str(folder), "--threads", threads)
    with ours, Answerer(options.peer, "-c", PEER, str(gguf), threads) as peer:
        for one in (ours, peer):
            one.answer(tokens, 8)
        rounds = [
            (ours.answer(tokens, options.tokens), peer.answer(tokens, options.tokens))
            for _ in range(options.rounds)
        ]
    mine, theirs = zip(*rounds, strict=True)
    print(f"{name}, {len(tokens)} tokens read, {options.tokens} made, {options.rounds} rounds")
    speed = median(one.speed / other.speed for one, other in rounds)
    yield report(
        "tokens a second", [a.speed for a in mine], [a.speed for a in theirs], speed, LEAST_SPEED[name]
    )
    first = median(one.first / other.first for one, other in rounds)
    yield report("first token, s", [a.first for a in mine], [a.first for a in theirs], first, -MOST_FIRST)


def report(what: str, mine: Sequence[float], theirs: Sequence[float], ratio: float, limit: float) -> bool:
    """Print one claim: a limit below zero is the most there may be, another the least."""
    holds = ratio <= -limit if limit < 0 else ratio >= limit
    spread = f"{median(mine):7.2f} ({min(mine):.2f} to {max(mine):.2f})"
    theirs_spread = f"{median(theirs):7.2f} ({min(theirs):.2f} to {max(theirs):.2f})"
    words = "at most" if limit < 0 else "at least"
    print(
        f"  {what:16} ours {spread}, llama.cpp {theirs_spread}, ratio {ratio:.3f};"
        f" {words} {abs(limit)}: {'yes' if holds else 'NO'}",
        flush=True,
    )
    return holds


def judge(name: str, options: argparse.Namespace) -> bool:
    """Measure one model."""
    gguf = original(name, options.gguf_dir)
    if options.models_dir:
        return all(list(measure(name, options.models_dir / name, gguf, options)))
    with TemporaryDirectory() as temporary:
        import_gguf(gguf, Path(temporary), name=name)
        return all(list(measure(name, Path(temporary), gguf, options)))


def main() -> None:
    """Measure and judge."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", action="append", choices=NAMES, help="else all of them")
    parser.add_argument("--gguf-dir", type=Path, default=Path("gguf"), help="where GGUF files are kept")
    parser.add_argument("--models-dir", type=Path, help="where imported models lie that are to be measured")
    parser.add_argument("--peer", default=sys.executable, help="a Python in which llama_cpp is installed")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--tokens", type=int, default=64)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve(options.serve, options.threads)
        return
    options.gguf_dir.mkdir(exist_ok=True)
    held = [judge(name, options) for name in options.model or NAMES]
    sys.exit(not all(held))


if __name__ == "__main__":
    main()
