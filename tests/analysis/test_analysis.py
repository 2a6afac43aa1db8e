"""A task is read for what it is: its kind, its difficulty, its size, and whether it may leave the machine."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentic_flow.analysis import analyse, estimate_tokens, least_tokens
from agentic_flow.core.profiles import Complexity, TaskProfile, TaskType
from agentic_flow.core.values import AgentTemplate, ContextFile, Output, Task

CODER = AgentTemplate(
    "coder",
    "Writes working code for a task, as complete files.",
    "You write code.",
    Path("coder.md"),
    "shipped",
    output=Output.FILES,
)
TALKER = AgentTemplate("talker", "Answers questions.", "You answer.", Path("talker.md"), "shipped")


def read(text: str, agent: AgentTemplate = CODER, *context: ContextFile, **more: object) -> TaskProfile:
    return analyse(Task(text, agent.name, context=context, **more), agent)  # type: ignore[arg-type]  # the test's own


@pytest.mark.parametrize(
    ("text", "kind", "complexity"),
    [
        ("write hello world", TaskType.CODING, Complexity.LOW),
        ("Create a Python calculator", TaskType.CODING, Complexity.LOW),
        ("Create a Python REST API with Flask", TaskType.CODING, Complexity.LOW),
        ("Generate unit tests", TaskType.TESTING, Complexity.LOW),
        ("Fix the bug that crashes parse() on empty input", TaskType.DEBUGGING, Complexity.LOW),
        ("Refactor utils.py into smaller functions", TaskType.REFACTORING, Complexity.LOW),
        ("Write docstrings and a README", TaskType.DOCUMENTATION, Complexity.LOW),
        ("Build a complex distributed system", TaskType.GENERAL, Complexity.HIGH),
        (
            "Implement Raft consensus with fault-tolerant log replication in Go",
            TaskType.CODING,
            Complexity.HIGH,
        ),
        ("Build a lock-free concurrent hash map in C++", TaskType.CODING, Complexity.HIGH),
        ("Write a parser for arithmetic expressions with variables", TaskType.CODING, Complexity.MEDIUM),
        (
            "Write a recursive descent parser and an interpreter for a small language with closures",
            TaskType.CODING,
            Complexity.HIGH,
        ),
        (
            "Find the race condition that makes the worker pay twice under load",
            TaskType.DEBUGGING,
            Complexity.MEDIUM,
        ),
        (
            "A car leaves at 9 with 50 km an hour, a bus at 10 with 70, 300 km away. When do they meet?",
            TaskType.MATH,
            Complexity.MEDIUM,
        ),
        ("Tom has 3 apples and buys 5 more. How many apples does he have?", TaskType.MATH, Complexity.LOW),
    ],
)
def test_a_task_for_files(text: str, kind: TaskType, complexity: Complexity) -> None:
    profile = read(text)
    assert (profile.task_type, profile.complexity) == (kind, complexity)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Why is the sky blue? Explain it simply", TaskType.EXPLANATION),
        ("Summarize this article", TaskType.SUMMARIZATION),
        ("Extract all names and classify them", TaskType.EXTRACTION),
        ("Prove the theorem and compute the integral of $x^2$", TaskType.MATH),
        ("Write a poem about autumn", TaskType.WRITING),
        ("hi there", TaskType.CHAT),
        ("Aggregate the dataset and plot a chart with pandas", TaskType.DATA),
        ("", TaskType.GENERAL),
    ],
)
def test_a_task_for_words(text: str, kind: TaskType) -> None:
    assert read(text, TALKER).task_type is kind


def test_a_short_wish_for_a_large_thing_is_a_large_job() -> None:
    assert read("write hello world").token_count < 500
    assert read("Build a complex distributed system").token_count > 2000


def test_context_counts_and_a_limit_holds() -> None:
    source = ContextFile(Path("/p/a.py"), "a.py", "def f(x):\n    return x + 1\n" * 200)
    alone, beside = read("Refactor it"), read("Refactor it", CODER, source)

    assert beside.task_tokens > alone.task_tokens + 1000
    assert beside.expected_output_tokens > alone.expected_output_tokens + 1000  # the file comes back whole
    assert (beside.has_code, beside.languages) == (True, ("python",))
    assert read("Build a complex distributed system", max_tokens=300).expected_output_tokens == 300


@pytest.mark.parametrize(
    ("text", "languages"),
    [
        ("Port it from Java to Rust", ()),  # neither stands where a language stands
        ("Write a parser in Rust and a test in Go", ("rust", "go")),
        ("Go and see what is in the README.md", ()),
        ("Create app.ts and style.css", ("typescript", "css")),
    ],
)
def test_languages_are_named_not_guessed(text: str, languages: tuple[str, ...]) -> None:
    assert read(text).languages == languages


@pytest.mark.parametrize(
    ("text", "because"),
    [
        ("Deploy with ghp_" + "a1B2c3D4e5F6" * 3, "a key"),
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIE" + "a1B2c3D4e5F6" * 5, "a key"),
        ("words " * 5_000 + "DB_PASSWORD=kT9vLq2x" + " words" * 5_000, "a password"),
        ("Deploy with DB_PASSWORD=kT9vLq2x", "a password"),
        ("Write a login form with a password field; PASSWORD=changeme1", None),
        ("Charge 4242 4242 4242 4242", None),  # a test number: two digits only
        ("Charge 4539 1488 0343 6467", "payment card"),
        ("Charge 4539 1488 0343 6468", None),  # its sum is wrong
        ("My credit card is 4539148803436467", "payment card"),
        ("Order 4539148803436467 is late", None),  # one number of ten has that sum
        ("M4539 1488 0343 6467.5", None),  # a path of a drawing
        ("Pay with 5200-8282-8282-8210", None),  # published for tests
        ("用4539-1488-0343-6467付款", "payment card"),
        ("Pay to DE89 3704 0044 0532 0130 00", "bank account"),
        ("His SSN is 078-05-1120", "social security"),
        ("ssn : 111-22-3333, ssn: 987-65-4321", None),  # given to nobody
        ("What is 123456789 * 987654321 mod 1000000007?", None),
        ("Write a regex for jane@example.com", None),
    ],
)
def test_what_is_private_stays_here_and_says_why(text: str, because: str | None) -> None:
    private = read(text).private
    assert (private is None) if because is None else (private is not None and because in private)


@pytest.mark.parametrize(
    ("path", "private"),
    [
        ("src/login.py", True),
        ("notes.md", True),
        (".env", True),
        ("latest/config.py", True),
        ("tests/test_login.py", False),
        ("src/login.spec.ts", False),
        ("src/test/java/LoginTest.java", False),
        ("pkg/login_test.go", False),
        (".env.example", False),
    ],
)
def test_people_and_their_passwords_are_made_up_in_tests(path: str, private: bool) -> None:  # noqa: FBT001
    text = "login('bob', password='kT9vLq2x', card='4539 1488 0343 6467')"
    assert (read("Mend it", CODER, ContextFile(Path("/p") / path, path, text)).private is not None) is private
    key = ContextFile(Path("/p") / path, path, "connect('ghp_" + "a1B2c3D4e5F6" * 3 + "')")
    assert read("Mend it", CODER, key).private is not None


@pytest.mark.parametrize(
    ("text", "tokens"),  # counted with the tokenizer of Qwen2.5-Coder
    [
        ("Write a function that returns the sum of two numbers.", 11),
        ("def add(a: int, b: int) -> int:\n    return a + b\n", 18),
    ],
)
def test_tokens_are_about_right(text: str, tokens: int) -> None:
    assert estimate_tokens(text) == pytest.approx(tokens, rel=0.25)


def test_the_middle_of_a_long_text_is_taken_to_be_like_its_ends() -> None:
    assert estimate_tokens("some words " * 50_000) == pytest.approx(
        50 * estimate_tokens("some words " * 1000), rel=0.02
    )


@given(st.text(max_size=400))
def test_any_text_can_be_read_and_reads_the_same_twice(text: str) -> None:
    profile = read(text)
    assert profile == read(text)
    assert 0 <= profile.difficulty <= 1
    assert profile.expected_output_tokens > 0


@given(st.text(alphabet="abc XYZ.,\n", min_size=1, max_size=200))
def test_case_changes_neither_kind_nor_difficulty(text: str) -> None:
    told = f"build a function and explain {text}"
    lower, upper = read(told), read(told.upper())
    assert (lower.difficulty, lower.task_type) == (upper.difficulty, upper.task_type)


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        (f"|{'-' * 60}|\n" * 1000, 5000),  # by Qwen2.5's tokenizer: 63 signs a line, in five tokens
        ("=" * 64_000, 1000),
        ("\n" * 32_000, 1000),
        ("123456789\n" * 1000, 4000),  # of three digits a token, as several families read them
    ],
)
def test_the_fewest_tokens_are_no_more_than_what_reads_many_signs_at_once_takes(
    text: str, tokens: int
) -> None:
    assert least_tokens(text) <= tokens
