"""Questions of diagnoses: the version, time and reference that a reference, or an alert, is about."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from unshelf.contracts.errors import InvalidInput, NotFound
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.clock import now
from unshelf.monitor.alerts.alert import Alert
from unshelf.monitor.alerts.life import columns_of
from unshelf.monitor.diagnosis.diagnosis import DiagnosisQuestion, Subject
from unshelf.monitor.windows.service import hours_touched
from unshelf.monitor.windows.window import INPUT, OUTPUT

USUAL = timedelta(days=7)
"""The time where none is asked for."""
_QUALITY_BEFORE = timedelta(days=90)
_LONGEST_OF_ALERT = timedelta(days=28)
_AGAINST = re.compile(r"reference|previous|version:[1-9][0-9]{0,8}")
_PERFORMANCE = ("performance_fell", "performance_low")


@dataclass(frozen=True, kw_only=True)
class AskedFor:
    """A diagnosis as somebody asks for it; None: as usual, or as the alert says."""

    model: str
    version: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    against: str | None = None
    alert: str = ""
    """The id of an alert, whose version, time and reference it is about."""


@dataclass(frozen=True, kw_only=True)
class Resolved:
    """The question of a diagnosis in full, and what the alert names."""

    question: DiagnosisQuestion
    subject: Subject
    column: str
    """The column that an alert names first; empty: none."""


class DiagnosisQuestions:
    """Finds what is asked about."""

    def __init__(
        self, *, alert_of: Callable[[Actor, str], Alert], version_of: Callable[[str, datetime, datetime], int | None]
    ) -> None:
        """`alert_of` raises NotFound. `version_of`: the version of a model that is looked at where none is named; None: there is none."""
        self._alert_of = alert_of
        self._version_of = version_of

    def resolve(self, actor: Actor, wanted: AskedFor) -> Resolved:
        """Return the question in full. Raises NotFound and InvalidInput."""
        of_alert = self._of_alert(actor, wanted) if wanted.alert else None
        end = wanted.until or (of_alert.question.until if of_alert else now())
        begin = wanted.since or (of_alert.question.since if of_alert else end - USUAL)
        since, until = hours_touched(begin, end)
        against = wanted.against or (of_alert.question.against if of_alert else "reference")
        if _AGAINST.fullmatch(against) is None:
            raise InvalidInput(
                f"{against[:80]!a} is nothing to hold against.",
                hint="It is reference, previous, or version:N with the number of a version.",
            )
        version = wanted.version or (of_alert.question.version if of_alert else 0)
        version = version or self._version_of(wanted.model, since, until) or 0
        if not version:
            raise NotFound(f"{wanted.model!r} has no version.", hint="Deploy one, and it can be looked into.")
        is_quality = of_alert is not None and of_alert.subject == "quality"
        length = _QUALITY_BEFORE if is_quality and wanted.since is None else until - since
        return Resolved(
            question=DiagnosisQuestion(
                model=wanted.model, version=version, since=since, until=until, against=against, before_since=since - length
            ),
            subject="drift" if of_alert is None else of_alert.subject, column="" if of_alert is None else of_alert.column,
        )  # fmt: skip

    def _of_alert(self, actor: Actor, wanted: AskedFor) -> Resolved:
        alert = self._alert_of(actor, wanted.alert)
        if alert.finding.model != wanted.model:
            raise NotFound(f"The alert {wanted.alert[:80]!a} is not about {wanted.model!r}.")
        return of_alert(alert)


def of_alert(alert: Alert) -> Resolved:
    """Return what an alert is about. Raises InvalidInput for one that no monitor raised."""
    evidence, model = alert.finding.evidence, alert.finding.model or ""
    window = evidence.get("window")
    if not isinstance(window, dict) or "since" not in window:
        raise InvalidInput(
            "This alert is not about a time that can be compared with another one.",
            hint="Name the model and a time instead.",
        )
    until = datetime.fromisoformat(str(window["until"])).astimezone(UTC)
    begin = datetime.fromisoformat(str(window["since"])).astimezone(UTC)
    first = datetime.fromisoformat(str(evidence.get("since") or window["since"])).astimezone(UTC)
    subject: Subject = "quality" if alert.finding.kind in _PERFORMANCE else "drift"
    since = begin if subject == "quality" else max(min(begin, first), until - _LONGEST_OF_ALERT)
    version = evidence.get("version")
    question = DiagnosisQuestion(
        model=model, version=version if isinstance(version, int) else 0, since=since, until=until,
        against=_against(str(evidence.get("reference", ""))), before_since=since,
    )  # fmt: skip
    named = [str(each.get("column") or "") for each in columns_of(evidence)]
    return Resolved(question=question, subject=subject, column=_profile_name(alert.finding.kind, next(iter(named), "")))


def from_another_time(question: DiagnosisQuestion, since: datetime, until: datetime) -> DiagnosisQuestion:
    """Return the same question about another time."""
    return replace(question, since=since, until=until)


def _against(words: str) -> str:
    """Return the reference that an alert's words mean."""
    if words in ("the window before", "previous"):
        return "previous"
    match = re.fullmatch(r"version[ :]([1-9][0-9]*)", words)
    return f"version:{match[1]}" if match else "reference"


def _profile_name(kind: str, column: str) -> str:
    if not column or column.startswith((INPUT, OUTPUT)):
        return column
    if kind == "outputs_drifted":
        return f"{OUTPUT}{column}"
    return f"{INPUT}{column}" if kind in ("inputs_drifted", "data_damaged") else ""
