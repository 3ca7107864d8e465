"""Sweeps as they are found."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import select

from unshelf.develop.sweeps.search import group_of_sweep, prune_sweeps, sweep_source, sweeps_of_jobs
from unshelf.develop.sweeps.tables import SweepJobRow, SweepRow, SweepTrialRow
from unshelf.foundation.database.sqlite import SqliteDatabase
from unshelf.foundation.database.types import Base
from unshelf.foundation.subjects import Subjects


def test_a_sweep_is_found_by_its_name_and_its_parameters(tmp_path: Path) -> None:
    database = SqliteDatabase(f"sqlite:///{tmp_path}/test.db")
    Base.metadata.create_all(database.engine)
    with database.transaction() as session:
        session.add(
            SweepRow(
                id="s1", name="depths", project="risk", job="j1", strategy="grid", space={"depth": [1]}, trials=1, parallel=1,
                objective="score", maximize=True, seed=0, state="running", reason="", created_at=datetime(2026, 5, 1, tzinfo=UTC),
                created_by="ana", actor_id="a",
            )
        )  # fmt: skip
        session.flush()
        session.add_all(
            SweepJobRow(sweep="s1", trial=number, fold=0, job=job) for number, job in enumerate(("t1", None))
        )
    with database.read() as session:
        source = sweep_source()
        (document,) = source.documents(session, list(session.scalars(source.names)))
        uses = sweeps_of_jobs(session, None, ["j1", "t1", "other"])
        assert (group_of_sweep(session, "s1"), group_of_sweep(session, "no-such")) == (("risk", ["t1"]), None)
    database.dispose()
    assert [(use.job, use.name, use.page) for use in uses] == [(job, "depths", "/sweeps/s1") for job in ("j1", "t1")]
    assert (document.title, document.page, document.subject.project) == ("depths", "/sweeps/s1", "risk")
    assert "depth" in document.text and "score" in document.text


def test_old_sweeps_go_unless_something_else_names_a_trial(tmp_path: Path) -> None:
    database = SqliteDatabase(f"sqlite:///{tmp_path}/test.db")
    Base.metadata.create_all(database.engine)
    day = datetime(2026, 5, 1, tzinfo=UTC)
    with database.transaction() as session:
        for name, ended in (("old", day), ("best", day), ("late", day + timedelta(days=9)), ("runs", None)):
            session.add(
                SweepRow(
                    id=name, name=name, project="risk", job="j1", strategy="grid", space={}, trials=1, parallel=1, objective="score",
                    maximize=True, seed=0, state="done" if ended else "running", reason="", created_at=day, created_by="ana",
                    actor_id="a", ended_at=ended,
                )
            )  # fmt: skip
            session.flush()
            session.add(SweepJobRow(sweep=name, trial=0, fold=0, job=f"trial of {name}"))
            session.add(SweepTrialRow(sweep=name, number=0, parameters={}, state="done", reason=""))
    removed: list[str] = []
    subjects = Subjects()
    subjects.on_removed(lambda _session, _kind, names: removed.extend(names))
    in_use = {"trial of best"}
    pruned = prune_sweeps(database, subjects, lambda _session, jobs: in_use & set(jobs), day + timedelta(days=1))
    with database.read() as session:
        left = set(session.scalars(select(SweepRow.id)))
        trials = set(session.scalars(select(SweepTrialRow.sweep)))
    database.dispose()
    assert (pruned, removed, left, trials) == (1, ["old"], {"best", "late", "runs"}, {"best", "late", "runs"})
