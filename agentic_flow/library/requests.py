"""What a caller asks for, as chat APIs write it -> the values a run works with. Raises `UsageMistake`."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypedDict, cast

from agentic_flow.core.errors import UsageMistake
from agentic_flow.core.settings import Settings
from agentic_flow.core.values import AgentTemplate, Message, Prompt, Role, Sampling, Target, Task


class ChatRequest(TypedDict, total=False):
    """What `ModelRouter.chat` takes, all by name. Only `messages` is needed."""

    messages: Sequence[Mapping[str, object] | Message]
    """Turns as chat APIs write them: `{"role": "user", "content": "Hello"}`."""
    provider: str | None
    """`anthropic`, `openrouter` or `onnx`."""
    model: str | None
    """An id, a tier or an alias of `provider`; without a provider, what `--model` takes."""
    auto_route: bool | None
    """Let the messages decide. None: where neither provider nor model is named. False: the configured
    default, else the first that can serve."""
    max_tokens: int | None
    temperature: float | None
    top_p: float | None
    seed: int | None
    stop: Sequence[str]
    timeout: float | None
    """Seconds for the whole answer, retries and fallbacks included."""


_MOST_TOKENS = 10**7
_LARGEST_SEED = 2**63 - 1
_A_LIST = 'a list such as [{"role": "user", "content": "Hello"}]'


def read_request(request: ChatRequest) -> ChatRequest:
    """Return a request with each value as it is meant; what is None is left out. Names every mistake."""
    from agentic_flow.config.amounts import Duration, Number, Whole
    from agentic_flow.config.kinds import Flag, Kind, Text, Unfit
    from agentic_flow.config.showing import shown

    unknown = request.keys() - ChatRequest.__annotations__.keys()
    if unknown:
        known = ", ".join(ChatRequest.__annotations__)
        raise UsageMistake(f"a request has no {', '.join(sorted(unknown))}; it has {known}")
    kinds: Mapping[str, Kind] = {
        "provider": Text("a provider's name"),
        "model": Text("a model's name"),
        "auto_route": Flag(),
        "max_tokens": Whole(1, _MOST_TOKENS),
        "temperature": Number(0, 2),
        "top_p": Number(0, 1),
        "seed": Whole(0, _LARGEST_SEED),
        "timeout": Duration(),
    }
    read: dict[str, object] = {}
    mistakes: list[str] = []
    for name, value in request.items():
        try:
            if value is not None:
                read[name] = kinds[name].parse(value) if name in kinds else value
        except Unfit as unfit:
            (problem,) = unfit.problems
            mistakes.append(f"{name}: found {shown(value)}, expected {problem.expected}{problem.hint}")
    stop = read.get("stop", ())
    read["stop"] = stops = (stop,) if isinstance(stop, str) else stop
    if not isinstance(stops, list | tuple) or not all(
        isinstance(text, str) and text for text in cast("Sequence[object]", stops)
    ):
        mistakes.append(f"stop: found {shown(stop)}, expected a list of texts that are not empty")
    if mistakes:
        raise UsageMistake("; ".join(mistakes))
    return cast("ChatRequest", read)


def require_many(requests: object) -> None:
    """Refuse what is no list of requests: a single one, say. Raises `UsageMistake`."""
    if not isinstance(requests, list | tuple):
        raise UsageMistake(
            f"requests is a {type(requests).__name__}, where a list of requests is expected:"
            ' [{"messages": [...]}]; `chat` takes a single one'
        )
    for number, request in enumerate(cast("Sequence[object]", requests)):
        if not isinstance(request, Mapping):
            raise UsageMistake(f"requests[{number}] is a {type(request).__name__}, where a dict is expected")


def read_messages(request: ChatRequest) -> tuple[Message, ...]:
    """Return the turns of a request, of which at least one is a person's."""
    said: object = request.get("messages")
    if said is None:
        raise UsageMistake(f"messages is missing; give {_A_LIST}")
    if not isinstance(said, list | tuple):
        raise UsageMistake(f"messages is a {type(said).__name__}, where {_A_LIST} is expected")
    turns = cast("Sequence[object]", said)
    messages = tuple(_message(number, turn) for number, turn in enumerate(turns))
    if not any(message.role is Role.USER and message.text.strip() for message in messages):
        raise UsageMistake("messages holds no words of a user; there is nothing to answer")
    return messages


def _message(number: int, said: object) -> Message:
    if isinstance(said, Message):
        return said
    turn: Mapping[str, object] = cast("Mapping[str, object]", said) if isinstance(said, Mapping) else {}
    role, content = turn.get("role"), turn.get("content")
    if role not in tuple(Role) or not isinstance(content, str):
        roles = ", ".join(Role)
        raise UsageMistake(f"messages[{number}]: expected a role ({roles}) and a content that is a text")
    return Message(Role(str(role)), content)


def task_of(messages: Sequence[Message], request: ChatRequest, settings: Settings) -> Task:
    """Return the request as routing sees it: what the person says is the task."""
    name, defaults = _name(request), settings.defaults
    asked = request.get("auto_route")
    if asked and name is not None:
        raise UsageMistake(f"{name} is named and auto_route asks to choose one; give one of them")
    temperature = request.get("temperature")
    return Task(
        text="\n\n".join(message.text for message in messages if message.role is not Role.SYSTEM),
        agent="",
        model=name,
        auto_route=name is None if asked is None else asked,
        temperature=defaults.temperature if temperature is None else temperature,
        max_tokens=request.get("max_tokens") or defaults.max_tokens,
        seed=request.get("seed"),
        timeout=request.get("timeout") or defaults.timeout,
        files=False,
    )


def template_of(messages: Sequence[Message]) -> AgentTemplate:
    """Return the agent that the system's words make."""
    said = "\n\n".join(message.text for message in messages if message.role is Role.SYSTEM)
    return AgentTemplate("", "", said, Path(), "the request")


def prompt_of(messages: Sequence[Message], request: ChatRequest, target: Target, task: Task) -> Prompt:
    """Return what the model of `target` reads."""
    return Prompt(
        model=target.model,
        messages=tuple(messages),
        sampling=Sampling(
            max_tokens=task.max_tokens,
            temperature=task.temperature,
            top_p=request.get("top_p"),
            seed=task.seed,
            stop=tuple(request.get("stop") or ()),
        ),
        timeout=task.timeout,
    )


def _name(request: ChatRequest) -> str | None:
    provider, model = request.get("provider"), request.get("model")
    if provider is None:
        return model
    return f"{provider}/{model or 'default'}"
