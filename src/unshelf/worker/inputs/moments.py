"""Datetimes and durations: ISO 8601 text to counts of a unit, exact to the nanosecond, and to what the model is given."""

import datetime
import importlib
import re
from collections.abc import Callable
from typing import Any, cast

NANOSECONDS = {
    "D": 86_400_000_000_000, "h": 3_600_000_000_000, "m": 60_000_000_000, "s": 1_000_000_000, "ms": 1_000_000, "us": 1000, "ns": 1,
}  # fmt: skip
"""NumPy's unit → its length."""

_DTYPE = re.compile(r"(?:\[|time_unit=')(?P<unit>\w+)'?(?:, (?:tz=|time_zone=)?'?(?P<zone>[^\]')]+))?")
_UNITS = {"day": "D", "Date": "D"}
_EPOCH = datetime.datetime(1970, 1, 1)  # noqa: DTZ001 - moments are counted without a zone
_EPOCH_UTC = _EPOCH.replace(tzinfo=datetime.timezone.utc)
_FIRST = -62_135_596_800_000_000_000
_LAST = 253_402_300_799_999_999_999
"""The years 1 to 9999: what Python's datetime has, and ISO 8601 without agreement of both sides."""
_FRACTION = re.compile(r"[.,](\d+)")
_DURATION = re.compile(
    r"(?P<sign>[+-]?)P(?:(?P<weeks>[+-]?\d+)W)?(?:(?P<days>[+-]?\d+)D)?"
    r"(?:T(?:(?P<hours>[+-]?\d+)H)?(?:(?P<minutes>[+-]?\d+)M)?(?:(?P<seconds>[+-]?\d+)(?:[.,](?P<fraction>\d+))?S)?)?"
)
_PARTS = {"weeks": 604_800, "days": 86_400, "hours": 3600, "minutes": 60, "seconds": 1}
_MOST = 2**63 - 1


class Moments:
    """How a column of datetimes or durations is read: in which unit, in which zone, and as what the model gets each."""

    def __init__(self, field: dict[str, Any], default: str, as_python: Callable[[int], Any] | None) -> None:
        """`default`: the dtype of a column that names none. `as_python`: a count as the model gets it; None: it gets the count."""
        dtype = field.get("dtype") or default
        match = _DTYPE.search(dtype)
        unit = match["unit"] if match is not None else dtype
        self.unit = _UNITS.get(unit, unit)
        self.zone = None if match is None or match["zone"] in (None, "None") else match["zone"]
        self._is_duration = field["type"] == "duration"
        self._nanoseconds = NANOSECONDS[self.unit]
        self._value = as_python
        self.counts = as_python is None
        """Whether the model's values are made from the counts all at once."""
        self.expected = self._expectation()

    def read(self, value: Any) -> Any:
        """Return what the model is given for a JSON value; raises ValueError for what is none, or too fine or too far for the unit."""
        count, rest = divmod(self.nanoseconds(value), self._nanoseconds)
        if rest or (self.counts and not -_MOST <= count <= _MOST):
            raise ValueError
        return self.of_count(count)

    def of_count(self, count: int) -> Any:
        """Return what the model is given for a count of the unit; raises ValueError for what Python's types do not hold."""
        if self._value is None:
            return count
        try:
            return self._value(count * self._nanoseconds)
        except OverflowError:
            raise ValueError from None

    def nanoseconds(self, value: Any) -> int:
        """Return the distance from 1970, or the length of a duration, that a JSON value stands for. Raises ValueError."""
        if self._is_duration:
            return duration_nanoseconds(value)
        return moment_nanoseconds(value, zoned=self.zone is not None)

    def _expectation(self) -> str:
        limits = {"us": "", "ns": "" if self._is_duration else ", from 1678 to 2261"}.get(
            self.unit, f", in whole {self.unit}"
        )
        if self._is_duration:
            return f"duration (ISO 8601 text, or seconds{limits})"
        if self.zone is not None:
            return f"datetime with its offset (ISO 8601 text{limits})"
        return "date (ISO 8601 text)" if self.unit == "D" else f"datetime (ISO 8601 text{limits})"


def python_moments(field: dict[str, Any]) -> Moments:
    """Moments that a model in plain Python is given: datetimes (in UTC without zone, unless `items` names one), dates, timedeltas."""
    kind, _, zone = str(field.get("items") or "").partition("[")
    if field["type"] == "duration":
        return Moments({**field, "dtype": None}, "timedelta64[us]", timedelta_of)
    if kind == "date":
        return Moments({**field, "dtype": None}, "datetime64[D]", lambda count: datetime_of(count).date())
    if zone:
        place = zone_of(zone.rstrip("]"))
        dtype = f"datetime64[us, {zone.rstrip(']')}]"
        as_python = lambda count: datetime_of(count).replace(tzinfo=datetime.timezone.utc).astimezone(place)  # noqa: E731
        return Moments({**field, "dtype": dtype}, "", as_python)
    return Moments({**field, "dtype": None}, "datetime64[us]", datetime_of)


def moment_nanoseconds(text: Any, *, zoned: bool) -> int:
    """Nanoseconds from 1970 to the moment that ISO 8601 text names, in UTC where it has an offset. Raises ValueError.

    `zoned`: an offset must be there, because the model's times have a zone and nothing tells which one the text means."""
    if type(text) is not str or not text[:4].isdigit():
        raise ValueError
    if text[-1] in "Zz":
        text = text[:-1] + "+00:00"
    fraction = 0
    if (match := _FRACTION.search(text)) is not None:
        fraction = _fraction(match[1])
        text = text[: match.start()] + text[match.end() :]
    moment = datetime.datetime.fromisoformat(text)
    if moment.tzinfo is None and zoned:
        raise ValueError
    passed = moment - (_EPOCH if moment.tzinfo is None else _EPOCH_UTC)
    count = (passed.days * 86_400 + passed.seconds) * 1_000_000_000 + passed.microseconds * 1000 + fraction
    if not _FIRST <= count <= _LAST:
        raise ValueError
    return count


def duration_nanoseconds(value: Any) -> int:
    """Nanoseconds of a duration in ISO 8601 text (`PT1.5S`, `P2DT3H`, `-PT1S`), or of a number of seconds. Raises ValueError."""
    if type(value) in (int, float):
        if not abs(value) < 1e15:  # also NaN
            raise ValueError
        return round(value * 1_000_000) * 1000 if type(value) is float else value * 1_000_000_000
    match = _DURATION.fullmatch(value) if type(value) is str else None
    if match is None or value[-1] in "PT":
        raise ValueError
    seconds = sum(int(match[part] or 0) * length for part, length in _PARTS.items())
    fraction = _fraction(match["fraction"] or "")
    count = seconds * 1_000_000_000 + (-fraction if (match["seconds"] or "").startswith("-") else fraction)
    return -count if match["sign"] == "-" else count


def datetime_of(nanoseconds: int) -> datetime.datetime:
    """The datetime without zone at this distance from 1970. Raises OverflowError."""
    return _EPOCH + datetime.timedelta(microseconds=nanoseconds // 1000)


def timedelta_of(nanoseconds: int) -> datetime.timedelta:
    """The timedelta of this length. Raises OverflowError."""
    return datetime.timedelta(microseconds=nanoseconds // 1000)


def zone_of(name: str) -> datetime.tzinfo:
    """The zone of this name, or at this offset (`UTC+02:00`). Raises what zoneinfo raises where the system does not know it."""
    offset = re.fullmatch(r"UTC(?:([+-])(\d\d):(\d\d))?", name)
    if offset is None:
        zoneinfo: Any = importlib.import_module("zoneinfo")  # most models have no zones
        return cast(datetime.tzinfo, zoneinfo.ZoneInfo(name))
    if offset[1] is None:
        return datetime.timezone.utc
    distance = datetime.timedelta(hours=int(offset[2]), minutes=int(offset[3]))
    return datetime.timezone(-distance if offset[1] == "-" else distance)


def _fraction(digits: str) -> int:
    if digits[9:].strip("0"):
        raise ValueError
    return int(digits[:9].ljust(9, "0"))
