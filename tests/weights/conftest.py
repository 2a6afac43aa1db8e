"""A machine to bring models to, and a loopback hub to bring them from."""

import os
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from hashlib import shake_256
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
import yaml
from huggingface_hub import constants

from agentic_flow.core.settings import OnnxSettings, Places
from agentic_flow.weights.download import Surroundings, download
from agentic_flow.weights.progress import DownloadEvent, Notice
from tests.weights.hub_server import FOLDER, REPOSITORY, Hub, serving

TINY = "tiny"
"""The catalogue name of what the loopback hub serves."""


def genai_files(size: int = 400_000) -> dict[str, bytes]:
    """Return a folder in the runtime's format, of the given size: right in form, with noise for weights."""
    return {
        "genai_config.json": b'{"model": {"type": "llama", "decoder": {"filename": "model.onnx"}}}',
        "model.onnx": shake_256(b"graph").digest(20_000),
        "model.onnx.data": shake_256(b"weights").digest(size),
        "tokenizer.json": b'{"model": {"type": "BPE", "vocab": {}, "merges": []}}',
        "tokenizer_config.json": b"{}",
    }


def hub_source(**fields: str) -> dict[str, object]:
    """Return a catalogue source on the loopback hub."""
    return {"huggingface": REPOSITORY, "folder": FOLDER, **fields}


def entry(
    *sources: Mapping[str, object], form: str = "genai", download_size: int = 420_000
) -> dict[str, object]:
    """Return a catalogue entry of one variant."""
    return {
        "title": "Tiny",
        "licence": "MIT",
        "parameters": "1M",
        "context": 128,
        "variants": {
            "cpu-int4": {
                "quantization": "INT4",
                "format": form,
                "download": download_size,
                "disk": download_size,
                "memory": 1_000_000,
                "sources": [dict(source) for source in sources],
            }
        },
    }


@dataclass
class Machine:
    """A person's folders, their own catalogue, and everything that was said to them."""

    places: Places
    onnx: OnnxSettings = field(default_factory=OnnxSettings)
    environment: dict[str, str] = field(default_factory=dict)
    events: list[DownloadEvent] = field(default_factory=list)

    def knows(self, **entries: dict[str, object]) -> None:
        """Write the person's own catalogue."""
        self.places.user_config.mkdir(parents=True, exist_ok=True)
        path = self.places.user_config / "models.yaml"
        path.write_text(yaml.safe_dump(entries), encoding="utf-8")

    def download(self, name: str = TINY, *, force: bool = False) -> Path:
        """Bring a model."""
        around = Surroundings(self.places, self.onnx, self.environment)
        return download(name, around, self.events.append, force=force)

    @property
    def notices(self) -> str:
        """Every sentence that was said."""
        return "\n".join(event.text for event in self.events if isinstance(event, Notice))

    def visible(self) -> list[str]:
        """Return what a person sees in the folder of models."""
        models = self.places.models
        return (
            sorted(path.name for path in models.iterdir() if path.name != ".partial")
            if models.is_dir()
            else []
        )


def write_wheel(folder: Path, project: str, version: str, members: dict[str, bytes]) -> Path:
    """Write a wheel that pip accepts: the members, and the papers a wheel must have."""
    name = project.replace("-", "_")
    papers = {
        "METADATA": f"Metadata-Version: 2.1\nName: {project}\nVersion: {version}\n",
        "WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        "RECORD": "",
    }
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}-{version}-py3-none-any.whl"
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        for member, body in members.items():
            archive.writestr(member, body)
        for paper, text in papers.items():
            archive.writestr(f"{name}-{version}.dist-info/{paper}", text)
    return path


def pip_environment(index: Path) -> dict[str, str]:
    """Return an environment in which pip knows one folder of wheels and no network."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
    return kept | {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(index), "PIP_CONFIG_FILE": os.devnull}


def point_to(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Do to this process what HF_ENDPOINT does to a new one."""
    monkeypatch.setattr(constants, "ENDPOINT", endpoint)
    template = endpoint + "/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    machine = Machine(Places(*(tmp_path / name for name in ("project", "config", "data", "cache", "models"))))
    machine.knows(**{TINY: entry(hub_source())})
    return machine


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Generator[Hub]:
    """Serve a tiny model, beside files that must never be fetched, and point the hub's library there."""
    files = {f"{FOLDER}/{name}": body for name, body in genai_files().items()}
    files |= {
        f"{FOLDER}/configuration_tiny.py": b"import os",
        f"{FOLDER}/pytorch_model.bin": b"a pickle",
        f"{FOLDER}/deeper/extra.json": b"{}",
        f"{FOLDER}/..%2f..json": b"{}",
        "gpu/genai_config.json": b"{}",
        "README.md": b"# Tiny",
    }
    with serving(files) as hub:
        point_to(hub.endpoint, monkeypatch)
        monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "no-token"))
        monkeypatch.setattr(constants, "HF_HUB_DOWNLOAD_TIMEOUT", 1)
        monkeypatch.setattr("agentic_flow.weights.hub._PAUSE", 0.0)
        monkeypatch.delenv("HF_TOKEN", raising=False)
        yield hub


@pytest.fixture
def imported(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Stand in for the GGUF importer, which has tests of its own; return the bytes it was given."""
    import agentic_flow.weights.gguf

    seen: list[bytes] = []

    def import_gguf(source: Path, folder: Path, *, name: str, report: Callable[[float], None]) -> None:
        assert name
        seen.append(source.read_bytes())
        for number, (file, body) in enumerate(genai_files(10_000).items(), start=1):
            (folder / file).write_bytes(body)
            report(number / 5)

    monkeypatch.setattr(agentic_flow.weights.gguf, "import_gguf", import_gguf, raising=False)
    return seen
