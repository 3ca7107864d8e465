"""One column's values: checked against its type in C where they are plain, one by one where they are not."""

import importlib
import json
import math
from collections.abc import Callable, Sequence
from typing import Any

from ..encoding.types import FLOATS, INTEGERS
from ..errors import RequestRefused, invalid
from .blobs import FORMATS, image_reader, is_image, read_bytes
from .moments import Moments, python_moments

MAX_ERRORS = 20
_INFINITIES = {"Infinity": math.inf, "-Infinity": -math.inf}
_CSV_INFINITIES = {"inf": "Infinity", "-inf": "-Infinity", "Infinity": "Infinity", "-Infinity": "-Infinity"}
_CSV_BOOLS = {"true": True, "false": False}


class Faults:
    """Errors in one request's inputs, at most MAX_ERRORS."""

    def __init__(self) -> None:
        self.errors: list[dict[str, Any]] = []
        self.hint = ""

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

    def refusal(self) -> RequestRefused:
        first = self.errors[0]
        place = [f"row {first['row']}"] if first["row"] is not None else []
        place += [f"column {first['column']!a}"] if first["column"] is not None else []
        where = f"{', '.join(place)}: " if place else ""
        return invalid(
            f"The input does not fit the model's signature: {where}expected {first['expected']}, got {first['got']}.",
            hint=self.hint,
            errors=self.errors,
        )


class ColumnReader:
    """Checks and converts the values of one column of the signature, or the elements of one tensor."""

    def __init__(
        self, column: dict[str, Any], *, moments: Moments | None = None, cells: Callable[[Any], Any] | None = None
    ) -> None:
        """`moments`: how datetimes and durations are read; None: as a model in plain Python takes them. `cells`: what reads a
        list or object of a `json` column; it raises ValueError. None: as `items` says."""
        self.name: str = column["name"]
        self.type: str = column["type"]
        self.nullable: bool = column.get("nullable", False)
        self.categories: list[Any] | None = None if column.get("unseen") else column.get("categories")
        """The only values that are taken; None: any of the type."""
        self.missing = _missing(column)
        self.cells = cells or (image_reader(column) if is_image(column) else _array_reader(column))
        """Reads a list or an object that stands for more than JSON has; None where a value stays as it is."""
        self.moments: Moments | None = None
        if self.type in ("datetime", "duration"):
            self.moments = moments or python_moments(column)
        self.expected = _expected(self)
        self._known = frozenset(self.categories) if self.categories is not None else None
        self._plain, self._convert = self._rules()

    def accepts(self, values: Sequence[Any]) -> bool:
        """Whether all values are plainly of the type, by a look at C speed; False only means that they need `read`."""
        if not values or not self._plain.issuperset(map(type, values)):
            return False
        if self._known is not None and not self._known.issuperset(values):
            return False
        if self.type in INTEGERS:
            low, high = INTEGERS[self.type]
            return bool(low <= min(values) and max(values) <= high)
        if self.type in FLOATS:  # JSON's 1e999 is an infinity by the time it comes here
            limit = FLOATS[self.type]
            return bool(-limit <= min(values) and max(values) <= limit)
        if self.type == "string":
            return _is_text("".join(values))
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
                result.append(self.missing)
            elif as_is and type(value) is float and not math.isfinite(value) and self.type in FLOATS:
                result.append(value)
            else:
                try:
                    converted = self._convert(value)
                    if self._known is not None and converted not in self._known:
                        raise ValueError
                    result.append(converted)
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
        if self.type == "duration":
            return _number(field)
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
        if self.moments is not None:
            return frozenset(), self.moments.read
        if self.cells is not None:
            return frozenset(), self.cells
        if self.type == "bytes":
            return frozenset(), read_bytes
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
        if type(value) is not str or not _is_text(value):
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


def _array_reader(column: dict[str, Any]) -> Callable[[Any], Any] | None:
    """Return what makes the array of a cell from a list, for a column whose cells are arrays; it raises ValueError for anything else."""
    kind, _, dtype = str(column.get("items") or "").partition("[")
    if kind != "ndarray":
        return None
    numpy: Any = importlib.import_module("numpy")
    wanted = numpy.dtype(dtype.rstrip("]"))

    def array(value: Any) -> Any:
        if type(value) is not list:
            raise ValueError
        try:
            made = numpy.array(value)
            if made.size and made.dtype.kind not in _ARRAYS_OF[wanted.kind]:
                raise ValueError
            made = numpy.array(value, dtype=wanted)
        except (TypeError, OverflowError):
            raise ValueError from None
        return made

    return array


_ARRAYS_OF = {"b": "b", "i": "i", "u": "iu", "f": "iufOU", "U": "U"}
"""Kind of the array that a cell is to be → the kinds that NumPy may see in its JSON: missing floats are None, infinities texts."""


def _missing(column: dict[str, Any]) -> Any:
    kind = column.get("missing")
    if kind in ("na", "nat"):
        pandas: Any = importlib.import_module("pandas")
        return pandas.NA if kind == "na" else pandas.NaT
    if kind is None:
        kind = "nan" if column["type"] in FLOATS else "none"
    return math.nan if kind == "nan" else None


def _expected(reader: "ColumnReader") -> str:
    if reader.categories is not None:
        names = ", ".join(json.dumps(name) for name in reader.categories[:10])
        return f"one of {names}{', …' if len(reader.categories) > 10 else ''}"
    if reader.moments is not None:
        return reader.moments.expected
    if reader.type == "bytes":
        return (
            "bytes (base64 text)" if reader.cells is None else f"an image (base64 text of a file: {', '.join(FORMATS)})"
        )
    return "json (any value)" if reader.type == "json" and reader.cells is None else (
        reader.type if reader.cells is None else "json (a value like those of the example)"
    )  # fmt: skip


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
