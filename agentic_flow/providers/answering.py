"""A generation that may begin -> the pieces of text of one answer, within its room and its time."""

import re
from collections.abc import Generator, Sequence

from agentic_flow.core.definitions import defines
from agentic_flow.core.events import TextDelta
from agentic_flow.core.frozen import frozen
from agentic_flow.core.values import StopReason, Usage
from agentic_flow.providers.circling import LOOK_EVERY, asserts_again, asserts_enough, circling, gives_again
from agentic_flow.providers.dictation import CLOSINGS, FENCE, announcements, tested_names
from agentic_flow.providers.doubting import Copy
from agentic_flow.providers.generating import Generation
from agentic_flow.providers.utterance import Utterance
from agentic_flow.providers.vocabulary import Vocabulary
from agentic_flow.providers.waiting import Deadline, Errand

Saying = Generator[TextDelta, None, StopReason]
"""Pieces of text, and in the end why there are no more."""
Writing = Generator[TextDelta, None, tuple[Utterance, StopReason]]
"""Pieces of one file, and in the end what was heard of it and why there are no more."""


@frozen
class Plan:
    """One answer: what is read, how many tokens may follow, and why it would stop there."""

    tokens: Sequence[int]
    room: int
    at_limit: StopReason

    @property
    def length(self) -> int:
        """Prompt and answer together."""
        return len(self.tokens) + self.room


@frozen
class Block:
    """A file of the answer: what is known of it before the model writes it."""

    opening: str
    """What is said for the model, up to the end of a line."""
    turn: Sequence[int] = ()
    """What the model reads before it, if anything: nobody is shown it."""
    standing: str = ""
    """What the file holds now and is not to hold again; empty for a new one."""
    functions: Sequence[str] = ()
    """The lines with which the functions begin that it is to define."""


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
        self.unsaid = 0
        """Tokens that the model made and that were taken back."""
        self.told = 0
        """Tokens of what the model was told in between."""
        self._in_file = False
        """Whether what is said stands in a file, whose end is for us to say."""
        self._gives_files = False
        """Whether what is said are files of any number, the form around them said by the model."""
        self._text = ""
        """What was said so far, of the file that is being written or of files."""
        self._tested: Sequence[str] = ()
        """What the file imports that it is to test."""

    @property
    def usage(self) -> Usage:
        """What was read and what was made so far, be it taken back."""
        return Usage(len(self._plan.tokens) + self.told, self.made + self.unsaid)

    def freely(self, stops: Sequence[str], *, files: bool = False) -> Saying:
        """Read the prompt, and let the model speak until it ends or says one of `stops`.

        Held to the form of `files`, it is stopped where it only gives the same ones again.
        """
        self._gives_files = files
        self._read(self._plan.tokens)
        return (yield from self._say(Utterance(stops)))

    def in_files(self, blocks: Sequence[Block], stops: Sequence[str]) -> Saying:
        """Read the prompt, and let the model write what stands in each file; say the form around it.

        A file ends at a line that closes its block, where the model ends, or where it announces the next file
        before it has closed this one.
        """
        shown, heard, prompt = "", "", self._plan.tokens
        following = [*(announcements(block.opening) for block in blocks[1:]), ()]
        for block, next_file in zip(blocks, following, strict=True):
            before: Sequence[int] = ()
            if block.turn:  # what was heard ends one answer, and the file begins the next
                before, heard = self._vocabulary.encode(heard.rstrip("\n"), plain=True), ""
            said = self._vocabulary.encode(f"{heard}{block.opening}\n", plain=True)
            if self.made + self.told + len(before) + len(block.turn) + len(said) >= self._plan.room:
                return self._plan.at_limit
            self._read([*prompt, *before, *block.turn, *said])
            prompt = ()
            self.told += len(block.turn)
            self.made += len(before) + len(said)
            yield TextDelta(f"{shown}{block.opening}")

            utterance, reason = yield from self._write(block, (*CLOSINGS, *next_file, *stops))
            if reason is StopReason.END:
                self._generation.take_back()  # its end is not the end of the answer
                shown = FENCE if utterance.ends_line else f"\n{FENCE}"
                heard = f"{shown}\n\n"
            elif reason is StopReason.STOP_SEQUENCE and utterance.stopped is None:  # it was stopped by us
                shown = FENCE
                heard = f"{FENCE}\n\n"
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

    def _write(self, block: Block, until: Sequence[str]) -> Writing:
        """Let the model write what stands in one file."""
        begun, self._in_file, self._text = self.made, True, ""
        self._tested = tested_names(block.opening)
        if block.standing:
            return (yield from self._say_changed(block.opening.partition("\n")[0], block.standing, until))
        utterance = _on_a_new_line(until)
        reason = yield from self._say(utterance)
        for function in block.functions:
            ended = reason is StopReason.END
            if not (ended or utterance.stopped in CLOSINGS) or defines(self._text, function):
                continue
            line_ends = len(self._text) - len(self._text.rstrip("\n"))
            more = "\n" * (3 - line_ends if self._text else 1) + function
            said = self._vocabulary.encode(f"{(self._text + more)[1:]}\n", plain=True)  # the first is read
            if begun + len(said) + self.told >= self._plan.room:
                break
            self._generation.take_back(self.made - begun + ended)
            self._read(said)
            self.made = begun + len(said)
            yield self._tell(more)
            utterance = _on_a_new_line(until)
            reason = yield from self._say(utterance)
        return utterance, reason

    def _say_changed(self, path: str, text: str, until: Sequence[str]) -> Writing:
        """Let the model write a file that is to change; where it only repeats it, take its second thought."""
        first = copy = Copy(text)
        utterance = _on_a_new_line(until)
        reason = yield from self._say(utterance, copy)
        for doubt in first.doubts(path, self._vocabulary.bytes_of) if first.unchanged else ():
            ended = reason is StopReason.END  # by a token that is no part of what was said
            self._generation.take_back(len(copy.tokens) + ended)
            self.made -= len(copy.tokens)
            self.unsaid += max(0, len(copy.tokens) - doubt.at)
            said = [*first.tokens[: doubt.at], doubt.other]
            self._read(said)
            self.made += len(said)
            copy, utterance = Copy(text), _on_a_new_line(until)
            reason = yield from self._say(utterance, copy, said)
            if not copy.unchanged:
                break
        if left := copy.release():
            yield TextDelta(left)
        return utterance, reason

    def _say(self, utterance: Utterance, copy: Copy | None = None, said: Sequence[int] = ()) -> Saying:
        """Let the model speak, after tokens that were `said` for it; `copy` may hold back what is shown."""
        reason = self._plan.at_limit
        tokens = [*said]
        pieces = map(self._vocabulary.bytes_of, said)
        if text := self._shown("".join(map(utterance.add, pieces)), copy, said):
            yield self._tell(text)
        while self.made + self.told < self._plan.room:
            self._deadline.left()
            if copy is not None and not copy.broken:
                copy.note(self._generation.likeliest())
            token = self._generation.make()
            if token in self._end_ids:
                reason = StopReason.END
                break
            self.made += 1
            tokens.append(token)
            if len(tokens) % LOOK_EVERY == 0 and circling(tokens):
                reason = StopReason.CIRCLING
                break
            if text := self._shown(utterance.add(self._vocabulary.bytes_of(token)), copy, [token]):
                yield self._tell(text)
            if self._gives_files and "\n" in text and self._ends_file() and gives_again(self._text):
                reason = StopReason.CIRCLING
                break
            if self._in_file and copy is None and utterance.at_line_end and self._has_tested():
                next_test = self._next_test()
                said = self._vocabulary.encode(next_test, plain=True)
                if not said:
                    reason = StopReason.STOP_SEQUENCE
                if not said or self.made + self.told + len(said) >= self._plan.room:
                    break
                self._read(said)
                self.made += len(said)
                yield self._tell(utterance.add(next_test.encode()))
            if utterance.stopped is not None:
                reason = StopReason.STOP_SEQUENCE
                break
        if text := self._shown(utterance.end(), copy):
            yield self._tell(text)
        return reason

    def _ends_file(self) -> bool:
        return self._text.rstrip("\n").endswith("```")

    def _has_tested(self) -> bool:
        """Say whether the test that is being written goes on for nothing."""
        return asserts_again(self._text) or (bool(self._tested) and asserts_enough(self._text))

    def _next_test(self) -> str:
        """Return how the test begins of what has none; empty when everything has."""
        left = (name for name in self._tested if not re.search(rf"\b{name}\b", self._text))
        return next((f"\n\ndef test_{name.lower()}():\n" for name in left), "")

    def _tell(self, text: str) -> TextDelta:
        self._text += text
        return TextDelta(text)

    def _shown(self, text: str, copy: Copy | None, tokens: Sequence[int] = ()) -> str:
        if copy is None:
            return text
        return copy.add(text, [(token, self._vocabulary.bytes_of(token)) for token in tokens])

    def _read(self, tokens: Sequence[int]) -> None:
        """Let the model read, which takes seconds for a long prompt; stop it when nobody waits any more."""
        reading = Errand(lambda: self._generation.read(tokens))
        try:
            reading.result(self._deadline)
        except BaseException:
            self._generation.interrupt()
            reading.join()
            raise


def _on_a_new_line(stops: Sequence[str]) -> Utterance:
    utterance = Utterance(stops)
    utterance.add(b"\n")
    return utterance
