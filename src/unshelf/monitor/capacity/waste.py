"""Waste of a month: what was paid for and brought nothing."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from unshelf.contracts.permissions import Permission
from unshelf.contracts.tiers import Tier
from unshelf.deploy.registry.tables import VersionRow
from unshelf.develop.environments.tables import EnvironmentRow, NamedEnvironmentRow, NamedVersionRow
from unshelf.develop.jobs.tables import JobRow
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.access.scopes import INSTALLATION, project_scope
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.manage.usage.reports import WARM
from unshelf.manage.usage.service import UsageService
from unshelf.manage.usage.usage import Month, PriceList, UsageAmounts, Use, total_of

WasteKind = Literal["never called", "mostly idle", "tier too large", "failed jobs", "unused environment"]
_LEAST_HELD_SECONDS = 3600.0
"""Below an hour of a tier nothing is worth a word."""
_MOSTLY = 0.9
_SMALL_SHARE = 0.1
_FAILED = ("failed", "timed_out")
_JOBS_A_QUERY = 500
_ENVIRONMENT_AGE = timedelta(days=7)
"""How old an environment is before it counts as unused: somebody may have made it for work to come."""
_HOUR = 3600.0


@dataclass(frozen=True, kw_only=True)
class Waste:
    """One finding."""

    kind: WasteKind
    subject: str
    """The version (`iris:3`), the environment (`science:2`), or the project whose jobs failed."""
    project: str
    amounts: UsageAmounts
    """The part that brought nothing."""
    advice: str


class WasteService:
    """Finds waste in what was used."""

    def __init__(
        self, database: Database, usage: UsageService, tiers: Mapping[str, Tier], *, prices: Callable[[], PriceList]
    ) -> None:
        self._prices = prices
        self._database = database
        self._usage = usage
        self._tiers = tiers

    def find(self, actor: Actor, month: Month, project: str | None = None) -> list[Waste]:
        """Return the waste of a month in the projects that the actor may see, the dearest first. Raises NotFound."""
        uses = self._usage.uses(actor, month, project, by="job")
        with self._database.read() as session:
            failed = _failed(session, [use.job for use in uses if use.job])
            unused = self._environments(session, actor, month, project)
        found = [*self._of_versions(uses), *_of_jobs(uses, failed), *unused]
        return sorted(found, key=lambda waste: (-waste.amounts.cost, -waste.amounts.held_seconds, waste.subject))

    def _of_versions(self, uses: list[Use]) -> list[Waste]:
        versions: dict[tuple[str, str, int, str], list[Use]] = {}
        for use in uses:
            if use.model and use.version:
                versions.setdefault((use.project, use.model, use.version, use.tier), []).append(use)
        found = []
        for (project, model, version, tier), those in versions.items():
            total, idle = (
                total_of(use.amounts for use in those),
                total_of(use.amounts for use in those if use.what == WARM),
            )
            if total.held_seconds < _LEAST_HELD_SECONDS:
                continue
            subject = f"{model}:{version}"
            if not total.predictions:
                advice = (
                    f"Nobody called it this month: pause it, or give it `[scaling] min = 0`: unshelf pause {subject}"
                )
                found.append(Waste(kind="never called", subject=subject, project=project, amounts=idle, advice=advice))
            elif idle.held_seconds >= _MOSTLY * total.held_seconds:
                advice = (
                    "It waited most of the time: let fewer replicas run always, or let them go sooner (`[scaling]`)."
                )
                found.append(Waste(kind="mostly idle", subject=subject, project=project, amounts=idle, advice=advice))
            if (waste := self._too_large(subject, project, tier, total)) is not None:
                found.append(waste)
        return found

    def _environments(self, session: Session, actor: Actor, month: Month, project: str | None) -> list[Waste]:
        """Versions of named environments that lie on the disk, and that no version has and no job ran in within the month."""
        until, since = min(month.end, now()), month.begin
        sees_all = actor.may(Permission.USAGE_READ, INSTALLATION)
        used = {
            *session.scalars(select(VersionRow.environment)),
            *session.scalars(select(JobRow.environment).where(JobRow.created_at >= since, JobRow.created_at < until)),
        }
        query = (
            select(NamedVersionRow, NamedEnvironmentRow.project, EnvironmentRow.bytes)
            .join(NamedEnvironmentRow, NamedEnvironmentRow.name == NamedVersionRow.name)
            .join(EnvironmentRow, EnvironmentRow.hash == NamedVersionRow.environment)
            .where(
                NamedEnvironmentRow.deleted_at.is_(None), NamedEnvironmentRow.is_default.is_(False),
                NamedVersionRow.created_at < until - _ENVIRONMENT_AGE, EnvironmentRow.bytes > 0,
            )
        )  # fmt: skip
        prices, found, seen = self._prices(), list[Waste](), set[str]()
        for row, owner, size in session.execute(query.order_by(NamedVersionRow.name, NamedVersionRow.number)):
            may_see = sees_all or (owner is not None and actor.may(Permission.PROJECT_READ, project_scope(owner)))
            if row.environment in used | seen or not may_see or (project is not None and owner != project):
                continue
            seen.add(row.environment)
            hours = (until - max(since, row.created_at)).total_seconds() / _HOUR
            amounts = UsageAmounts(disk_gib_hours=(size or 0) / (1 << 30) * hours)
            subject = f"{row.name}:{row.number}"
            advice = f"No version has it, and no job ran in it this month: unshelf environments delete {subject}"
            cost = replace(amounts, cost=prices.cost(amounts))
            found.append(
                Waste(kind="unused environment", subject=subject, project=owner or "", amounts=cost, advice=advice)
            )
        return found

    def _too_large(self, subject: str, project: str, tier: str, total: UsageAmounts) -> Waste | None:
        hardware = self._tiers.get(tier)
        smaller = [
            name
            for name, each in self._tiers.items()
            if hardware and each.cpu < hardware.cpu and each.gpu >= hardware.gpu
        ]
        if hardware is None or not smaller or total.cpu_seconds >= _SMALL_SHARE * hardware.cpu * total.held_seconds:
            return None
        gib = total.memory_gib_seconds / total.held_seconds
        fits = [name for name in smaller if self._tiers[name].memory_bytes / (1 << 30) > gib]
        if not fits:
            return None
        used = total.cpu_seconds / total.held_seconds
        advice = f"It used {used:.2g} of {hardware.cpu:g} cores and {gib:.2g} GiB: the tier {fits[0]} is enough."
        return Waste(kind="tier too large", subject=subject, project=project, amounts=total, advice=advice)


def _of_jobs(uses: list[Use], failed: set[str]) -> list[Waste]:
    projects: dict[str, list[UsageAmounts]] = {}
    for use in uses:
        if use.job in failed:
            projects.setdefault(use.project, []).append(use.amounts)
    return [
        Waste(
            kind="failed jobs", subject=project, project=project, amounts=total_of(amounts),
            advice=f"{len(amounts)} jobs failed: a checkpoint saves what was done, `--retries` begins again from it.",
        )
        for project, amounts in projects.items()
    ]  # fmt: skip


def _failed(session: Session, jobs: list[str]) -> set[str]:
    found: set[str] = set()
    for start in range(0, len(jobs), _JOBS_A_QUERY):
        some = jobs[start : start + _JOBS_A_QUERY]
        found.update(session.scalars(select(JobRow.id).where(JobRow.id.in_(some), JobRow.state.in_(_FAILED))))
    return found
