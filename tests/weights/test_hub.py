import hashlib
from pathlib import Path

import pytest
from huggingface_hub import constants

from agentic_flow.core.errors import DownloadFailed
from agentic_flow.weights.manifest import read_manifest
from agentic_flow.weights.progress import Stage, Step
from agentic_flow.weights.store import find, verify
from tests.weights.conftest import TINY, Machine, entry, genai_files, hub_source, point_to
from tests.weights.hub_server import COMMIT, FOLDER, Cut, Hub, IgnoreRange, Replace, Stall, Status

WEIGHTS = "model.onnx.data"


def test_brings_the_files_of_the_folder_and_nothing_else(machine: Machine, hub: Hub) -> None:
    """No code, no pickle, no other folder, whatever the repository holds beside the model."""
    folder = machine.download()

    assert {
        path.name: path.read_bytes() for path in folder.iterdir() if path.name != "manifest.json"
    } == genai_files()
    assert {
        request.path.rpartition("/")[2] for request in hub.requests if "/resolve/" in request.path
    } == set(genai_files())
    assert find(TINY, machine.places, machine.onnx) == folder


@pytest.mark.usefixtures("hub")
def test_the_manifest_names_commit_source_licence_and_every_hash(machine: Machine) -> None:
    manifest = read_manifest(machine.download())

    assert manifest is not None
    assert manifest.commit == COMMIT
    assert manifest.licence == "MIT"
    assert "maker/tiny-onnx" in manifest.source
    assert {name: record.sha256 for name, record in manifest.files.items()} == {
        name: hashlib.sha256(body).hexdigest() for name, body in genai_files().items()
    }
    verify(TINY, machine.places, machine.onnx)


def test_asks_for_the_commit_that_the_hashes_are_of(machine: Machine, hub: Hub) -> None:
    machine.download()

    assert all(
        f"/resolve/{COMMIT}/" in r.path for r in hub.requests if r.server == "hub" and "resolve" in r.path
    )


@pytest.mark.usefixtures("hub")
def test_progress_ends_at_the_whole_size(machine: Machine) -> None:
    machine.download()
    last = [
        event for event in machine.events if isinstance(event, Step) and event.stage is Stage.DOWNLOADING
    ][-1]

    assert last.done == last.total == sum(map(len, genai_files().values()))


@pytest.mark.parametrize(
    "troubles",
    [
        [Cut(100_000), Cut(150_000)],
        [Cut(0), Cut(0), Cut(1)],
        [Stall(120_000)],
        [Status(503), Status(429), Status(500)],
        [Cut(100_000), Status(416)],
        [Cut(100_000), IgnoreRange()],
        [Cut(100_000), IgnoreRange(200_000), Cut(10)],
    ],
    ids=str,
)
def test_survives_a_bad_line(machine: Machine, hub: Hub, troubles: list[Cut | Stall | Status]) -> None:
    """Cuts, stalls, busy answers and servers without ranges cost time, not correctness."""
    hub.troubles[WEIGHTS] += troubles

    folder = machine.download()

    assert (folder / WEIGHTS).read_bytes() == genai_files()[WEIGHTS]
    assert not hub.troubles[WEIGHTS]


def test_goes_on_where_the_connection_broke(machine: Machine, hub: Hub) -> None:
    hub.troubles[WEIGHTS] += [Cut(100_000), Cut(50_000)]

    machine.download()

    ranges = [request.headers.get("range") for request in hub.asked_for(WEIGHTS)]
    assert ranges == [None, "bytes=100000-", "bytes=150000-"]


def test_goes_on_in_a_later_process_where_an_earlier_one_gave_up(machine: Machine, hub: Hub) -> None:
    hub.troubles[WEIGHTS] += [Cut(100_000), *[Cut(0)] * 5]
    with pytest.raises(DownloadFailed, match="what has come is kept"):
        machine.download()
    assert machine.visible() == []
    before = hub.sent

    machine.download()

    assert hub.asked_for(WEIGHTS)[-1].headers["range"] == "bytes=100000-"
    assert hub.sent - before == len(genai_files()[WEIGHTS]) - 100_000 + sum(
        len(body) for name, body in genai_files().items() if name > WEIGHTS
    )


def test_bytes_of_another_commit_are_not_mixed_in(machine: Machine, hub: Hub) -> None:
    hub.troubles[WEIGHTS] += [Cut(100_000), *[Cut(0)] * 5]
    with pytest.raises(DownloadFailed):
        machine.download()
    hub.files[f"{FOLDER}/{WEIGHTS}"] = new = b"new" * 50_000

    assert (machine.download() / WEIGHTS).read_bytes() == new


def test_damaged_partial_bytes_are_found_and_fetched_again(machine: Machine, hub: Hub) -> None:
    hub.troubles[WEIGHTS] += [Cut(100_000), *[Cut(0)] * 5]
    with pytest.raises(DownloadFailed):
        machine.download()
    (partial,) = (machine.places.models / ".partial" / TINY / "download").glob("*.part")
    partial.write_bytes(b"\0" * 100_000)

    assert (machine.download() / WEIGHTS).read_bytes() == genai_files()[WEIGHTS]


@pytest.mark.parametrize("name", [WEIGHTS, "tokenizer.json"], ids=["in LFS", "in git"])
@pytest.mark.parametrize("change", ["other bytes", "too short", "too long"])
def test_refuses_bytes_that_are_not_the_announced_ones(
    machine: Machine, hub: Hub, name: str, change: str
) -> None:
    body = genai_files()[name]
    bodies = {"other bytes": b"x" * len(body), "too short": body[:-1], "too long": body + b"x"}
    hub.troubles[name] += [Replace(bodies[change])] * 8

    with pytest.raises(DownloadFailed, match="maker/tiny-onnx"):
        machine.download()

    assert machine.visible() == []


@pytest.mark.parametrize(
    ("lies", "name"),
    [
        ({"lfs": {"sha256": "0" * 64}}, WEIGHTS),
        ({"lfs": {"size": 10}}, WEIGHTS),
        ({"lfs": {"size": 10_000_000}}, WEIGHTS),
        ({"blobId": "0" * 40}, "tokenizer.json"),
        ({"size": None}, "tokenizer.json"),
        ({"size": -1}, "tokenizer.json"),
        ({"blobId": None}, "tokenizer.json"),
    ],
    ids=str,
)
def test_refuses_a_hub_that_lies_about_its_files(
    machine: Machine, hub: Hub, lies: dict[str, object], name: str
) -> None:
    hub.said[name] = lies

    with pytest.raises(DownloadFailed, match="maker/tiny-onnx"):
        machine.download()

    assert machine.visible() == []


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Status(401, {"X-Error-Code": "GatedRepo"}), "HF_TOKEN"),
        (Status(403, {"X-Error-Code": "GatedRepo"}), "accept its terms"),
        (Status(401, {"X-Error-Code": "RepoNotFound"}), "HF_TOKEN"),
        (Status(404, {"X-Error-Code": "RepoNotFound"}), "does not show this repository"),
        (Status(404, {"X-Error-Code": "RevisionNotFound"}), "404"),
        (Status(500), "500"),
        (Replace(b"<html>Please log in to this network</html>"), "cannot be understood"),
        (Replace(b"[]"), "cannot be understood"),
        (Replace(b'{"id": "x", "siblings": []}'), "named no commit"),
        (Replace(b'{"id": "x", "sha": "main", "siblings": []}'), "named no commit"),
        (Replace(b'{"id": "x", "sha": "%s", "siblings": []}' % (b"a" * 40)), "no genai_config.json"),
    ],
    ids=str,
)
def test_says_why_the_hub_cannot_serve(
    machine: Machine, hub: Hub, answer: Status | Replace, reason: str
) -> None:
    hub.api.append(answer)

    with pytest.raises(DownloadFailed, match=reason):
        machine.download()

    assert machine.visible() == []


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_does_not_repeat_a_request_that_was_refused_for_good(machine: Machine, hub: Hub, status: int) -> None:
    hub.troubles[WEIGHTS].append(Status(status))

    with pytest.raises(DownloadFailed, match=str(status)):
        machine.download()

    assert len(hub.asked_for(WEIGHTS)) == 1


def test_a_silent_hub_is_given_up(machine: Machine, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agentic_flow.weights.download.PATIENT_SECONDS", 0.3)
    hub.api.append(Stall(0))

    with pytest.raises(DownloadFailed, match=r"no answer from 127.0.0.1:\d+ within 0.3 s|no connection"):
        machine.download()


@pytest.mark.usefixtures("hub")
def test_an_unreachable_hub_says_so(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    point_to("http://127.0.0.1:1", monkeypatch)

    with pytest.raises(DownloadFailed, match="no connection"):
        machine.download()


def test_offline_mode_is_respected(machine: Machine, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)

    with pytest.raises(DownloadFailed, match="HF_HUB_OFFLINE"):
        machine.download()

    assert hub.requests == []


def test_the_token_goes_to_the_hub_and_never_to_the_cdn(
    machine: Machine, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")

    machine.download()

    told = {(request.server, request.headers.get("authorization")) for request in hub.requests}
    assert told == {("hub", "Bearer hf_secret"), ("cdn", None)}


@pytest.mark.usefixtures("hub")
def test_nothing_is_fetched_over_plain_http_from_elsewhere(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    point_to("http://mirror.example", monkeypatch)

    with pytest.raises(DownloadFailed, match="not https"):
        machine.download()


@pytest.mark.usefixtures("hub")
def test_a_file_that_the_repository_does_not_have_is_named(machine: Machine) -> None:
    source = {"huggingface": "maker/tiny-onnx", "file": "weights-q4.gguf"}
    machine.knows(tiny=entry(source, form="gguf"))

    with pytest.raises(DownloadFailed, match=r"weights-q4.gguf"):
        machine.download()


def test_a_revision_can_be_pinned(machine: Machine, hub: Hub) -> None:
    machine.knows(tiny=entry(hub_source(revision="v1.0")))

    machine.download()

    assert hub.requests[0].path.endswith("/revision/v1.0")


def test_a_model_without_its_graph_is_not_published(machine: Machine, hub: Hub) -> None:
    del hub.files[f"{FOLDER}/model.onnx"]

    with pytest.raises(Exception, match=r"names the graph model\.onnx"):
        machine.download()

    assert machine.visible() == []
    assert not (Path(machine.places.models) / ".partial" / TINY).exists()
