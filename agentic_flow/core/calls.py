"""One call of a model as values: who is asked, what is said to it, why it stops and what that takes."""

from decimal import Decimal
from enum import StrEnum

from agentic_flow.core.frozen import frozen


class Output(StrEnum):
    """What an agent's reply is: files to write, or words to read."""

    FILES = "files"
    TEXT = "text"


class Role(StrEnum):
    """Who speaks in a prompt."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"


class StopReason(StrEnum):
    """Why a model stopped. Only `END` and `STOP_SEQUENCE` are complete answers."""

    END = "end"
    STOP_SEQUENCE = "stop_sequence"
    MAX_TOKENS = "max_tokens"
    CONTEXT_WINDOW = "context_window"
    REFUSAL = "refusal"
    CIRCLING = "circling"
    """A local model that said the same over and over, and would not have ended."""
    OTHER = "other"

    @property
    def complete(self) -> bool:
        """Whether the model said all it had to say."""
        return self in (StopReason.END, StopReason.STOP_SEQUENCE)


@frozen
class Target:
    """One model at one provider, by the provider's own id for it."""

    provider: str
    model: str

    def __str__(self) -> str:
        return f"{self.provider}/{self.model}"


@frozen
class Message:
    """One turn of a prompt."""

    role: Role
    text: str


@frozen
class Sampling:
    """How the next token is drawn. None leaves a value to the provider."""

    max_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    seed: int | None = None
    stop: tuple[str, ...] = ()


@frozen
class Prompt:
    """Everything a provider needs to answer once."""

    model: str
    """The provider's own id."""
    messages: tuple[Message, ...]
    sampling: Sampling = Sampling()
    output: Output = Output.TEXT
    """FILES asks a provider that can to hold the reply to the canonical file form."""
    paths: tuple[str | None, ...] = ()
    """With FILES: the files that the reply is to hold, in this order; None is one of a name of the model's
    own. Empty leaves all of it to the model."""
    reminders: tuple[str, ...] = ()
    """With several named paths: what to say before each, for a provider that asks for one after another."""
    beginnings: tuple[str, ...] = ()
    """With named paths: the lines that each begins with, or nothing, for a provider that says them itself."""
    standing: tuple[str, ...] = ()
    """With named paths: what each holds now and must not hold again, or nothing, for a provider that can see
    to it."""
    functions: tuple[tuple[str, ...], ...] = ()
    """With named paths: how the functions begin that each is to define, for a provider that can see to it."""
    timeout: float | None = None
    """Seconds for the whole answer."""


@frozen
class Usage:
    """Tokens of one call. `input_tokens` is all input, cached or not.

    All zero means that the provider did not say: no call has an empty prompt.
    """

    input_tokens: int = 0
    output_tokens: int = 0
    cached_input_tokens: int = 0
    """The part of the input that was read from the provider's prompt cache."""
    cache_write_tokens: int = 0
    """The part of the input that was written to the provider's prompt cache."""

    @property
    def known(self) -> bool:
        """Whether the provider said anything."""
        return self != Usage()

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            self.input_tokens + other.input_tokens,
            self.output_tokens + other.output_tokens,
            self.cached_input_tokens + other.cached_input_tokens,
            self.cache_write_tokens + other.cache_write_tokens,
        )


@frozen
class Saved:
    """What an answer took when it was first given: what is spared by having it again."""

    source: str
    """Where it was kept, in words: 'the cache'."""
    usage: Usage = Usage()
    cost_usd: Decimal | None = None
    """None when nobody knows."""
    duration_ms: int = 0

    def __add__(self, other: "Saved") -> "Saved":
        known = self.cost_usd is not None and other.cost_usd is not None
        return Saved(
            self.source,
            self.usage + other.usage,
            (self.cost_usd or Decimal(0)) + (other.cost_usd or Decimal(0)) if known else None,
            self.duration_ms + other.duration_ms,
        )
