"""`python -m agentic_flow`, and the `agentic-flow` command."""

import errno
import gc
import sys

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO}
"""What a stream without a name says that takes no more: the help or the version went to a full disk."""
_INSTALLS = "--install-completion"
"""Writes into the home folder, by hands that are not ours."""
_OBJECTS = 100_000
"""After how many new objects Python looks for what keeps only itself alive. A run loads and makes fewer, and
each look among them finds next to nothing and takes milliseconds."""


def main() -> None:
    """Run the command line; a bug leaves one line, a log file and exit code 1."""
    words = sys.argv[1:]
    gc.set_threshold(_OBJECTS)
    try:
        code = _run(words)
    except KeyboardInterrupt:  # before a command could end in order
        code = 130
    except Exception as failure:  # noqa: BLE001  (the one place where a bug ends)
        # Python 3.11 takes a Ctrl-C that comes while a class is made for a failure of the class.
        code = 130 if isinstance(failure.__cause__, KeyboardInterrupt) else _end(failure, words)
    _leave_work(code)
    gc.freeze()  # what is left goes with the process, and need not be looked through first
    sys.exit(code)


def _run(words: list[str]) -> int:
    if words == ["--version"]:  # asked for by scripts at every start
        from agentic_flow import __version__

        print(f"agentic-flow {__version__}", flush=True)  # noqa: T201
        return 0
    _open_closed_streams()
    from agentic_flow.cli import app
    from agentic_flow.cli.mistyped import require_text

    require_text(words)
    try:
        code = app(prog_name="agentic-flow", standalone_mode=False)
    except SystemExit as leaving:
        if isinstance(leaving.__context__, BrokenPipeError):  # nobody reads the help: to Typer that is 1
            return 0
        raise
    return code if isinstance(code, int) else 0  # a command that says nothing has done well


def _end(failure: Exception, words: list[str]) -> int:
    from agentic_flow.cli.console import close_stdout, say_unwritten
    from agentic_flow.cli.mistyped import is_mistake, report_mistake

    if isinstance(failure, BrokenPipeError):  # nobody reads any more
        close_stdout()
        return 0
    if is_mistake(failure):
        return report_mistake(failure, words)
    if isinstance(failure, OSError) and failure.filename is None and failure.errno in _FULL:
        return say_unwritten(failure)
    if isinstance(failure, OSError) and _INSTALLS in words:
        from agentic_flow.cli.console import say_failure
        from agentic_flow.core.outcome import Outcome

        say_failure(
            Outcome.OUTPUT.status,
            f"completion cannot be installed in {failure.filename} ({failure.strerror});"
            " --show-completion prints it for you to place",
        )
        return Outcome.OUTPUT.exit_code
    from agentic_flow.cli.crash import report_crash

    return report_crash(failure)


def _leave_work(code: int) -> None:
    """Leave the process where the runtime loads a model that nobody wants any more.

    Nothing ends that call, Python's own end would wait for it, and to end around it crashes.
    """
    waiting = sys.modules.get("agentic_flow.providers.waiting")  # else nothing has been loaded
    if waiting is None or not waiting.works_for_nobody():
        return
    import atexit
    import os
    from contextlib import suppress

    atexit._run_exitfuncs()  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  # nothing else runs them
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)


def _open_closed_streams() -> None:
    """Give a process that was started with `>&-` or `2>&-` somewhere to write, so that it can run."""
    import os

    for number, name in ((1, "stdout"), (2, "stderr")):
        if getattr(sys, name) is None:
            handle = os.open(os.devnull, os.O_WRONLY)
            if handle != number:
                os.dup2(handle, number)
            setattr(sys, name, os.fdopen(number, "w", encoding="utf-8", closefd=False))


if __name__ == "__main__":
    main()
