"""One column's values: checked against its type in C where they are plain, one by one where they are not."""

import datetime
import json
import math
from collections.abc import Callable, Sequence
from typing import Any

from ..errors import Refused, invalid
from ..types import FLOATS, INTEGERS

MAX_ERRORS = 20
_INFINITIES = {"Infinity": math.inf, "-Infinity": -math.inf}
_CSV_INFINITIES = {"inf": "Infinity", "-inf": "-Infinity", "Infinity": "Infinity", "-Infinity": "-Infinity"}
_CSV_BOOLS = {"true": True, "false": False}


class Faults:
    """What is wrong with one request's inputs, at most MAX_ERRORS of it."""

    def __init__(self) -> None:
        self.errors: list[dict[str, Any]] = []

    @property
    def full(self) -> bool:
        return len(self.errors) >= MAX_ERRORS

    def add(self, expected: str, got: str, *, row: int | None = None, column: str | None = None) -> None:
        if not self.full:
            self.errors.append({"row": row, "column": column, "expected": expected, "got": got})

    def refuse(self) -> None:
        """Raise the 422 that tells them, if there are any."""
        if self.errors:
            raise self.refusal()

    def refusal(self) -> Refused:
        first = self.errors[0]
        place = [f"row {first['row']}"] if first["row"] is not None else []
        place += [f"column {first['column']!a}"] if first["column"] is not None else []
        where = f"{', '.join(place)}: " if place else ""
        return invalid(
            f"The input does not fit the model's signature: {where}expected {first['expected']}, got {first['got']}.",
            errors=self.errors,
        )


class ColumnReader:
    """Checks and converts the values of one column of the signature, or the elements of one tensor."""

    def __init__(self, column: dict[str, Any]) -> None:
        self.name: str = column["name"]
        self.type: str = column["type"]
        self.nullable: bool = column.get("nullable", False)
        self.categories: list[str] | None = column.get("categories")
        self.expected = _expected(self.type, self.categories)
        self._missing = math.nan if self.type in FLOATS else None
        self._known = frozenset(self.categories) if self.categories is not None else None
        self._plain, self._convert = self._rules()

    def accepts(self, values: Sequence[Any]) -> bool:
        """Whether all values are plainly of the type, by a look at C speed; False only means that they need `read`."""
        if not values or not self._plain.issuperset(map(type, values)):
            return False
        if self.type in INTEGERS:
            low, high = INTEGERS[self.type]
            return bool(low <= min(values) and max(values) <= high)
        if self.type in FLOATS:  # JSON's 1e999 is an infinity by the time it comes here
            limit = FLOATS[self.type]
            return bool(-limit <= min(values) and max(values) <= limit)
        if self.type == "string":
            return _is_text("".join(values)) and (self._known is None or self._known.issuperset(values))
        return True

    def read(
        self,
        values: Sequence[Any],
        faults: Faults,
        *,
        as_is: bool = False,
        row_of: Callable[[int], int] = int,
    ) -> Sequence[Any]:
        """The values as the model is to see them; what is wrong goes to `faults`, under the row `row_of(position)`.

        `as_is` lets NaN and infinities of a binary tensor pass, which have no JSON form but are what the caller means."""
        if self.accepts(values):
            return list(map(float, values)) if self.type in FLOATS else values
        result: list[Any] = []
        for position, value in enumerate(values):
            if value is None:
                if not self.nullable:
                    faults.add(f"{self.expected}, not null", "null", row=row_of(position), column=self.name)
                result.append(self._missing)
            elif as_is and type(value) is float and not math.isfinite(value) and self.type in FLOATS:
                result.append(value)
            else:
                try:
                    result.append(self._convert(value))
                except ValueError:
                    faults.add(self.expected, shown(value), row=row_of(position), column=self.name)
            if faults.full:
                break
        return result

    def from_text(self, field: str) -> Any:
        """The JSON value that a CSV field stands for; one that stands for none is left as text, for `read` to refuse."""
        if field == "":
            return None
        if self.type in FLOATS:
            if field in _CSV_INFINITIES:
                return _CSV_INFINITIES[field]
            return _number(field)
        if self.type in INTEGERS:
            return _number(field)
        if self.type == "bool":
            return _CSV_BOOLS.get(field.lower(), field)
        if self.type == "json":
            try:
                return json.loads(field)
            except (ValueError, RecursionError):
                return field
        return field

    def _rules(self) -> tuple[frozenset[type], Callable[[Any], Any]]:
        if self.type in FLOATS:
            return frozenset({float, int}), self._float
        if self.type in INTEGERS:
            return frozenset({int}), self._integer
        if self.type == "bool":
            return frozenset({bool}), _bool
        if self.type == "datetime":
            return frozenset(), _datetime
        if self.type == "json":
            return frozenset({bool, int, float, str, list, dict}), _as_it_is
        return frozenset({str}), self._string

    def _float(self, value: Any) -> float:
        if type(value) is str and value in _INFINITIES:
            return _INFINITIES[value]
        limit = FLOATS[self.type]
        if type(value) not in (int, float) or not -limit <= value <= limit:
            raise ValueError
        return float(value)

    def _integer(self, value: Any) -> int:
        low, high = INTEGERS[self.type]
        if type(value) not in (int, float) or not low <= value <= high or value != int(value):
            raise ValueError
        return int(value)

    def _string(self, value: Any) -> str:
        if type(value) is not str or not _is_text(value) or (self._known is not None and value not in self._known):
            raise ValueError
        return value


def shown(value: Any) -> str:
    """A caller's value, short and harmless enough to stand in a message."""
    if value is None or isinstance(value, (bool, float)):
        return json.dumps(value)
    if isinstance(value, int):
        return str(value) if abs(value) < 10**40 else "an integer of more than 40 digits"
    if isinstance(value, str):
        return json.dumps(value if len(value) <= 60 else value[:57] + "...")
    if isinstance(value, (list, tuple)):
        return f"a list of {len(value)}"
    return f"an object of {len(value)}" if isinstance(value, dict) else type(value).__name__


def _expected(type_name: str, categories: list[str] | None) -> str:
    if categories is not None:
        names = ", ".join(json.dumps(name) for name in categories[:10])
        return f"one of {names}{', …' if len(categories) > 10 else ''}"
    return {"datetime": "datetime (ISO 8601 text)", "json": "json (any value)"}.get(type_name, type_name)


def _number(field: str) -> Any:
    """The number a CSV field writes in JSON's way (a leading '+' or '.' and spaces around are common there); else the text."""
    text = field.strip()
    if not text.isascii() or not text or text.strip("0123456789+-.eE"):
        return field
    try:
        return int(text)
    except ValueError:
        pass
    try:
        return float(text)
    except ValueError:
        return field


def _is_text(value: str) -> bool:
    """Whether it can be written as UTF-8: a JSON escape can smuggle in half a surrogate pair, which no library takes."""
    if value.isascii():
        return True
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _bool(value: Any) -> bool:
    if type(value) is not bool:
        raise ValueError
    return value


def _as_it_is(value: Any) -> Any:
    return value


def _datetime(value: Any) -> datetime.datetime:
    """ISO 8601 text as a datetime without zone, in UTC where the text names an offset."""
    if type(value) is not str or not value[:4].isdigit():
        raise ValueError
    moment = datetime.datetime.fromisoformat(value[:-1] + "+00:00" if value[-1] in "Zz" else value)
    if moment.tzinfo is None:
        return moment
    try:
        return moment.astimezone(datetime.timezone.utc).replace(tzinfo=None)
    except OverflowError:
        raise ValueError from None
