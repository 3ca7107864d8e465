"""Keys of the archive say model, day and segment; what is no file of the archive is told apart."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from unshelf.contracts.records import MAGIC
from unshelf.records.archive.layout import (
    ArchivedFile,
    day_of,
    end_of_day_ns,
    has_records_from_before,
    is_archive_key,
    partition,
    segments,
)

SECOND = 1_000_000_000


def file(name: str) -> ArchivedFile:
    return ArchivedFile(f"{partition('iris', 3, '2026-01-31')}/{name}", 10, True)


def test_a_key_says_model_day_and_segment() -> None:
    single, merged = file("1-0-a.parquet"), file("1-0-a.merged-x1.parquet")
    assert (single.model, single.day, single.last_segment, single.is_merged) == ("iris", "2026-01-31", "1-0-a", False)
    assert (merged.last_segment, merged.is_merged, merged.partition) == ("1-0-a", True, single.partition)


@pytest.mark.parametrize(
    ("key", "is_one"),
    [
        ("model=iris/version=3/day=2026-01-31/a.parquet", True),
        ("model=iris/version=3/day=2026-01-31/.a.parquet", False),
        ("model=iris/version=3/day=2026-01-31/a.tmp", False),
        ("model=iris/version=3/a.parquet", False),
        ("version=3/model=iris/day=2026-01-31/a.parquet", False),
    ],
)
def test_only_files_in_their_place_belong_to_the_archive(key: str, is_one: bool) -> None:
    assert is_archive_key(key) is is_one


def test_days_are_utc_and_end_where_the_next_begins() -> None:
    assert (day_of(0), day_of(86_400 * SECOND - 1), day_of(86_400 * SECOND)) == (
        "1970-01-01",
        "1970-01-01",
        "1970-01-02",
    )
    assert end_of_day_ns("1970-01-01") == 86_400 * SECOND


def test_segments_come_in_order_without_those_that_are_being_named(tmp_path: Path) -> None:
    for name in ("2-0-b.seg", "1-0-a.seg", ".3-0-c.seg", "x.parquet"):
        (tmp_path / name).touch()
    assert list(segments(tmp_path)) == ["1-0-a", "2-0-b"]


def test_only_segments_with_records_that_were_begun_before_a_moment_have_records_from_before_it(tmp_path: Path) -> None:
    noon = datetime(2026, 11, 2, 12, tzinfo=UTC)
    assert not has_records_from_before(tmp_path, noon)
    (tmp_path / "20261102T120000000000001-0-a.seg").write_bytes(MAGIC + b"records")
    (tmp_path / "20261102T090000000000001-1-a.seg").write_bytes(MAGIC)
    assert not has_records_from_before(tmp_path, noon), "what was begun before is empty"
    (tmp_path / "20261102T115900000000001-2-a.seg").write_bytes(MAGIC + b"records")
    assert has_records_from_before(tmp_path, noon)
    assert not has_records_from_before(tmp_path, noon - timedelta(hours=1))
