"""What the catalogue says of a model, as frozen values. Knows no files and no network."""

from enum import StrEnum

from agentic_flow.core.frozen import frozen


class Quantization(StrEnum):
    """How its maker stored a weight, in the words of `optimization.onnx.quantization`."""

    INT4 = "INT4"
    INT8 = "INT8"
    FP16 = "FP16"


class Form(StrEnum):
    """What a source delivers."""

    GENAI = "genai"
    """A folder with `genai_config.json`: runs as it is."""
    GGUF = "gguf"
    """One file, imported into such a folder."""


@frozen
class HubSource:
    """A repository on a Hugging Face hub: one sub-folder of it, or one file."""

    repository: str
    folder: str | None = None
    file: str | None = None
    revision: str = "main"

    def __str__(self) -> str:
        return f"Hugging Face {self.repository}"


@frozen
class PackageSource:
    """Python packages that carry one file between them, in `parts` to be joined in order.

    `package` and `member` may hold `{n}`, the part's number from 1. `size` (bytes) and `sha256` are the
    whole file's.
    """

    package: str
    version: str
    member: str
    parts: int
    size: int
    sha256: str

    def requirement(self, part: int) -> str:
        """Return what the package installer is asked for: `name==version`."""
        return f"{self.package.format(n=part)}=={self.version}"

    def member_of(self, part: int) -> str:
        """Return the path, inside the wheel, of the one file that is read from it."""
        return self.member.format(n=part)

    def __str__(self) -> str:
        first = self.requirement(1)
        return (
            f"Python package {first}" if self.parts == 1 else f"Python packages {first} to part {self.parts}"
        )


Source = HubSource | PackageSource


@frozen
class Variant:
    """One build of a model. Sizes are bytes: to download, on disk afterwards, in memory while answering."""

    name: str
    quantization: Quantization
    form: Form
    providers: tuple[str, ...]
    """The execution providers it is built for."""
    download: int
    disk: int
    memory: int
    sources: tuple[Source, ...]
    """In the order in which they are tried."""


@frozen
class Entry:
    """A model of the catalogue. The first of its variants is the one for everybody."""

    name: str
    title: str
    licence: str
    parameters: str
    context: int
    """Tokens, prompt and answer together."""
    aliases: tuple[str, ...]
    variants: tuple[Variant, ...]

    def variant_for(self, execution_provider: str, quantization: str | None) -> Variant:
        """Choose a variant: one built for the execution provider, then one of the wanted quantization.

        Both are preferences: what there is not for a provider runs on the CPU, and the first variant is
        the one for everybody.
        """
        built_for = [variant for variant in self.variants if execution_provider.lower() in variant.providers]
        candidates = built_for or [variant for variant in self.variants if "cpu" in variant.providers]
        candidates = candidates or list(self.variants)
        wanted = [variant for variant in candidates if variant.quantization == (quantization or "").upper()]
        return (wanted or candidates)[0]
