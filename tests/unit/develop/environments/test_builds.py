"""Builds: who sees them, and what becomes of them when their maker leaves."""

from typing import Any

import pytest

from tests.support.actors import actor, user
from tests.support.quotas import quotas_over
from unshelf.contracts.errors import Conflict, Forbidden, NotFound
from unshelf.develop.environments.build_work import BuildTools
from unshelf.develop.environments.builds import BuildService
from unshelf.develop.environments.service import EnvironmentService
from unshelf.develop.environments.tables import EnvironmentBuildRow
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.store import EventStore

ANA, VERA, NORA = user("ana", risk="contributor"), user("vera", risk="viewer"), user("nora", fraud="contributor")
ORIGIN = {"requirements": ["six"], "base": "", "version": "", "lock": False, "file": ""}


class Loops:
    """The loops of a control that never gets to them; they note what is hastened."""

    def __init__(self) -> None:
        self.hastened: list[str] = []

    def add(self, _loop: Any) -> None: ...

    def wake(self, _loop: str) -> None: ...

    def hasten(self, _session: Any, _loop: str, key: str) -> None:
        self.hastened.append(key)


@pytest.fixture
def loops() -> Loops:
    return Loops()


@pytest.fixture
def builds(database: Database, environments: EnvironmentService, loops: Loops) -> BuildService:
    unused: Any = None
    tools = BuildTools(
        database=database,
        events=EventStore(database),
        environments=environments,
        host=unused,
        quotas=quotas_over(database),
    )
    with database.transaction() as session:
        for id, project, state in (("b1", "risk", "running"), ("b2", None, "running"), ("b3", "risk", "done")):
            session.add(
                EnvironmentBuildRow(
                    id=id, name="own", project=project, state=state, created_at=now(), created_by="ana", actor_id="ana",
                    actor_kind="user", wanted={"origin": {"shown": ORIGIN}, "notes": ""},
                )
            )  # fmt: skip
    return BuildService(tools, loops)  # type: ignore[arg-type]


def seen(builds: BuildService, who: Actor) -> list[str]:
    return [build.id for build in builds.list_for(who, name=None, limit=10).items]


def test_builds_are_seen_by_those_who_see_the_project_and_curated_ones_by_few(builds: BuildService) -> None:
    assert seen(builds, actor()) == ["b3", "b2", "b1"]
    assert seen(builds, VERA) == ["b3", "b1"]
    assert seen(builds, NORA) == []
    assert builds.show(VERA, "b1").origin.requirements == ["six"]
    for who, build in ((NORA, "b1"), (VERA, "b2"), (VERA, "nothing")):
        with pytest.raises(NotFound):
            builds.show(who, build)


def test_a_running_build_is_cancelled_by_those_who_may_make_it(builds: BuildService, loops: Loops) -> None:
    with pytest.raises(Forbidden):
        builds.cancel(VERA, "b1")
    with pytest.raises(Conflict, match="over"):
        builds.cancel(ANA, "b3")
    builds.cancel(ANA, "b1")
    builds.cancel(ANA, "b1")
    assert loops.hastened == ["b1"]


def test_builds_end_with_the_account_of_their_maker(builds: BuildService, database: Database, loops: Loops) -> None:
    with database.transaction() as session:
        builds.cancel_all(session, "ben", "nothing of ben's runs")
        builds.cancel_all(session, "ana", "the end of ana's account")
    assert sorted(loops.hastened) == ["b1", "b2"]
    with database.read() as session:
        assert session.get_one(EnvironmentBuildRow, "b1").cancelled_by == "the end of ana's account"
