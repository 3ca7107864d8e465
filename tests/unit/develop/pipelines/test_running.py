"""Runs go from step to step, and nothing that they begin is begun twice."""

from dataclasses import replace
from typing import Any

import pytest

from tests.support.pipelines import Line, states
from unshelf.contracts.errors import Unavailable
from unshelf.develop.pipelines.run import StepOutcome
from unshelf.develop.pipelines.tables import PipelineStepRow

LOAD: dict[str, Any] = {"name": "load"}
FIT: dict[str, Any] = {
    "name": "fit", "arguments": {"rows": {"step": "load", "at": ["train"]}, "rate": {"parameter": "rate"}, "depth": {"value": 3}}
}  # fmt: skip
RATE: list[dict[str, Any]] = [{"name": "rate", "type": "float", "default": 0.1}]


def test_a_step_begins_when_what_it_needs_is_there_and_reads_its_value(line: Line) -> None:
    run = line.begin(line.keep(LOAD, FIT, parameters=RATE), parameters={"rate": 0.5})
    assert states(run) == {"load": "running", "fit": "waiting"}
    run = line.end(run, "load", {"train": [1], "test": [2]})
    assert states(run) == {"load": "succeeded", "fit": "running"}
    order = line.orders()[str(run.steps[1].job)]
    assert order.parameters == '{"rate":0.5,"depth":3}'
    assert order.command[:2] == ["unshelf_call.py", "steps.py:f"]
    assert '"rows": {"variable": "UNSHELF_DATA_ROWS", "at": ["train"]}' in order.command[2]
    assert [each.variable for each in order.inputs] == ["UNSHELF_DATA_ROWS"]
    run = line.end(run, "fit", {"auc": 0.9})
    assert (run.state, states(run)["fit"]) == ("succeeded", "succeeded")
    assert run.ended_at is not None


def test_the_same_again_is_taken_from_the_earlier_run_and_what_is_other_runs(line: Line) -> None:
    pipeline = line.keep(LOAD, FIT, parameters=RATE)
    first = line.begin(pipeline)
    first = line.end(first, "load", {"train": [1]})
    first = line.end(first, "fit", 1)
    again = line.begin(pipeline)
    assert (again.state, states(again)) == ("succeeded", {"load": "cached", "fit": "cached"})
    assert [(step.job, step.cached_from) for step in again.steps] == [(step.job, first.id) for step in first.steps]
    other = line.begin(pipeline, parameters={"rate": 0.7})
    assert states(other) == {"load": "cached", "fit": "running"}
    fresh = line.begin(pipeline, fresh=True)
    assert states(fresh) == {"load": "running", "fit": "waiting"}
    line.keep(LOAD, FIT, parameters=RATE, code=b"def f(): return 1\n")
    assert states(line.begin(pipeline)) == {"load": "running", "fit": "waiting"}


def test_a_step_without_a_cache_always_runs_and_what_follows_goes_by_its_value(line: Line) -> None:
    pipeline = line.keep({**LOAD, "cache": False}, FIT, parameters=RATE)
    run = line.end(line.end(line.begin(pipeline), "load", {"train": [1]}), "fit", 1)
    again = line.begin(pipeline)
    assert states(again) == {"load": "running", "fit": "waiting"}
    assert states(line.end(again, "load", {"train": [1]})) == {"load": "succeeded", "fit": "cached"}
    assert run.state == "succeeded"


def test_another_project_has_nothing_of_it(line: Line) -> None:
    line.end(line.begin(line.keep(LOAD)), "load", 1)
    key = line.functions.key
    assert key
    with line.workshop.database.read() as session:
        known = session.get_one(PipelineStepRow, (line.runs.list_for(line.workshop.ana, limit=1).items[0].id, 0)).key
    assert line.functions.find("risk", str(known)) is not None
    assert line.functions.find("other", str(known)) is None


def test_a_failure_ends_the_run_and_resuming_it_keeps_what_is_done(line: Line) -> None:
    run = line.begin(line.keep(LOAD, FIT, {"name": "last", "after": ["fit"]}, parameters=RATE))
    run = line.end(line.end(run, "load", {"train": [1]}), "fit", status=3)
    assert (run.state, states(run)) == ("failed", {"load": "succeeded", "fit": "failed", "last": "cancelled"})
    assert run.reason == "fit: Its program ended with exit status 3."
    failed = run.steps[1].job
    line.runs.resume(line.workshop.ben, run.id)
    run = line.look(run.id)
    assert (run.state, run.runs_as, states(run)) == (
        "running",
        "ben",
        {"load": "succeeded", "fit": "running", "last": "waiting"},
    )
    assert run.steps[1].job not in (None, failed)
    run = line.end(line.end(run, "fit", 1), "last", 1)
    assert run.state == "succeeded"


def test_what_runs_beside_a_failure_comes_to_its_end_and_nothing_else_begins(line: Line) -> None:
    other, last = {"name": "other"}, {"name": "last", "after": ["other"]}
    run = line.begin(line.keep(LOAD, {**other, "function": "steps.py:g"}, last))
    run = line.end(run, "load", status=1)
    assert (run.state, states(run)) == ("running", {"load": "failed", "other": "running", "last": "waiting"})
    run = line.end(run, "other", 1)
    assert (run.state, states(run)) == ("failed", {"load": "failed", "other": "succeeded", "last": "cancelled"})


def test_a_control_that_dies_at_any_moment_makes_nothing_run_twice(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    class Died(BaseException):
        pass

    def die(*_: object, **__: object) -> None:
        raise Died

    run = line.runs.begin(line.workshop.ana, line.keep(LOAD), parameters={})
    with monkeypatch.context() as moment:  # before the job is submitted
        moment.setattr(line.functions, "submit", die)
        with pytest.raises(Died):
            line.running.advance()
    submit = line.functions.submit
    with monkeypatch.context() as moment:  # after it was, before that is noted
        moment.setattr(line.functions, "submit", lambda *args, **known: die(submit(*args, **known)))
        with pytest.raises(Died):
            line.running.advance()
    found = line.look(run.id)
    assert states(found) == {"load": "running"}
    assert len(line.workshop.states()) == 1
    assert line.end(found, "load", 1).state == "succeeded"


def test_a_step_of_the_platform_gets_values_and_files_and_its_value_goes_on(line: Line) -> None:
    deploy = {
        "name": "candidate",
        "kind": "deploy",
        "arguments": {"model": {"value": "iris"}, "files": {"step": "load", "at": ["model"]}},
    }
    after = {"name": "after", "arguments": {"version": {"step": "candidate", "at": ["version"]}}}
    run = line.begin(line.keep(LOAD, deploy, after))
    parts = {"kind": "dict", "items": {"model": {"kind": "path", "path": "1/model"}}}
    run = line.end(run, "load", parts, **{"1/model/a.bin": b"a", "1/model/b.bin": b"b"})
    (order,) = line.paper.orders
    assert (order.project, order.step, order.arguments["model"]) == ("risk", "candidate", "iris")
    assert [file.path for file in order.arguments["files"].files] == ["a.bin", "b.bin"]
    assert order.arguments["files"].environment
    assert (states(run)["candidate"], run.steps[1].reason) == ("running", "It waits.")
    line.paper.outcomes[order.key] = StepOutcome(state="succeeded", facts={"value": {"version": "iris:4"}})
    run = line.look(run.id)
    assert states(run)["candidate"] == "succeeded"
    assert line.orders()[str(run.steps[2].job)].parameters == '{"version":"iris:4"}'


def test_what_people_refuse_ends_the_run_as_rejected_and_cancelling_withdraws_what_is_asked(line: Line) -> None:
    ask = {"name": "ask", "kind": "approval", "arguments": {"question": {"value": "Go?"}}}
    run = line.begin(line.keep(ask))
    assert run.reason == "It waits."
    line.paper.outcomes[line.paper.orders[0].key] = StepOutcome(
        state="rejected", reason="ben refused it: no.", facts={}
    )
    run = line.look(run.id)
    assert (run.state, run.reason) == ("rejected", "ask: ben refused it: no.")
    again = line.begin(run.pipeline)
    cancelled = line.runs.cancel(line.workshop.ben, again.id)
    assert (cancelled.state, states(cancelled)) == ("cancelled", {"ask": "cancelled"})
    assert line.paper.cancelled == [line.paper.orders[1].key]


def test_an_approval_does_not_keep_a_failed_run_going(line: Line) -> None:
    ask = {"name": "ask", "kind": "approval", "arguments": {"question": {"value": "Go?"}}}
    run = line.end(line.begin(line.keep(LOAD, ask)), "load", status=1)
    assert (run.state, states(run)) == ("failed", {"load": "failed", "ask": "cancelled"})
    assert len(line.paper.cancelled) == 1


def test_a_run_is_cancelled_with_its_jobs(line: Line) -> None:
    run = line.begin(line.keep(LOAD, FIT, parameters=RATE))
    cancelled = line.runs.cancel(line.workshop.ana, run.id)
    assert states(cancelled) == {"load": "cancelled", "fit": "cancelled"}
    assert line.workshop.row(str(run.steps[0].job)).cancelled_by == "ana"
    line.running.advance()
    assert line.runs.cancel(line.workshop.ana, run.id).state == "cancelled"


def test_rights_are_those_of_the_moment(line: Line) -> None:
    run = line.begin(line.keep(LOAD, FIT, parameters=RATE))
    line.people["ana"] = replace(line.people["ana"], grants=())
    run = line.end(run, "load", {"train": [1]})
    assert run.state == "failed"
    assert states(run)["fit"] == "failed"
    del line.people["ana"]
    line.runs.resume(line.workshop.ben, run.id)
    assert states(line.look(run.id))["fit"] == "running"


def test_what_nobody_refused_is_tried_again(line: Line) -> None:
    ask = {"name": "ask", "kind": "approval", "arguments": {"question": {"value": "Go?"}}}
    line.paper.failure = Unavailable("The host is away.")
    run = line.begin(line.keep(ask))
    assert states(run) == {"ask": "running"}
    line.paper.failure = None
    line.look(run.id)
    assert len(line.paper.orders) == 1
