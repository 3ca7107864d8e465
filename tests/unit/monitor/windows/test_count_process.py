"""The process that counts: what is wrong with one day keeps no other, and wide tables are read in passes."""

import pytest

from tests.support.windows import LIMITS, CountedRecords, at
from unshelf.monitor.windows import count_process
from unshelf.monitor.windows.messages import CountOrder, DayCounted, DayOrder


def order(records: CountedRecords, *days: DayOrder) -> list[DayCounted]:
    asked = CountOrder(
        folder=str(records.folder), predictions="files", s3_endpoint="", run_folder=str(records.run),
        scratch=str(records.run), limits=LIMITS, days=list(days),
    )  # fmt: skip
    return count_process.carry_out(asked).days  # type: ignore[union-attr]


def test_what_is_wrong_with_one_day_is_said_and_the_others_are_counted(records: CountedRecords) -> None:
    records.keep(records.call(0.1), records.call(25))
    (records.run / "broken").write_bytes(b"no profile at all")
    first, second = order(
        records, DayOrder(model="iris", version=1, day="2026-11-02", baseline="broken"),
        DayOrder(model="iris", version=1, day="2026-11-03"),
    )  # fmt: skip
    assert "damaged" in first.problem
    assert (second.problem, [each.requests for each in second.windows]) == ("", [1, 1])


def test_a_file_that_can_not_be_read_is_put_aside_and_the_day_is_asked_for_again(records: CountedRecords) -> None:
    records.keep(records.call(0.1))
    (file,) = records.archive.files()
    records.archive.path(file).write_bytes(b"no Parquet")
    (done,) = order(records, DayOrder(model="iris", version=1, day="2026-11-02"))
    assert (done.again, records.archive.files()) == (True, [])


def test_wide_tables_are_read_in_several_passes(records: CountedRecords, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(count_process, "_MOST_BUILDERS", 3 * 5)
    assert count_process._passes(3) == [range(5), range(5, 10), range(10, 15), range(15, 20), range(20, 24)]
    assert len(count_process._passes(1000)) == 24
    records.keep(*(records.call(hour + 0.1) for hour in range(24)))
    records.intake.count_all()
    assert [each.facts.requests for each in records.windows.hours("iris", 1, at(0), at(24))] == [1] * 24
