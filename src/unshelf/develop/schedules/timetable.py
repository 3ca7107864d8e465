"""Timetables: the moments that a cron expression names in a time zone.

The five fields and the days of change are cron's own. A time of day that is skipped in spring is due right after the gap; one that comes
twice in autumn counts the first time; what is due by the hour or the minute is due at each of them, by a clock that never changes."""

from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from zoneinfo import ZoneInfo, available_timezones

from cronsim import CronSim, CronSimError

from unshelf.contracts.errors import InvalidInput

_SHORT_FORMS = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
_FIELDS = 5
_MOST_CHARACTERS = 200


@dataclass(frozen=True, kw_only=True)
class Timetable:
    """A cron expression and the time zone that it is read in; both were checked by `timetable_of`."""

    cron: str
    """Five fields: minute, hour, day of the month, month, day of the week."""
    time_zone: str
    """A name of the IANA database, such as `Europe/Berlin`."""

    def after(self, moment: datetime) -> datetime | None:
        """Return the first moment after this one, in UTC; None: there is none in the next 50 years."""
        return next(iter(self.upcoming(moment, 1)), None)

    def upcoming(self, moment: datetime, count: int) -> list[datetime]:
        """Return the next moments after this one, in UTC and in order; fewer where there are no more in 50 years."""
        moments = CronSim(self.cron, moment.astimezone(ZoneInfo(self.time_zone)))
        return [each.astimezone(UTC) for each in islice(moments, count)]

    def before(self, moment: datetime) -> datetime | None:
        """Return the last moment before this one, in UTC; None: there was none in the last 50 years."""
        moments = CronSim(self.cron, moment.astimezone(ZoneInfo(self.time_zone)), reverse=True)
        return next((each.astimezone(UTC) for each in moments), None)


def timetable_of(cron: str, time_zone: str) -> Timetable:
    """Read a timetable as people write it. Raises InvalidInput, with what is wrong and how it is meant."""
    return Timetable(cron=_read_cron(cron), time_zone=_read_time_zone(time_zone))


def _read_cron(text: str) -> str:
    wanted = " ".join(text[: _MOST_CHARACTERS + 1].split())
    expression = _SHORT_FORMS.get(wanted.lower(), wanted).upper()
    hint = "Five fields: minute, hour, day of the month, month, day of the week; `30 6 * * MON-FRI` is half past six on working days."
    if len(text) > _MOST_CHARACTERS:
        raise InvalidInput(f"A schedule has {_MOST_CHARACTERS} characters at most.", hint=hint)
    if len(expression.split()) != _FIELDS:
        raise InvalidInput(f"The schedule {text!a} has {len(expression.split())} fields instead of five.", hint=hint)
    try:
        CronSim(expression, datetime(2000, 1, 1, tzinfo=UTC))
    except CronSimError as error:
        raise InvalidInput(f"The schedule {text!a} can't be read: {str(error).lower()}.", hint=hint) from None
    return expression


def _read_time_zone(name: str) -> str:
    if name not in available_timezones():
        raise InvalidInput(
            f"There is no time zone {name[:80]!a}.",
            hint="Use a name such as `Europe/Berlin`, `America/New_York` or `UTC`.",
        )
    return name
