"""Signatures from the routing state: the parts of the models asked for, and no others."""

from pathlib import Path

import pytest

from tests.support.routing import publish_routing
from tests.support.stand_in_host import SIGNATURE
from unshelf.contracts.routing import ModelRoute, RoutingTable, VersionRoute
from unshelf.records.signatures import PublishedSignatures
from unshelf.runtime import routing_file

IRIS = ModelRoute(versions={1: VersionRoute(bundle="b", environment="e", signature=SIGNATURE)})


def publish(folder: Path, generation: int = 1, **models: ModelRoute) -> None:
    publish_routing(folder, RoutingTable(generation=generation, models=models))


def test_a_version_has_its_signature_and_others_have_none(tmp_path: Path) -> None:
    publish(tmp_path, iris=IRIS)
    signatures = PublishedSignatures(tmp_path)
    assert signatures.models == {"iris"}
    assert signatures.get(("iris", 1)) == SIGNATURE
    assert signatures.get(("iris", 2)) is None
    assert signatures.get(("wine", 1)) is None


def test_only_the_parts_of_the_models_asked_for_are_read_and_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wine = ModelRoute(versions={1: VersionRoute(bundle="c", environment="e", signature=SIGNATURE)})
    publish(tmp_path, iris=IRIS, wine=wine)
    read: list[str] = []

    def counted(folder: Path, digest: str) -> bytes:
        read.append(digest)
        return routing_file.read_part(folder, digest)

    monkeypatch.setattr("unshelf.records.signatures.read_part", counted)
    signatures = PublishedSignatures(tmp_path)
    assert read == []
    for _ in range(3):
        assert signatures.get(("wine", 1)) == SIGNATURE
    assert len(read) == 1


def test_a_part_that_was_replaced_and_swept_is_found_by_the_new_index(tmp_path: Path) -> None:
    publish(tmp_path, iris=IRIS)
    signatures = PublishedSignatures(tmp_path)
    for part in (tmp_path / "routing").glob("[0-9a-f]*.json"):
        part.unlink()
    paused = ModelRoute(versions=IRIS.versions, paused=True)
    publish(tmp_path, 2, iris=paused)
    assert signatures.get(("iris", 1)) == SIGNATURE


def test_what_is_damaged_is_logged_and_has_no_signature(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    publish(tmp_path, iris=IRIS)
    signatures = PublishedSignatures(tmp_path)
    for part in (tmp_path / "routing").glob("[0-9a-f]*.json"):
        part.write_bytes(b"{")
    assert signatures.get(("iris", 1)) is None
    assert "The signatures of a model can't be read." in caplog.messages


def test_without_a_routing_state_there_is_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert PublishedSignatures(tmp_path).models == set()
    assert caplog.messages == []
    (tmp_path / "routing").mkdir()
    (tmp_path / "routing" / "index.json").write_bytes(b"{")
    assert PublishedSignatures(tmp_path).models == set()
    assert caplog.messages == ["The routing index can't be read."]
