"""The routing table as its readers see it: each good one once, a bad one never, and what went wrong told once."""

import logging
from pathlib import Path

import msgspec
import pytest

from unshelf.contracts.published import PublishedTable
from unshelf.contracts.routing import RoutingTable


def publish(path: Path, content: bytes) -> None:
    unnamed = path.with_name(".next")
    unnamed.write_bytes(content)
    unnamed.replace(path)


def table(generation: int) -> bytes:
    return msgspec.json.encode(RoutingTable(generation=generation))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "routing.json"


def generation(file: PublishedTable) -> int | None:
    new = file.new()
    return None if new is None else new.generation


def test_each_table_is_given_once(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = PublishedTable(path)
    assert generation(file) is None
    for number in (1, 2):
        publish(path, table(number))
        assert [generation(file), generation(file)] == [number, None]
    path.unlink()
    assert generation(file) is None
    assert not caplog.records


@pytest.mark.parametrize("content", [b"{broken", b"", b'{"generation": "two"}', b"\xff"])
def test_a_broken_one_is_told_once_and_the_next_good_one_is_given(
    path: Path, caplog: pytest.LogCaptureFixture, content: bytes
) -> None:
    file = PublishedTable(path)
    publish(path, content)
    with caplog.at_level(logging.ERROR):
        assert [generation(file), generation(file)] == [None, None]
        publish(path, content)
        assert generation(file) is None
    assert [record.message for record in caplog.records] == ["the routing table can't be read; the last good one stays"]
    publish(path, table(3))
    assert generation(file) == 3


def test_a_file_that_could_not_be_opened_is_read_as_soon_as_it_can(
    path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = PublishedTable(path)
    publish(path, table(1))

    def fail(_: Path) -> bytes:
        raise OSError(24, "Too many open files")

    with monkeypatch.context() as patched, caplog.at_level(logging.ERROR):
        patched.setattr(Path, "read_bytes", fail)
        assert [generation(file), generation(file)] == [None, None]
    assert [record.error for record in caplog.records] == ["[Errno 24] Too many open files"]  # type: ignore[attr-defined]
    assert generation(file) == 1
