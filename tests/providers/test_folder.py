import json
import os
from pathlib import Path
from typing import Any

import pytest

from agentic_flow.core.errors import ModelCorrupt
from agentic_flow.providers.folder import read_folder
from tests.providers.toy_model import END, END_ID, write_toy_model


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_toy_model(tmp_path / "toy", [], window=777)


def change(folder: Path, name: str, **fields: Any) -> None:
    path = folder / name
    path.write_text(json.dumps(json.loads(path.read_text()) | fields))


def test_a_folder_says_what_its_model_is(folder: Path) -> None:
    (folder / "model.onnx.data").write_bytes(b"x" * 1000)
    found = read_folder(folder)

    assert (found.window, set(found.end_ids), set(found.end_words)) == (777, {END_ID}, {END})
    assert found.weights == (folder / "model.onnx").stat().st_size + 1000
    assert found.cache_per_token == 2 * 4  # a key and a value, one layer, one head of one number
    assert found.search["do_sample"] is False


def test_one_end_token_or_several(folder: Path) -> None:
    config = json.loads((folder / "genai_config.json").read_text())
    for ids in (7, [7], [7, 9]):
        change(folder, "genai_config.json", model=config["model"] | {"eos_token_id": ids})
        assert read_folder(folder).end_ids == ({7, 9} if ids == [7, 9] else {7})


def test_the_template_tells_how_its_turns_end(folder: Path) -> None:
    change(
        folder, "tokenizer_config.json", chat_template="<|user|>{{ x }}<|end|><|assistant|>", eos_token=None
    )
    assert read_folder(folder).end_words == {"<|end|>"}


def test_a_template_in_a_file_of_its_own_goes_first(folder: Path) -> None:
    (folder / "chat_template.jinja").write_text("own")
    assert read_folder(folder).chat_template == "own"


def test_of_several_templates_the_default_is_taken(folder: Path) -> None:
    named = [{"name": "tool_use", "template": "no"}, {"name": "default", "template": "yes"}]
    change(folder, "tokenizer_config.json", chat_template=named)
    assert read_folder(folder).chat_template == "yes"


def test_token_words_are_written_plainly_or_as_tables(folder: Path) -> None:
    words = {"bos_token": {"content": "<s>", "lstrip": False}, "eos_token": "</s>"}
    change(folder, "tokenizer_config.json", **words)
    found = read_folder(folder)
    assert (found.begin_word, found.end_word) == ("<s>", "</s>")


def test_a_config_without_sampling_defaults_will_do(folder: Path) -> None:
    config = json.loads((folder / "genai_config.json").read_text())
    (folder / "genai_config.json").write_text(json.dumps({"model": config["model"]}))
    assert read_folder(folder).search == {}


def test_a_missing_folder_is_said_to_be_damaged(tmp_path: Path) -> None:
    with pytest.raises(ModelCorrupt, match="download-model nowhere --force"):
        read_folder(tmp_path / "nowhere")


@pytest.mark.parametrize("name", ["genai_config.json", "tokenizer_config.json"])
def test_a_pipe_in_a_folder_is_not_waited_on(folder: Path, name: str) -> None:
    """A project may bring the folder that its configuration points at."""
    (folder / name).unlink()
    os.mkfifo(folder / name)
    with pytest.raises(ModelCorrupt, match="it is no regular file"):
        read_folder(folder)
