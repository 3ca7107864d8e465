"""Pipelines and their runs are found, commented on and watched."""

from datetime import timedelta

from tests.support.pipelines import Line
from unshelf.contracts.permissions import Permission
from unshelf.develop.pipelines.search import group_of_run, pipeline_source, prune_runs, run_source, runs_of_jobs
from unshelf.develop.pipelines.tables import PipelineRunRow, PipelineStepRow
from unshelf.foundation.clock import now
from unshelf.foundation.search import kind_of


def test_pipelines_and_runs_are_subjects_of_their_project(line: Line) -> None:
    run = line.begin(line.keep({"name": "load"}))
    with line.workshop.database.read() as session:
        (document,) = pipeline_source().documents(session, [run.pipeline])
        assert (document.title, document.page) == ("retrain", f"/pipelines/{run.pipeline}")
        facts = kind_of(run_source(), Permission.JOBS_READ).find(session, run.id)
        assert facts is not None
        assert (facts.title, facts.subject.project) == ("retrain, version 1", "risk")
        assert kind_of(run_source(), Permission.JOBS_READ).find(session, "gone") is None


def test_a_run_names_its_jobs_and_those_whose_value_it_took(line: Line) -> None:
    run = line.begin(line.keep({"name": "load"}))
    with line.workshop.database.transaction() as session:
        step = session.get_one(PipelineStepRow, (run.id, 0))
        step.job = "j1"
    with line.workshop.database.transaction() as session:
        (use,) = runs_of_jobs(session, None, ["j1"])
        assert (use.kind, use.name, use.page) == ("pipeline run", "retrain", f"/pipeline-runs/{run.id}")
        assert (group_of_run(session, run.id), group_of_run(session, "gone")) == (("risk", ["j1"]), None)
        session.get_one(PipelineStepRow, (run.id, 0)).cached_from = "an earlier run"
        session.flush()
        assert group_of_run(session, run.id) == ("risk", [])


def test_old_runs_go_unless_another_run_takes_a_value_of_theirs(line: Line) -> None:
    first, second = line.begin(line.keep({"name": "load"})), line.begin(line.keep({"name": "load"}))
    database, subjects = line.workshop.database, line.workshop.subjects
    old = now() - timedelta(days=40)
    with database.transaction() as session:
        session.get_one(PipelineRunRow, first.id).ended_at = old
        session.get_one(PipelineStepRow, (second.id, 0)).cached_from = first.id
    before = now() - timedelta(days=30)
    assert prune_runs(database, subjects, lambda _session, _jobs: set(), before) == 0
    with database.transaction() as session:
        session.get_one(PipelineStepRow, (second.id, 0)).cached_from = None
    assert prune_runs(database, subjects, lambda _session, _jobs: {"a job"}, before) == 0
    assert prune_runs(database, subjects, lambda _session, _jobs: set(), before) == 1
    with database.read() as session:
        assert session.get(PipelineRunRow, first.id) is None
        assert session.get(PipelineRunRow, second.id) is not None
