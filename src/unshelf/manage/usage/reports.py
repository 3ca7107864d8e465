"""Uses read from the tables: what versions used is divided among callers, and what is left over stays; nothing is left out."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from unshelf.manage.usage.tables import UsageHourRow, UsagePredictionRow
from unshelf.manage.usage.usage import UsageAmounts, Use, is_billed_purpose

WARM = "kept warm"
PREDICTIONS = "predictions"
_WHAT = {
    "job": "jobs", "disk": "disk", "build": "builds", "check": "checks", "bench": "benches", "warm": "warm processes",
    "network": "network of sandboxes",
}  # fmt: skip
_BILLED = frozenset({"job", "worker", "disk"})
_HOURS_A_DAY = 24
_ALL = (
    "cpu_seconds", "memory_gib_seconds", "held_seconds", "gpu_seconds", "disk_gib_hours", "cost"
)  # fmt: skip
_OF_PREDICTIONS = ("cpu_seconds", "memory_gib_seconds", "held_seconds", "gpu_seconds", "predictions", "cost")


def uses_of(
    session: Session,
    hours: range,
    *,
    projects: Sequence[str] | None = None,
    by_job: bool = False,
    by_day: bool = False,
) -> list[Use]:
    """Return everything that was used within these hours; `projects`: only what is theirs. `by_job`: jobs one by one."""
    consumed, called = (
        _consumed(session, hours, projects, by_job=by_job, by_day=by_day),
        _called(session, hours, projects, by_day=by_day),
    )
    parts: dict[tuple[str, str, int, int], UsageAmounts] = {}
    for use in called:
        key = use.project, use.model, use.version, use.day
        parts[key] = parts.get(key, UsageAmounts()).plus(use.amounts)
    found = list(called)
    for use in consumed:
        if use.what == WARM:
            key = use.project, use.model, use.version, use.day
            taken = parts.pop(key, None)
            if taken is not None:
                rest = use.amounts.minus(taken)
                beyond = taken.minus(use.amounts)
                if any(
                    (beyond.cpu_seconds, beyond.held_seconds, beyond.cost)
                ):  # its rows are several: of tiers, of persons
                    parts[key] = beyond
                use = _with(use, rest)  # noqa: PLW2901
        found.append(use)
    return found


def _consumed(
    session: Session, hours: range, projects: Sequence[str] | None, *, by_job: bool, by_day: bool
) -> list[Use]:
    row = UsageHourRow
    columns: list[InstrumentedAttribute[Any]] = [
        row.kind, row.name, row.project, row.model, row.version, row.tier, row.person
    ]  # fmt: skip
    if by_job:
        columns.append(row.job)
    day = [_day(row.hour)] if by_day else []
    query = (
        select(*columns, *day, *(func.sum(getattr(row, name)) for name in _ALL))
        .where(row.hour >= hours.start, row.hour < hours.stop)
        .group_by(*columns, *day)
    )
    if projects is not None:
        query = query.where(row.project.in_(projects), row.project != "")
    found = []
    for values in session.execute(query):
        kind, name, project, model, version, tier, person = values[:7]
        rest = list(values[7:])
        job = rest.pop(0) if by_job else ""
        number = rest.pop(0) if by_day else 0
        found.append(
            Use(
                what=_what(kind, name), is_billed=kind in _BILLED and bool(project), project=project, model=model,
                version=version, job=job, tier=tier, person=_name(person), day=int(number or 0),
                amounts=UsageAmounts(**dict(zip(_ALL, rest, strict=True))),
            )
        )  # fmt: skip
    return found


def _called(session: Session, hours: range, projects: Sequence[str] | None, *, by_day: bool) -> list[Use]:
    row = UsagePredictionRow
    columns: list[InstrumentedAttribute[Any]] = [
        row.project, row.model, row.version, row.tier, row.purpose, row.caller, row.name
    ]  # fmt: skip
    day = [_day(row.hour)] if by_day else []
    query = (
        select(*columns, *day, *(func.sum(getattr(row, name)) for name in _OF_PREDICTIONS))
        .where(row.hour >= hours.start, row.hour < hours.stop)
        .group_by(*columns, *day)
    )
    if projects is not None:
        query = query.where(row.project.in_(projects), row.project != "")
    found = []
    for values in session.execute(query):
        project, model, version, tier, purpose, caller, name = values[:7]
        rest = list(values[7:])
        number = rest.pop(0) if by_day else 0
        amounts = dict(zip(_OF_PREDICTIONS, rest, strict=True))
        amounts["predictions"] = int(amounts["predictions"])
        is_billed = is_billed_purpose(purpose) and bool(project)
        found.append(
            Use(
                what=PREDICTIONS if is_billed else f"predictions ({purpose})", is_billed=is_billed, project=project,
                model=model, version=version, tier=tier, person=name, key=name or caller, day=int(number or 0),
                amounts=UsageAmounts(**amounts),
            )
        )  # fmt: skip
    return found


def _name(label: str) -> str:
    """The name in an actor's label, `ana (01hz…)`: callers are known by theirs."""
    return label.rpartition(" (")[0] or label


def _what(kind: str, name: str) -> str:
    if kind == "worker":
        return WARM
    if kind == "platform":
        return f"platform: {name}"
    if kind == "disk":
        return name
    return _WHAT.get(kind, kind)


def _day(hour: InstrumentedAttribute[int]) -> ColumnElement[Any]:
    return hour // _HOURS_A_DAY


def _with(use: Use, amounts: UsageAmounts) -> Use:
    return Use(
        what=use.what, is_billed=use.is_billed, project=use.project, model=use.model, version=use.version, job=use.job,
        tier=use.tier, person=use.person, key=use.key, day=use.day, amounts=amounts,
    )  # fmt: skip
