"""A cloned repository cannot collect keys, nor loosen what the person decided."""

from decimal import Decimal

import pytest

from tests.config.conftest import World

EVIL = "https://evil.example/v1"
OFFICIAL = {"anthropic": "https://api.anthropic.com", "openrouter": "https://openrouter.ai/api/v1"}


@pytest.fixture(params=OFFICIAL)
def name(request: pytest.FixtureRequest) -> str:
    """Each of the remote providers."""
    return str(request.param)


def _provider(name: str, **settings: object) -> dict[str, object]:
    return {"providers": {name: settings}}


def _refused(mistake: str, name: str) -> bool:
    """Say whether a message refuses a base URL and names every way out."""
    variable = f"{name.upper()}_BASE_URL"
    return all(words in mistake for words in (EVIL, f"export {variable}", "your user config", "--config"))


# Rule 1: a key goes to nobody else.


def test_a_project_s_file_may_not_name_another_host(world: World, name: str) -> None:
    world.environment(**{f"{name.upper()}_API_KEY": "sk-of-the-person"})
    world.project_says(_provider(name, baseURL=EVIL))

    mistake = world.mistake()

    assert _refused(mistake, name)
    assert mistake.startswith("router.config.json:1:")


def test_a_project_s_dotenv_may_not_either(world: World, name: str) -> None:
    world.environment(**{f"{name.upper()}_API_KEY": "sk-of-the-person"})
    world.write(".env", f"{name.upper()}_BASE_URL={EVIL}\n")

    assert _refused(world.mistake(), name)


def test_not_even_with_a_key_of_its_own(world: World, name: str) -> None:
    """A key in a project is as likely the person's; and the task's words would go there too."""
    world.project_says(_provider(name, baseURL=EVIL, apiKey="sk-of-the-project"))
    assert _refused(world.mistake(), name)

    world.write("router.config.json", "{}")
    world.write(".env", f"{name.upper()}_BASE_URL={EVIL}\n{name.upper()}_API_KEY=sk-of-the-project\n")
    assert _refused(world.mistake(), name)


def test_nor_another_port_or_scheme_of_the_right_host(world: World, name: str) -> None:
    for url in (OFFICIAL[name].replace(".com", ".com:8443").replace(".ai", ".ai:8443"),):
        world.project_says(_provider(name, baseURL=url))
        assert "a project may not choose who gets your key" in world.mistake()


def test_nor_a_port_on_this_machine(world: World, name: str) -> None:
    world.project_says(_provider(name, baseURL="http://127.0.0.1:8080/v1"))

    assert "a project may not choose who gets your key" in world.mistake()


def test_nor_the_other_provider_s_host(world: World, name: str) -> None:
    (other,) = set(OFFICIAL) - {name}
    world.project_says(_provider(name, baseURL=OFFICIAL[other]))

    assert "a project may not choose who gets your key" in world.mistake()


def test_it_may_repeat_the_provider_s_own(world: World, name: str) -> None:
    world.project_says(_provider(name, baseURL=f"{OFFICIAL[name]}/"))

    assert getattr(world.load(), name).base_url == OFFICIAL[name]


def test_it_may_repeat_what_the_person_s_config_says(world: World, name: str) -> None:
    world.user_says(_provider(name, baseURL="https://gateway.example/v1"))
    world.project_says(_provider(name, baseURL="https://gateway.example/v1/"))

    assert getattr(world.load(), name).base_url == "https://gateway.example/v1"


def test_repeating_the_provider_s_own_keeps_a_gateway_s_key_with_the_gateway(world: World, name: str) -> None:
    world.user_says(_provider(name, baseURL="https://gateway.example/v1", apiKey="sk-of-the-gateway"))
    for repeated in (OFFICIAL[name], None):
        world.project_says(_provider(name, baseURL=repeated))

        assert getattr(world.load(), name).base_url == "https://gateway.example/v1"
        assert world.source(f"providers.{name}.baseURL") == "user router.config.json"


def test_the_person_s_environment_config_and_flag_may_name_any_host(world: World, name: str) -> None:
    world.user_says(_provider(name, baseURL="https://one.example"))
    assert getattr(world.load(), name).base_url == "https://one.example"

    named = world.write("mine.yaml", f"providers: {{{name}: {{baseURL: 'https://two.example'}}}}")
    assert getattr(world.load(config=named), name).base_url == "https://two.example"

    world.environment(**{f"{name.upper()}_BASE_URL": "http://localhost:8080/v1/"})
    assert getattr(world.load(config=named), name).base_url == "http://localhost:8080/v1"


def test_a_project_s_file_named_with_config_is_the_person_s_word(world: World, name: str) -> None:
    world.project_says(_provider(name, baseURL=EVIL))

    assert getattr(world.load(config="router.config.json"), name).base_url == EVIL


def test_a_stranger_s_url_that_the_environment_overrules_does_no_harm(world: World, name: str) -> None:
    world.project_says(_provider(name, baseURL=EVIL))
    world.write(".env", f"{name.upper()}_BASE_URL={EVIL}\n")
    world.environment(**{f"{name.upper()}_BASE_URL": "https://mine.example"})

    assert getattr(world.load(), name).base_url == "https://mine.example"


# Rule 2: what a project's file may read from the environment.


def test_a_key_does_not_go_to_another_provider(world: World) -> None:
    world.environment(ANTHROPIC_API_KEY="sk-ant-of-the-person")
    world.project_says(_provider("openrouter", apiKey="${ANTHROPIC_API_KEY}"))

    mistake = world.mistake()

    assert (
        "providers.openrouter.apiKey: found '${ANTHROPIC_API_KEY}', expected a name that begins with"
        in mistake
    )
    assert "your own config or a file named with --config may" in mistake
    assert "sk-ant-of-the-person" not in mistake


def test_nor_does_one_from_dotenv(world: World) -> None:
    world.write(".env", "ANTHROPIC_API_KEY=sk-ant-of-the-person\n")
    world.project_says(_provider("openrouter", apiKey="${ANTHROPIC_API_KEY}"))

    assert "expected a name that begins with OPENROUTER_" in world.mistake()


def test_nor_as_a_part_of_a_key(world: World) -> None:
    world.environment(OPENROUTER_API_KEY="a", OTHER_SERVICE="b")
    world.project_says(_provider("openrouter", apiKey="${OPENROUTER_API_KEY}${OTHER_SERVICE}"))

    assert "expected a name that begins with OPENROUTER_" in world.mistake()


def test_no_url_is_built_from_the_environment(world: World) -> None:
    world.environment(ANTHROPIC_API_KEY="sk-ant-of-the-person", HOME_PAGE="api.anthropic.com")
    for name in ("ANTHROPIC_API_KEY", "HOME_PAGE"):
        world.project_says(_provider("anthropic", baseURL=f"https://${{{name}}}"))

        mistake = world.mistake()

        assert "expected a URL without ${NAME}" in mistake
        assert "sk-ant-of-the-person" not in mistake


@pytest.mark.parametrize(
    "name",
    [
        "ANTHROPIC_API_KEY",
        "GITHUB_TOKEN",
        "DB_PASSWORD",
        "DATABASE_URL",
        "AWS_SECRET_ACCESS_KEY",
        "SENTRY_DSN",
        "GH_PAT",
        "MYSQL_PWD",
        "STORAGE_CONNECTION",
        "TEAM_WEBHOOK",
    ],
)
@pytest.mark.parametrize(
    "path", ["defaults.model", "providers.onnx.modelPath", "providers.openrouter.siteURL"]
)
def test_no_secret_is_read_into_any_other_setting(world: World, name: str, path: str) -> None:
    world.environment(**{name: "value-of-the-person"})
    section, _, last = path.rpartition(".")
    tree: dict[str, object] = {last: f"https://x/${{{name}}}"}
    for part in reversed(section.split(".")):
        tree = {part: tree}
    world.project_says(tree)

    mistake = world.mistake()

    assert f"{path}: found" in mistake
    assert "does not look like a secret's" in mistake
    assert "value-of-the-person" not in mistake


@pytest.mark.parametrize(
    "value",
    [
        "sk_live_" + "aB3dE6gH9j" * 3,
        "ghp_" + "aB3dE6gH9j" * 4,
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ0aGUgdXNlciJ9.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
        "Server=db;AccountKey=aB3dE6gH9jK2mN5pQ8sT1vW4",
    ],
)
def test_a_secret_is_known_under_a_harmless_name_too(world: World, value: str) -> None:
    world.environment(TEAM=value)
    world.project_says({"providers": {"openrouter": {"appName": "${TEAM}"}}})

    mistake = world.mistake()

    assert "does not look like a secret's" in mistake
    assert value not in mistake


def test_a_harmless_name_is_read(world: World) -> None:
    world.environment(MODELS="/srv/models")
    world.project_says({"providers": {"onnx": {"modelPath": "${MODELS}/phi-4"}}})

    assert str(world.load().onnx.model_path) == "/srv/models/phi-4"


@pytest.mark.parametrize("path", ["providers.anthropic.baseURL", "defaults.outputDir", "routing.strategy"])
def test_dotenv_does_not_speak_through_the_person_s_own_file(world: World, path: str) -> None:
    world.write(".env", "MY_OWN_NAME=https://evil.example\n")
    section, _, name = path.rpartition(".")
    tree: dict[str, object] = {name: "${MY_OWN_NAME}"}
    for part in reversed(section.split(".")):
        tree = {part: tree}
    world.user_says(tree)

    mistake = world.mistake()

    assert f"{path}: found '${{MY_OWN_NAME}}', expected MY_OWN_NAME to be set in the environment" in mistake
    assert "evil" not in mistake


def test_the_person_s_own_config_reads_what_it_likes(world: World) -> None:
    world.environment(WORK_ACCOUNT="sk-work-1", GATEWAY_URL="https://gateway.example")
    world.user_says(_provider("anthropic", apiKey="${WORK_ACCOUNT}", baseURL="${GATEWAY_URL}/v1"))

    anthropic = world.load().anthropic

    assert anthropic.api_key is not None
    assert anthropic.api_key.reveal() == "sk-work-1"
    assert anthropic.base_url == "https://gateway.example/v1"
    assert world.source("providers.anthropic.apiKey") == "user router.config.json"


# Rule 4: a project may tighten what the person's config says.


@pytest.mark.parametrize(
    ("mine", "theirs", "field", "holds"),
    [
        (
            {"costOptimization": {"maxCostPerRequest": 1}},
            {"costOptimization": {"maxCostPerRequest": 2}},
            "max_cost_per_request",
            1,
        ),
        (
            {"costOptimization": {"maxCostPerRequest": 1}},
            {"costOptimization": {"maxCostPerRequest": None}},
            "max_cost_per_request",
            1,
        ),
        (
            {"costOptimization": {"budgetLimits": {"daily": 5}}},
            {"costOptimization": {"budgetLimits": {"daily": 5.01}}},
            "daily",
            5,
        ),
        (
            {"costOptimization": {"enabled": True}},
            {"costOptimization": {"enabled": False}},
            "enabled",
            True,
        ),
    ],
)
def test_limits_of_money_hold(
    world: World, mine: dict[str, object], theirs: dict[str, object], field: str, holds: object
) -> None:
    world.user_says(mine)
    world.project_says(theirs)

    settings = world.load()

    assert getattr(settings.budget, field) == holds
    assert any("a project may tighten it, not loosen it" in warning for warning in settings.warnings)


def test_a_tighter_limit_of_the_project_holds(world: World) -> None:
    world.user_says({"costOptimization": {"maxCostPerRequest": 1}})
    world.project_says(
        {"costOptimization": {"maxCostPerRequest": 0.5, "enabled": True, "budgetLimits": {"daily": 3}}}
    )

    budget = world.load().budget

    assert (budget.max_cost_per_request, budget.daily) == (Decimal("0.5"), Decimal(3))
    assert budget.enabled


def test_what_the_person_switched_off_stays_off(world: World) -> None:
    world.user_says(_provider("openrouter", enabled=False))
    world.project_says(_provider("openrouter", enabled=True))

    assert world.load().openrouter.enabled is False


def test_privacy_stays(world: World) -> None:
    world.user_says({"routing": {"strategy": "privacy"}, "defaults": {"priority": "privacy"}})
    world.project_says({"routing": {"strategy": "quality"}, "defaults": {"priority": "speed"}})

    settings = world.load()

    assert settings.routing.strategy == "privacy"
    assert settings.defaults.priority == "privacy"


def test_preferences_about_who_may_see_the_words_stay(world: World) -> None:
    world.user_says(_provider("openrouter", preferences={"data_collection": "deny"}))
    world.project_says(_provider("openrouter", preferences={"data_collection": "allow"}))

    assert world.load().openrouter.preferences == {"data_collection": "deny"}


def test_the_person_s_stronger_word_may_loosen(world: World) -> None:
    world.user_says(_provider("openrouter", enabled=False))
    world.project_says(_provider("openrouter", enabled=True))

    settings = world.load(settings={"providers.openrouter.enabled": True})

    assert settings.openrouter.enabled is True
    assert settings.warnings == ()


# Rule 5: a project's output folder lies in the project.


@pytest.mark.parametrize(
    "folder", ["..", "../x", "/elsewhere", "~/x", "a/../../x", "link/x", ".git/hooks", "a/.husky"]
)
def test_it_does_not_lead_out(world: World, folder: str) -> None:
    (world.project / "link").symlink_to(world.home)
    world.project_says({"defaults": {"outputDir": folder}})

    assert f"defaults.outputDir: found {folder!r}, expected a folder inside the project" in world.mistake()


def test_a_loop_of_links_is_no_folder(world: World) -> None:
    (world.project / "loop").symlink_to("loop")
    world.project_says({"defaults": {"outputDir": "loop"}})

    assert "expected a folder inside the project" in world.mistake()


def test_the_person_s_own_may_be_anywhere(world: World) -> None:
    world.user_says({"defaults": {"outputDir": "/somewhere/else"}})

    assert str(world.load().defaults.output_dir) == "/somewhere/else"


def test_what_models_cost_is_not_taken_from_a_project(world: World) -> None:
    """A project that makes a model cheap could spend what the person's limits should have saved."""
    price = {"openrouter/a/b": {"input": 0, "output": 0}}
    world.project_says({"prices": price})
    settings = world.load()
    assert settings.prices.own == {}
    assert any("prices: is not taken from a project" in warning for warning in settings.warnings)

    world.user_says({"prices": {"openrouter/a/b": {"input": 3, "output": 4}}})
    assert world.load().prices.own["openrouter/a/b"].input.base == 3
