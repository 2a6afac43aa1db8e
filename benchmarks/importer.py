"""Holds imported models against their GGUF files: the same tokens, the same words, at what cost.

    python benchmarks/importer.py --peer /path/to/python [--gguf-dir DIR] [--model NAME ...]

Claims, for every model of the catalogue that is imported from a GGUF file:
- the tokenizer cuts code, numbers, white space, CJK, emoji and more into the tokens that llama.cpp cuts
  them into (llama-cpp-python, in the environment of `--peer`; without it this claim is left out, aloud).
  Where a model's makers have text put into NFC first, which llama.cpp leaves out, it is given text in NFC;
- perplexity on 5,120 tokens of text and code is within 2 % of what the same file gives when it is dequantized
  to float32 and computed plainly (`reference.py`); the share of positions where both would say the same next
  word is reported;
- importing the 0.5B takes under 60 s and under 4 GB.

Text and code are those that come with Python: its language reference and modules. Exit status 1 when a claim
does not hold. GGUF files that are not in `--gguf-dir` are fetched from their Python packages.
"""

import argparse
import json
import os
import subprocess
import sys
import sysconfig
import time
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray
from originals import NAMES, original
from reference import Reference
from tokenizers import Tokenizer

from agentic_flow.weights.gguf import import_gguf

Floats = NDArray[np.float32]

MOST_PERPLEXITY, MOST_SECONDS, MOST_BYTES, LIMITED = 1.02, 60, 4e9, "qwen2.5-coder-0.5b"
WINDOWS, LENGTH, CHUNK = 5, 1024, 128
PROSE = ("assignment", "exprlists", "objects", "typesseq", "formatstrings", "specialnames")
MODULES = ("bisect.py", "textwrap.py", "heapq.py", "shlex.py", "statistics.py")
WORDS = Path(__file__).with_suffix("") / "words.json"
"""Texts that tokenizers are known to differ on."""
PEER = """
import json, sys
from llama_cpp import Llama
model = Llama(sys.argv[1], vocab_only=True, verbose=False)
cut = [model.tokenize(text.encode(), add_bos=False, special=True) for text in json.load(sys.stdin)]
print(json.dumps(cut))
"""


@dataclass(frozen=True, slots=True)
class Reading:
    """How a model took each token: its surprise at it, and the word it would have said."""

    surprise: Floats
    said: NDArray[np.int64]


def prose() -> str:
    """Return chapters of Python's language reference."""
    from pydoc_data.topics import topics

    return "\n\n".join(topics[chapter] for chapter in PROSE)


def code() -> str:
    """Return modules of Python's library."""
    library = Path(sysconfig.get_path("stdlib"))
    return "\n\n".join((library / module).read_text(encoding="utf-8") for module in MODULES)


def windows(tokenizer: Tokenizer) -> list[list[int]]:
    """Return as many windows of text and of code, in turn."""
    cut = [tokenizer.encode(text, add_special_tokens=False).ids for text in (prose(), code())]
    return [cut[n % 2][n // 2 * LENGTH : (n // 2 + 1) * LENGTH] for n in range(WINDOWS)]


def reading(pieces: Iterator[Floats], asked: Sequence[Sequence[int]]) -> Reading:
    """Hold the scores of next words, some positions at a time, against the tokens that did come next."""
    surprise: list[Floats] = []
    said: list[NDArray[np.int64]] = []
    for window in asked:
        nexts, at = np.asarray(window)[1:], 0
        while at < len(window):
            scores = next(pieces)
            there = scores[: len(nexts) - at] if at + len(scores) > len(nexts) else scores
            top = there.max(axis=-1)
            total = np.log(np.exp(there - top[:, None]).sum(axis=-1)) + top
            surprise.append(total - there[np.arange(len(there)), nexts[at : at + len(there)]])
            said.append(there.argmax(axis=-1))
            at += len(scores)
    return Reading(np.concatenate(surprise), np.concatenate(said))


def imported(folder: Path, asked: Sequence[Sequence[int]]) -> Iterator[Floats]:
    """Yield the scores that the imported graph gives, read in pieces over its cache, as the program does."""
    session = every_position(folder)
    outputs = [output.name for output in session.get_outputs()]
    cache = [entry for entry in session.get_inputs() if entry.name.startswith("past")]
    for window in asked:
        past = [np.zeros((1, entry.shape[1], 0, entry.shape[3]), np.float32) for entry in cache]
        for at in range(0, len(window), CHUNK):
            ids = np.asarray([window[at : at + CHUNK]], np.int64)
            feed: dict[str, Any] = {"input_ids": ids, "attention_mask": np.ones((1, at + ids.size), np.int64)}
            feed |= {entry.name: value for entry, value in zip(cache, past, strict=True)}
            scores, *past = session.run(outputs, feed)
            yield scores[0]


def every_position(folder: Path) -> Any:
    """Open the graph so that it scores every position; as imported it scores the last one only."""
    model = onnx.load(folder / "model.onnx", load_external_data=False)
    (last,) = (node for node in model.graph.node if node.output[0] == "final/last")
    (one,) = (node for node in model.graph.node if node.output[0] == "final/one")
    for node in model.graph.node:
        node.input[:] = [last.input[0] if name == one.output[0] else name for name in node.input]
    for node in (last, one):
        model.graph.node.remove(node)
    logits = model.graph.output[0].type.tensor_type.shape.dim[1]
    logits.dim_param = "sequence"
    path = folder / "every_position.onnx"
    path.write_bytes(model.SerializeToString())
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def timed_import(gguf: Path, folder: Path) -> tuple[float, float]:
    """Import in a process of its own; return its seconds and its bytes at the peak."""
    begun = time.perf_counter()
    process = subprocess.Popen([sys.executable, __file__, "--import", str(gguf), str(folder)])
    _, status, used = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"{gguf} was not imported")
    return time.perf_counter() - begun, used.ru_maxrss * 1024.0


def same_tokens(gguf: Path, tokenizer: Tokenizer, peer: str) -> bool:
    """Cut the corpus with both tokenizers; say where they first part."""
    texts: list[str] = [*json.loads(WORDS.read_text(encoding="utf-8")), prose(), code()]
    if (
        tokenizer.normalizer is not None
    ):  # the models' makers have text put into this form; llama.cpp does not
        asked = [unicodedata.normalize("NFC", text) for text in texts]
    else:
        asked = texts
    command = [peer, "-c", PEER, str(gguf)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, input=json.dumps(asked).encode())
    theirs: list[list[int]] = json.loads(done.stdout.splitlines()[-1])
    ours = [tokenizer.encode(text, add_special_tokens=False).ids for text in texts]
    for text, mine, other in zip(texts, ours, theirs, strict=True):
        if mine != other:
            at = next(n for n in range(len(mine) + 1) if mine[: n + 1] != other[: n + 1])
            print(f"  of {text[:40]!r}, token {at}: ours {mine[at : at + 6]}, peer's {other[at : at + 6]}")
    return line("tokens the peer's, too", f"{sum(map(len, ours)):,}", "all", holds=ours == theirs)


def line(what: str, found: str, limit: str, *, holds: bool) -> bool:
    """Print one claim."""
    print(f"  {what:26} {found:>12}   {limit}: {'yes' if holds else 'NO'}", flush=True)
    return holds


def judge(name: str, gguf: Path, peer: str | None) -> bool:
    """Measure one model."""
    print(name, flush=True)
    limited = name == LIMITED
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        seconds, memory = timed_import(gguf, folder)
        fast = line("import", f"{seconds:.1f} s", f"under {MOST_SECONDS}", holds=seconds < MOST_SECONDS)
        small = line("memory", f"{memory / 1e9:.2f} GB", "under 4", holds=memory < MOST_BYTES)
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        claims = [fast or not limited, small or not limited]
        if peer:
            claims.append(same_tokens(gguf, tokenizer, peer))
        else:
            print("  tokenizer: not compared, for there is no --peer")
        asked = windows(tokenizer)
        found = reading(imported(folder, asked), asked)
        size = (folder / "model.onnx.data").stat().st_size
    true = reading(Reference(gguf).logits(asked), asked)
    claims.append(compare(true, found))
    print(f"  {'on disk':26} {size / 1e6:9.0f} MB", flush=True)
    return all(claims)


def compare(true: Reading, found: Reading) -> bool:
    """Compare perplexities, and the words that would be said next."""
    change = found.surprise - true.surprise
    ratio, error = float(np.exp(change.mean())), float(change.std() / len(change) ** 0.5)
    perplexity = float(np.exp(true.surprise.mean()))
    print(f"  {'perplexity, reference':26} {perplexity:12.3f}   over {len(change):,} tokens")
    print(f"  {'same next word':26} {(true.said == found.said).mean():12.1%}")
    limit = f"at most {MOST_PERPLEXITY} (standard error {error:.4f})"
    return line("perplexity, ratio", f"{ratio:.4f}", limit, holds=ratio <= MOST_PERPLEXITY)


def main() -> None:
    """Measure and judge."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", action="append", choices=NAMES, help="else all of them")
    parser.add_argument("--gguf-dir", type=Path, default=Path("gguf"), help="where GGUF files are kept")
    parser.add_argument("--peer", help="a Python in which llama_cpp is installed")
    parser.add_argument("--import", nargs=2, type=Path, dest="importing", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.importing:
        import_gguf(*options.importing, name="benchmark")
        return
    options.gguf_dir.mkdir(exist_ok=True)
    held = [judge(name, original(name, options.gguf_dir), options.peer) for name in options.model or NAMES]
    sys.exit(not all(held))


if __name__ == "__main__":
    main()
