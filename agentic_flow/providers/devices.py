"""`executionProvider` -> what the runtime calls it and which package brings it. Pure."""

from collections.abc import Mapping

from agentic_flow.core.errors import ConfigMistake, RuntimeMissing
from agentic_flow.core.frozen import frozen


@frozen
class Device:
    """What computes."""

    name: str
    """As the configuration says it."""
    provider: str | None = None
    """As the runtime calls it; None for the processor, which needs no naming."""
    source: str = ""
    """What brings it, as something to do."""


# As onnxruntime-genai 0.18 knows them (`NormalizeProviderName` in its config.cpp), each with the package
# on PyPI that holds it. onnxruntime-openvino, -qnn and -webgpu are installed in place of onnxruntime.
_DEVICES: Mapping[str, Device] = {
    device.name: device
    for device in (
        Device("cpu"),
        Device("cuda", "cuda", "pip install onnxruntime-genai-cuda"),
        Device("dml", "DML", "pip install onnxruntime-genai-directml (Windows)"),
        Device("openvino", "OpenVINO", "pip install onnxruntime-openvino"),
        Device("qnn", "QNN", "pip install onnxruntime-qnn (Qualcomm)"),
        Device(
            "tensorrt", "NvTensorRtRtx", "pip install onnxruntime-genai-cuda onnxruntime-ep-nv-tensorrt-rtx"
        ),
        Device("vitisai", "VitisAI", "AMD's Ryzen AI Software, which brings its own onnxruntime-genai"),
        Device("webgpu", "WebGPU", "pip install onnxruntime-webgpu"),
    )
}
_WITHOUT_RUNTIME = ("rocm", "migraphx", "coreml")


def find_device(name: str) -> Device:
    """Return the device of that name. Raises `RuntimeMissing` or `ConfigMistake`."""
    if name in _WITHOUT_RUNTIME:
        raise RuntimeMissing(
            f"executionProvider: onnxruntime-genai has no support for {name!r} and no package brings it; "
            "set executionProvider to 'cpu'"
        )
    if name not in _DEVICES:
        raise ConfigMistake(f"executionProvider: found {name!r}, expected {' | '.join(_DEVICES)}")
    return _DEVICES[name]


def unusable(device: Device, reason: str) -> RuntimeMissing | None:
    """Say how to get a device whose use failed for `reason`; None for the processor: it is always there."""
    if device.provider is None:
        return None
    return RuntimeMissing(
        f"executionProvider {device.name!r} cannot be used here ({reason}); it needs {device.source}; "
        "or set executionProvider to 'cpu'"
    )
