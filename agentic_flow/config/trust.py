"""What a project may not say: its `router.config.*` and `.env` came with a clone and are a stranger's words.

The person's own words are flags (so also a file named with `--config` or AGENTIC_FLOW_CONFIG), the
environment, and the config in the user's folder. Against a project's words these rules hold:

1. Keys go to nobody else. A project may repeat a provider's own base URL, or the one that the person's
   config names; another host is refused. Where the person names a base URL, a project's repetition of the
   provider's own changes nothing, so a gateway's key stays with the gateway. This holds also where key
   and URL both come from the project: a key in `.env` is as likely the person's as the project's, nothing
   tells them apart, and the task's words and context files would go to that host too.
2. `${NAME}` in a project's file reads only what belongs there. `apiKey` takes the provider's own names
   (OPENROUTER_... for openrouter), so no key goes to another provider. `baseURL` takes none. Elsewhere any
   name and value will do that do not look like a secret: paths and model names are shown in messages and
   logs, and OpenRouter is told some of them.
3. `.env` gives keys, OPENROUTER_SITE_URL and the like; its base URLs are judged by rule 1. It never enters
   the process's environment, can name neither a config file nor a models folder (see `environment`), and
   does not speak through a `${NAME}` of the person's own file where a project's word is limited.
4. A project may tighten what the person's config says and not loosen it: the lowest limit of money holds,
   a provider that is off stays off, a strategy of privacy stays, so do OpenRouter's preferences.
5. What models cost (`prices`) is the person's own word: a project that could say it could spend any budget.
6. A project's `defaults.outputDir` lies in the project, links followed, and in no hidden folder (.git/hooks).
7. A project's `defaults.model` plays no script: its words would pass for a model's.
8. A project's `defaults.check` is put aside, since a check is a command: it is run only where the person
   trusts the project, and does not replace what the person's own configuration asks for.

Refusals name the ways out: the environment, the user's config, `--config`.
"""

import re
from decimal import Decimal
from pathlib import Path
from typing import assert_never

from agentic_flow.config.endpoints import origin
from agentic_flow.config.environment import BadReference
from agentic_flow.config.keys import Guard, Key
from agentic_flow.core.frozen import frozen
from agentic_flow.core.names import SCRIPTED
from agentic_flow.core.patterns import pattern

_SECRET = pattern(
    r"KEY|TOKEN|SECRET|PASS|CRED|AUTH|COOKIE|PRIVATE|SESSION|DSN|UR[IL]$|_PAT$|^PAT_|_PWD$|CONN|HOOK",
    re.IGNORECASE,
)


@frozen
class Objection:
    """Why a project's word does not hold."""

    reason: str
    """Empty where nobody needs to know: the word would change nothing."""
    refused: bool = False
    """Whether the run must not go on with such a file."""


def judge_reference(key: Key, name: str, value: str) -> None:
    """Say whether a project's file may read `${name}` in a setting. Raises `BadReference`.

    `value` is what the environment says.
    """
    ways_out = "; your own config or a file named with --config may"
    if key.into.endswith(".api_key"):
        family = f"{key.into.removesuffix('.api_key').upper()}_"
        if not name.startswith(family):
            raise BadReference(
                f"a name that begins with {family}: a project may send no other key there{ways_out}"
            )
    elif key.into.endswith(".base_url"):
        raise BadReference(
            f"a URL without ${{NAME}}: a project may not build one from your environment{ways_out}"
        )
    elif _SECRET.search(name) or _is_secret(name, value):
        raise BadReference(
            f"a name that does not look like a secret's: a project may not read it here{ways_out}"
        )


def _is_secret(name: str, value: str) -> bool:
    from agentic_flow.core.secrets import holds_key  # few files refer to anything

    return holds_key(f"{name}={value}")


def judge_value(key: Key, value: object, own: object, mine: object) -> Objection | None:
    """Say why a project's value does not hold, None where it does.

    `own` is what ships with the program, `mine` what the person's weaker sources say, None for nothing.
    """
    if key.into.endswith(".base_url"):
        return _judge_endpoint(key, value, str(own), None if mine is None else str(mine))
    if key.into == "defaults.model" and str(value).partition("/")[0].strip() == SCRIPTED:
        return Objection(
            f"{value!r} is not taken from a project: its words would pass for a model's; --model takes it"
        )
    if key.guard == "own":
        return Objection(
            "is not taken from a project, which could make a budget look kept, or history forget; "
            "put it into your user config or into a file named with --config"
        )
    if key.guard is not None and mine is not None and _loosens(key.guard, mine, value):
        return Objection("stays as your own config has it: a project may tighten it, not loosen it")
    return None


def judge_folder(folder: Path, root: Path) -> str | None:
    """Say what a project's output folder should be; None where it lies in the project."""
    try:
        real = folder.resolve()
        below = real.relative_to(root.resolve()).parts
        looped = real.is_symlink()
        amiss = looped or any(part.startswith(".") for part in below)
    except (OSError, RuntimeError, ValueError):  # elsewhere; or a loop of links, before Python 3.13
        amiss = True
    return "a folder inside the project, not a hidden one (--output-dir takes any)" if amiss else None


def _judge_endpoint(key: Key, value: object, own: str, mine: str | None) -> Objection | None:
    if value is not None and origin(str(value)) not in {origin(known) for known in (own, mine) if known}:
        scheme, host, _ = origin(own)
        return Objection(
            f"found {value!r}, expected {scheme}://{host}: a project may not choose who gets your key "
            f"and your words. If you trust it, export {key.env}, or put baseURL into your user config, "
            "or name the file with --config",
            refused=True,
        )
    return None if mine is None else Objection("")


def _loosens(guard: Guard, mine: object, theirs: object) -> bool:
    match guard:
        case "own":
            return True
        case "lowest":
            return isinstance(mine, Decimal) and (not isinstance(theirs, Decimal) or theirs > mine)
        case "stays":
            return mine != theirs
        case "stays false":
            return mine is False and theirs is not False
        case "stays true":
            return mine is True and theirs is not True
        case "put aside":
            return False  # `merging` keeps it apart, so nothing is loosened
        case "stays privacy":
            return mine == "privacy" and theirs != "privacy"
        case _:
            assert_never(guard)
