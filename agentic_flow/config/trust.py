"""What a project may not say: its `router.config.*` and `.env` came with a clone and are strangers.

The person's own words are flags (so also a file named with `--config` or AGENTIC_FLOW_CONFIG), the
environment, and the config in the user's folder. Against a project's words these rules hold:

1. Keys go to nobody else. A project may repeat a provider's own base URL, or the one that the person's
   config names; any other host is refused. Where the person names a base URL, a project's repetition of
   the provider's own changes nothing, so a gateway's key stays with the gateway. This holds also when key
   and URL both come from the project: a key in `.env` is as likely the person's as the project's, nothing
   tells them apart, and the task's words and context files would go to that host too.
2. `${NAME}` in a project file reads only what belongs there. `apiKey` takes the provider's own names
   (OPENROUTER_... for openrouter), so no key goes to another provider. `baseURL` takes none. Elsewhere any
   name that does not look like a secret will do: paths and model names are shown in messages and logs.
3. `.env` gives keys, OPENROUTER_SITE_URL and the like; its base URLs are judged by rule 1. It never enters
   the process's environment (see environment.py), and cannot name a config file or a models folder.
4. A project may tighten what the person's config says and not loosen it: limits of money stay the lowest,
   a provider that is off stays off, a strategy of privacy stays.
5. `defaults.outputDir` of a project lies in the project, links followed.

Refusals name the three ways out: the environment, the user's config, or `--config`.
"""

import re
from decimal import Decimal
from pathlib import Path

from agentic_flow.config.endpoints import origin
from agentic_flow.config.environment import BadReference
from agentic_flow.config.keys import Guard, Key

_SECRET = re.compile(
    r"KEY|TOKEN|SECRET|PASS|CRED|AUTH|COOKIE|PRIVATE|DSN|_UR[IL]$|_PAT$|^PAT_|SESSION", re.IGNORECASE
)


class Untrusted(BadReference):
    """A project file asks for a name that it may not read. The text is what would do."""


def judge_reference(key: Key, name: str) -> None:
    """Say whether a project file may read `${name}` in a setting. Raises `Untrusted`."""
    if key.into.endswith(".api_key"):
        family = f"{key.into.removesuffix('.api_key').upper()}_"
        if not name.startswith(family):
            raise Untrusted(
                f"a name that begins with {family} (a project file may not send another key there; "
                "your own config or --config may)"
            )
    elif key.into.endswith(".base_url"):
        raise Untrusted("a URL without ${NAME} (a project file may not build one from your environment)")
    elif _SECRET.search(name):
        raise Untrusted(
            "a name that does not look like a secret (a project file may read keys only in its provider's "
            "apiKey; your own config or --config may)"
        )


def judge_endpoint(key: Key, url: str, own: str, said: str | None) -> str | None:
    """Say why a project's base URL is refused; None where it is the provider's own or the person's."""
    if origin(url) in {origin(known) for known in (own, said) if known}:
        return None
    scheme, host, _ = origin(own)
    return (
        f"expected {scheme}://{host}: a project may not choose who gets your key. If you trust it, "
        f"export {key.env}, put baseURL into your user config, or name the file with --config"
    )


def judge_folder(folder: Path, root: Path) -> str | None:
    """Say why a project's output folder is refused; None where it lies in the project."""
    try:
        inside = folder.resolve().is_relative_to(root.resolve())
    except (OSError, RuntimeError):
        inside = False
    return None if inside else "a folder inside the project (use --output-dir for another)"


def loosens(guard: Guard, mine: object, theirs: object) -> bool:
    """Say whether a project's value takes back what the person's own config says."""
    match guard:
        case "lowest":
            return isinstance(mine, Decimal) and (not isinstance(theirs, Decimal) or theirs > mine)
        case "stays":
            return mine != theirs
        case "stays false":
            return mine is False and theirs is not False
        case "stays true":
            return mine is True and theirs is not True
        case "stays privacy":
            return mine == "privacy" and theirs != "privacy"
