"""What a model is asked: who it is, what comes with the task, the task, and the form of files last."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentic_flow.core.names import LOCAL
from agentic_flow.core.values import AgentTemplate, ContextFile, Output, Prompt, Role, Target, Task
from agentic_flow.extraction import extract
from agentic_flow.prompting import Shortfall, build_prompt, build_repair, fenced

AGENT = AgentTemplate(
    "coder", "Writes code", "You write code.\n", Path("coder.md"), "shipped", output=Output.FILES
)
TARGET = Target("onnx", "small")


def asked(task: Task, agent: AgentTemplate = AGENT) -> str:
    system, user = build_prompt(task, agent, TARGET, timeout=None).messages
    assert (system.role, system.text, user.role) == (Role.SYSTEM, "You write code.", Role.USER)
    return user.text


def test_context_comes_before_the_task_and_the_pipe_after_it() -> None:
    file = ContextFile(Path("/project/a.py"), "a.py", "x = 1\n")
    text = asked(Task("Change x", "coder", piped="Traceback\n", context=(file,)))
    places = [text.index(words) for words in ("a.py\n```", "Change x", "<stdin>\nTraceback\n</stdin>")]
    assert places == sorted(places)


def test_the_form_of_files_is_asked_for_only_where_files_are_wanted() -> None:
    with_files = asked(Task("Change x", "coder"))
    without = asked(Task("Change x", "coder", files=False))
    assert with_files.startswith(without)
    assert len(with_files) > len(without) == len("Change x")


@pytest.mark.parametrize(
    ("text", "last", "paths"),
    [
        ("Write b.py", "Write only b.py.", ("b.py",)),
        (
            "Write b.py and c.py",
            "Write only these 2 files: b.py, c.py.",
            ("b.py", "c.py"),
        ),
        ("Correct a.py", "Write only a.py, changed so that it does what the task asks.", ("a.py",)),
    ],
)
def test_the_last_words_are_the_files_that_the_task_names(
    text: str, last: str, paths: tuple[str, ...]
) -> None:
    file = ContextFile(Path("/project/a.py"), "a.py", "x = 1\n")
    task = Task(text, "coder", context=(file,))
    assert asked(task).endswith(last)
    assert build_prompt(task, AGENT, TARGET, timeout=None).paths == paths


def test_a_task_that_names_no_file_leaves_the_name_to_the_model() -> None:
    task = Task("Write a function that counts words", "coder")
    assert asked(task).endswith("Write one file, with a fitting name.")
    assert build_prompt(task, AGENT, TARGET, timeout=None).paths == (None,)


def test_a_local_model_is_told_the_name_where_it_is_plain() -> None:
    task = Task("Write a Python function count(text)", "coder")
    local = build_prompt(task, AGENT, Target(LOCAL, "m"), timeout=None)
    assert local.paths == ("count.py",)
    assert local.functions == (("def count(text):",),)
    assert build_prompt(task, AGENT, Target("anthropic", "m"), timeout=None).paths == (None,)


def test_each_of_several_files_is_asked_for_once_more_in_the_task_s_own_words() -> None:
    task = Task("Write b.py with f(), and c.py, which prints f()", "coder")
    assert build_prompt(task, AGENT, TARGET, timeout=None).reminders == (
        "Now write b.py, whole, with its imports. The task says: b.py with f()",
        "Now write c.py, whole, with its imports. The task says: c.py, which prints f()",
    )


def test_a_program_that_is_called_with_arguments_is_told_where_they_are() -> None:
    said = "It takes its arguments from sys.argv."
    assert asked(Task("Write tip.py: `python tip.py 80 15` prints 12", "coder")).endswith(said)
    assert asked(Task("Write tip.py. Run as python3 tip.py 80 it prints 12", "coder")).endswith(said)
    for other in (
        "Write tip.py: `python tip.py` prints 12",
        "Write tip.py: python tip.py prints 12",
        "Write tip.py with argparse: `python tip.py 80` prints 12",
        "Write tip.js: `node tip.js 80` prints 12",
        "Write tip.py: `python tip.py < bill.txt` prints 12",
    ):
        assert "sys.argv" not in asked(Task(other, "coder"))

    two = Task("Write greet.py with f() and hi.py: `python hi.py Eva` prints f()", "coder")
    assert "sys.argv" not in asked(two)
    reminders = build_prompt(two, AGENT, TARGET, timeout=None).reminders
    assert [said in words for words in reminders] == [False, True]


def test_one_file_needs_no_reminder() -> None:
    assert build_prompt(Task("Write b.py", "coder"), AGENT, TARGET, timeout=None).reminders == ()


def test_one_given_file_that_is_to_change_must_not_stay_as_it_is() -> None:
    file = ContextFile(Path("/project/a.py"), "a.py", "x = 1\n")

    def standing(text: str) -> tuple[str, ...]:
        return build_prompt(Task(text, "coder", context=(file,)), AGENT, TARGET, timeout=None).standing

    assert standing("The sum in a.py is wrong. Fix it.") == ("x = 1\n",)
    assert standing("Fix a.py if needed") == standing("Check whether a.py is right and fix a.py") == ()
    assert not any(standing("Write b.py like a.py"))
    assert standing("Change a.py so that it uses the new b.py") == ()


def test_each_new_python_file_is_to_define_the_functions_that_the_task_names_for_it() -> None:
    file = ContextFile(Path("/project/a.py"), "a.py", "x = 1\n")

    def functions(text: str) -> tuple[tuple[str, ...], ...]:
        return build_prompt(Task(text, "coder", context=(file,)), AGENT, TARGET, timeout=None).functions

    assert functions("Write b.py with f(x) and g(), and c.py, which prints f(1)") == (
        ("def f(x):", "def g():"), ()
    )  # fmt: skip
    assert functions("Write b.py: a function f(x)") == (("def f(x):",),)
    assert not any(functions("Fix a.py with f(x)"))
    assert functions("Write something with f(x)") == ()


@pytest.mark.parametrize(
    ("short", "paths", "functions"),
    [
        (Shortfall("fails", {}, done=["b.py"]), ("c.py",), (("def g(y):", "def h():"),)),
        (Shortfall("fails", {"c.py": "x"}), ("c.py",), (("def g(y):", "def h():"),)),
        (Shortfall("fails", {}, done=["b.py"], moved={"../d.py": "d.py"}), ("d.py",), ((),)),
        (
            Shortfall("fails", {"b.py": "x", "c.py": "y"}),
            ("b.py", "c.py"),
            (("def f(x):",), ("def g(y):", "def h():")),
        ),
    ],
)
def test_a_repair_asks_of_each_file_for_its_own_functions(
    short: Shortfall, paths: tuple[str, ...], functions: tuple[tuple[str, ...], ...]
) -> None:
    task = Task("Write b.py with a function f(x), and c.py with g(y) and h().", "coder")
    prompt = build_repair(task, AGENT, TARGET, short, timeout=None)
    assert (prompt.paths, prompt.functions) == (paths, functions)


def test_an_agent_for_files_is_told_to_answer_a_question_in_words() -> None:
    told = "\n\nAnswer this question in words, with code where it helps."
    question = Task("How do I read a file?", "coder")
    assert asked(question) == f"{question.text}{told}"
    assert asked(question, replace(AGENT, output=Output.TEXT)) == question.text


def test_words_are_held_to_no_file() -> None:
    task = Task("Write b.py", "coder", files=False)
    assert build_prompt(task, AGENT, TARGET, timeout=None).paths == ()


def test_a_flag_wins_over_the_template_and_the_template_over_the_default() -> None:
    agent = AgentTemplate("a", "", "", Path("a.md"), "shipped", temperature=0.7, max_tokens=50)
    sampling = build_prompt(Task("x", "a", temperature=0.0), agent, TARGET, timeout=3.0).sampling
    assert (sampling.temperature, sampling.max_tokens) == (0.0, 50)


@given(st.text(alphabet=st.sampled_from("`~ab\n #"), max_size=200))
def test_a_context_file_is_shown_in_a_form_that_reads_back_as_itself(text: str) -> None:
    shown = fenced(ContextFile(Path("/w/notes.txt"), "notes.txt", text))
    (draft,) = extract(shown, context=["notes.txt"]).drafts if text.strip() else (None,)
    if draft is not None:
        assert re.sub(r"\s+\Z", "", draft.text) == re.sub(r"\s+\Z", "", text)


def repaired(target: Target, files: dict[str, str], *context: ContextFile) -> Prompt:
    """Return what a model is asked after its files failed."""
    task = Task("Write b.py", "coder", context=context)
    prompt = build_repair(task, AGENT, target, Shortfall("it fails", files), timeout=None)
    assert "it fails" in prompt.messages[1].text
    return prompt


def test_a_local_model_writes_its_one_file_anew_without_the_wrong_one_in_sight() -> None:
    prompt = repaired(TARGET, {"b.py": "wrong = 1"})
    assert "wrong = 1" not in prompt.messages[1].text
    assert prompt.messages[1].text.endswith("Write only b.py.")
    assert (prompt.paths, prompt.standing) == (("b.py",), ("wrong = 1",))  # nor may it say the same again


def test_a_local_model_writes_its_several_files_anew_too_each_by_the_words_of_the_task() -> None:
    task = Task("Write b.py with one, then c.py with two.", "coder")
    short = Shortfall("it is wrong", {"c.py": "x = 2", "b.py": "wrong = 1"})
    prompt = build_repair(task, AGENT, TARGET, short, timeout=None)
    assert not {"wrong = 1", "x = 2"} & set(prompt.messages[1].text.splitlines())
    assert prompt.paths == ("b.py", "c.py")
    assert ["with one" in prompt.reminders[0], "with two" in prompt.reminders[1]] == [True, True]


def test_other_models_and_what_a_person_gave_are_shown_as_they_stand() -> None:
    hosted = repaired(Target("anthropic", "large"), {"b.py": "wrong = 1"})
    several = repaired(Target("anthropic", "large"), {"b.py": "wrong = 1", "c.py": "x = 2"})
    given = repaired(TARGET, {"b.py": "wrong = 1"}, ContextFile(Path("/project/b.py"), "b.py", "old = 1"))
    for prompt in (hosted, several, given):
        assert "b.py\n```\nwrong = 1\n```" in prompt.messages[1].text
    assert (several.paths, several.standing) == ((), ())
    assert hosted.messages[1].text.endswith("Write only b.py, changed so that it does what the task asks.")


def test_a_local_model_is_told_which_file_to_change_where_one_is_shown() -> None:
    file = ContextFile(Path("/project/a.py"), "a.py", "x = 1\n")
    task = Task("Add a method remove", "coder", context=(file,))
    assert build_prompt(task, AGENT, TARGET, timeout=None).paths == ("a.py",)
    assert build_prompt(task, AGENT, Target("anthropic", "large"), timeout=None).paths == ()


def test_who_may_want_words_or_files_gets_what_the_model_takes_the_task_for() -> None:
    """Held to the form of files, a local model could not say a word."""
    told = "\n\nIf this only asks to be told something, answer in words. Else answer with complete files"
    for text, either in (("Compare lists and tuples", True), ("fizzbuzz in Python", False)):
        prompt = build_prompt(Task(text, "coder"), AGENT, TARGET, timeout=None)
        assert (told in prompt.messages[1].text, prompt.output is Output.TEXT) == (either, either)
    checked = Task("Compare lists and tuples", "coder", checks=("true",))
    assert build_prompt(checked, AGENT, TARGET, timeout=None).output is Output.FILES


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("fizzbuzz in Python", ("fizzbuzz.py",)),
        ("Schreibe ein Python-Programm, das die Primzahlen bis 100 ausgibt", ("main.py",)),
        ("Todo app in Python", ()),
        ("Schreibe ein Python-Projekt mit Tests", ()),
    ],
)
def test_a_local_model_writes_one_file_where_nothing_speaks_of_several(
    text: str, paths: tuple[str, ...]
) -> None:
    """Left free, it filled file after file with the same, up to the limit of its answer."""
    assert build_prompt(Task(text, "coder"), AGENT, TARGET, timeout=None).paths == paths
    assert build_prompt(Task(text, "coder"), AGENT, Target("openrouter", "x"), timeout=None).paths == ()
