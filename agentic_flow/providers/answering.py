"""A generation that may begin -> the pieces of text of one answer, within its room and its time."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass

from agentic_flow.core.events import TextDelta
from agentic_flow.core.values import StopReason, Usage
from agentic_flow.providers.circling import LOOK_EVERY, circling
from agentic_flow.providers.dictation import CLOSINGS, FENCE, announcements
from agentic_flow.providers.engine import Generation
from agentic_flow.providers.utterance import Utterance
from agentic_flow.providers.vocabulary import Vocabulary
from agentic_flow.providers.waiting import Deadline, Errand

Saying = Generator[TextDelta, None, StopReason]
"""Pieces of text, and in the end why there are no more."""


@dataclass(frozen=True, slots=True)
class Plan:
    """One answer: what is read, how many tokens may follow, and why it would stop there."""

    tokens: Sequence[int]
    room: int
    at_limit: StopReason

    @property
    def length(self) -> int:
        """Prompt and answer together."""
        return len(self.tokens) + self.room


class Answer:
    """One answer in the making. It makes a token only when a piece of text is asked for."""

    def __init__(
        self,
        generation: Generation,
        vocabulary: Vocabulary,
        end_ids: frozenset[int],
        plan: Plan,
        deadline: Deadline,
    ) -> None:
        self._generation = generation
        self._vocabulary = vocabulary
        self._end_ids = end_ids
        self._plan = plan
        self._deadline = deadline
        self.made = 0
        """Tokens of the answer: those the model made, and those that were said for it."""
        self.told = 0
        """Tokens of what the model was told in between."""

    @property
    def usage(self) -> Usage:
        """What was read and what was said so far."""
        return Usage(len(self._plan.tokens) + self.told, self.made)

    def freely(self, stops: Sequence[str]) -> Saying:
        """Read the prompt, and let the model speak until it ends or says one of `stops`."""
        self._read(self._plan.tokens)
        return (yield from self._say(Utterance(stops)))

    def in_files(
        self, openings: Sequence[str], turns: Sequence[Sequence[int]], stops: Sequence[str]
    ) -> Saying:
        """Read the prompt, and let the model write what stands in each file; say the form around it.

        `turns` are what the model reads between two files, if anything: nobody is shown it.

        A file ends at a line that closes its block, where the model ends, or where it announces the next file
        before it has closed this one.
        """
        shown, heard, prompt = "", "", self._plan.tokens
        following = [*map(announcements, openings[1:]), ()]
        for opening, next_file, turn in zip(openings, following, ((), *turns), strict=True):
            before: Sequence[int] = ()
            if turn:  # what was heard ends one answer, and the file begins the next
                before, heard = self._vocabulary.encode(heard.rstrip("\n"), plain=True), ""
            said = self._vocabulary.encode(f"{heard}{opening}\n", plain=True)
            if self.made + self.told + len(before) + len(turn) + len(said) >= self._plan.room:
                return self._plan.at_limit
            self._read([*prompt, *before, *turn, *said])
            prompt = ()
            self.told += len(turn)
            self.made += len(before) + len(said)
            yield TextDelta(f"{shown}{opening}")

            utterance = Utterance((*CLOSINGS, *next_file, *stops))
            utterance.add(b"\n")
            reason = yield from self._say(utterance)
            if reason is StopReason.END:
                self._generation.take_back()  # its end is not the end of the answer
                shown = FENCE if utterance.ends_line else f"\n{FENCE}"
                heard = f"{shown}\n\n"
            elif utterance.stopped in CLOSINGS:
                shown = f"\n{FENCE}"
                heard = "\n\n".removeprefix(utterance.beyond)  # the model may have made line ends too
            elif utterance.stopped in next_file:
                shown = f"\n{FENCE}"
                heard = f"{FENCE}\n\n"
            else:
                return reason
            shown += "\n\n"
        yield TextDelta(shown.removesuffix("\n"))
        return StopReason.END

    def _say(self, utterance: Utterance) -> Saying:
        reason = self._plan.at_limit
        tokens: list[int] = []
        while self.made + self.told < self._plan.room:
            self._deadline.left()
            token = self._generation.make()
            if token in self._end_ids:
                reason = StopReason.END
                break
            self.made += 1
            tokens.append(token)
            if len(tokens) % LOOK_EVERY == 0 and circling(tokens):
                reason = StopReason.CIRCLING
                break
            if text := utterance.add(self._vocabulary.bytes_of(token)):
                yield TextDelta(text)
            if utterance.stopped is not None:
                reason = StopReason.STOP_SEQUENCE
                break
        if text := utterance.end():
            yield TextDelta(text)
        return reason

    def _read(self, tokens: Sequence[int]) -> None:
        """Let the model read, which takes seconds for a long prompt; stop it when nobody waits any more."""
        reading = Errand(lambda: self._generation.read(tokens))
        try:
            reading.result(self._deadline)
        except BaseException:
            self._generation.interrupt()
            reading.join()
            raise
