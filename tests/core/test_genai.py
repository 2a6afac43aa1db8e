"""What a model's config may ask of the runtime: switches and numbers, and no place on the disk."""

import json
from typing import Any

import pytest

from agentic_flow.core.genai import Demanding, read_genai


def config(**options: Any) -> dict[str, Any]:
    return {"model": {"type": "llama", "decoder": {"filename": "model.onnx", "session_options": options}}}


def read(content: object) -> object:
    return read_genai(json.dumps(content).encode())


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"log_id": "onnxruntime-genai", "provider_options": []},
        {
            "log_id": "a/b",
            "intra_op_num_threads": 15,
            "enable_mem_pattern": False,
            "use_env_allocators": None,
        },
        {"graph_optimization_level": "ORT_ENABLE_EXTENDED", "session.intra_op.allow_spinning": "0"},
        {"ep.context_enable": "true", "memory.enable_memory_arena_shrinkage": "cpu:0;gpu:0"},
        {
            "provider_options": [
                {"cuda": {"enable_cuda_graph": "1", "arena_extend_strategy": "kNextPowerOfTwo"}}
            ]
        },
        {"provider_options": [{"OpenVINO": {"device_type": "NPU", "enable_causallm": "True"}}]},
        {"provider_options": [{"NvTensorRtRtx": {"nv_profile_min_shapes": "input_ids:1x1,mask:1x1"}}]},
        {"provider_options": [{"qnn": {"backend_path": "QnnHtp.dll", "htp_performance_mode": "burst"}}]},
        {"provider_options": [{"dml": {"device_filtering_options": {"hardware_device_type": "gpu"}}}]},
    ],
)
def test_what_published_models_ask_for_they_get(options: dict[str, Any]) -> None:
    assert read(config(**options)) == config(**options)


@pytest.mark.parametrize(
    "options",
    [
        {"custom_ops_library": "evil.so"},
        {"custom_ops_library": "1"},
        {"enable_profiling": "/home/me/.profile"},
        {"enable_profiling": "1"},
        {"session.collect_node_memory_stats_to_file": "/home/me/.bashrc"},
        {"session.collect_node_memory_stats_to_file": "1"},
        {"session.model_external_initializers_file_folder_path": "0"},
        {"session.what_comes_next_year": "../out"},
        {"session.what_comes_next_year": ["1"]},
        {"provider_options": [{"qnn": {"backend_path": "/repo/evil.so"}}]},
        {"provider_options": [{"qnn": {"backend_path": "evil.dll"}}]},
        {"provider_options": [{"OpenVINO": {"cache_dir": "here"}}]},
        {"provider_options": [{"VitisAI": {"config_file": "vaip.json"}}]},
        {"provider_options": [{"VitisAI": {"external_ep": "evil.DLL"}}]},
        {"provider_options": [{"cuda": {"anything": "lib.so.1"}}]},
        {"provider_options": [{"cuda": {"anything": "a/b"}}]},
        {"provider_options": "cuda"},
    ],
)
def test_no_model_names_a_place_to_load_from_or_to_write_to(options: dict[str, Any]) -> None:
    with pytest.raises(Demanding):
        read(config(**options))


@pytest.mark.parametrize("part", ["encoder", "vision", "speech", "embedding", "vad", "joiner", "draft"])
@pytest.mark.parametrize("options", ["session_options", "run_options"])
def test_no_part_of_a_model_does(part: str, options: str) -> None:
    with pytest.raises(Demanding, match="native code"):
        read(config() | {part: [{"stage": {options: {"custom_ops_library": "evil.so"}}}]})
    with pytest.raises(Demanding, match="stats"):
        read(config() | {part: {options: {"stats": "/out"}}})


def test_what_is_said_twice_is_not_chosen_from() -> None:
    """The runtime takes both; who judges the last alone has not seen the first."""
    text = json.dumps(config()).replace(
        '"session_options": {', '"session_options": {"custom_ops_library": "evil.so"}, "session_options": {'
    )
    with pytest.raises(Demanding, match="says 'session_options' twice"):
        read_genai(text.encode())


@pytest.mark.parametrize("data", [b"", b"{", b"{} {}", b"\xff\xfe{\0}\0", b'{"a": "\\c"}', b'{"a\0": 1}'])
def test_what_the_runtime_might_read_otherwise_is_no_config(data: bytes) -> None:
    with pytest.raises(ValueError) as refused:  # noqa: PT011  (the words are the parser's)
        read_genai(data)
    assert not isinstance(refused.value, Demanding)


def test_what_is_no_table_is_no_config() -> None:
    with pytest.raises(TypeError, match="no table"):
        read_genai(b"[]")
