"""A check runs what a model wrote: it is given no key, and a key that it finds goes no further."""

import json
from pathlib import Path

from tests.cli.proving import BAD, DONE, NEXT, ask
from tests.program import Flow

GATEWAY = "gateway-of-mine-4711"
"""No key by its form, nor by the name of the variable that it stands in."""
ANTHROPICS = "sk-ant-api03-GREPME-1234567890"
STRANGERS = "ghp_" + "GREPME1234" * 4
MADE_UP = "kT9vLq2x"


def test_a_check_sees_no_key_that_the_configuration_reads(flow: Flow) -> None:
    own = Path(flow.env["HOME"], ".config/agentic-flow/router.config.json")
    own.parent.mkdir(parents=True)
    own.write_text(json.dumps({"providers": {"openrouter": {"apiKey": "${MY_GATEWAY}"}}}))
    there = Flow(flow.cwd, {**flow.env, "MY_GATEWAY": GATEWAY, "BESIDE": f"x {GATEWAY} y", "OTHER": "stays"})

    seen = "env > seen.txt; grep -q OTHER=stays seen.txt"
    result, _ = ask(there, there.script("s", BAD, DONE), "--check", seen)

    assert result["status"] == "ok"
    assert GATEWAY not in (flow.cwd / "seen.txt").read_text()


def test_what_a_check_says_tells_no_model_a_key(flow: Flow) -> None:
    """A failing test shows what it read, and who repairs it may be another provider's."""
    (flow.cwd / ".env").write_text(f"ANTHROPIC_API_KEY={ANTHROPICS}\nTOKEN={STRANGERS}\n")
    model = flow.script("s", BAD, DONE, NEXT, {"echo": True}, DONE)
    check = f"cat .env; echo 'login(password=\"{MADE_UP}\")'; false && {ANTHROPICS}"

    result, said = ask(flow, model, "--check", check, "--max-attempts", "2")

    assert result["status"] == "check"
    assert "The answer before this one is wrong" in result["text"]
    assert "a key stands where this says [key]" in result["text"], "it is no value of the file"
    for words in (json.dumps(result), said):
        assert f"ANTHROPIC_API_KEY={ANTHROPICS}" not in words
        assert STRANGERS not in words
        assert MADE_UP in words, "what a test made up is wanted for the repair"
    assert ANTHROPICS not in json.dumps([*result["checks"], result["text"]])
