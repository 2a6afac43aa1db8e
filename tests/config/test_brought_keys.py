"""A key that a repository brings is somebody else's, who can see what is sent with it."""

import subprocess

import pytest

from tests.config.conftest import World

KEY = "sk-or-v1-of-the-author"
BRINGS = "this repository brings that key (git tracks {})"


def track(world: World, *names: str) -> None:
    """Let git track these files, and nothing else."""
    (world.project / ".git").rmdir()
    for command in (["init", "-q", "."], ["add", "-f", *names] if names else ["status", "-s"]):
        subprocess.run(["git", *command], cwd=world.project, check=True, capture_output=True)


@pytest.mark.parametrize("name", [".env", "router.config.json"])
def test_a_key_that_came_with_the_clone_is_told_of(world: World, name: str) -> None:
    if name == ".env":
        world.write(".env", f"OPENROUTER_API_KEY={KEY}\n")
    else:
        world.project_says({"providers": {"openrouter": {"apiKey": KEY}}})
    track(world, name)

    (warning,) = world.load().warnings

    assert BRINGS.format(name) in warning
    assert "set your own in the environment" in warning
    assert KEY not in warning


def test_a_key_in_a_file_that_git_does_not_track_is_the_person_s(world: World) -> None:
    world.write(".env", f"OPENROUTER_API_KEY={KEY}\n")
    world.project_says({"providers": {"openrouter": {"apiKey": "${OPENROUTER_API_KEY}"}}})
    track(world, "router.config.json")
    assert world.load().warnings == ()


def test_a_key_of_the_environment_is_the_person_s_wherever_it_is_named(world: World) -> None:
    world.environment(OPENROUTER_API_KEY="sk-or-v1-of-the-person")
    world.write(".env", f"OPENROUTER_API_KEY={KEY}\n")
    world.project_says({"providers": {"openrouter": {"apiKey": "${OPENROUTER_API_KEY}"}}})
    track(world, ".env", "router.config.json")
    assert world.load().warnings == ()


def test_a_project_without_an_index_has_brought_nothing(world: World) -> None:
    world.write(".env", f"OPENROUTER_API_KEY={KEY}\n")
    assert world.load().warnings == ()
