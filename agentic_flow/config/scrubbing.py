"""A text -> the same without any key that this machine is configured with."""

from collections.abc import Callable, Mapping
from contextlib import suppress

from agentic_flow.config.environment import environment, read_dotenv
from agentic_flow.config.keys import KEYS
from agentic_flow.config.kinds import SecretText
from agentic_flow.config.loading import Flags, load
from agentic_flow.config.places import find_project
from agentic_flow.core.settings import Secret

_SHORTEST_KEY = 8
"""What is shorter is no provider's key, and would tear words apart."""

_NONE: Mapping[str, Secret] = {}


def scrub(text: str) -> str:
    """Put a key's name in the place of each key. It serves reports of failures: it never adds its own."""
    return scrubber()(text)


def scrubber(known: Mapping[str, Secret] = _NONE) -> Callable[[str], str]:
    """Return what scrubs any number of texts; the keys are looked up once.

    `known` are keys by name that came from elsewhere: a worker has them from the machine that sent it tasks.
    """
    secrets = {**_secrets(), **{name: secret.reveal() for name, secret in known.items()}}
    keys = [(name, secret) for name, secret in secrets.items() if len(secret) >= _SHORTEST_KEY]
    keys.sort(key=lambda each: -len(each[1]))  # one that begins like another must not lose its beginning

    def clean(text: str) -> str:
        for name, secret in keys:
            text = text.replace(secret, f"[{name}]")
        return text

    return clean


def without_own(said: Mapping[str, str], clean: Callable[[str], str] | None = None) -> dict[str, str]:
    """Return the variables that hold none of the keys that `clean` takes out, whatever they are called."""
    clean = clean or scrubber()
    return {name: value for name, value in said.items() if clean(value) == value}


def _secrets() -> dict[str, str]:
    keys = [key for key in KEYS.values() if isinstance(key.kind, SecretText)]
    named = [key.env for key in keys if key.env]
    secrets: dict[str, str] = {}
    # A configuration with mistakes cannot be asked for its literal keys, nor one that led to the very bug.
    with suppress(Exception):
        entries = load(Flags()).merged.entries
        secrets = {key.path: str(entries[key.into].value) for key in keys if key.into in entries}
    with suppress(Exception):
        project = find_project()
        dotenv = read_dotenv(project.folders, project.show).values
        secrets |= {f".env {name}": dotenv.get(name, ("", ""))[0].strip() for name in named}
    said = environment()
    return secrets | {name: said.get(name, "").strip() for name in named}
