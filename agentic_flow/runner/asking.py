"""A job, and how it stands -> the next turn: what is asked, and of whom. Nothing is sent from here."""

from dataclasses import replace

from agentic_flow.core.errors import CheckFailed, FlowError, UnsafeWrite
from agentic_flow.core.frozen import frozen
from agentic_flow.core.values import AgentTemplate, Prompt, Target, Task
from agentic_flow.diagnosis import report_checks, report_refusal
from agentic_flow.diagnosis.passing import without_places
from agentic_flow.prompting import Shortfall, build_prompt, build_repair, build_takeover, repairs_unseen
from agentic_flow.runner.record import Record

_TEMPERATURE, _TOP_P = 0.7, 0.8
"""How words are drawn: far enough from the likeliest to be others, near enough to be code."""


@frozen
class Turn:
    """What is asked next, and of whom."""

    target: Target
    prompt: Prompt
    afresh: bool = False
    """A stronger model begins: nothing that the ones before it wrote stays."""


@frozen
class Job:
    """What is to be had, and what has been had so far."""

    task: Task
    template: AgentTemplate
    record: Record

    def first(self, target: Target) -> Turn:
        """Ask for the first time."""
        return Turn(target, build_prompt(self.task, self.template, target, timeout=self.record.time_left()))

    def unseen(self, target: Target) -> bool:
        """Say whether a repair has the report in sight and no file, as one who begins has."""
        return repairs_unseen(self.task, target, self.record.texts)

    def repair(self, target: Target, report: str, *, afresh: bool = False) -> Turn:
        """Ask the same model again, with what failed; `afresh` where none of the files are its own."""
        record = self.record
        files = {} if afresh else record.texts
        short = Shortfall(report, files, tuple(draft.path for draft in record.kept), record.refused)
        prompt = build_repair(self.task, self.template, target, short, timeout=record.time_left())
        return Turn(target, prompt, afresh)

    def draw(self, turn: Turn, number: int) -> Turn:
        """Ask for the same in words that are drawn; by a seed, so that a run can be repeated."""
        seed = (self.task.seed or 0) + number
        sampling = replace(turn.prompt.sampling, temperature=_TEMPERATURE, top_p=_TOP_P, seed=seed)
        return replace(turn, prompt=replace(turn.prompt, sampling=sampling))

    def take_over(self, target: Target, report: str) -> Turn:
        """Ask a stronger model, which begins anew and knows what the one before stumbled over."""
        self.record.kept, self.record.refused = (), {}
        prompt = build_takeover(self.task, self.template, target, report, timeout=self.record.time_left())
        return Turn(target, prompt, afresh=True)

    def unsaid(self, error: FlowError) -> str:
        """Return the files where all that the checks say of them is no; empty where one says more."""
        silent = not any(check.output_tail.strip() for check in self.record.failed_checks)
        return repr(sorted(self.record.texts.items())) if isinstance(error, CheckFailed) and silent else ""

    def report(self, error: FlowError) -> str:
        """Return what a model is told of a failure."""
        places = self.record.deps.places()
        checks = report_checks(self.record.checks, self.record.texts, places)
        if isinstance(error, CheckFailed):
            return checks
        words = without_places(str(error), places)
        if isinstance(error, UnsafeWrite):
            words = report_refusal(error.path, error.reason, self.record.refused.get(error.path))
        return "\n\n".join(filter(None, (words, checks)))
