"""Selections take models, versions, statuses, ids and times."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.support.segments import SECOND, record, write
from tests.unit.records.test_tail import newest
from unshelf.contracts.errors import InvalidInput
from unshelf.records.selection import Selection, parse_since


def test_a_selection_takes_model_version_and_status(tmp_path: Path) -> None:
    write(
        tmp_path / "1-0-a.seg",
        record(1), record(2, version=2), record(3, model="wine"), record(4, status=422), record(5, status=500, version=2),
        record(6, status=404, version=0),
    )  # fmt: skip
    assert newest(tmp_path, 9) == ["p1", "p2", "p4", "p5", "p6"]
    assert newest(tmp_path, 9, Selection(model="iris", version=2)) == ["p2", "p5"]
    assert newest(tmp_path, 9, Selection(model="iris", status="422")) == ["p4"]
    assert newest(tmp_path, 9, Selection(model="iris", status="4xx")) == ["p4", "p6"]
    assert newest(tmp_path, 9, Selection(model="iris", status="error")) == ["p4", "p5", "p6"]
    with pytest.raises(InvalidInput, match="no status"):
        Selection(model="iris", status="bad")


def test_a_selection_takes_one_id_or_those_since_a_moment(tmp_path: Path) -> None:
    write(tmp_path / "1-0-a.seg", *(record(number) for number in range(1, 6)), written=6)
    assert newest(tmp_path, 9, Selection(model="iris", id="p2")) == ["p2"]
    assert newest(tmp_path, 9, Selection(model="iris", id="p9")) == []
    assert newest(tmp_path, 9, Selection(model="iris", since_ns=4 * SECOND)) == ["p4", "p5"]
    assert newest(tmp_path, 9, Selection(model="iris", since_ns=60 * SECOND)) == []


@pytest.mark.parametrize(("text", "ago"), [("30s", 30), ("10m", 600), ("2h", 7200), ("7d", 604_800), ("1w", 604_800)])
def test_a_moment_is_so_long_ago(text: str, ago: int) -> None:
    moment = parse_since(text)
    assert moment is not None
    assert abs(datetime.now(UTC) - timedelta(seconds=ago) - moment) < timedelta(seconds=5)


@pytest.mark.parametrize("text", ["2026-11-29T14:00:00Z", "2026-11-29T14:00", "2026-11-29T15:00:00+01:00"])
def test_a_moment_is_a_time(text: str) -> None:
    assert parse_since(text) == datetime(2026, 11, 29, 14, tzinfo=UTC)


@pytest.mark.parametrize("text", ["soon", "10", "-5m", "10 m", "2026-13-01", "999999999w", "m"])
def test_what_is_no_moment_is_refused(text: str) -> None:
    assert parse_since("") is None
    with pytest.raises(InvalidInput, match="is no time"):
        parse_since(text)
