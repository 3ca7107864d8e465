"""The folder of routing parts: files by the digest of their content, and an index that names those in force."""

from pathlib import Path

import pytest

from unshelf.contracts.routing import INDEX_FILE, PART_SUFFIX, ROUTING_FOLDER, part_digest
from unshelf.foundation.routing_folder import RoutingFolder


@pytest.fixture
def folder(tmp_path: Path) -> RoutingFolder:
    return RoutingFolder(tmp_path)


def parts(tmp_path: Path) -> set[str]:
    names = {path.name for path in (tmp_path / ROUTING_FOLDER).glob(f"*{PART_SUFFIX}")} - {INDEX_FILE}
    return {name.removesuffix(PART_SUFFIX) for name in names}


def test_a_part_has_the_name_of_its_content(folder: RoutingFolder, tmp_path: Path) -> None:
    digest = folder.put({"a": 1})
    path = tmp_path / ROUTING_FOLDER / f"{digest}{PART_SUFFIX}"
    assert path.read_bytes() == b'{"a":1}'
    assert (digest, path.stat().st_mode & 0o777) == (part_digest(b'{"a":1}'), 0o600)
    assert folder.put({"a": 1}) == digest
    assert parts(tmp_path) == {digest}


def test_a_damaged_part_is_mended_when_it_is_verified(folder: RoutingFolder, tmp_path: Path) -> None:
    path = tmp_path / ROUTING_FOLDER / f"{folder.put([1])}{PART_SUFFIX}"
    path.write_bytes(b"")
    folder.put([1])
    assert path.read_bytes() == b""
    folder.put([1], verify=True)
    assert path.read_bytes() == b"[1]"


def test_the_index_names_the_parts_in_force(folder: RoutingFolder, tmp_path: Path) -> None:
    assert (folder.has_index(), folder.index()) == (False, None)
    folder.put_index(7, {"b": "2", "a": "1"})
    index = RoutingFolder(tmp_path).index()
    assert index is not None
    assert (index.generation, list(index.parts.items())) == (7, [("a", "1"), ("b", "2")])


def test_an_index_that_can_not_be_read_is_none(folder: RoutingFolder, tmp_path: Path) -> None:
    (tmp_path / ROUTING_FOLDER / INDEX_FILE).write_bytes(b'{"generation":')
    assert (folder.has_index(), folder.index()) == (True, None)


def test_parts_that_no_index_names_go_after_their_time_of_grace(folder: RoutingFolder, tmp_path: Path) -> None:
    used, unused = folder.put([1]), folder.put([2])
    folder.put_index(1, {"a": used})
    assert folder.sweep() == 0
    assert parts(tmp_path) == {used, unused}
    assert folder.sweep(grace_seconds=0.0) == 1
    assert parts(tmp_path) == {used}
    assert folder.index() is not None


def test_nothing_is_swept_while_the_index_can_not_be_read(folder: RoutingFolder, tmp_path: Path) -> None:
    unused = folder.put([1])
    assert folder.sweep(grace_seconds=0.0) == 0
    (tmp_path / ROUTING_FOLDER / INDEX_FILE).write_bytes(b"{")
    assert folder.sweep(grace_seconds=0.0) == 0
    assert parts(tmp_path) == {unused}
