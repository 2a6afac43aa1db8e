"""How long a run takes, from the start of the process to its end, whose answer was given before.

    python benchmarks/cache_hit.py

Claim: a run that is answered from the cache ends within 0.2 s (the median of 15 runs), as a whole process:
configuration read, agent found, answer told, files written, the run kept in the history. Beside it stands
Python alone: no program in Python can be faster. The local model is asked where its weights are already here.
Exit status 1 when the claim does not hold.
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

LONGEST = 0.2
RUNS = 15
LOCAL = "smollm2-135m"
CODER = ("--agent", "coder", "--overwrite", "--max-attempts", "1")
OURS = Path(sys.executable).with_name("agentic-flow")


def seconds(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> float:
    """Return how long a command takes, which has to succeed."""
    begun = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True, cwd=folder, env=environment)
    return time.perf_counter() - begun


def hits(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> list[float]:
    """Ask once, and return how long it takes to be answered from the cache."""
    asked = [str(OURS), *command, "--cache", "--no-stdin", "--output-format", "json"]
    seconds(asked, folder, environment)
    said = subprocess.run(asked, check=True, capture_output=True, cwd=folder, env=environment).stdout
    if not json.loads(said)["cached"]:
        sys.exit(f"the second run was not answered from the cache: {' '.join(command)}")
    return [seconds(asked, folder, environment) for _ in range(RUNS)]


def main() -> None:
    """Measure and judge."""
    models = os.environ.get("AGENTIC_FLOW_MODELS_DIR") or str(Path.home() / ".cache/agentic-flow/models")
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        environment = {
            **os.environ,
            "HOME": scratch,
            "XDG_CACHE_HOME": scratch,
            "XDG_DATA_HOME": scratch,
            "AGENTIC_FLOW_MODELS_DIR": models,
        }
        environment.pop("PYTHONDONTWRITEBYTECODE", None)  # who installs a package has it compiled
        says, writes = folder / "says.jsonl", folder / "writes.jsonl"
        says.write_text(_reply("Looks right.\n"), encoding="utf-8")
        writes.write_text(_reply("hello.py\n```python\nprint('hello')\n```\n"), encoding="utf-8")
        bare = [seconds([sys.executable, "-c", ""], folder, environment) for _ in range(RUNS)]
        print(f"python -c '': {median(bare):.3f} s ({min(bare):.3f} to {max(bare):.3f})")
        kinds = {
            "a text": ["--agent", "reviewer", "--model", f"scripted/{says}", "--task", "Review x = 1"],
            "a file": [*CODER, "--model", f"scripted/{writes}", "--task", "Create hello.py", "-o", "out"],
        }
        if (Path(models) / LOCAL).exists():
            asked = ["--task", "Say yes.", "--max-tokens", "300", "--temperature", "0"]
            kinds["a text, local model"] = ["--agent", "reviewer", "--model", f"onnx/{LOCAL}", *asked]
        holds = True
        for kind, command in kinds.items():
            took = hits(command, folder, environment)
            well = median(took) <= LONGEST
            spread = f"{median(took):.3f} s ({min(took):.3f} to {max(took):.3f})"
            print(f"{kind}, answered from the cache: {spread}; at most {LONGEST}: {'yes' if well else 'NO'}")
            holds = holds and well
    sys.exit(not holds)


def _reply(text: str) -> str:
    return "\n".join(map(json.dumps, ({"text": text}, {"finish": "end"}))) + "\n"


if __name__ == "__main__":
    main()
