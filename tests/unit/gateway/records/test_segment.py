"""A segment is locked while it may be written, whole after an error, and gone when it holds nothing."""

import os
from pathlib import Path

import pytest

from unshelf.contracts.records import MAGIC
from unshelf.gateway.records.segment import Segment
from unshelf.runtime.segment_reader import is_closed


def test_a_segment_is_seen_under_its_name_and_open_until_it_is_closed(tmp_path: Path) -> None:
    segment = Segment(tmp_path, 0)
    assert [path.name for path in tmp_path.iterdir()] == [segment.path.name]
    segment.append(b"record")
    segment.flush()
    assert segment.path.read_bytes() == MAGIC + b"record"
    assert not is_closed(segment.path)
    segment.close()
    assert is_closed(segment.path)


def test_one_without_records_goes(tmp_path: Path) -> None:
    segment = Segment(tmp_path, 0)
    assert segment.is_empty
    segment.close()
    assert list(tmp_path.iterdir()) == []


def test_one_that_is_held_is_closed_with_the_last_hold(tmp_path: Path) -> None:
    segment = Segment(tmp_path, 0)
    segment.append(b"record")
    segment.hold()
    segment.close()
    assert not is_closed(segment.path)
    segment.release()
    assert is_closed(segment.path)


def test_what_was_written_of_a_failed_append_is_taken_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    segment = Segment(tmp_path, 0)
    segment.append(b"first")
    write = os.write
    calls: list[int] = []

    def full_after_three_bytes(descriptor: int, data: memoryview) -> int:
        calls.append(len(data))
        if len(calls) > 1:
            raise OSError(28, "No space left on device")
        return write(descriptor, data[:3])

    monkeypatch.setattr(os, "write", full_after_three_bytes)
    with pytest.raises(OSError, match="No space"):
        segment.append(b"second")
    monkeypatch.undo()
    assert segment.path.read_bytes() == MAGIC + b"first"
    segment.close()


def test_segments_made_at_once_have_names_of_their_own(tmp_path: Path) -> None:
    segments = [Segment(tmp_path, 0) for _ in range(20)]
    assert len({segment.path for segment in segments}) == 20
    for segment in segments:
        segment.close()
