import pytest

from agentic_flow.config.keys import EXECUTION_PROVIDERS
from agentic_flow.core.errors import ConfigMistake, RuntimeMissing
from agentic_flow.providers.devices import find_device, unusable


@pytest.mark.parametrize("name", [name for name in EXECUTION_PROVIDERS if name not in ("cpu", "rocm")])
def test_a_device_that_cannot_be_used_says_what_brings_it(name: str) -> None:
    failure = unusable(find_device(name), "no library")
    assert failure is not None
    assert name in str(failure)
    assert "no library" in str(failure)
    assert "pip install" in str(failure) or "AMD" in str(failure)


def test_the_processor_is_always_there() -> None:
    assert unusable(find_device("cpu"), "whatever") is None


def test_a_device_without_any_package_says_so() -> None:
    with pytest.raises(RuntimeMissing, match="no package brings it"):
        find_device("rocm")


def test_a_misspelt_device_is_answered_with_those_there_are() -> None:
    with pytest.raises(ConfigMistake, match=r"found 'cpuu', expected cpu \| cuda"):
        find_device("cpuu")
