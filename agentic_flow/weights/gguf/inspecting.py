"""A GGUF file -> what can be said of it in a line, from its header alone."""

from dataclasses import dataclass
from pathlib import Path

from agentic_flow.weights.gguf.architecture import read_architecture
from agentic_flow.weights.gguf.reading import GgufFile
from agentic_flow.weights.gguf.vocabulary import read_vocabulary


@dataclass(frozen=True, slots=True)
class GgufSummary:
    """What a GGUF holds. `context` is tokens, `quantization` as its makers call it (`Q4_K_M`)."""

    name: str
    architecture: str
    parameters: int
    context: int
    quantization: str
    chat_template: bool


def inspect_gguf(source: Path) -> GgufSummary:
    """Read the header of a GGUF file. Raises `ModelCorrupt` where it could not be imported."""
    with GgufFile(source) as file:
        architecture = read_architecture(file)
        vocabulary = read_vocabulary(file, architecture.vocabulary)
        name = file.metadata.get("general.name")
        return GgufSummary(
            name=name if isinstance(name, str) else source.stem,
            architecture=architecture.kind,
            parameters=sum(info.rows * info.columns for info in file.tensors.values()),
            context=architecture.context,
            quantization=_quantization(file),
            chat_template=vocabulary.template is not None,
        )


def _quantization(file: GgufFile) -> str:
    """Name the file's quantization by its `general.file_type`, else by its largest tensors' type."""
    from gguf.constants import LlamaFileType

    number = file.metadata.get("general.file_type")
    if isinstance(number, int) and number in {each.value for each in LlamaFileType}:
        return LlamaFileType(number).name.removeprefix("MOSTLY_").removeprefix("ALL_")
    return max(file.tensors.values(), key=lambda info: info.rows * info.columns).block.name
