"""How long a run takes, from the start of the process to its end, whose answer was given before.

    python benchmarks/cache_hit.py

Claim: a run that is answered from the cache ends within 0.25 s (the median of 15 runs), as a whole process:
configuration read, agent found, answer told, the run kept in the history. Beside it stands Python alone:
no program in Python can be faster. Exit status 1 when the claim does not hold.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median

LONGEST = 0.25
RUNS = 15
OURS = Path(sys.executable).with_name("agentic-flow")


def seconds(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> float:
    """Return how long a command takes, which has to succeed."""
    begun = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True, cwd=folder, env=environment)
    return time.perf_counter() - begun


def main() -> None:
    """Measure and judge."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        environment = {**os.environ, "HOME": scratch, "XDG_CACHE_HOME": scratch, "XDG_DATA_HOME": scratch}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)  # who installs a package has it compiled
        script = folder / "says.jsonl"
        script.write_text('{"text": "Looks right.\\n"}\n{"finish": "end"}\n', encoding="utf-8")
        task = ["--agent", "reviewer", "--model", f"scripted/{script}", "--task", "Review x = 1", "--cache"]
        hit = [str(OURS), *task, "--no-stdin", "--output-format", "json"]
        seconds(hit, folder, environment)  # asks, and keeps the answer
        said = subprocess.run(hit, check=True, capture_output=True, cwd=folder, env=environment).stdout
        if not json.loads(said)["cached"]:
            sys.exit("the second run was not answered from the cache")
        rounds = [
            (seconds(hit, folder, environment), seconds([sys.executable, "-c", ""], folder, environment))
            for _ in range(RUNS)
        ]
    hits, bare = ([*column] for column in zip(*rounds, strict=True))
    print(f"python -c '': {median(bare):.3f} s ({min(bare):.3f} to {max(bare):.3f})")
    holds = median(hits) <= LONGEST
    spread = f"{median(hits):.3f} s ({min(hits):.3f} to {max(hits):.3f})"
    print(f"a run answered from the cache: {spread}; at most {LONGEST}: {'yes' if holds else 'NO'}")
    sys.exit(not holds)


if __name__ == "__main__":
    main()
