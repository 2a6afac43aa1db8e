"""The benchmark of the ledger fills one of today's form: in a small size, whatever time it takes."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


def test_a_small_ledger_is_filled_and_every_question_asked() -> None:
    done = subprocess.run(
        [sys.executable, "benchmarks/ledger.py", "--rows", "2000"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "totals of a month" in done.stdout.splitlines()[-1], done.stderr
