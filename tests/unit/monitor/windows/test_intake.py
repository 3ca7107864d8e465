"""Counting: each record once, whatever is killed, merged, moved or done twice."""

from collections.abc import Callable

import pytest

from tests.support.windows import CountedRecords, at, names
from unshelf.contracts.protocols.records import Compacted
from unshelf.foundation.loops.claims import Claims
from unshelf.foundation.loops.loops import Postponed
from unshelf.monitor.windows.intake import QUEUE, VersionDay, WindowIntake
from unshelf.monitor.windows.messages import DayCounted
from unshelf.records.archive.merging import merge


def requests(records: CountedRecords) -> int:
    window = records.windows.window("iris", None, at(-24), at(100))
    return 0 if window is None else window.facts.requests


def test_records_are_counted_by_hour_and_day(records: CountedRecords) -> None:
    records.keep(records.call(0.1), records.call(0.2, [[2.0, "b"], [3.0, "b"]]), records.call(5.0), records.call(25.0))
    records.intake.count_all()
    hours = records.windows.hours("iris", 1, at(0), at(48))
    assert [(each.start, each.facts.requests, each.facts.rows) for each in hours] == [
        (at(0), 2, 3), (at(5), 1, 1), (at(25), 1, 1),
    ]  # fmt: skip
    days = records.windows.hours("iris", 1, at(0), at(48), hours=24)
    assert [(each.start, each.facts.requests) for each in days] == [(at(0), 3), (at(24), 1)]
    window = records.windows.window("iris", 1, at(0), at(1))
    assert window is not None
    assert window.profile.columns["in:x"].rows == 3
    assert {name for name in window.profile.columns} == {"in:x", "in:who", "out:output"}  # noqa: C416


def test_what_was_counted_is_not_counted_again(records: CountedRecords) -> None:
    records.keep(records.call(0.1))
    records.intake.count_all()
    records.intake.count_all()
    assert (requests(records), records.intake.orders) == (1, 1)


def test_records_that_come_later_are_added_to_their_hour(records: CountedRecords) -> None:
    records.keep(records.call(0.1, [[1.0, "a"]]), records.call(0.2, status=500, code="model_failed"))
    records.intake.count_all()
    records.keep(records.call(0.3, [[9.0, "b"]]), records.call(0.4, status=500, code="model_failed"))
    records.intake.count_all()
    (hour,) = records.windows.hours("iris", 1, at(0), at(1), columns=True)
    assert (hour.facts.requests, hour.facts.errors, hour.facts.answered) == (4, {"model_failed": 2}, 2)
    x = next(each for each in hour.columns if each.column == "in:x")
    assert (x.rows, x.minimum, x.maximum) == (2, 1.0, 9.0)


def test_merged_files_are_not_counted_again_and_new_ones_are(records: CountedRecords) -> None:
    records.keep(records.call(0.1))
    records.keep(records.call(0.2))
    records.intake.count_all()
    third = records.keep(records.call(0.3))
    records.archive.staging.mkdir(exist_ok=True)
    assert merge(records.archive, records.archive.files())
    (merged,) = records.archive.files()
    assert merged.is_merged
    assert merged.last_segment == third
    records.intake.count_all()
    assert requests(records) == 3
    records.intake.count_all()
    assert (requests(records), records.intake.orders) == (3, 2)


def test_a_control_that_was_killed_before_it_stored_leaves_nothing_behind(
    records: CountedRecords, monkeypatch: pytest.MonkeyPatch
) -> None:
    records.keep(records.call(0.1), records.call(25.0))

    class Killed(BaseException):
        pass

    def stored_one(intake: object, done: DayCounted, *_: object) -> bool:
        if done.day == "2026-11-02":
            raise Killed
        return kept(intake, done, *_)

    kept = type(records.intake)._store
    with monkeypatch.context() as patched:
        patched.setattr(type(records.intake), "_store", stored_one)
        with pytest.raises(Killed):
            records.intake.count_all()
    assert requests(records) == 1
    records.intake.count_all()
    assert requests(records) == 2


def test_two_controls_count_a_day_once(records: CountedRecords, monkeypatch: pytest.MonkeyPatch) -> None:
    records.keep(records.call(0.1))
    other = records.another()
    own = records.intake.order

    def while_another_counts(*arguments: object, **options: object) -> object:
        other.count_all()
        return own(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(records.intake, "order", while_another_counts)
    with pytest.raises(Exception, match="merged or moved"):
        records.intake.count_all()
    assert requests(records) == 1


def test_only_live_and_batch_requests_count(records: CountedRecords) -> None:
    records.keep(
        records.call(0.1), records.call(0.1, purpose="batch"), records.call(0.1, purpose="try"),
        records.call(0.1, purpose="check"), records.call(0.1, purpose="shadow"),
    )  # fmt: skip
    records.intake.count_all()
    assert requests(records) == 2


def test_who_is_interested_is_called_with_the_days(records: CountedRecords) -> None:
    seen: list[str] = []
    records.windows.on_change(lambda days: seen.extend(names(days)))
    records.keep(records.call(0.1), records.call(25.0))
    records.intake.count_all()
    records.intake.count_all()
    assert seen == ["iris:1 2026-11-03", "iris:1 2026-11-02"], "the newest day first"
    days, mark = records.windows.changed_after(at(0))
    assert set(days) == {VersionDay("iris", 1, "2026-11-02"), VersionDay("iris", 1, "2026-11-03")}
    assert mark > at(0)


def test_days_that_are_removed_are_forgotten(records: CountedRecords) -> None:
    records.keep(records.call(0.1))
    records.keep(records.call(0.2), records.call(25.0))
    records.intake.count_all()
    first = [file for file in records.archive.files() if file.day == "2026-11-02"]
    records.intake.removing(first[:1], "too many")
    assert requests(records) == 3
    records.intake.removing(first, "too many")
    assert requests(records) == 1


def test_old_windows_are_pruned_with_the_records(records: CountedRecords) -> None:
    records.keep(records.call(0.1))
    records.intake.count_all()
    assert records.intake.prune(None) == 0
    assert records.intake.prune(36_500) == 0
    assert requests(records) == 1
    records.keep(records.call(-24 * 365 * 150))
    records.intake.count_all()
    assert records.intake.prune(36_500) == 1
    assert requests(records) == 1


def test_records_whose_values_can_not_be_told_are_requests_without_rows(records: CountedRecords) -> None:
    records.keep(records.call(0.1, input=b"not json", status=400, code="invalid_json"), records.call(0.2))
    records.intake.count_all()
    (hour,) = records.windows.hours("iris", 1, at(0), at(1))
    assert (hour.facts.requests, hour.facts.rows, hour.facts.failed) == (2, 1, 1)


def test_requests_that_failed_before_a_version_was_chosen_are_the_model_s(records: CountedRecords) -> None:
    records.keep(records.call(0.1, version=0, status=503, code="overloaded"), records.call(0.2))
    records.intake.count_all()
    assert records.windows.versions("iris", at(0), at(1)) == {0: 1, 1: 1}
    (hour,) = records.windows.hours("iris", None, at(0), at(1))
    assert (hour.facts.requests, hour.facts.errors) == (2, {"overloaded": 1})
    window = records.windows.window("iris", None, at(0), at(1))
    assert window is not None
    assert window.profile.rows == 1


def test_many_segments_that_wait_are_counted_by_one_process(records: CountedRecords) -> None:
    for day in range(5):
        records.keep(records.call(24 * day + 1))
        records.intake.compacted(compacted(f"s{day}", "2026-11-02"))
    claims = Claims(records.database, owner="test", lease_seconds=30)
    for _ in range(5):
        claim = claims.take(QUEUE)
        assert claim is not None
        records.intake.work(claim)
    assert claims.take(QUEUE) is None
    assert (requests(records), records.intake.orders) == (5, 1)


def test_a_segment_s_work_is_about_its_days_alone(records: CountedRecords) -> None:
    records.keep(records.call(1))
    records.keep(records.call(25))
    records.intake.compacted(compacted("s1", "2026-11-03"))
    records.intake.compacted(compacted("empty"))
    claims = Claims(records.database, owner="test", lease_seconds=30)
    claim = claims.take(QUEUE)
    assert claim is not None
    records.intake.work(claim)
    assert claims.take(QUEUE) is None
    assert requests(records) == 1
    records.intake.start()
    claim = claims.take(QUEUE)
    assert claim is not None
    records.intake.work(claim)
    assert requests(records) == 2


def compacted(segment: str, *days: str) -> Compacted:
    return Compacted(segment=segment, records=len(days), files=1, torn_bytes=0, kept_aside=False, days=list(days))


def test_a_server_that_stops_begins_nothing_more(records: CountedRecords, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given work that waits, when the server stops while a process counts, then its work is put off, and nothing is half done."""
    records.keep(records.call(1))

    def asked(*_: object, watch: Callable[[], None], **__: object) -> None:
        records.intake.stop()
        watch()

    monkeypatch.setattr(records.intake._processes, "ask_for", asked)
    monkeypatch.setattr(type(records.intake), "order", WindowIntake.order)
    with pytest.raises(Postponed, match="stops"):
        records.intake.count_all()
    assert requests(records) == 0
