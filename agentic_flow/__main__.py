"""`python -m agentic_flow`, and the `agentic-flow` command."""

import sys


def main() -> None:
    """Run the command line; a bug leaves one line, a log file and exit code 1."""
    if sys.argv[1:] == ["--version"]:  # asked for by scripts at every start
        from agentic_flow import __version__

        print(f"agentic-flow {__version__}")  # noqa: T201
        return
    _open_closed_streams()
    from agentic_flow.cli import app

    try:
        app(prog_name="agentic-flow")
    except Exception as failure:  # noqa: BLE001  (the one place where a bug ends)
        from agentic_flow.cli.crash import report_crash

        sys.exit(report_crash(failure))


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
