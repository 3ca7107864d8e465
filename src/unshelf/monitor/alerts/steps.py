"""Steps of telling people of an alert: which is next, and when. Pure: the loop in `telling` carries them out."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from unshelf.monitor.alerts.alert import Alert
from unshelf.monitor.alerts.life import extent_of, has_changed
from unshelf.monitor.support.support import SupportLevel

StepName = Literal["tell", "digest", "escalate", "wake", "heed", "over"]
"""tell: people hear of it; digest: with others, once a day; escalate: nobody acknowledged it; wake: a snooze ended; heed: what was ignored
has changed; over: it is resolved."""
SETTLE = timedelta(seconds=1)
"""The time for which alerts that begin together are waited for."""
GROUP = timedelta(minutes=10)
"""Alerts of one model that begin within this time are one group."""
MOST_ESCALATIONS = 2
DIGEST_HOUR = 6
"""The hour of the day, in UTC, at which the digest goes out."""
_RANK = {"": 0, "warning": 1, "critical": 2}


@dataclass(frozen=True, kw_only=True)
class Circumstances:
    """Facts beside the alert itself that decide what is next."""

    level: SupportLevel = "standard"
    escalate_after: timedelta = timedelta(minutes=15)
    group_began_at: datetime
    group_told_at: datetime | None = None
    group_told_severity: str = ""
    has_hearer: bool = True
    """Whether somebody with an account would hear of it."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """A step, and when it is due."""

    name: StepName
    at: datetime


def next_step(alert: Alert, around: Circumstances, moment: datetime) -> Step | None:
    """Return what is done next about an alert; None: nothing, as far as is known now."""
    life = alert.life
    if alert.resolved_at is not None:
        return Step(name="over", at=alert.resolved_at) if life.told_at is not None and life.closed_at is None else None
    if life.ignored is not None:
        found = alert.finding
        is_other = has_changed(life.ignored, extent_of(found.severity, found.summary, found.evidence))
        return Step(name="heed", at=moment) if is_other else None
    if life.snoozed_until is not None:
        return Step(name="wake", at=life.snoozed_until)
    if life.told_at is None:
        return _first_telling(alert, around)
    if life.unheard and around.has_hearer and life.acknowledged_at is None:
        return Step(name="digest" if around.level == "best-effort" else "tell", at=moment)
    if around.level == "critical" and life.acknowledged_at is None and life.escalations < MOST_ESCALATIONS:
        return Step(name="escalate", at=(life.escalated_at or life.told_at) + around.escalate_after)
    return None


def next_digest(moment: datetime) -> datetime:
    """Return when the next digest after a moment goes out."""
    today = moment.replace(hour=DIGEST_HOUR, minute=0, second=0, microsecond=0)
    return today if today > moment else today + timedelta(days=1)


def rank(severity: str) -> int:
    """Return how severe something is; 0: nobody heard of anything."""
    return _RANK.get(severity, 0)


def _first_telling(alert: Alert, around: Circumstances) -> Step:
    if around.level == "best-effort":
        return Step(name="digest", at=next_digest(alert.raised_at))
    if around.group_told_at is None:
        return Step(name="tell", at=around.group_began_at + SETTLE)
    if rank(alert.finding.severity) > rank(around.group_told_severity):
        return Step(name="tell", at=alert.raised_at)
    return Step(name="tell", at=max(alert.raised_at, around.group_began_at + GROUP))
