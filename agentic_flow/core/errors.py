"""What can go wrong and be foreseen, named for what the caller can do next.

FlowError
├── UsageMistake            2   the command line cannot be understood
├── ConfigMistake           3   a setting, an agent or a model name is wrong
│   ├── UnknownAgent
│   ├── UnknownModel
│   └── InvalidTemplate
├── LedgerProblem           3   the file of what was done and spent cannot be used
├── KeyProblem              4   a provider's key is missing or refused
├── ProviderUnavailable     5   another provider, or a later try, may serve
├── LimitReached            6   a cost, token or time limit
│   ├── OverBudget              the call could cost more than a limit leaves; a cheaper one may not
│   └── OutOfCredit             the provider's account has no money left; another provider may serve
├── IncompleteAnswer        7   what came must not be taken for the answer
│   └── ContextOverflow         the prompt does not fit; nothing was sent
├── OutputProblem           8   files were wanted, and could not be had or written
│   ├── NoFiles
│   └── RefusedWrite
│       ├── UnsafeWrite
│       └── ReplacesFile
├── CheckFailed             9   the files are there, a check says no
├── CheckMissing            9   a check's command is not there to be run; no model can mend that
├── LocalModelProblem      10   a local model is missing, corrupt, too big
│   ├── ModelMissing
│   ├── ModelCorrupt
│   ├── NotEnoughMemory
│   ├── DownloadFailed
│   │   └── NotEnoughDisk
│   └── RuntimeMissing
└── Interrupted       130, 143   a signal; what was said is kept

Every sentence says what happened and what to do. No sentence holds a key.
"""

from typing import ClassVar, Self

from agentic_flow.core.outcome import Outcome


class FlowError(Exception):
    """A failure we foresaw. Its text is for the person; `outcome` is for the shell.

    `maybe_billed` says that a provider may charge for the call although it failed.
    """

    outcome: ClassVar[Outcome] = Outcome.INTERNAL

    def __init__(self, message: str = "", *, maybe_billed: bool = False) -> None:
        super().__init__(message)
        self.maybe_billed = maybe_billed

    def adding(self, words: str) -> Self:
        """Say more at the end of the sentence, and return the same failure."""
        self.args = (f"{self}; {words}",)
        return self


class UsageMistake(FlowError):
    """The command line asks for something impossible."""

    outcome = Outcome.USAGE


class ConfigMistake(FlowError):
    """A setting is wrong. The text names the place, what was found and what would do."""

    outcome = Outcome.CONFIG


class UnknownAgent(ConfigMistake):
    """No template of that name in any of the folders searched."""


class UnknownModel(ConfigMistake):
    """No provider, tier, alias or catalogue entry of that name."""


class InvalidTemplate(ConfigMistake):
    """An agent's file cannot be used. The text names file and line."""


class LedgerProblem(FlowError):
    """The ledger cannot be read or written. `damaged` says that its file is no whole database."""

    outcome = Outcome.CONFIG

    def __init__(self, message: str, *, damaged: bool = False) -> None:
        super().__init__(message)
        self.damaged = damaged


class KeyProblem(FlowError):
    """A key is missing or was refused (401, 403). The key itself never appears."""

    outcome = Outcome.AUTH


class ProviderUnavailable(FlowError):
    """The provider did not serve this time.

    `retryable` says the same request may work later; `retry_after` is the wait in seconds the
    provider asked for.
    """

    outcome = Outcome.PROVIDER

    def __init__(
        self,
        message: str,
        *,
        retryable: bool = False,
        retry_after: float | None = None,
        maybe_billed: bool = False,
    ) -> None:
        super().__init__(message, maybe_billed=maybe_billed)
        self.retryable = retryable
        self.retry_after = retry_after


class LimitReached(FlowError):
    """A cost, token or time limit stops the run, before or during a call."""

    outcome = Outcome.BUDGET


class OverBudget(LimitReached):
    """A call could cost more than a limit leaves, or nobody knows what it costs. Nothing was sent."""

    def __init__(self, message: str, *, passing: bool = False) -> None:
        """Say with `passing` that calls under way hold what is missing, and the limit waits for them."""
        super().__init__(message)
        self.passing = passing


class OutOfCredit(LimitReached):
    """The provider's own account says no: no credit, or a spend limit. Never tried again there."""


class IncompleteAnswer(FlowError):
    """The answer was cut, refused or empty. It never counts as success and never writes a file."""

    outcome = Outcome.INCOMPLETE


class ContextOverflow(IncompleteAnswer):
    """Prompt and answer do not fit the model's context window. Counted before the call."""


class OutputProblem(FlowError):
    """Files were wanted; they could not be had, or could not be written."""

    outcome = Outcome.OUTPUT


class NoFiles(OutputProblem):
    """The answer is complete but holds no file in a form that can be read."""

    remedy = ""
    """What a person may do about it, which is none of the model's business."""


class RefusedWrite(OutputProblem):
    """One file of an answer may not be written, so none was."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path!r} was refused: {reason}; no file was written")
        self.path = path
        self.reason = reason


class UnsafeWrite(RefusedWrite):
    """Its path leads where no model may write. The model can be told, and choose another."""


class ReplacesFile(RefusedWrite):
    """A file is there already, and nobody said that it may be replaced: a person's word, not a model's."""


class CheckFailed(FlowError):
    """A check still fails when the attempts are used up."""

    outcome = Outcome.CHECK


class CheckMissing(FlowError):
    """A check names a command that is not there: a person's word to correct, not a model's."""

    outcome = Outcome.CHECK

    def __init__(self, check: str, missing: str) -> None:
        super().__init__(
            f"the check {check!r} cannot be run: there is no {missing}; correct it or install that"
        )


class LocalModelProblem(FlowError):
    """A local model cannot be used."""

    outcome = Outcome.LOCAL_MODEL


class ModelMissing(LocalModelProblem):
    """The model is known but not on this machine. `name` is what `download-model` takes."""

    def __init__(self, message: str, *, name: str) -> None:
        super().__init__(message)
        self.name = name


class ModelCorrupt(LocalModelProblem):
    """A model's file is damaged, cut short or of a kind that cannot be read."""


class NotEnoughMemory(LocalModelProblem):
    """The model needs more memory than is free, or than `memoryLimit` allows."""


class DownloadFailed(LocalModelProblem):
    """No source could serve the model. Nothing half-made is left."""


class NotEnoughDisk(DownloadFailed):
    """The folder of models has not the free bytes that a download and its import need."""


class RuntimeMissing(LocalModelProblem):
    """The execution provider asked for needs a package that is not installed."""


class Interrupted(FlowError):
    """SIGINT, or SIGTERM when `terminated`."""

    outcome = Outcome.INTERRUPTED


class Terminated(Interrupted):
    """SIGTERM."""

    outcome = Outcome.TERMINATED
