"""The proof that processes never overspend together, in a small size: the real way of a call, some killed."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


def test_a_few_processes_stay_within_one_budget_though_some_are_killed() -> None:
    done = subprocess.run(
        [sys.executable, "benchmarks/overspending.py", "--processes", "4", "--calls", "20", "--kills", "2"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
