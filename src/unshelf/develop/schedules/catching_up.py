"""Catching up: which of the moments that have passed a schedule still starts something for."""

from datetime import datetime, timedelta
from typing import Literal

from unshelf.develop.schedules.timetable import Timetable

CatchUp = Literal["skip", "latest", "all"]
"""The ways to deal with moments at which nothing could be started, as the platform was down: nothing, one start for the latest of them,
or one for each."""

PUNCTUAL = timedelta(minutes=1)
"""The delay that counts as on time under every rule: a restart of the platform is no reason to skip."""
MOST_AT_ONCE = 100
"""How many starts one look makes up for; the next look goes on."""


def due(
    timetable: Timetable, next_at: datetime, moment: datetime, rule: CatchUp
) -> tuple[list[datetime], datetime | None]:
    """Return the moments to start something for now, in order, and the next one to wait for; None: there is none.

    `next_at`: the first moment that nothing was done for yet."""
    if next_at > moment:
        return [], next_at
    latest = timetable.before(moment + timedelta(microseconds=1)) or next_at
    if rule == "all":
        moments = [next_at, *_between(timetable, next_at, moment)]
        return moments, timetable.after(moments[-1])
    if rule == "skip" and moment - latest > PUNCTUAL:
        return [], timetable.after(moment)
    return [max(latest, next_at)], timetable.after(moment)


def _between(timetable: Timetable, start: datetime, end: datetime) -> list[datetime]:
    return [each for each in timetable.upcoming(start, MOST_AT_ONCE - 1) if each <= end]
