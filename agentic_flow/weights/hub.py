"""A repository on a Hugging Face hub -> verified files in a folder. The one importer of the hub's library.

The library lists files and authenticates. The bytes we stream ourselves over its session: its own download
starts a broken file again from nothing (2.4 keeps no partial file) and checks sizes, not hashes.
"""

import logging
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import partial
from http import HTTPStatus
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

from huggingface_hub import HfApi, ModelInfo, constants, get_session, hf_hub_url
from huggingface_hub.errors import (  # type: ignore[attr-defined]  # HTTPError: see below
    GatedRepoError,
    HfHubHTTPError,
    HTTPError,  # pyright: ignore[reportPrivateImportUsage]  # the root of its client's errors: httpx or httpx2
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
)
from huggingface_hub.hf_api import RepoSibling
from huggingface_hub.utils import build_hf_headers  # type: ignore[attr-defined]  # documented, not re-exported

from agentic_flow.core.frozen import frozen
from agentic_flow.core.patterns import pattern
from agentic_flow.weights.digest import git_blob_id, sha256_of
from agentic_flow.weights.entries import HubSource
from agentic_flow.weights.growing import GrowingFile
from agentic_flow.weights.manifest import FileRecord
from agentic_flow.weights.offer import KINDS, SourceFailed
from agentic_flow.weights.progress import Meter, Report, Stage

_MOST_FILES = 64
_NAME = pattern(r"[A-Za-z0-9_][\w.-]{0,127}")
_COMMIT = pattern(r"[0-9a-f]{40}")
_TRIES = 5
"""How often a file is asked for without a single byte coming."""
_PAUSE = 0.25
"""Seconds, doubled with every fruitless try."""
_FINAL = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.GONE)


@frozen
class RemoteFile:
    """A file of the repository, with what the hub's API says its bytes are."""

    path: str
    """In the repository."""
    name: str
    """In the model's folder."""
    size: int
    sha256: str | None
    """Of a file stored with LFS."""
    blob_id: str | None
    """Git's id of any other."""

    def is_at(self, path: Path) -> bool:
        """Say whether the file's own bytes lie at a path."""
        if not path.is_file() or path.stat().st_size != self.size:
            return False
        return sha256_of(path) == self.sha256 if self.sha256 else git_blob_id(path) == self.blob_id


@frozen
class HubOffer:
    """The files of one commit."""

    source: HubSource
    commit: str
    files: tuple[RemoteFile, ...]

    @property
    def words(self) -> str:
        """See `Offer`."""
        return f"{self.source} ({urlsplit(constants.ENDPOINT).netloc}, commit {self.commit[:12]})"

    @property
    def size(self) -> int:
        """See `Offer`."""
        return sum(file.size for file in self.files)

    @property
    def peak(self) -> int:
        """See `Offer`."""
        return self.size

    def here(self, into: Path) -> int:
        """See `Offer`."""
        paths = [path for file in self.files for path in (into / file.name, _growing_path(file, into))]
        return sum(path.stat().st_size for path in paths if path.is_file())

    def fetch(self, into: Path, report: Report) -> dict[str, FileRecord]:
        """See `Offer`."""
        into.mkdir(parents=True, exist_ok=True)
        meter = Meter(Stage.DOWNLOADING, self.size, report)
        records: dict[str, FileRecord] = {}
        for file in self.files:
            repository, endpoint = self.source.repository, constants.ENDPOINT
            url = hf_hub_url(repository, file.path, revision=self.commit, endpoint=endpoint)
            records[file.name] = _fetch(file, url, into, meter)
        meter.end()
        return records


def ask_hub(source: HubSource, patience: float) -> HubOffer:
    """Ask the hub for a repository's files, at most `patience` seconds long. Raises `SourceFailed`.

    The library itself would retry for 23 s, and a name server may keep silent for longer than any
    timeout of the HTTP client: so the question runs in a thread that can be left behind.
    """
    endpoint = urlsplit(constants.ENDPOINT)
    if endpoint.scheme != "https" and endpoint.hostname not in ("localhost", "127.0.0.1", "::1"):
        raise SourceFailed(
            f"HF_ENDPOINT is {constants.ENDPOINT}, which is not https; nothing is fetched from it"
        )
    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)  # we say ourselves what goes on
    answer: list[ModelInfo | SourceFailed] = []

    def ask() -> None:
        try:
            with _translated():
                answer.append(_list_files(source, patience))
        except SourceFailed as failure:
            answer.append(failure)
        except (ValueError, KeyError, TypeError, AttributeError) as failure:
            # What the library raises for an answer that is not the API's, as from a captive portal.
            problem = f"the answer of {endpoint.netloc} cannot be understood ({type(failure).__name__})"
            answer.append(SourceFailed(problem))

    thread = Thread(target=ask, daemon=True)
    thread.start()
    thread.join(patience)
    found = answer[0] if answer else SourceFailed(f"no answer from {endpoint.netloc} within {patience:g} s")
    if isinstance(found, SourceFailed):
        raise found
    if not found.sha or not _COMMIT.fullmatch(found.sha):
        raise SourceFailed(f"{endpoint.netloc} named no commit")
    return HubOffer(source, found.sha, _choose(source, found.siblings or []))


def _list_files(source: HubSource, patience: float) -> ModelInfo:
    return HfApi(endpoint=constants.ENDPOINT).model_info(
        source.repository, revision=source.revision, files_metadata=True, timeout=patience
    )


def _choose(source: HubSource, siblings: list[RepoSibling]) -> tuple[RemoteFile, ...]:
    """Pick the source's one file, or the files of known kinds right inside its folder."""
    if source.file is not None:
        paths = {source.file: source.file.rpartition("/")[2]}
    else:
        prefix = f"{source.folder}/" if source.folder else ""
        inside = [each.rfilename for each in siblings if each.rfilename.startswith(prefix)]
        paths = {path: path.removeprefix(prefix) for path in inside}
    files = tuple(
        _remote_file(each, paths[each.rfilename])
        for each in siblings
        if each.rfilename in paths
        and _NAME.fullmatch(paths[each.rfilename])
        and each.rfilename.endswith(KINDS)
    )
    if source.file is None and "genai_config.json" not in {file.name for file in files}:
        raise SourceFailed(f"{source.repository} has no genai_config.json in {source.folder}")
    if not files or len(files) > _MOST_FILES:
        raise SourceFailed(f"{source.repository} has {len(files)} files at {source.file or source.folder}")
    return files


def _remote_file(sibling: RepoSibling, name: str) -> RemoteFile:
    size = sibling.lfs.size if sibling.lfs else sibling.size
    sha256 = sibling.lfs.sha256 if sibling.lfs else None
    if size is None or size < 0 or not (sha256 or sibling.blob_id):
        raise SourceFailed(f"the hub does not say what {sibling.rfilename} must be, so it cannot be verified")
    return RemoteFile(sibling.rfilename, name, size, sha256, sibling.blob_id)


def _growing_path(file: RemoteFile, into: Path) -> Path:
    """Return where a file grows. Its name holds the hash, so bytes of another commit are not taken for it."""
    return into / f"{file.name}.{(file.sha256 or file.blob_id or '')[:12]}.part"


def _fetch(file: RemoteFile, url: str, into: Path, meter: Meter) -> FileRecord:
    """Bring one file: keep it if it is there, else go on where it broke off. Raises `SourceFailed`."""
    whole = into / file.name
    if file.is_at(whole):
        meter.at(file.name, file.size, moved=False)
        return FileRecord(file.size, file.sha256 or sha256_of(whole))
    while True:
        with GrowingFile(_growing_path(file, into), file.size) as growing:
            resumed = growing.length > 0
            meter.at(file.name, growing.length, moved=False)
            _grow(growing, url, partial(_tell, meter, file.name, growing))
            growing.finish(whole)
        if growing.sha256 == file.sha256 or (file.sha256 is None and file.is_at(whole)):
            return FileRecord(file.size, growing.sha256)
        whole.unlink()
        if not resumed:  # else it may be the earlier bytes that are wrong: once more, from nothing
            raise SourceFailed(f"{file.name} has not the hash that the hub announced, and was thrown away")


def _tell(meter: Meter, name: str, growing: GrowingFile) -> None:
    meter.at(name, growing.length)


def _grow(growing: GrowingFile, url: str, progress: Callable[[], None]) -> None:
    """Stream what is missing, over as many connections as it takes while each brings something new.

    New is what goes beyond the furthest point so far: a server that starts from nothing each time, and
    breaks off at the same place, brings nothing.
    """
    furthest, fruitless = growing.length, 0
    while growing.missing:
        try:
            with _translated():
                _stream(growing, url, progress)
            reason = SourceFailed("the connection ended early")
        except _Final as failure:
            raise SourceFailed(str(failure)) from failure
        except SourceFailed as failure:
            reason = failure
        fruitless = 0 if growing.length > furthest else fruitless + 1
        furthest = max(furthest, growing.length)
        if growing.missing and fruitless == _TRIES:
            raise SourceFailed(f"{reason}, {_TRIES} times without a byte") from reason
        if growing.missing and fruitless:
            time.sleep(_PAUSE * 2**fruitless)


class _Final(SourceFailed):
    """Asking again would not help."""


def _stream(growing: GrowingFile, url: str, progress: Callable[[], None]) -> None:
    """Append what one connection brings."""
    headers = build_hf_headers() | {"Accept-Encoding": "identity"}
    if growing.length:
        headers["Range"] = f"bytes={growing.length}-"
    # The session drops the authorization when it is redirected to another host.
    with get_session().stream(
        "GET", url, headers=headers, timeout=constants.HF_HUB_DOWNLOAD_TIMEOUT
    ) as response:
        if response.status_code in _FINAL:
            raise _Final(f"the hub answered {response.status_code} for {url.rpartition('/')[2]}")
        if response.status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE or (
            growing.length and response.status_code == HTTPStatus.OK
        ):
            growing.restart()  # the server does not do ranges, or has a shorter file than announced
        if response.status_code not in (HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT):
            raise SourceFailed(f"the hub answered {response.status_code}")
        for chunk in response.iter_bytes():
            try:
                growing.grow(chunk)
            except ValueError as failure:
                growing.restart()
                raise _Final(f"the hub sent {failure}") from failure
            progress()


@contextmanager
def _translated() -> Generator[None]:
    """Turn what the library raises into the reason this source fails."""
    try:
        yield
    except GatedRepoError as failure:
        raise _Final("the repository is gated: accept its terms on the hub and set HF_TOKEN") from failure
    except RepositoryNotFoundError as failure:
        raise _Final("the hub does not show this repository; if it is private, set HF_TOKEN") from failure
    except OfflineModeIsEnabled as failure:
        raise _Final("HF_HUB_OFFLINE forbids to ask the hub") from failure
    except HfHubHTTPError as failure:
        raise SourceFailed(f"the hub answered {failure.response.status_code}") from failure
    except HTTPError as failure:
        raise SourceFailed(f"no connection ({failure or type(failure).__name__})") from failure
