"""What a task looks like once it has been read: the words that analysis, rules and routing share."""

from enum import StrEnum

from agentic_flow.core.frozen import frozen


class TaskType(StrEnum):
    """What kind of work a task is."""

    CODING = "coding"
    DEBUGGING = "debugging"
    TESTING = "testing"
    REFACTORING = "refactoring"
    DOCUMENTATION = "documentation"
    EXPLANATION = "explanation"
    DATA = "data"
    MATH = "math"
    WRITING = "writing"
    EXTRACTION = "extraction"
    SUMMARIZATION = "summarization"
    CHAT = "chat"
    GENERAL = "general"


class Complexity(StrEnum):
    """How much a task asks of a model."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


@frozen
class TaskProfile:
    """What can be known of a task by reading it. Token counts are estimates."""

    task_tokens: int
    """The task's words, its context files and what was piped."""
    instruction_tokens: int
    """The agent's own instructions: the same for every task of that agent."""
    expected_output_tokens: int
    task_type: TaskType
    complexity: Complexity
    difficulty: float
    """0 to 1; `complexity` is this in three steps."""
    languages: tuple[str, ...] = ()
    """Programming languages that the task names or is written in."""
    has_code: bool = False
    private: str | None = None
    """Why the task may not leave this machine; None when it may."""

    @property
    def prompt_tokens(self) -> int:
        """All that the model reads."""
        return self.instruction_tokens + self.task_tokens

    @property
    def token_count(self) -> int:
        """The size of the job: the task with its context, and the expected output."""
        return self.task_tokens + self.expected_output_tokens
