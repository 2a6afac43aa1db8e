"""Target, Prompt -> the question as such: two prompts that must get the same answer have the same digest.

A key, a path of this machine and a time limit shape no answer and are no part of it.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import fields
from pathlib import PurePath

from agentic_flow.core.frozen import frozen
from agentic_flow.core.names import SCRIPTED
from agentic_flow.core.values import Prompt, Target

FORMAT = 1
"""To be raised when the same words begin to mean something else."""

Shape = dict[str, object]


@frozen
class Question:
    """What is asked, and whom."""

    target: Target
    words: Shape
    """Messages, sampling and the wanted form, as JSON holds them; not whom they go to."""

    @property
    def digest(self) -> str:
        """What the words come down to, whoever is asked."""
        return digest(self.words)

    def key(self, circumstances: Mapping[str, object]) -> str:
        """Return what names the answer: the question, and all else here that shapes an answer."""
        return digest({"target": str(self.target), "words": self.words, "circumstances": circumstances})


def question(target: Target, prompt: Prompt) -> Question:
    """Return what `prompt` asks of `target`. A script is known by its name, wherever it lies."""
    if target.provider == SCRIPTED:
        target = Target(SCRIPTED, PurePath(target.model).name)
    sampling = {field.name: getattr(prompt.sampling, field.name) for field in fields(prompt.sampling)}
    words: Shape = {
        "format": FORMAT,
        "sampling": {name: value for name, value in sampling.items() if value not in (None, ())},
        "output": prompt.output.value,
        "paths": list(prompt.paths),
        "reminders": list(prompt.reminders),
        "messages": [{"role": message.role.value, "text": message.text} for message in prompt.messages],
    }
    if any(prompt.beginnings):
        words["beginnings"] = list(prompt.beginnings)
    if any(prompt.standing):
        words["standing"] = list(prompt.standing)
    if any(prompt.functions):
        words["functions"] = [list(each) for each in prompt.functions]
    return Question(target, words)


def digest(value: object) -> str:
    """Return a value's SHA-256 in hexadecimal; the order of keys means nothing."""
    canonical = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("ascii")).hexdigest()
