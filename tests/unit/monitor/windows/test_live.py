"""What lies in segments: read once for those who come together, and never in the way of what is stored."""

import pytest

from tests.support.segments import held, write
from tests.support.windows import CountedRecords, at
from unshelf.contracts.errors import Unavailable


def test_one_process_serves_all_who_look_within_some_seconds(records: CountedRecords) -> None:
    segment = records.folder / "20261102T000000000000001-0-b.seg"
    write(segment, records.call(0.2))
    with held(segment):
        for _ in range(3):
            window = records.windows.window("iris", None, at(0), at(1), live=True)
            assert window is not None
            assert window.facts.requests == 1
    assert records.intake.orders == 1


def test_without_segments_no_process_is_started(records: CountedRecords) -> None:
    assert records.windows.window("iris", None, at(0), at(1), live=True) is None
    assert records.intake.orders == 0


def test_where_segments_can_not_be_read_what_is_stored_is_shown(
    records: CountedRecords, monkeypatch: pytest.MonkeyPatch
) -> None:
    records.keep(records.call(0.1))
    records.intake.count_all()
    write(records.folder / "20261102T000000000000001-0-b.seg", records.call(0.2))

    def busy(*_: object, **__: object) -> None:
        raise Unavailable("Other data is being read.")

    monkeypatch.setattr(records.intake, "order", busy)
    window = records.windows.window("iris", None, at(0), at(1), live=True)
    assert window is not None
    assert window.facts.requests == 1
