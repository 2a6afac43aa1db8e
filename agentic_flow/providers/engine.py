"""Token ids in, the next token id out: a model in this process. The one importer of the model runtime.

`onnxruntime-genai` is called through its C interface (`ort_genai_c.h`), not its Python binding: the
binding keeps Python's lock while it loads, reads a prompt or makes a token, so neither a signal nor a time
limit would act meanwhile, and it needs numpy. Through `ctypes` the lock is free during every call, and
another thread can interrupt the one that works.
"""

import json
import os
import sys
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from ctypes import (
    CDLL,
    POINTER,
    byref,
    c_bool,
    c_char_p,
    c_double,
    c_float,
    c_int32,
    c_int64,
    c_size_t,
    c_void_p,
    cast,
)
from functools import cache
from pathlib import Path
from typing import Any

from agentic_flow.core.errors import FlowError
from agentic_flow.providers.devices import Device, unusable
from agentic_flow.providers.folder import damaged, read_config
from agentic_flow.providers.runtime import FATAL, SPIN, Interrupt, Refused, failing, silence, translated
from agentic_flow.providers.sampling import SearchOption

_CHUNK = 128
"""Tokens the processor reads at once. More is hardly faster, and a graph may hold scores for each of them:
0.6 MB a token with 150,000 words. Other devices take a prompt in one piece, as some must."""

_OUT = POINTER(c_void_p)
_CALLS: Mapping[str, tuple[Any, ...]] = {
    "OgaCreateConfig": (c_char_p, _OUT),
    "OgaConfigClearProviders": (c_void_p,),
    "OgaConfigAppendProvider": (c_void_p, c_char_p),
    "OgaConfigOverlay": (c_void_p, c_char_p),
    "OgaCreateModelFromConfig": (c_void_p, _OUT),
    "OgaCreateGeneratorParams": (c_void_p, _OUT),
    "OgaGeneratorParamsSetSearchNumber": (c_void_p, c_char_p, c_double),
    "OgaGeneratorParamsSetSearchBool": (c_void_p, c_char_p, c_bool),
    "OgaGeneratorParamsSetGuidance": (c_void_p, c_char_p, c_char_p, c_bool),
    "OgaCreateGenerator": (c_void_p, c_void_p, _OUT),
    "OgaGenerator_AppendTokens": (c_void_p, POINTER(c_int32), c_size_t),
    "OgaGenerator_GenerateNextToken": (c_void_p,),
    "OgaGenerator_GetNextTokens": (c_void_p, POINTER(POINTER(c_int32)), POINTER(c_size_t)),
    "OgaGenerator_GetLogits": (c_void_p, _OUT),
    "OgaTensorGetData": (c_void_p, _OUT),
    "OgaTensorGetShapeRank": (c_void_p, POINTER(c_size_t)),
    "OgaTensorGetShape": (c_void_p, POINTER(c_int64), c_size_t),
    "OgaGenerator_RewindTo": (c_void_p, c_size_t),
    "OgaGenerator_SetRuntimeOption": (c_void_p, c_char_p, c_char_p),
}
"""The calls that answer with an `OgaResult*`: null, or an error to read and free."""
_ENDS = tuple(f"OgaDestroy{thing}" for thing in ("Config", "Model", "GeneratorParams", "Generator", "Tensor"))


@cache
def _library() -> CDLL:
    """Load the runtime, once in a process."""
    silence()
    import onnxruntime_genai

    names = {"darwin": "libonnxruntime-genai.dylib", "win32": "onnxruntime-genai.dll"}
    name = names.get(sys.platform, "libonnxruntime-genai.so")
    library = CDLL(str(Path(onnxruntime_genai.__file__).with_name(name)))
    library.OgaResultGetError.argtypes = (c_void_p,)
    library.OgaResultGetError.restype = c_char_p
    for end in ("OgaDestroyResult", *_ENDS):
        getattr(library, end).argtypes = (c_void_p,)
        getattr(library, end).restype = None

    def checked(result: int | None, *_: object) -> None:
        if result:
            message: bytes = library.OgaResultGetError(result)
            library.OgaDestroyResult(result)
            raise Refused(message.decode("utf-8", "replace").strip())

    for call, arguments in _CALLS.items():
        function = getattr(library, call)
        function.argtypes, function.restype, function.errcheck = arguments, c_void_p, checked
    return library


class Loader:
    """A model about to be loaded: all that is quick has been done, and `load` is one long native call."""

    def __init__(self, folder: Path, device: Device, threads: int) -> None:
        """Load the runtime and let it read the model's config, if it is harmless. Raises what `load` does."""
        read_config(folder)
        self._folder = folder
        self._device = device
        with self._translated():
            library, self._config = _library(), c_void_p()
            library.OgaCreateConfig(os.fsencode(folder), byref(self._config))
            library.OgaConfigClearProviders(self._config)
            if device.provider is not None:
                library.OgaConfigAppendProvider(self._config, device.provider.encode())
            library.OgaConfigOverlay(self._config, json.dumps(_session(threads)).encode())

    def load(self) -> "Model":
        """Load it, once. Raises `ModelCorrupt`, `NotEnoughMemory`, or `RuntimeMissing` for the device."""
        handle = c_void_p()
        try:
            with self._translated():
                _library().OgaCreateModelFromConfig(self._config, byref(handle))
        finally:
            _library().OgaDestroyConfig(self._config)
        return Model(handle, self._folder, reads_on=self._device.provider is None)

    def _translated(self) -> AbstractContextManager[None]:
        return translated(lambda reason: unusable(self._device, reason) or damaged(self._folder, reason))


def require_device(folder: Path, device: Device) -> None:
    """Find out whether a model can be loaded for a device. Raises what loading it does.

    The runtime says it by loading: at once where it cannot.
    """
    Loader(folder, device, 1).load().close()


class Model:
    """A loaded model. One thread at a time may work with it and its generations. Made by `Loader.load`."""

    def __init__(self, handle: c_void_p, folder: Path, *, reads_on: bool) -> None:
        self._handle = handle
        self._folder = folder
        self.reads_on = reads_on
        """Whether a generation can read more than once; only where it was seen to."""

    def begin(self, search: Mapping[str, SearchOption], grammar: str | None = None) -> "Generation":
        """Set up one answer. `grammar` is in llguidance's Lark dialect. Raises `NotEnoughMemory`."""
        failed = failing(self._folder)
        with translated(failed):
            library, parameters = _library(), c_void_p()
            library.OgaCreateGeneratorParams(self._handle, byref(parameters))
            try:
                for name, value in search.items():
                    kind = "Bool" if isinstance(value, bool) else "Number"
                    getattr(library, f"OgaGeneratorParamsSetSearch{kind}")(parameters, name.encode(), value)
                if grammar is not None:
                    text = grammar.encode()
                    library.OgaGeneratorParamsSetGuidance(parameters, b"lark_grammar", text, False)  # noqa: FBT003  (C)
                handle = c_void_p()
                library.OgaCreateGenerator(self._handle, parameters, byref(handle))
            finally:
                library.OgaDestroyGeneratorParams(parameters)
        return Generation(handle, failed, in_chunks=self.reads_on)

    def close(self) -> None:
        """Give the memory back. Its generations must be closed before."""
        _library().OgaDestroyModel(self._handle)
        self._handle = c_void_p()


class Generation:
    """One sequence of tokens in the making: what was read, then what was made. Made by `Model.begin`."""

    def __init__(self, handle: c_void_p, failed: Callable[[str], FlowError], *, in_chunks: bool) -> None:
        self._handle = handle
        self._in_chunks = in_chunks
        self._tokens: list[int] = []
        self._making = 0
        """How many tokens there were after the last was made; 0 when the last thing done was to read."""
        self._failed = failed
        self._interrupted = False
        self.closed: Callable[[], None] | None = None
        """Whom to tell when it is."""

    def read(self, tokens: Sequence[int]) -> None:
        """Take tokens in, after those made so far. Raises `Interrupt` when another thread asked for it."""
        with self._running():
            if self._making:
                # The runtime has not read the last token it made, and goes back only to before one it has.
                kept = max(0, min(self._making - 2, len(self._tokens)))
                tokens = [*self._tokens[kept:], *tokens]
                del self._tokens[kept:]
                _library().OgaGenerator_RewindTo(self._handle, kept)
            chunk = _CHUNK if self._in_chunks else len(tokens)
            for at in range(0, len(tokens), chunk):
                some = tokens[at : at + chunk]
                _library().OgaGenerator_AppendTokens(self._handle, (c_int32 * len(some))(*some), len(some))
        self._tokens += tokens
        self._making = 0

    def make(self) -> int:
        """Make the next token."""
        made, count = POINTER(c_int32)(), c_size_t()
        with self._running():
            _library().OgaGenerator_GenerateNextToken(self._handle)
            _library().OgaGenerator_GetNextTokens(self._handle, byref(made), byref(count))
        self._tokens.append(int(made[0]))
        self._making = len(self._tokens)
        return self._tokens[-1]

    def likeliest(self) -> Sequence[tuple[int, float]]:
        """Return the two tokens that may come next by their scores, the likeliest first."""
        import numpy as np

        tensor, data, rank = c_void_p(), c_void_p(), c_size_t()
        with self._running():
            library = _library()
            library.OgaGenerator_GetLogits(self._handle, byref(tensor))
            try:
                library.OgaTensorGetShapeRank(tensor, byref(rank))
                shape = (c_int64 * rank.value)()
                library.OgaTensorGetShape(tensor, shape, rank)
                library.OgaTensorGetData(tensor, byref(data))
                scores = np.ctypeslib.as_array(cast(data, POINTER(c_float)), tuple(shape)).reshape(
                    -1, shape[-1]
                )[-1]
                two = np.argpartition(scores, -2)[-2:]
                found = [(int(token), float(scores[token])) for token in two]
            finally:
                library.OgaDestroyTensor(tensor)
        return sorted(found, key=lambda each: -each[1])

    def take_back(self, count: int = 1) -> None:
        """Forget the tokens that were made last. What comes next must be read."""
        del self._tokens[len(self._tokens) - count :]

    def interrupt(self) -> None:
        """End what another thread does here, within milliseconds. It cannot be used again."""
        self._interrupted = True
        _library().OgaGenerator_SetRuntimeOption(self._handle, b"terminate_session", b"1")

    def close(self) -> None:
        """Give its memory back."""
        _library().OgaDestroyGenerator(self._handle)
        self._handle = c_void_p()
        if self.closed is not None:
            self.closed()

    @contextmanager
    def _running(self) -> Generator[None]:
        try:
            with translated(self._failed):
                yield
        except FlowError as failure:
            if self._interrupted:
                raise Interrupt from failure
            raise


def _session(threads: int) -> dict[str, Any]:
    """Say what is ours to say over a model's own config."""
    options = {
        "intra_op_num_threads": threads,
        "log_severity_level": FATAL,
        "session.intra_op.spin_duration_us": SPIN,
    }
    return {"model": {"decoder": {"session_options": options}}}
