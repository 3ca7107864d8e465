"""Sweeps: trials are begun, judged and compared; nothing is submitted twice; a cancelled sweep leaves nothing running."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from unshelf.contracts.errors import Forbidden, InvalidInput, NotFound, Unavailable
from unshelf.develop.sweeps.service import SweepOrder, SweepService
from unshelf.develop.sweeps.sweep import JobOutcome, Sweep
from unshelf.foundation.access.actors import Actor, Grant
from unshelf.foundation.access.scopes import project_scope
from unshelf.foundation.database.engine import Database
from unshelf.foundation.database.sqlite import SqliteDatabase
from unshelf.foundation.database.types import Base
from unshelf.foundation.events.store import EventStore
from unshelf.foundation.subjects import Subjects
from unshelf.manage.access.roles import permissions_of
from unshelf.manage.notifications.service import NotificationService


def person(role: str, project: str = "risk") -> Actor:
    grant = Grant(permissions=permissions_of(role), scope=project_scope(project))
    return Actor(id=f"u-{role}-{project}", kind="user", label=f"{role} of {project}", grants=(grant,))


CONTRIBUTOR, VIEWER, STRANGER = person("contributor"), person("viewer"), person("contributor", "default")


class Jobs:
    """Jobs that end when the test says so."""

    def __init__(self) -> None:
        self.parameters: dict[str, Mapping[str, Any]] = {}
        self.outcome: dict[str, JobOutcome] = {}
        self.cancelled: list[str] = []
        self.failure: Exception | None = None
        self.meanwhile: Callable[[], object] | None = None

    def require(self, actor: Actor, target: str) -> str:
        actor.must_see(project_scope("risk"))
        return "risk"

    def start(
        self,
        actor: Actor,
        target: str,
        *,
        key: str,
        name: str = "",
        parameters: Mapping[str, Any] | None = None,
        same_data: bool = False,
    ) -> str:
        assert same_data  # trials are compared, so they read the same
        if self.failure is not None:
            raise self.failure
        self.parameters.setdefault(key, parameters or {})
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile is not None:
            meanwhile()
        return f"job {key}"[:26].replace("sweep/", "") + key[-4:]

    def outcomes(self, jobs: Sequence[str]) -> dict[str, JobOutcome]:
        running = JobOutcome(is_over=False, succeeded=False, reason="", results=None)
        return {job: self.outcome.get(job, running) for job in jobs}

    def cancel(self, actor: Actor, job: str) -> None:
        self.cancelled.append(job)


class World:
    def __init__(self, database: Database) -> None:
        self.jobs = Jobs()
        self.people = {each.id: each for each in (CONTRIBUTOR, VIEWER, STRANGER)}
        notifications = NotificationService(database, Subjects(), self.people.get)
        self.sweeps = SweepService(
            database, EventStore(database), notifications, person_now=self.people.get, jobs=self.jobs
        )

    def begin(self, **wanted: Any) -> Sweep:
        fields = {"job": "job-1", "space": {"x": [1, 2, 3, 4]}, "objective": "score", "strategy": "grid", "parallel": 2}
        return self.sweeps.begin(CONTRIBUTOR, SweepOrder(**{**fields, **wanted}))

    def end(self, id: str, score: Callable[[dict[str, Any], int], dict[str, Any] | None]) -> None:
        """End the jobs that run, each with the results that `score` gives for its parameters and fold; None: it fails."""
        for trial in self.sweeps.trials(VIEWER, id, limit=1000).items:
            for fold, job in enumerate(trial.jobs):
                if trial.state == "running" and job is not None:
                    results = score(trial.parameters, fold)
                    why = "" if results is not None else "It exited with 1."
                    self.jobs.outcome[job] = JobOutcome(
                        is_over=True, succeeded=results is not None, reason=why, results=results
                    )
        self.sweeps.advance()

    def run(self, id: str, score: Callable[[dict[str, Any], int], dict[str, Any] | None]) -> Sweep:
        self.sweeps.advance()
        while self.sweeps.show(VIEWER, id).state == "running":
            self.end(id, score)
        return self.sweeps.show(VIEWER, id)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    database = SqliteDatabase(f"sqlite:///{tmp_path}/test.db")
    Base.metadata.create_all(database.engine)
    yield World(database)
    database.dispose()


def test_a_grid_is_tried_whole_with_as_many_at_a_time_as_wished(world: World) -> None:
    sweep = world.begin()
    world.sweeps.advance()
    assert world.sweeps.show(VIEWER, sweep.id).running == 2
    ended = world.run(sweep.id, lambda parameters, _fold: {"score": -((parameters["x"] - 3) ** 2)})
    assert (ended.state, ended.done, ended.failed) == ("done", 4, 0)
    assert ended.best is not None and ended.best.parameters == {"x": 3} and ended.best.value == 0
    assert [dict(each) for each in world.jobs.parameters.values()] == [{"x": 1}, {"x": 2}, {"x": 3}, {"x": 4}]


def test_the_smallest_wins_where_it_is_minimized(world: World) -> None:
    sweep = world.begin(maximize=False)
    ended = world.run(sweep.id, lambda parameters, _fold: {"score": abs(parameters["x"] - 2)})
    assert ended.best is not None and ended.best.parameters == {"x": 2}


def test_a_trial_of_folds_is_their_mean_with_its_spread(world: World) -> None:
    sweep = world.begin(space={"x": [5]}, folds=3)
    ended = world.run(sweep.id, lambda _parameters, fold: {"score": 1.0 + fold})
    assert ended.best is not None and (ended.best.value, ended.best.spread) == (2.0, 1.0)
    assert [dict(each) for each in world.jobs.parameters.values()] == [
        {"x": 5, "fold": each, "folds": 3} for each in range(3)
    ]


@pytest.mark.parametrize("results", [None, {}, {"score": "high"}, {"score": True}, {"score": float("nan")}])
def test_what_reached_no_number_failed_and_the_others_go_on(world: World, results: dict[str, Any] | None) -> None:
    sweep = world.begin()
    ended = world.run(sweep.id, lambda parameters, _fold: results if parameters["x"] == 2 else {"score": 1})
    assert (ended.state, ended.done, ended.failed) == ("done", 3, 1)
    (failed,) = [each for each in world.sweeps.trials(VIEWER, sweep.id, limit=10).items if each.state == "failed"]
    assert failed.parameters == {"x": 2} and failed.reason


def test_a_sweep_in_which_nothing_reached_anything_has_failed(world: World) -> None:
    ended = world.run(world.begin().id, lambda _parameters, _fold: None)
    assert ended.state == "failed" and ended.best is None and ended.reason


def test_a_search_goes_on_from_what_was_reached(world: World) -> None:
    sweep = world.begin(strategy="search", space={"x": {"low": -10.0, "high": 10}}, trials=40, parallel=1)
    ended = world.run(sweep.id, lambda parameters, _fold: {"score": -((parameters["x"] - 3) ** 2)})
    assert ended.done == 40 and ended.best is not None and abs(ended.best.parameters["x"] - 3) < 0.5


def test_what_was_cut_off_is_taken_up_and_nothing_is_submitted_twice(world: World) -> None:
    sweep = world.begin(parallel=4)
    world.jobs.meanwhile = lambda: (_ for _ in ()).throw(
        KeyboardInterrupt
    )  # a process that dies after its first submission
    with pytest.raises(KeyboardInterrupt):
        next(iter([world.sweeps.advance()]))
    world.sweeps.advance()
    assert len(world.jobs.parameters) == 4
    assert all(job is not None for each in world.sweeps.trials(VIEWER, sweep.id, limit=10).items for job in each.jobs)


def test_a_sweep_that_is_cancelled_leaves_no_job_running(world: World) -> None:
    sweep = world.begin()
    world.sweeps.advance()
    cancelled = world.sweeps.cancel(CONTRIBUTOR, sweep.id)
    assert cancelled.state == "cancelled" and cancelled.running == 0 and len(world.jobs.cancelled) == 2
    world.sweeps.advance()
    assert len(world.jobs.parameters) == 2


def test_a_job_that_is_submitted_while_its_sweep_is_cancelled_is_cancelled_too(world: World) -> None:
    sweep = world.begin(parallel=1)
    world.jobs.meanwhile = lambda: world.sweeps.cancel(CONTRIBUTOR, sweep.id)
    world.sweeps.advance()
    assert len(world.jobs.parameters) == len(world.jobs.cancelled) == 1


def test_a_refusal_ends_the_sweep_and_silence_does_not(world: World) -> None:
    sweep = world.begin()
    world.jobs.failure = Unavailable("The host does not answer.")
    world.sweeps.advance()
    assert world.sweeps.show(VIEWER, sweep.id).state == "running"
    world.jobs.failure = Forbidden("The quota is used up.")
    world.sweeps.advance()
    ended = world.sweeps.show(VIEWER, sweep.id)
    assert ended.state == "failed" and "quota" in ended.reason and ended.running == 0


def test_viewers_look_and_strangers_find_nothing(world: World) -> None:
    sweep = world.begin()
    assert [each.id for each in world.sweeps.list_for(VIEWER, limit=10).items] == [sweep.id]
    assert world.sweeps.list_for(STRANGER, limit=10).items == []
    with pytest.raises(NotFound):
        world.sweeps.show(STRANGER, sweep.id)
    with pytest.raises(Forbidden):
        world.sweeps.cancel(VIEWER, sweep.id)


@pytest.mark.parametrize(
    "wanted",
    [
        {"objective": ""},
        {"parallel": 0},
        {"parallel": 201},
        {"folds": 1},
        {"trials": 0},
        {"space": {"fold": [1, 2]}, "folds": 3},
        {"space": {"x": {"low": 0.0, "high": 1}}},
    ],
)
def test_what_can_not_be_searched_is_refused(world: World, wanted: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        world.begin(**wanted)
