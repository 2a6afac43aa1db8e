"""The yardstick for first answers, held against a program whose answers are known."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

RUNNER = Path(__file__).parents[2] / "benchmarks" / "first_answer.py"
SLUGIFY = "import re\n\ndef slugify(text):\n    return re.sub(r'[^a-z0-9]+', '-', text.lower()).strip('-')\n"
STATS = (
    "def average(numbers):\n    return sum(numbers) / len(numbers) if numbers else 0.0\n\n"
    "def spread(numbers):\n    return max(numbers) - min(numbers)\n"
)
TOOTHLESS = "from grades import letter_grade\n\ndef test_grade():\n    letter_grade(85)\n"

# Stands in for `python -m agentic_flow`: writes the files it was told to and prints a result object.
PROGRAM = """
import json, pathlib, sys
told = json.loads(pathlib.Path(__file__).with_name("told.json").read_text())
out = pathlib.Path(sys.argv[sys.argv.index("-o") + 1])
out.mkdir(exist_ok=True)
for name, text in told["files"].items():
    (out / name).write_text(text)
error = "no files in the answer" if told["exit_code"] else None
status = "output" if told["exit_code"] else "ok"
print(json.dumps({"status": status, "error": error, "usage": {"output_tokens": 7}}))
sys.exit(told["exit_code"])
"""


def measure(folder: Path, files: dict[str, str], *options: str, exit_code: int = 0) -> tuple[int, str]:
    """Run the benchmark on a program that always answers with `files`; return exit status and stdout."""
    package = folder / "agentic_flow"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "__main__.py").write_text(PROGRAM)
    (package / "told.json").write_text(json.dumps({"files": files, "exit_code": exit_code}))
    done = subprocess.run(
        [sys.executable, RUNNER, *options],
        env={**os.environ, "PYTHONPATH": str(folder)},
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.stderr == ""
    return done.returncode, done.stdout


def judged(folder: Path, task: str, files: dict[str, str], exit_code: int = 0) -> dict[str, object]:
    """Return the figures' row of one evaluation task."""
    figures = folder / "figures.json"
    measure(folder, files, "--tasks", task, "--json", str(figures), exit_code=exit_code)
    row: dict[str, object] = json.loads(figures.read_text())["rows"][0]
    return row


def test_a_right_answer_passes(tmp_path: Path) -> None:
    row = judged(tmp_path, "slugify", {"slugify.py": SLUGIFY})

    assert row["passed"] is True
    assert row["reason"] == ""


@pytest.mark.parametrize(
    ("files", "exit_code", "reason"),
    [
        ({"slugify.py": SLUGIFY.replace(".lower()", "")}, 0, "wanted 'hello-world'"),
        ({"slugify.py": "def slugify(text:\n"}, 0, "SyntaxError"),
        ({"slugs.py": SLUGIFY}, 0, "wrote what was not asked: slugs.py"),
        ({"slugify.py": SLUGIFY, "notes.txt": "done"}, 0, "wrote what was not asked: notes.txt"),
        ({}, 0, "wrote nothing"),
        ({"slugify.py": SLUGIFY}, 8, "no files in the answer"),
    ],
)
def test_any_other_answer_fails_and_says_why(
    tmp_path: Path, files: dict[str, str], exit_code: int, reason: str
) -> None:
    row = judged(tmp_path, "slugify", files, exit_code)

    assert row["passed"] is False
    assert reason in str(row["reason"])


def test_a_fix_lands_in_the_file_it_fixes(tmp_path: Path) -> None:
    assert judged(tmp_path, "fix_average", {"stats.py": STATS})["passed"] is True


def test_tests_that_notice_nothing_fail(tmp_path: Path) -> None:
    row = judged(tmp_path, "test_grades", {"test_grades.py": TOOTHLESS})

    assert row["reason"] == "not so: the tests notice a wrong grade"


def test_a_model_below_the_limit_fails_the_benchmark(tmp_path: Path) -> None:
    """It answers every task with slugify.py: right once, and allowed where the task names no file (2)."""
    status, said = measure(tmp_path, {"slugify.py": SLUGIFY}, "--model", "onnx/default")

    assert status == 1
    assert "1 of 20 pass, 5%" in said
    assert "files nobody asked for: 17" in said
