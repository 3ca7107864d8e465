"""Dates, times and durations in one form, whatever they came in: ISO 8601 text, and seconds for durations."""

import re
import sys
from typing import Any

_FRACTION = re.compile(r"\.(\d+)")
_WIDTHS = (6, 9, 12, 15, 18)
_CALENDAR_UNITS = frozenset({"Y", "M", "W"})
_COARSE_UNITS = frozenset({"h", "m"})


def iso_text(text: str) -> str:
    """An ISO 8601 text whose fraction of a second is none, of six digits, or of nine and more where six do not hold it."""
    return _FRACTION.sub(_even, text, count=1) if "." in text else text


def listed_times(value: Any) -> Any:
    """An array (or scalar) of datetime64 as texts, of timedelta64 as seconds; None for NaT.

    Whole days are dates (`2024-01-31`), everything finer has a time (`2024-01-31T00:00:00`)."""
    numpy = sys.modules["numpy"]
    array = numpy.asarray(value)
    if array.dtype.kind == "m":
        seconds = array / numpy.timedelta64(1, "s")
        return numpy.where(numpy.isnat(array), None, seconds.astype(object)).tolist()
    unit, _ = numpy.datetime_data(array.dtype)
    if unit in _CALENDAR_UNITS:
        array = array.astype("datetime64[D]")
    elif unit in _COARSE_UNITS:
        array = array.astype("datetime64[s]")
    texts = numpy.datetime_as_string(array).astype(object)
    found = numpy.where(numpy.isnat(array), None, texts)
    return _mapped(found.tolist()) if unit not in ("D", "s", *_CALENDAR_UNITS, *_COARSE_UNITS) else found.tolist()


def _mapped(texts: Any) -> Any:
    if isinstance(texts, list):
        return [_mapped(text) for text in texts]
    return None if texts is None else iso_text(texts)


def _even(match: re.Match[str]) -> str:
    digits = match[1].rstrip("0")
    if not digits:
        return ""
    width = next((width for width in _WIDTHS if len(digits) <= width), len(digits))
    return "." + digits.ljust(width, "0")
