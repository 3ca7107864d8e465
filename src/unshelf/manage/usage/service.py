"""The door to use: reports for those who may see them, always up to this moment."""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Literal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from unshelf.contracts.errors import NotFound, UnshelfError
from unshelf.contracts.permissions import Permission
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.access.scopes import INSTALLATION, project_scope
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.loops.loops import PeriodicLoop
from unshelf.manage.projects.tables import ProjectRow
from unshelf.manage.usage.intake import UsageIntake
from unshelf.manage.usage.prices import PriceService
from unshelf.manage.usage.reports import uses_of
from unshelf.manage.usage.sharing import UsageSharing
from unshelf.manage.usage.tables import UsageHourRow
from unshelf.manage.usage.usage import (
    Grouping,
    Month,
    UsageAmounts,
    UsageLine,
    UsageReport,
    Use,
    lines_of,
    month_of,
    total_of,
)

logger = logging.getLogger(__name__)

LOOP = "usage"
_EVERY_SECONDS = 300.0
"""Each turn writes, and what is written wakes the loops that follow changes: at rest the platform is to cost next to nothing."""
_FRESH_SECONDS = 2.0
_SHARED_SECONDS = 60.0
_JOBS_A_QUERY = 500
GroupKind = Literal["copies", "sweep", "pipeline run"]
"""Groups of jobs; copies: everything that was made from a job, and from that."""
JobsOf = Callable[[Session, str], tuple[str, Sequence[str]] | None]
"""Finds the project and the jobs of a group; None: there is no such group."""
TitlesOf = Callable[[Session, Sequence[str]], Mapping[str, str]]
"""Finds id → title."""
_HIDDEN = "somebody"
"""Instead of the names of keys and people that one may not see."""


class UsageService:
    """Reports what was used. A project's reader sees the project; `usage.read` shows everything."""

    def __init__(self, database: Database, intake: UsageIntake, sharing: UsageSharing, prices: PriceService) -> None:
        self._database = database
        self._intake = intake
        self._sharing = sharing
        self._prices = prices
        self._lock = threading.Lock()
        self._collected_at = self._shared_at = float("-inf")
        self._groups: dict[GroupKind, JobsOf] = {}
        self.titles_of_jobs: TitlesOf = lambda _session, _jobs: {}

    def know_group(self, kind: GroupKind, jobs_of: JobsOf) -> None:
        """Have the jobs of a kind of group found."""
        self._groups[kind] = jobs_of

    def loop(self, then: Iterable[object] = ()) -> PeriodicLoop:
        """Describe the loop that takes use in; `then`: what is called after each turn."""
        after = [each for each in then if callable(each)]

        def act() -> None:
            self.refresh(max_age=0.0)
            self._intake.measure_disk()
            for each in after:
                each()

        return PeriodicLoop(name=LOOP, act=act, every=_EVERY_SECONDS)

    def refresh(self, *, max_age: float = _FRESH_SECONDS) -> None:
        """Take in what was used up to now, unless that was done within `max_age` seconds; divide it now and then."""
        with self._lock:
            moment = time.monotonic()
            if moment - self._collected_at >= max_age:
                self._intake.collect()
                self._collected_at = moment
            if moment - self._shared_at >= min(_SHARED_SECONDS, max(max_age, _FRESH_SECONDS)):
                self._shared_at = moment
                try:
                    self._sharing.share()
                except UnshelfError as error:  # records that can't be read now: it is divided later
                    logger.warning("use can't be divided among callers now", extra={"reason": str(error)})

    def report(
        self, actor: Actor, *, by: Grouping, month: Month | None = None, project: str | None = None
    ) -> UsageReport:
        """Report a month: of a project, or of all that the actor may see. Raises NotFound."""
        month = month or month_of(now())
        uses = self.uses(actor, month, project, by=by)
        lines = lines_of(uses, by)
        if by == "job":
            lines = self._titled(lines)
        return UsageReport(
            month=str(month), by=by, project=project, currency=self._prices.currency,
            billed=[line for line in lines if line.is_billed], unbilled=[line for line in lines if not line.is_billed],
        )  # fmt: skip

    def by_day(
        self, actor: Actor, *, by: Grouping, month: Month | None = None, project: str | None = None
    ) -> dict[int, list[UsageLine]]:
        """Return what is billed, day by day (Unix time / 86400), as `report` does."""
        uses = self.uses(actor, month or month_of(now()), project, by=by, by_day=True)
        days: dict[int, list[Use]] = {}
        for use in uses:
            if use.is_billed:
                days.setdefault(use.day, []).append(use)
        return {day: lines_of(found, by) for day, found in sorted(days.items())}

    def of_job(self, actor: Actor, job: str) -> UsageAmounts:
        """Return what a job has used so far, and its cost. Raises NotFound where nothing is known of it, or one may not see it."""
        self.refresh()
        with self._database.read() as session:
            found = _of_jobs(session, actor, [job]) if job else None
        if found is None:
            raise NotFound(
                f"Nothing is known of what a job {job[:80]!a} used.", hint="`unshelf jobs list` lists the jobs."
            )
        return found

    def of_copies(self, actor: Actor, job: str) -> tuple[int, UsageAmounts]:
        """Return how many jobs were made from a job, and what they have used so far; of one that is gone that is not known."""
        try:
            return self.of_group(actor, "copies", job)
        except NotFound:
            return 0, UsageAmounts()

    def of_group(self, actor: Actor, kind: GroupKind, id: str) -> tuple[int, UsageAmounts]:
        """Return how many jobs a group has, and what they have used so far, as far as the actor may see it. Raises NotFound."""
        self.refresh()
        with self._database.read() as session:
            group = self._groups[kind](session, id) if kind in self._groups else None
            if group is None or not actor.may(Permission.JOBS_READ, project_scope(group[0])):
                raise NotFound(f"There is no {kind} {id[:80]!a}, or you may not see it.")
            return len(group[1]), _of_jobs(session, actor, group[1]) or UsageAmounts()

    def _titled(self, lines: Sequence[UsageLine]) -> list[UsageLine]:
        with self._database.read() as session:
            titles = self.titles_of_jobs(session, [line.name for line in lines if line.name])
        return [replace(line, title=titles.get(line.name, "")) for line in lines]

    def spent(self, session: Session, project: str | None, month: Month) -> float:
        """Return what a project has to pay for a month so far; None: all of them."""
        uses = uses_of(session, month.hours, projects=None if project is None else [project])
        return total_of(use.amounts for use in uses if use.is_billed).cost

    def uses(self, actor: Actor, month: Month, project: str | None, *, by: Grouping, by_day: bool = False) -> list[Use]:
        """Return what was used, as far as the actor may see it. Raises NotFound."""
        self.refresh()
        with self._database.read() as session:
            projects = _projects(session, actor, project)
            uses = uses_of(session, month.hours, projects=projects, by_job=by == "job", by_day=by_day)
        return _shown(uses, actor) if by in ("key", "person") else uses


def _of_jobs(session: Session, actor: Actor, jobs: Sequence[str]) -> UsageAmounts | None:
    """Add up what jobs used in projects whose jobs the actor may see; None: nothing is known of them there."""
    row, found = UsageHourRow, list[UsageAmounts]()
    names = ("cpu_seconds", "memory_gib_seconds", "held_seconds", "gpu_seconds", "cost")
    sums = [func.sum(getattr(row, name)) for name in names]
    for start in range(0, len(jobs), _JOBS_A_QUERY):
        query = select(row.project, *sums).where(row.job.in_(jobs[start : start + _JOBS_A_QUERY])).group_by(row.project)
        found += [
            UsageAmounts(**dict(zip(names, values, strict=True)))
            for project, *values in session.execute(query)
            if actor.may(Permission.JOBS_READ, project_scope(project))
        ]
    return total_of(found) if found else None


def _projects(session: Session, actor: Actor, project: str | None) -> Sequence[str] | None:
    """The projects that a report is of; None: everything."""
    sees_all = actor.may(Permission.USAGE_READ, INSTALLATION)
    if project is not None:
        scope = project_scope(project)
        known = session.get(ProjectRow, project) is not None
        if not known or not (sees_all or actor.may(Permission.PROJECT_READ, scope)):
            raise NotFound(
                f"There is no project {project[:80]!a}, or you may not see it.", hint="`unshelf projects` lists yours."
            )
        return [project]
    if sees_all:
        return None
    names = session.scalars(select(ProjectRow.name)).all()
    return [name for name in names if actor.may(Permission.PROJECT_READ, project_scope(name))]


def _shown(uses: Iterable[Use], actor: Actor) -> list[Use]:
    """Hide the names of callers from those who may not see keys."""
    sees_all = actor.may(Permission.USAGE_READ, INSTALLATION)
    may: dict[str, bool] = {}
    found = []
    for use in uses:
        if use.key and not sees_all:
            if use.project not in may:
                may[use.project] = actor.may(Permission.KEYS_READ, project_scope(use.project))
            if not may[use.project]:
                use = replace(use, key=_HIDDEN, person=_HIDDEN)  # noqa: PLW2901
        found.append(use)
    return found
