"""Names of segments, in the order in which their records came, whatever the clock showed."""

import os
import time
from pathlib import Path

import pytest

from unshelf.contracts.records import SEGMENT_SUFFIX, follows_ns
from unshelf.runtime.segment_names import keep_arrival, latest_arrival_ns, name_segment

SECOND = 1_000_000_000
NOON = 1_793_534_400 * SECOND
"""12:00 on 1 November 2026, UTC."""


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time_ns", lambda: NOON + 7)


def write(folder: Path, name: str, written_ns: int) -> Path:
    path = folder / f"{name}{SEGMENT_SUFFIX}"
    path.write_bytes(b"")
    os.utime(path, ns=(written_ns, written_ns))
    return path


def follows(name: str) -> int:
    return follows_ns(name.removesuffix(SEGMENT_SUFFIX))


def test_a_name_says_when_its_segment_was_begun(tmp_path: Path) -> None:
    """Given a folder that is empty, or not there, or with records of a moment ago, then names say no more than that."""
    write(tmp_path, "a", NOON + SECOND // 2)
    for folder in (tmp_path, tmp_path / "nothing"):
        name = name_segment(folder, 3)
        assert name.startswith("20261101T120000000000007-3-")
        assert len(name) == len("20261101T120000000000007-3-01234567.seg")
        assert follows(name) == 0


def test_a_segment_follows_what_was_written_before_the_clock_was_set_back(tmp_path: Path) -> None:
    """Given records of a time that is yet to come, then the name says it, in full seconds that are none too early."""
    ahead = NOON + 7200 * SECOND
    write(tmp_path, "a", ahead)
    name = name_segment(tmp_path, 0)
    assert name.endswith("-after20261101T140001.seg")
    assert follows(name) == ahead + SECOND
    assert follows(name_segment(tmp_path / "nothing", 0, latest_ns=ahead)) == ahead + SECOND


def test_segments_of_the_same_time_follow_the_same(tmp_path: Path) -> None:
    """Given a segment that follows others, then so do those that come after it, until the clock was set back again."""
    ahead = NOON + 7200 * SECOND
    write(tmp_path, "20261101T120000000000007-0-01234567-after20261101T140000", NOON)
    assert follows(name_segment(tmp_path, 1)) == ahead + SECOND
    again = name_segment(tmp_path, 1, latest_ns=ahead + SECOND + 1)
    assert follows(again) == ahead + 2 * SECOND


def test_what_became_parquet_is_followed_too(tmp_path: Path) -> None:
    ahead = NOON + 7200 * SECOND
    late, early = write(tmp_path, "b", ahead), write(tmp_path, "a", NOON - SECOND)
    for segment in (late, early):
        keep_arrival(tmp_path, segment)
        segment.unlink()
    assert latest_arrival_ns(tmp_path) == ahead
    assert follows(name_segment(tmp_path, 0)) == ahead + SECOND
    (tmp_path / "latest").write_text("")
    assert latest_arrival_ns(tmp_path) == 0, "half a file says nothing"


@pytest.mark.parametrize("name", ["", "1-0-a", "1-0-a-after", "1-0-a-afternoon", "1-0-a-after20261399T000000"])
def test_names_that_say_nothing_follow_nothing(name: str) -> None:
    assert follows_ns(name) == 0
