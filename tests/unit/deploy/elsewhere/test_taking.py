"""Intake of records: once by their ids, whatever is sent twice and killed when."""

import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import func, select

from tests.support.actors import actor
from unshelf.contracts.bundle import ELSEWHERE, Loader, Manifest
from unshelf.contracts.errors import InvalidInput
from unshelf.contracts.signature import Column, Columns, Signature
from unshelf.deploy.elsewhere import taking as taking_module
from unshelf.deploy.elsewhere.record import MOST_RECORDS, RecordSent
from unshelf.deploy.elsewhere.segments import TakenSegments
from unshelf.deploy.elsewhere.tables import TakenRecordRow, TakenSegmentRow
from unshelf.deploy.elsewhere.taking import RecordIntake
from unshelf.foundation.database.engine import Database
from unshelf.runtime.segment_reader import read_segment

SIGNATURE = Signature(
    inputs=Columns(columns=[Column(name="x", type="int64")]), outputs=Columns(columns=[Column(name="output", type="int64")])
)  # fmt: skip
ADMIN = actor()
MANIFEST = Manifest(loader=Loader(kind=ELSEWHERE), files=[], python="", signature=SIGNATURE)


class Intake(RecordIntake):
    """An intake of one model, version 1, that everybody may send to."""

    def find(self, actor: Any, reference: str) -> tuple[str, int]:
        return reference, 1


def intake(database: Database, folder: Path, **options: Any) -> Intake:
    facts: Any = SimpleNamespace(manifest=MANIFEST, signature=SIGNATURE)
    return Intake(
        database, TakenSegments(folder), live=lambda _session, _model: [], facts_of=lambda _model, _number: facts,
        **{"days": None, **options},
    )  # fmt: skip


def sent(*ids: str, **fields: Any) -> list[RecordSent]:
    return [RecordSent(id=id, inputs={"x": 1}, output=1, **fields) for id in ids]


def recorded(folder: Path) -> list[str]:
    return sorted(record.id for path in folder.glob("*.seg") for _, _, record in read_segment(path))


def test_what_is_sent_twice_counts_once(database: Database, tmp_path: Path) -> None:
    taking = intake(database, tmp_path)
    first = taking.take(ADMIN, "m", sent("a", "b", "a"))
    assert (first.accepted, first.duplicates) == (2, 1)
    assert (taking.take(ADMIN, "m", sent("b", "c")).accepted, taking.take(ADMIN, "other", sent("a")).accepted) == (1, 1)
    assert taking.take(ADMIN, "m", sent("a", "b", "c")).accepted == 0
    assert recorded(tmp_path) == ["a", "a", "b", "c"]
    unnamed = taking.take(ADMIN, "m", sent("", ""))
    assert (unnamed.accepted, unnamed.duplicates) == (2, 0)


def test_what_was_cut_off_after_it_counted_is_finished(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taking = intake(database, tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(TakenSegments, "publish", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            taking.take(ADMIN, "m", sent("a"))
    assert recorded(tmp_path) == []
    after = intake(database, tmp_path)
    after.tend()
    assert recorded(tmp_path) == ["a"]
    assert after.take(ADMIN, "m", sent("a")).duplicates == 1
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(TakenSegmentRow)) == 0


def test_what_was_cut_off_before_it_counted_is_taken_when_it_is_sent_again(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(taking_module, "insert", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            intake(database, tmp_path).take(ADMIN, "m", sent("a"))
    after = intake(database, tmp_path)
    after.tend()
    assert recorded(tmp_path) == []
    assert after.take(ADMIN, "m", sent("a")).accepted == 1
    assert recorded(tmp_path) == ["a"]


def test_a_batch_that_was_faster_is_noticed(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taking, other = intake(database, tmp_path), intake(database, tmp_path)
    write, raced = TakenSegments.write, []

    def slowly(self: TakenSegments, *arguments: Any) -> str:
        if not raced:
            raced.append(True)
            other.take(ADMIN, "m", sent("b", "c"))
        return write(self, *arguments)

    monkeypatch.setattr(TakenSegments, "write", slowly)
    taken = taking.take(ADMIN, "m", sent("a", "b"))
    assert (taken.accepted, taken.duplicates) == (1, 1)
    assert recorded(tmp_path) == ["a", "b", "c"]


def test_ids_are_forgotten_with_the_records_and_older_records_are_refused(database: Database, tmp_path: Path) -> None:
    taking = intake(database, tmp_path, days=10)
    old = time.time() - 20 * 86_400
    taken = taking.take(ADMIN, "m", [*sent("a"), *sent("b", time=old)])
    assert (taken.accepted, taken.refused, taken.faults[0].column) == (1, 1, "time")
    with database.transaction() as session:
        session.add(TakenRecordRow(digest=b"0" * 16, day=int(old // 86_400)))
    assert (taking.prune(None), taking.prune(10), taking.prune(10)) == (0, 1, 0)


def test_a_batch_has_bounds(database: Database, tmp_path: Path) -> None:
    for records in ([], sent("a") * (MOST_RECORDS + 1)):
        with pytest.raises(InvalidInput, match="A batch has"):
            intake(database, tmp_path).take(ADMIN, "m", records)
