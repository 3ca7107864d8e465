"""Runs are begun once, read the data of one moment, and are resumed by who may run jobs."""

import pytest

from tests.support.pipelines import Line
from unshelf.contracts.errors import Conflict, Forbidden, InvalidInput, NotFound


def test_the_same_request_again_begins_nothing(line: Line) -> None:
    ana, pipeline = line.workshop.ana, line.keep({"name": "load"})
    first = line.runs.begin(ana, pipeline, parameters={}, key="k" * 16)
    assert line.runs.begin(ana, pipeline, parameters={}, key="k" * 16).id == first.id
    with pytest.raises(Conflict, match="same key"):
        line.runs.begin(line.workshop.ben, pipeline, parameters={}, key="k" * 16)
    assert len(line.runs.list_for(ana, limit=10).items) == 1


def test_all_steps_of_a_run_read_the_same_version_of_a_dataset(line: Line) -> None:
    shop = line.workshop
    shop.datasets.add(shop.ana, "orders", [shop.upload(shop.ana, b"1", "a.txt")], project="risk", description=None)
    pipeline = line.keep(
        {"name": "load", "data": {"orders": "data://orders"}},
        {"name": "other", "data": {"orders": "data://orders"}, "after": ["load"]},
    )
    run = line.begin(pipeline)
    assert run.data == {"data://orders": "data://orders@1"}
    shop.datasets.add(shop.ana, "orders", [shop.upload(shop.ana, b"2", "a.txt")], project="risk", description=None)
    run = line.end(run, "load", 1)
    assert [each["reference"] for each in shop.row(str(run.steps[1].job)).inputs] == ["data://orders@1"]
    run = line.end(run, "other", 1)
    again = line.begin(pipeline)
    assert (again.data["data://orders"], [step.state for step in again.steps]) == (
        "data://orders@2",
        ["running", "waiting"],
    )
    with pytest.raises(NotFound, match="no data"):
        line.begin(line.keep({"name": "load", "data": {"x": "data://gone"}}, name="other"))


def test_who_may_not_run_jobs_begins_resumes_and_cancels_nothing(line: Line) -> None:
    shop, run = line.workshop, line.begin(line.keep({"name": "load"}))
    for act in (line.runs.cancel, line.runs.resume):
        with pytest.raises(Forbidden):
            act(shop.vic, run.id)
        with pytest.raises(NotFound):
            act(shop.eve, run.id)
    with pytest.raises(Forbidden):
        line.runs.begin(shop.vic, run.pipeline, parameters={})
    with pytest.raises(Conflict, match="only one that failed"):
        line.runs.resume(shop.ana, run.id)
    run = line.end(run, "load", 1)
    with pytest.raises(Conflict, match="is over"):
        line.runs.cancel(shop.ana, run.id)


def test_a_run_repeats_one_of_its_own_pipeline(line: Line) -> None:
    run = line.begin(line.keep({"name": "load"}))
    assert line.begin(run.pipeline, parent=run.id).parent == run.id
    with pytest.raises(InvalidInput, match="another pipeline's"):
        line.begin(line.keep({"name": "load"}, name="other"), parent=run.id)


def test_schedules_and_triggers_start_it_with_the_parameters_that_it_declares(line: Line) -> None:
    shop, pipeline = line.workshop, line.keep({"name": "load"}, parameters=[{"name": "event"}])
    assert line.again.require(shop.ana, pipeline) == "risk"
    with pytest.raises(Forbidden):
        line.again.require(shop.vic, pipeline)
    run = line.again.start(shop.ana, pipeline, key="trigger/1/2", parameters={"event": {"id": 1}, "call": {}})
    assert line.again.start(shop.ana, pipeline, key="trigger/1/2", parameters={"event": {"id": 1}}) == run
    assert line.runs.show(shop.ana, run).parameters == {"event": {"id": 1}}
    with pytest.raises(InvalidInput, match="no parameter 'rate'"):
        line.again.start(shop.ana, pipeline, key="trigger/1/3", parameters={"rate": 1})
