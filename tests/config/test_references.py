"""`${NAME}` and `.env`."""

import json
import os
from pathlib import Path

import pytest

from agentic_flow.config import Flags, check_settings
from agentic_flow.core.errors import ConfigMistake
from agentic_flow.core.looking import is_there
from tests.config.conftest import World


def _key(world: World) -> str | None:
    secret = world.load().openrouter.api_key
    return secret.reveal() if secret else None


def _mine(world: World, tree: dict[str, object]) -> None:
    """Let the person's own file say something, because a project may not read every name."""
    world.user_says(tree)


def test_a_name_is_read_from_dotenv_and_the_environment_wins(world: World) -> None:
    world.project_says({"providers": {"openrouter": {"apiKey": "${OPENROUTER_KEY_OF_MINE}"}}})
    assert _key(world) is None

    world.write(".env", "OPENROUTER_KEY_OF_MINE=from-dotenv\n")
    assert _key(world) == "from-dotenv"

    world.environment(OPENROUTER_KEY_OF_MINE="from-environment")
    assert _key(world) == "from-environment"


def test_the_guide_s_key_line_means_the_key_wherever_it_stands(world: World) -> None:
    world.project_says({"providers": {"openrouter": {"apiKey": "${OPENROUTER_API_KEY}"}}})
    assert _key(world) is None
    assert world.source("providers.openrouter.apiKey") == "not set"

    world.write(".env", 'export OPENROUTER_API_KEY="sk-or-v1-dotenv"\n')
    assert _key(world) == "sk-or-v1-dotenv"
    assert world.source("providers.openrouter.apiKey") == ".env"

    world.environment(OPENROUTER_API_KEY="sk-or-v1-environment")
    assert _key(world) == "sk-or-v1-environment"
    assert world.source("providers.openrouter.apiKey") == "environment OPENROUTER_API_KEY"


def test_an_empty_name_is_not_set(world: World) -> None:
    world.environment(OPENROUTER_API_KEY="")
    world.write(".env", "OPENROUTER_API_KEY=\n")

    assert _key(world) is None


def _wrong_key(world: World) -> str:
    """Return what `config check` calls a mistake, and a run a reason to do without that provider."""
    settings = world.load()
    assert settings.anthropic.api_key is None
    assert settings.warnings == (settings.anthropic.key_problem,)
    with pytest.raises(ConfigMistake) as caught:
        check_settings(Flags())
    assert str(caught.value) == settings.anthropic.key_problem
    return str(caught.value)


def test_a_bad_key_is_no_reason_to_use_a_weaker_one(world: World) -> None:
    world.user_says({"providers": {"anthropic": {"apiKey": "sk-ant-of-the-file"}}})
    world.environment(ANTHROPIC_API_KEY="two words")
    assert "environment ANTHROPIC_API_KEY" in _wrong_key(world)
    assert world.source("providers.anthropic.apiKey") == "not set"


def test_a_stronger_key_makes_a_bad_one_good(world: World) -> None:
    world.write(".env", "OPENROUTER_API_KEY='two words'\n")
    world.environment(OPENROUTER_API_KEY="sk-or-v1-environment")
    assert _key(world) == "sk-or-v1-environment"
    assert world.load().warnings == ()


def test_a_key_that_is_none_is_told_once_and_where_it_stands(world: World) -> None:
    """What ships, and most files, refer to it by its own name."""
    world.project_says({"providers": {"anthropic": {"apiKey": "${ANTHROPIC_API_KEY}"}}})
    said = (
        ": providers.anthropic.apiKey: found a text with other characters (not shown), expected a key in "
        "visible ASCII characters, or ${NAME}"
    )

    world.write(".env", "ANTHROPIC_API_KEY='two words'\n")
    assert _wrong_key(world) == f".env: ANTHROPIC_API_KEY{said}"

    world.write(".env", "")
    world.environment(ANTHROPIC_API_KEY="two words", MY_OWN="three more words")
    assert _wrong_key(world) == f"environment ANTHROPIC_API_KEY{said}"

    world.environment(ANTHROPIC_API_KEY="")
    world.user_says({"providers": {"anthropic": {"apiKey": "${MY_OWN}"}}})  # by another: there alone
    assert world.mistake().endswith(f"router.config.json:1:30{said}")
    assert "\n" not in world.mistake()


def test_a_reference_in_an_env_file_is_no_key(world: World) -> None:
    """It is read as it is written, so that no project's file sends another secret of yours to a provider."""
    world.environment(MY_OWN="sk-ant-of-another")
    world.write(".env", "ANTHROPIC_API_KEY=${MY_OWN}\n")
    assert _wrong_key(world) == (
        ".env: ANTHROPIC_API_KEY: providers.anthropic.apiKey: found another variable (not shown), which "
        "nothing fills in here, expected the key itself"
    )


def test_what_looks_like_a_reference_may_be_a_key_and_is_not_shown(world: World) -> None:
    world.write(".env", "ANTHROPIC_API_KEY=$ecret4Key\n")
    assert "ecret4" not in _wrong_key(world)


def test_an_unset_name_elsewhere_is_a_mistake(world: World) -> None:
    world.project_says({"defaults": {"agent": "${MY_AGENT}"}})

    assert (
        "defaults.agent: found '${MY_AGENT}', expected MY_AGENT to be set in the environment"
        in world.mistake()
    )


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("${A}", "one"),
        ("x-${A}-${B}", "x-one-two"),
        ("$${A}", "${A}"),
        ("$A and $$", "$A and $$"),
        ("$$${A}", "$${A}"),
        ("}{", "}{"),
    ],
)
def test_references_are_made_whole_and_the_rest_stays(world: World, text: str, means: str) -> None:
    world.environment(A="one", B="two")
    _mine(world, {"defaults": {"agent": text}})

    assert world.load().defaults.agent == means


@pytest.mark.parametrize("text", ["${", "${A", "${}", "${A B}", "${A:-x}", "${1A}", "${${A}}"])
def test_what_is_nearly_a_reference_is_a_mistake(world: World, text: str) -> None:
    world.environment(A="one")
    _mine(world, {"defaults": {"agent": text}})

    assert "expected ${NAME}, or $${ for the characters themselves" in world.mistake()


def test_values_are_not_read_for_further_references(world: World) -> None:
    world.write(".env", "A=${B}\nB=two\nAGENTIC_FLOW_MODEL='onnx/${B}'\n")
    _mine(world, {"defaults": {"agent": "${A}"}})

    defaults = world.load().defaults

    assert defaults.agent == "${B}"
    assert defaults.model == "onnx/${B}"


def test_references_are_made_whole_in_lists_and_rules_too(world: World) -> None:
    world.environment(P="onnx", WHY="because")
    _mine(
        world,
        {
            "fallback": {"chain": ["${P}"]},
            "routing": {"rules": [{"condition": "default", "provider": "${P}", "reason": "${WHY}"}]},
        },
    )

    settings = world.load()

    assert settings.fallback.chain == ("onnx",)
    assert (settings.routing.rules[0].provider, settings.routing.rules[0].reason) == ("onnx", "because")


def test_a_mistake_shows_the_reference_and_not_what_it_stands_for(world: World) -> None:
    world.environment(P="value-not-for-show")
    _mine(world, {"fallback": {"chain": ["${P}"]}, "providers": {"onnx": {"executionProvider": "${P}"}}})

    mistake = world.mistake()

    assert "fallback.chain[0]: found '${P}', expected anthropic" in mistake
    assert "value-not-for-show" not in mistake


# How a project's `.env` is read.


def test_one_that_windows_wrote_is_said_not_to_be_read(world: World) -> None:
    (world.project / ".env").write_bytes("AGENTIC_FLOW_AGENT=tester\n".encode("utf-16"))

    settings = world.load()

    assert settings.defaults.agent == "coder"
    assert ".env: is UTF-16 text, and is not read; save it as UTF-8" in settings.warnings


def test_one_that_is_too_large_is_not_read_in_part(world: World) -> None:
    """Half of it could end in half of a key, and a cloned repository could slow every command."""
    world.write(".env", "OPENROUTER_API_KEY=sk-or-v1-whole\n" + "A=1\n" * 20_000)

    assert _key(world) is None
    (warning,) = world.load().warnings
    assert warning.startswith(".env: is larger than 64 kB, and is not read; set your keys in the environment")

    world.write(".env", "OPENROUTER_API_KEY=sk-or-v1-whole\n" + "# \n" * 15_000)
    assert _key(world) == "sk-or-v1-whole"


def test_the_nearest_wins_and_the_farther_ones_add(world: World) -> None:
    world.write(".env", "AGENTIC_FLOW_AGENT=root\nAGENTIC_FLOW_MODEL=onnx/root\n")
    world.write("below/.env", "AGENTIC_FLOW_AGENT=near\n")
    world.monkeypatch.chdir(world.project / "below")

    defaults = world.load().defaults

    assert (defaults.agent, defaults.model) == ("near", "onnx/root")
    assert world.source("defaults.model") == str(world.project / ".env")


def test_the_last_line_of_a_name_wins(world: World) -> None:
    world.write(".env", "AGENTIC_FLOW_AGENT=first\n# note\nAGENTIC_FLOW_AGENT='last'\n")

    assert world.load().defaults.agent == "last"


def test_a_line_that_says_nothing_is_named_and_the_others_count(world: World) -> None:
    world.write(".env", "AGENTIC_FLOW_AGENT=a\n= what\nAGENTIC_FLOW_MODEL=onnx/b\nBARE\n")

    settings = world.load()

    assert (settings.defaults.agent, settings.defaults.model) == ("a", "onnx/b")
    assert settings.warnings == (".env:2: not NAME=value; the line is left out",)


def test_what_may_not_be_looked_at_is_not_there() -> None:
    assert not is_there(Path("n" * 300))


def test_a_folder_of_that_name_is_somebody_s_virtual_environment(world: World) -> None:
    (world.project / ".env").mkdir()
    assert world.load().warnings == (".env: is no regular file, and is not read",)

    world.write(".env/pyvenv.cfg", "home = /usr/bin\n")
    assert world.load().warnings == ()


def test_of_a_file_that_is_no_text_a_few_lines_are_told_of_and_how_many_are_left(world: World) -> None:
    world.write(".env", "= what\n" * 5000)
    first, *_, last = warnings = world.load().warnings
    assert len(warnings) == 4
    assert first == ".env:1: not NAME=value; the line is left out"
    assert last == ".env: 4,997 more lines like these are left out"


def test_a_pipe_of_that_name_is_named_and_not_waited_on(world: World) -> None:
    os.mkfifo(world.project / ".env")
    assert world.load().warnings == (".env: is no regular file, and is not read",)


def test_one_that_may_not_be_read_is_named(world: World) -> None:
    (world.project / ".env").symlink_to("/proc/self/mem")

    assert world.load().warnings == (".env: cannot be read: Input/output error",)


def test_bytes_that_are_no_text_harm_only_their_own_line(world: World) -> None:
    (world.project / ".env").write_bytes(b"OTHER=\xff\xfe\nAGENTIC_FLOW_AGENT=a\n")

    assert world.load().defaults.agent == "a"


def test_its_values_never_enter_the_process_s_environment(world: World) -> None:
    import os

    world.write(".env", "SOME_NAME_OF_A_PROJECT=1\nANTHROPIC_API_KEY=sk-ant-dotenv-1\n")
    world.load()

    assert "SOME_NAME_OF_A_PROJECT" not in os.environ
    assert "ANTHROPIC_API_KEY" not in os.environ


@pytest.mark.parametrize(
    "name",
    ["AGENTIC_FLOW_CONFIG", "AGENTIC_FLOW_MODELS_DIR", "HF_ENDPOINT", "HTTPS_PROXY", "https_proxy"],
)
def test_what_decides_where_things_come_from_is_not_taken_from_it(world: World, name: str) -> None:
    world.write("evil.json", json.dumps({"defaults": {"agent": "evil"}}))
    world.write(".env", f"{name}=evil.json\n")

    settings = world.load()

    assert settings.defaults.agent == "coder"
    assert settings.places.models == world.home / ".cache" / "agentic-flow" / "models"
    (warning,) = settings.warnings
    assert warning.startswith(f".env:1: {name} is not taken from a project's .env")
    assert warning.endswith("export it in your shell if you mean it")
