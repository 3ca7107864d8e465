"""Predictions over the segments that gateways write: the last ones, those that come, and how each is shown."""

import errno
from pathlib import Path
from typing import Any

import pytest

from tests.support.archive import put_archived
from tests.support.segments import SECOND, append, record, sheets, write
from unshelf.contracts.records import MAGIC
from unshelf.records import tail
from unshelf.records.archive.files import Archive
from unshelf.records.selection import Selection
from unshelf.records.tail import TailReader, records_at
from unshelf.records.views import shown


def newest(folder: Path, count: int, selection: Selection | None = None) -> list[str]:
    positions = TailReader(Archive(folder), selection or Selection(model="iris")).newest(count)
    return [found.id for found in records_at(positions)]


def test_the_last_ones_come_in_the_order_of_their_time_whatever_gateway_wrote_them(tmp_path: Path) -> None:
    """Given two gateways that wrote at the same time, then their records are merged by time."""
    write(tmp_path / "1-0-a.seg", record(1), record(3), record(5), written=5)
    write(tmp_path / "1-1-b.seg", record(2), record(4), record(6), written=6)
    assert newest(tmp_path, 4) == ["p3", "p4", "p5", "p6"]
    assert newest(tmp_path, 100) == ["p1", "p2", "p3", "p4", "p5", "p6"]


def test_after_the_clock_was_set_back_the_last_to_arrive_is_the_newest(tmp_path: Path) -> None:
    """Given a gateway that wrote for 20 seconds, the clock set back by 10 minutes, and records after that, also of another gateway, then
    the log is in the order of arrival; so it is once the segment is in the archive."""
    own = [record(1000), record(1020), record(400, latency_us=5_000_000), record(410)]
    write(tmp_path / "1-0-a.seg", *own, written=410)
    write(tmp_path / "2-1-b.seg", record(405), record(415), written=415)
    assert newest(tmp_path, 9) == ["p1000", "p1020", "p400", "p405", "p410", "p415"]
    assert newest(tmp_path, 3) == ["p405", "p410", "p415"]
    assert newest(tmp_path, 0) == []
    archived = tmp_path / "archived"
    archived.mkdir()
    put_archived(archived, "20261101T000000000000001-0-aaaaaaaa", *own)
    assert newest(archived, 9) == ["p1000", "p1020", "p400", "p410"]
    assert newest(archived, 2) == ["p400", "p410"]


def test_what_came_after_the_clock_was_set_back_is_newest_in_other_segments_too(tmp_path: Path) -> None:
    """Given records of a clock that was ahead, then of two gateways after it was set back, then these are newest, in the order of their
    times among themselves; so it is in the archive, and once the clock came to where it was, what comes then is newest."""
    before = [record(300), record(310)]
    ahead = [record(1000), record(1020)]
    one, other = [record(400), record(420)], [record(410), record(430)]
    stems = [f"19700101T000{number}00000000001-0-a" for number in (5, 9)]
    after = [f"19700101T000640000000001-{number}-a-after19700101T001701" for number in (0, 1)]
    wrote = dict(zip([*stems, *after], [(before, 310), (ahead, 1020), (one, 420), (other, 430)], strict=True))
    for name, (records, written) in wrote.items():
        write(tmp_path / f"{name}.seg", *records, written=written)
    order = ["p300", "p310", "p1000", "p1020", "p400", "p410", "p420", "p430"]
    archived = tmp_path / "archived"
    archived.mkdir()
    for name, (records, _) in wrote.items():
        put_archived(archived, name, *records)
    for folder in (tmp_path, archived):
        assert newest(folder, 9) == order
        assert [newest(folder, count) for count in range(1, 8)] == [order[-count:] for count in range(1, 8)]
    write(tmp_path / "19700101T001730000000001-0-a.seg", record(1050), written=1050)
    put_archived(archived, "19700101T001730000000001-0-a", record(1050))
    assert newest(tmp_path, 3) == newest(archived, 3) == ["p420", "p430", "p1050"]


def test_a_long_request_among_quick_ones_is_no_clock_that_was_set_back(tmp_path: Path) -> None:
    quick = [record(number) for number in range(11, 20)]
    write(tmp_path / "1-0-a.seg", *quick, record(10, latency_us=10_000_000), written=20)
    assert newest(tmp_path, 3) == ["p17", "p18", "p19"]
    assert newest(tmp_path, 10) == [f"p{number}" for number in range(10, 20)]


def test_a_long_request_is_found_though_its_segment_began_later(tmp_path: Path) -> None:
    """Given a request that arrived before the older segment's last record but was recorded in the newer one, then both are in order."""
    write(tmp_path / "1-0-a.seg", record(10), record(20), written=20)
    write(tmp_path / "2-0-b.seg", record(15), record(30), written=30)
    assert newest(tmp_path, 3) == ["p15", "p20", "p30"]


def test_older_segments_are_not_read_when_newer_ones_hold_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "1-0-a.seg", record(1), written=1)
    write(tmp_path / "2-0-b.seg", record(10), record(11), written=11)
    opened: list[str] = []
    real_open = Path.open
    monkeypatch.setattr(Path, "open", lambda path, *a, **k: opened.append(path.name) or real_open(path, *a, **k))
    assert newest(tmp_path, 2) == ["p10", "p11"]
    assert set(opened) == {"2-0-b.seg"}


def test_a_call_that_found_no_version_is_in_the_log_of_the_model_it_was_for(tmp_path: Path) -> None:
    """Given calls to an alias and a version that are not there, and one to no possible name, then the model's log has its own."""
    lost: dict[str, Any] = {"model": "", "version": 0, "status": 404}
    write(
        tmp_path / "1-0-a.seg",
        record(1, reference="iris@nobody", **lost), record(2, reference="iris:9", **lost),
        record(3, reference="../iris", **lost), record(4, reference="wine", **lost),
    )  # fmt: skip
    assert newest(tmp_path, 9) == ["p1", "p2"]
    assert newest(tmp_path, 9, Selection(model="iris", version=9)) == ["p2"]
    assert shown(record(1, reference="iris@nobody", **lost))["model"] == "iris"


def test_torn_tails_and_foreign_files_are_passed_over(tmp_path: Path) -> None:
    write(tmp_path / "1-0-a.seg", record(1))
    append(tmp_path / "1-0-a.seg", sheets(record(2))[:-5])
    (tmp_path / "2-0-b.seg").write_bytes(MAGIC[:3])
    (tmp_path / "3-0-c.seg").write_bytes(b"not ours" * 10)
    (tmp_path / "note.txt").write_text("hello")
    assert newest(tmp_path, 9) == ["p1"]


def test_following_gives_each_new_record_once(tmp_path: Path) -> None:
    """Given a reader at the end, when records are appended, halves of records, and new segments, then each comes once, when whole."""
    segment = tmp_path / "1-0-a.seg"
    write(segment, record(1))
    reader = TailReader(Archive(tmp_path), Selection(model="iris"))
    assert [one.time_ns for one in reader.newest(0)] == []

    def arrived() -> list[str]:
        return [found.id for found in records_at(reader.arrived())]

    assert arrived() == []
    whole = sheets(record(2))
    append(segment, whole[:20])
    assert arrived() == []
    append(segment, whole[20:] + sheets(record(3)))
    write(tmp_path / "2-1-b.seg", record(4), record(5, model="wine"))
    assert arrived() == ["p2", "p3", "p4"]
    assert arrived() == []


def test_following_begins_at_the_end_of_old_segments_too(tmp_path: Path) -> None:
    """Given a segment of an idle gateway that was not read, when it is written to again, then only what is new comes."""
    idle = tmp_path / "1-0-idle.seg"
    write(idle, record(1), written=1)
    write(tmp_path / "2-1-busy.seg", record(10), written=10)
    reader = TailReader(Archive(tmp_path), Selection(model="iris"))
    assert len(reader.newest(1)) == 1
    append(idle, sheets(record(11)))
    assert [one.time_ns // SECOND for one in reader.arrived()] == [11]


@pytest.mark.parametrize("damage", ["text", "zeros", "empty", "a folder", "a link to nothing", "no rights"])
def test_a_segment_that_can_not_be_read_hides_no_other(
    tmp_path: Path, damage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "1-0-a.seg", record(1))
    write(tmp_path / "3-0-a.seg", record(3))
    bad = tmp_path / "2-0-a.seg"
    if damage == "a folder":
        bad.mkdir()
    elif damage == "a link to nothing":
        bad.symlink_to("nowhere")
    else:
        bad.write_bytes({"text": b"no segment" * 50, "zeros": bytes(500)}.get(damage, b""))
    if damage == "no rights":  # root has them all, so that the system call's error is given here
        really = tail.read_segment

        def read(path: Path, **options: Any) -> Any:
            if path == bad:
                raise PermissionError(errno.EACCES, "Permission denied", str(path))
            return really(path, **options)

        monkeypatch.setattr(tail, "read_segment", read)
    assert newest(tmp_path, 10) == ["p1", "p3"]
