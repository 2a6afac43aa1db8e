"""What the coding benchmark says of three models, with made-up problems and answers that are kept already."""

import gzip
import json
import subprocess
import sys
from pathlib import Path

RUNNER = Path(__file__).parents[2] / "benchmarks" / "coding.py"
PROBLEM = {
    "task_id": "Made/1",
    "prompt": 'def double(number):\n    """Return it twice.\n    >>> double(2)\n    4\n    """\n',
    "entry_point": "double",
    "test": "def check(candidate):\n    assert candidate(2) == 4\n    assert candidate(3) == 6\n",
}
FAKE = """
import runpy, sys
from agentic_flow import wiring
from agentic_flow.core.events import Finished, TextDelta
from agentic_flow.core.values import StopReason, Usage

class Model:
    def __init__(self, target):
        self.target = target
    def stream(self, prompt):
        said = "\\n".join(message.text for message in prompt.messages)
        right = "1.5b" in self.target.model or ("0.5b" in self.target.model and "double(3)" in said)
        print("asked", self.target.model, file=sys.stderr)
        code = f"def double(n):\\n    return n {'*' if right else '**'} 2"
        yield TextDelta(f"solution.py\\n```python\\n{code}\\n```\\n")
        yield Finished(Usage(100, 10), StopReason.END, self.target.model)

wiring.open_provider = lambda target, settings: Model(target)
sys.argv[0] = sys.argv.pop(1)
sys.path.insert(0, sys.argv[0].rpartition("/")[0])
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def measure(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run it on one problem. The middle model is right once it has seen the test, the strong one at once."""
    (folder / "fake.py").write_text(FAKE)
    data = folder / "set.jsonl.gz"
    data.write_bytes(gzip.compress(json.dumps(PROBLEM).encode()))
    command = [sys.executable, "fake.py", str(RUNNER), "--problems", "1", "--data", str(data)]
    return subprocess.run(
        [*command, "--json", "rows.json", *options], cwd=folder, capture_output=True, text=True, check=False
    )


def test_plans_are_held_against_each_other_at_the_prices_of_their_models(tmp_path: Path) -> None:
    done = measure(tmp_path)
    rows = {name: rows[0] for name, rows in json.loads((tmp_path / "rows.json").read_text()).items()}

    assert {name: row["passed"] for name, row in rows.items()} == {
        "qwen2.5-coder-0.5b alone": False,
        "qwen2.5-coder-1.5b alone": True,
        "smollm2-135m alone": False,
        "qwen2.5-coder-0.5b, repair": True,
        "qwen2.5-coder-1.5b, repair": True,
        "smollm2-135m, repair": False,
        "cascade": True,
        "cascade, one answer each": True,
    }, done.stderr
    assert rows["qwen2.5-coder-1.5b alone"]["cost"] == 1.544 * (100 + 5 * 10) / 1000
    assert rows["qwen2.5-coder-0.5b, repair"]["calls"] == 2
    assert rows["cascade"]["passed"]
    assert "1 pass against 1 of qwen2.5-coder-1.5b, repair, at " in done.stdout
    assert done.returncode in (0, 1)


def test_a_run_that_was_stopped_goes_on_and_asks_nothing_twice(tmp_path: Path) -> None:
    assert measure(tmp_path, "--minutes", "0").returncode == 75
    first = measure(tmp_path, "--plan", "cascade")
    kept = [json.loads(line) for line in (tmp_path / "coding-answers.jsonl").read_text().splitlines()]
    assert first.stderr.count("asked") == sum("text" in row for row in kept) > 0

    again = measure(tmp_path, "--plan", "cascade")
    assert ("asked" in again.stderr, again.stdout) == (False, first.stdout)
