"""The baseline allows old findings, no new ones, and nothing that is no longer there."""

from pathlib import Path

from checks.baseline import compare, read_baseline, write_baseline
from checks.source import Finding

OLD, NEW = Finding("file", "host/a.py", "401 lines"), Finding("file", "host/b.py", "402 lines")
HOUSE = Finding("class-name", "Event", "two")


def test_what_is_written_is_read_one_file_a_room(tmp_path: Path) -> None:
    write_baseline(tmp_path, {OLD.key, HOUSE.key})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["host.txt", "house.txt"]
    assert set(read_baseline(tmp_path)) == {OLD.key, HOUSE.key}


def test_a_room_without_entries_has_no_file(tmp_path: Path) -> None:
    write_baseline(tmp_path, {OLD.key, HOUSE.key})
    write_baseline(tmp_path, {HOUSE.key})
    assert [path.name for path in tmp_path.iterdir()] == ["house.txt"]


def test_new_findings_and_entries_without_a_finding_are_told_apart(tmp_path: Path) -> None:
    write_baseline(tmp_path, {OLD.key, HOUSE.key})
    assert compare([OLD, NEW], read_baseline(tmp_path)) == ([NEW], [HOUSE.key])
