"""The service of builds: begin one, see how far it is, follow it, end it; whichever control is free works on it."""

from collections.abc import AsyncIterator

import msgspec
from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from unshelf.contracts.errors import Conflict, NotFound
from unshelf.contracts.permissions import Permission
from unshelf.develop.environments.build_events import BuildJournal, steps_of, stored_lines
from unshelf.develop.environments.build_work import BuildOrder, BuildTools, BuildWork
from unshelf.develop.environments.names import may_change, must_change, place_of, scope_of, subject_of
from unshelf.develop.environments.origins import EnvironmentOrder, check_request, origin_of
from unshelf.develop.environments.schemas import EnvironmentBuild, EnvironmentBuildRequest
from unshelf.develop.environments.tables import EnvironmentBuildRow
from unshelf.foundation.access.actors import Actor, stored_actor
from unshelf.foundation.access.filters import in_visible_project
from unshelf.foundation.clock import now
from unshelf.foundation.followers import Followers
from unshelf.foundation.ids import new_id
from unshelf.foundation.loops.claims import Claim
from unshelf.foundation.loops.loops import Loops, QueueLoop
from unshelf.foundation.paging import Page, SortKey, read_page

_QUEUE = "environment_builds"
_BUILDS_AT_ONCE = 8
"""A build waits for the host most of its time, which shares out what it can do at once."""
_BUILDS_OF_ONE_ACTOR = 3


class BuildService:
    """Builds of versions of named environments."""

    def __init__(self, tools: BuildTools, loops: Loops) -> None:
        self._tools = tools
        self._loops = loops
        self._followers = Followers(self._read_events)
        loops.add(QueueLoop(name=_QUEUE, act=self._work, workers=_BUILDS_AT_ONCE, of_one_actor=_BUILDS_OF_ONE_ACTOR))

    def begin(self, actor: Actor, wanted: EnvironmentBuildRequest) -> str:
        """Take a build on and return its id; another thread does the work.

        Raises InvalidInput for a name or an origin that can't be, NotFound for a base, Forbidden, and Conflict for a name that is
        somebody else's."""
        tools, build_id = self._tools, new_id()
        check_request(wanted)
        with tools.database.transaction() as session:
            groups_of = tools.environments.groups_of
            project = place_of(session, actor, groups_of, wanted.name, project=wanted.project, curated=wanted.curated)
            base, label = None, ""
            if reference := wanted.base or wanted.version:
                found = tools.environments.find(
                    session, actor, reference, project=project, of_model=bool(wanted.version)
                )
                base, label = found.row, found.reference
            origin = origin_of(wanted, base, label, actor)
            session.add(
                EnvironmentBuildRow(
                    id=build_id, name=wanted.name, project=project, wanted=_stored(origin, wanted.notes),
                    state="running", created_at=now(), created_by=actor.label, actor_id=actor.id, actor_kind=actor.kind,
                )
            )  # fmt: skip
            session.flush()
            tools.events.record(
                session, actor, "environment.build_begun", subject_of(wanted.name, project),
                after={"build": build_id} | {name: value for name, value in origin.shown.items() if value},
            )  # fmt: skip
            self._loops.add_work(session, _QUEUE, build_id, actor=actor.label)
        self._loops.wake(_QUEUE)
        return build_id

    def show(self, actor: Actor, build_id: str) -> EnvironmentBuild:
        """Return a build and how far it is. Raises NotFound."""
        with self._tools.database.read() as session:
            return _shown(_visible(session, actor, build_id), stored_lines(session, build_id))

    def list_for(
        self, actor: Actor, *, name: str | None, limit: int, cursor: str | None = None
    ) -> Page[EnvironmentBuild]:
        """List the builds that the actor may see, the newest first."""
        query = select(EnvironmentBuildRow).where(_may_see(actor))
        if name is not None:
            query = query.where(EnvironmentBuildRow.name == name)
        keys = [SortKey(EnvironmentBuildRow.id, descending=True)]
        with self._tools.database.read() as session:
            page = read_page(session, query, keys, limit=limit, cursor=cursor)
            return Page([_shown(row, stored_lines(session, row.id)) for row in page.items], page.next_cursor)

    def cancel(self, actor: Actor, build_id: str) -> EnvironmentBuild:
        """End a running build; its last event comes once nothing of it is left. A second call changes nothing. Raises Conflict."""
        with self._tools.database.transaction() as session:
            row = _visible(session, actor, build_id)
            must_change(actor, row.project)
            if row.state != "running":
                raise Conflict(f"The build is over: it {'failed' if row.state == 'failed' else 'is done'}.")
            if row.cancelled_by is None:
                row.cancelled_by = actor.label
                subject = subject_of(row.name, row.project)
                self._tools.events.record(
                    session, actor, "environment.build_cancelled", subject, after={"build": row.id}
                )
                self._loops.hasten(session, _QUEUE, row.id)
        self._loops.wake(_QUEUE)
        return self.show(actor, build_id)

    def cancel_all(self, session: Session, actor_id: str, why: str) -> None:
        """Cancel what somebody began who leaves, in the transaction of their end: nobody acts in that name any more."""
        running = EnvironmentBuildRow.state == "running"
        query = select(EnvironmentBuildRow).where(running, EnvironmentBuildRow.actor_id == actor_id)
        for row in session.scalars(query.where(EnvironmentBuildRow.cancelled_by.is_(None))):
            row.cancelled_by = why
            self._loops.hasten(session, _QUEUE, row.id)

    def events(self, actor: Actor, build_id: str) -> AsyncIterator[str]:
        """Return the events of a build as lines of JSON, from the first on; of a running one, as they happen. Raises NotFound."""
        with self._tools.database.read() as session:
            _visible(session, actor, build_id)
        return self._followers.follow(build_id)

    def _work(self, claim: Claim) -> None:
        """Work on a build until its end, or until the claim is lost."""
        with self._tools.database.read() as session:
            row = session.get(EnvironmentBuildRow, claim.key)
        if row is None or row.state != "running":
            with self._tools.database.transaction() as session:
                claim.finish(session)
            return
        order = BuildOrder(
            id=row.id, name=row.name, project=row.project, notes=row.wanted["notes"],
            origin=msgspec.convert(row.wanted["origin"], EnvironmentOrder),
            actor=stored_actor(id=row.actor_id, kind=row.actor_kind, label=row.created_by),
        )  # fmt: skip
        journal = BuildJournal(self._tools.database, claim, lambda: self._followers.wake(claim.key))
        BuildWork(order, self._tools, journal, claim).run()

    def _read_events(self, build_id: str, first: int) -> list[str] | None:
        with self._tools.database.read() as session:
            lines = stored_lines(session, build_id, first)
            row = session.get(EnvironmentBuildRow, build_id)
        return lines if lines or (row is not None and row.state == "running") else None


def _stored(origin: EnvironmentOrder, notes: str) -> dict[str, object]:
    return {"origin": msgspec.to_builtins(origin), "notes": notes}


def _may_see(actor: Actor) -> ColumnElement[bool]:
    """Whether an actor may see a build: those of a project with its environments, those of the installation by a right to curate or
    to read all."""
    of_project = in_visible_project(EnvironmentBuildRow.project, actor, Permission.ENVIRONMENTS_READ)
    if actor.may(Permission.ENVIRONMENTS_READ):
        return or_(of_project, EnvironmentBuildRow.project.is_(None))
    return and_(EnvironmentBuildRow.project.is_not(None), of_project)


def _visible(session: Session, actor: Actor, build_id: str) -> EnvironmentBuildRow:
    row = session.scalar(select(EnvironmentBuildRow).where(EnvironmentBuildRow.id == build_id, _may_see(actor)))
    if row is None:
        raise NotFound(f"There is no build {build_id[:80]!a}, or you may not see it.")
    if not may_change(actor, row.project):
        actor.must(Permission.ENVIRONMENTS_READ, scope_of(row.project))
    return row


def _shown(row: EnvironmentBuildRow, lines: list[str]) -> EnvironmentBuild:
    fields = {
        "id": row.id, "name": row.name, "project": row.project, "state": row.state, "version": row.version,
        "created_at": row.created_at, "by": row.created_by, "ended_at": row.ended_at, "error": row.error,
        "origin": row.wanted["origin"]["shown"], "steps": steps_of(lines),
    }  # fmt: skip
    return EnvironmentBuild.model_validate(fields)
