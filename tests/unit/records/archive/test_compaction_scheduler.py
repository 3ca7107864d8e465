"""When records are compacted, merged and removed, as far as no process is needed for it."""

from pathlib import Path
from typing import Any

import pytest

from tests.support.archive import archived, put_archived
from tests.support.segments import record, write
from unshelf.contracts.protocols.records import Compacted
from unshelf.records.archive.compaction_scheduler import CompactionScheduler


def scheduler(folder: Path, **options: Any) -> CompactionScheduler:
    return CompactionScheduler(folder, folder.parent, **{"days": None, "max_bytes": None, **options})


def test_old_records_are_removed_at_the_start_and_not_at_each_look(folder: Path) -> None:
    put_archived(folder, "1-0-a", record(1))
    upkeep = scheduler(folder, days=30)
    assert upkeep.run() is None
    assert archived(folder) == []
    kept = put_archived(folder, "2-0-b", record(2))
    assert upkeep.run() is None
    assert archived(folder) == [kept]


def test_the_archive_is_held_to_its_size(folder: Path) -> None:
    files = [put_archived(folder, f"{n}-0-a", record(n, status=200 + n)) for n in (1, 2)]
    scheduler(folder, max_bytes=files[1].size).run()
    assert archived(folder) == files[1:]


def test_nothing_is_begun_after_the_end(folder: Path) -> None:
    """Given a closed segment, when the scheduler was stopped, then it is left to the next control."""
    write(folder / "1-0-a.seg", record(1))
    upkeep = scheduler(folder)
    upkeep.stop()
    assert upkeep.compact()
    assert (folder / "1-0-a.seg").exists()


def test_its_loop_looks_every_few_seconds_and_waits_longer_after_a_failure(folder: Path) -> None:
    loop = scheduler(folder, seconds=3.0, after_failure=9.0).loop()
    assert (loop.name, loop.every, loop.retry) == ("compaction", 3.0, 9.0)
    assert loop.act() is None


@pytest.mark.runs_program
def test_a_closed_segment_becomes_parquet_and_is_told(folder: Path) -> None:
    write(folder / "1-0-a.seg", record(1), record(2))
    told: list[Compacted] = []
    assert scheduler(folder, compacted=told.append).run() is None
    assert [(done.segment, done.records) for done in told] == [("1-0-a.seg", 2)]
    assert ([file.last_segment for file in archived(folder)], list(folder.glob("*.seg"))) == (["1-0-a"], [])
