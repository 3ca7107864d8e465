"""The ledger of releases, the only one that reads and writes their table. Callers hold the model's row locked while they write."""

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from unshelf.contracts.routing import Share
from unshelf.deploy.releases.tables import ReleaseRow
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.access.tables import ModelAccessRow
from unshelf.foundation.clock import now
from unshelf.foundation.ids import new_id
from unshelf.manage.projects.project import Stage

_NAMES_A_QUERY = 500


class ReleaseLedger:
    """Which shares of each model are live, and which were before."""

    def live(self, session: Session, name: str) -> list[Share]:
        """The live shares of a model; empty: none."""
        row = _live_row(session, name)
        return [] if row is None else _shares_of(row)

    def live_among(self, session: Session, names: Iterable[str]) -> dict[str, list[Share]]:
        """The live shares of these models, of those that have any."""
        found: dict[str, list[Share]] = {}
        wanted = list(names)
        for start in range(0, len(wanted), _NAMES_A_QUERY):
            some = wanted[start : start + _NAMES_A_QUERY]
            for row in session.scalars(select(ReleaseRow).where(ReleaseRow.live, ReleaseRow.model.in_(some))):
                found[row.model] = _shares_of(row)
        return found

    def live_models(self, session: Session, projects: Sequence[str]) -> list[tuple[str, str]]:
        """The project and the name of each model of these projects that has something live."""
        place = select(ModelAccessRow.project, ModelAccessRow.model)
        live = place.join(ReleaseRow, ReleaseRow.model == ModelAccessRow.model).where(ReleaseRow.live)
        found = session.execute(live.where(ModelAccessRow.project.in_(projects)).order_by(ModelAccessRow.model))
        return [(project, model) for project, model in found]

    def stages(self, session: Session, projects: Sequence[str]) -> dict[str, Stage]:
        """Say which of these projects have a live version: that much was deployed."""
        return {project: "deploy" for project, _ in self.live_models(session, projects)}

    def replace(self, session: Session, name: str, shares: list[Share], actor: Actor) -> None:
        """Make these shares live in place of those before, which stay in the history."""
        self.end(session, name)
        if shares:
            plain = msgspec.to_builtins(shares)
            session.add(
                ReleaseRow(id=new_id(), model=name, shares=plain, live=True, created_at=now(), created_by=actor.label)
            )
            session.flush()

    def end(self, session: Session, name: str) -> None:
        """Have nothing live."""
        row = _live_row(session, name)
        if row is not None:
            row.live = False
            session.flush()  # before another row becomes the live one: there may only be one

    def before(self, session: Session, name: str, versions: Iterable[int]) -> list[Share]:
        """Return the shares that `roll_back` would make live; empty: there is nothing to go back to."""
        row, _ = _earlier(session, name, versions)
        return [] if row is None else _shares_of(row)

    def changed_at(self, session: Session, name: str) -> datetime | None:
        """Return when the release of a model changed last, by a release or a rollback; None: it never had one."""
        moments = select(func.max(ReleaseRow.created_at), func.max(ReleaseRow.undone_at)).where(
            ReleaseRow.model == name
        )
        made, undone = session.execute(moments).one()
        return max(filter(None, (made, undone)), default=None)

    def roll_back(self, session: Session, name: str, versions: Iterable[int]) -> list[Share]:
        """Go back to the release before the present one, past those with versions that are not among `versions` any more.

        Those left behind are not gone back to again. Gives the live shares; empty: there is none to go back to, and nothing
        was changed."""
        row, left = _earlier(session, name, versions)
        if row is None:
            return []
        for passed in left:
            passed.undone_at = now()
        self.end(session, name)
        row.live = True
        session.flush()
        return _shares_of(row)


def _earlier(session: Session, name: str, versions: Iterable[int]) -> tuple[ReleaseRow | None, list[ReleaseRow]]:
    """Find the release before the present one, past those with versions that are gone, and those that it leaves behind."""
    present, here = _live_row(session, name), set(versions)
    history = select(ReleaseRow).where(ReleaseRow.model == name, ReleaseRow.undone_at.is_(None))
    left: list[ReleaseRow] = []
    for row in session.scalars(history.order_by(ReleaseRow.id.desc())):
        is_other = present is None or row.shares != present.shares
        if is_other and {share["version"] for share in row.shares} <= here:
            return row, left
        left.append(row)
    return None, left


def _live_row(session: Session, name: str) -> ReleaseRow | None:
    return session.scalar(select(ReleaseRow).where(ReleaseRow.live, ReleaseRow.model == name))


def _shares_of(row: ReleaseRow) -> list[Share]:
    return [msgspec.convert(share, Share) for share in row.shares]
