import pytest

from agentic_flow.core.values import Sampling
from agentic_flow.providers.sampling import SearchOption, search_options

GREEDY = {"do_sample": False, "temperature": 1.0, "top_k": 1, "top_p": 1.0}
MAKERS = {"do_sample": True, "temperature": 0.7, "top_k": 20, "top_p": 0.8}
ALWAYS = {"max_length": 99, "num_beams": 1, "batch_size": 1}


@pytest.mark.parametrize(
    ("sampling", "defaults", "options"),
    [
        pytest.param(Sampling(), {}, {"do_sample": False}, id="nobody says"),
        pytest.param(Sampling(), GREEDY, {"do_sample": False}, id="the makers are greedy"),
        pytest.param(Sampling(), MAKERS, MAKERS, id="the makers sample"),
        pytest.param(Sampling(temperature=0.0), MAKERS, {"do_sample": False}, id="zero is greedy"),
        pytest.param(
            Sampling(temperature=0.5),
            GREEDY,
            {"do_sample": True, "temperature": 0.5, "top_k": 0, "top_p": 1.0},
            id="a greedy config's top_k of 1 would undo the temperature",
        ),
        pytest.param(
            Sampling(temperature=1.2, top_p=0.9, seed=7),
            MAKERS,
            {"do_sample": True, "temperature": 1.2, "top_p": 0.9, "top_k": 20, "random_seed": 7},
            id="a person goes before the makers",
        ),
        pytest.param(
            Sampling(temperature=1.0, seed=2**40 + 3), {}, {"random_seed": 3}, id="a seed beyond 31 bits"
        ),
    ],
)
def test_options(sampling: Sampling, defaults: dict[str, object], options: dict[str, SearchOption]) -> None:
    found = search_options(sampling, defaults, 99)
    assert found | ALWAYS | options == found
    if options.get("do_sample") is False:
        assert not found.keys() & {"temperature", "top_k", "top_p"}
