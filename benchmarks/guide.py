"""The two tasks that local models are first tried on, by the 0.5B with the 1.5B behind it, and checked.

    python benchmarks/guide.py [--out FOLDER] [--seed N]

hello.py must print; a Flask REST API in three files must start and answer `call_api.py`. Exit status 1 where
one does not pass. Prints the commands and what they say. Needs `pip install --group bench`.
"""

import argparse
import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

MOST_ATTEMPTS = 8
"""Two likeliest answers of the strong one, and six that are drawn."""
HERE = Path(__file__).resolve().parent
WEAK, STRONG = "onnx/qwen2.5-coder-0.5b", "onnx/qwen2.5-coder-1.5b"
HELLO = "Create hello.py that prints Hello, world!"
API = (
    "Create a REST API with Flask in three files: store.py with a class TodoStore that keeps to-dos with an"
    " id and a title in memory, routes.py with a Blueprint for GET /todos (the list of all to-dos) and POST"
    " /todos (adds one and answers 201 with the new to-do, or 400 without a title), all as JSON, and app.py"
    " with the Flask app that registers the Blueprint."
)


def main() -> int:
    """Do both tasks; return 1 where one does not pass."""
    parser = argparse.ArgumentParser(description="hello.py and a Flask REST API, generated and checked.")
    parser.add_argument("--out", type=Path, help="keep the files here")
    parser.add_argument("--seed", type=int, help="draw other answers, where any are drawn")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        out = (options.out or Path(scratch)).resolve()
        hello = f"test \"$({shlex.quote(sys.executable)} hello.py)\" = 'Hello, world!'"
        api = shlex.join([sys.executable, str(HERE / "call_api.py")])
        codes = [
            _run(task, check, out / name, options.seed)
            for name, task, check in (("hello", HELLO, hello), ("api", API, api))
        ]
    return 1 if any(codes) else 0


def _run(task: str, check: str, folder: Path, seed: int | None) -> int:
    words = ["--agent", "coder", "--model", WEAK, "--escalate-to", STRONG, "--task", task, "--check", check]
    words += ["--max-attempts", str(MOST_ATTEMPTS)]
    words += [] if seed is None else ["--seed", str(seed)]
    print(f"$ {shlex.join(['agentic-flow', *words])}", flush=True)
    command = [sys.executable, "-m", "agentic_flow", *words, "--no-stdin", "--overwrite", "-o", str(folder)]
    own = {"XDG_CONFIG_HOME": f"{folder}/../config", "XDG_DATA_HOME": f"{folder}/../data"}
    done = subprocess.run(command, stdout=subprocess.DEVNULL, env=os.environ | own, check=False)
    print(f"exit code {done.returncode}\n", flush=True)
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
