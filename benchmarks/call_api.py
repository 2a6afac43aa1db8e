"""Start the Flask app in the working folder and call it as a client would: a check for `guide.py`.

python call_api.py        exit status 1, and what was wrong in the last line, where it does not answer rightly
"""

import json
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from typing import Any

SECONDS = 20


def main() -> int:
    """Start, call, stop."""
    port = _free_port()
    command = [sys.executable, "-m", "flask", "--app", "app", "run", "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as server:
        try:
            wrong = _wait(server, port) or _call(f"http://127.0.0.1:{port}")
        finally:
            server.terminate()
        said = server.stderr.read() if server.stderr else ""
    if wrong:
        print("\n".join(line for line in said.splitlines()[-25:] if "WARNING" not in line), file=sys.stderr)
        print(wrong, file=sys.stderr)
    return 1 if wrong else 0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(server: subprocess.Popen[str], port: int) -> str:
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        if server.poll() is not None:
            return "the app does not start"
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return ""
        time.sleep(0.1)
    return f"the app does not answer within {SECONDS} s"


def _call(root: str) -> str:
    """Return what is wrong with the answers, or nothing."""
    status, body = _ask(f"{root}/todos")
    if (status, body) != (200, []):
        return f"GET /todos at the start: expected 200 and [], got {status} and {body!r}"
    status, made = _ask(f"{root}/todos", {"title": "buy milk"})
    if status != 201 or not isinstance(made, dict) or made.get("title") != "buy milk" or "id" not in made:
        return f"POST /todos with a title: expected 201 and the to-do with its id, got {status} and {made!r}"
    status, body = _ask(f"{root}/todos")
    if (status, body) != (200, [made]):
        return f"GET /todos after one POST: expected 200 and [{made!r}], got {status} and {body!r}"
    status, body = _ask(f"{root}/todos", {})
    if status != 400:
        return f"POST /todos without a title: expected 400, got {status}"
    return ""


def _ask(url: str, sent: object = None) -> tuple[int, Any]:
    data = None if sent is None else json.dumps(sent).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})  # noqa: S310 - loopback
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310
            status, body = answer.status, answer.read()
    except urllib.error.HTTPError as failure:
        with failure:
            status, body = failure.code, failure.read()
    try:
        return status, json.loads(body)
    except ValueError:
        return status, "no JSON"


if __name__ == "__main__":
    sys.exit(main())
