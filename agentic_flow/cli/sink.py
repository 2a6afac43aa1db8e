"""Where the results of a batch go: a file, or stdout; and stdout for what a file does not take."""

import json
import os
import sys

from agentic_flow.batch.events import Ended
from agentic_flow.batch.results import ResultsFile
from agentic_flow.cli.console import close_stdout, say
from agentic_flow.cli.shapes import batch_shape
from agentic_flow.core.errors import OutputProblem


class Sink:
    """Takes each result as it comes."""

    def __init__(self, file: ResultsFile | None) -> None:
        self._file = file
        self.closed = False
        """Whether nobody reads any more what is written."""
        self.failure: OutputProblem | None = None
        """Why a result is not in the file, where one is not."""

    def put(self, ended: Ended) -> None:
        """Write one result as one line."""
        line = json.dumps(batch_shape(ended), ensure_ascii=False).encode("utf-8", "replace")
        if self._file is None:
            self._print(line)
            return
        try:
            self._file.put(line)
        except OutputProblem as failure:
            if self.failure is None:
                say(f"warning: {failure}; what it does not take goes to stdout")
            self.failure = failure
            self._print(line)

    def _print(self, line: bytes) -> None:
        if self.closed:
            return
        try:
            sys.stdout.buffer.write(line + b"\n")
            sys.stdout.buffer.flush()
        except BrokenPipeError:
            close_stdout()
            self.closed = self._file is None
        except OSError as failure:
            message = f"stdout cannot be written ({os.strerror(failure.errno or 0)})"
            raise OutputProblem(message) from failure
