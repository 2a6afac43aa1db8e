"""How fast the program says its version and its help, beside `llm`, which does the same work.

    python benchmarks/startup.py --peer /path/to/llm

Claim: `agentic-flow --version` and `agentic-flow --help` each take at most 0.25 of the time that `llm
--version` takes (PyPI: llm, a command line for language models). Medians of 10 runs each, taken in turn
after one that is not counted, so that both find their files in the page cache. Exit status 1 when the claim
does not hold.
"""

import argparse
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

MOST_OF_PEER = 0.25
OURS = Path(sys.executable).with_name("agentic-flow")


def seconds(command: Sequence[str]) -> float:
    """Return how long a command takes, which has to succeed."""
    begun = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begun


def main() -> None:
    """Measure and judge."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--ours", default=str(OURS), help="agentic-flow; else the one beside this Python")
    parser.add_argument("--peer", default=shutil.which("llm"), help="llm; else the one on PATH")
    options = parser.parse_args()
    if options.peer is None:
        parser.error("there is no llm on PATH; install it somewhere and name it with --peer")

    peer, *ours = commands = (
        [options.peer, "--version"],
        [options.ours, "--version"],
        [options.ours, "--help"],
    )
    for command in commands:
        seconds(command)
    rounds = [[seconds(command) for command in commands] for _ in range(options.runs)]
    theirs, *mine = ([*column] for column in zip(*rounds, strict=True))
    print(f"{Path(peer[0]).name} --version: {median(theirs):.3f} s ({min(theirs):.3f} to {max(theirs):.3f})")
    holds = True
    for command, times in zip(ours, mine, strict=True):
        ratio = median(times) / median(theirs)
        holds &= ratio <= MOST_OF_PEER
        spread = f"{median(times):.3f} s ({min(times):.3f} to {max(times):.3f})"
        verdict = "yes" if ratio <= MOST_OF_PEER else "NO"
        print(f"agentic-flow {command[1]}: {spread}, {ratio:.3f} of it; at most {MOST_OF_PEER}: {verdict}")
    sys.exit(not holds)


if __name__ == "__main__":
    main()
