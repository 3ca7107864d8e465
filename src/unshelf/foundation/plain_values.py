"""Values of strangers: what a database, a file name or an answer can't hold is found before anything is done with it."""

import math
from collections.abc import Iterable

MOST_NESTED = 64
LARGEST_INTEGER = 2**63 - 1
"""In size, with either sign: what databases, files and other languages hold."""


def fault_in(value: object) -> str:
    """Name what is wrong with a value as JSON gives it, or with one inside it; empty where nothing is."""
    waiting: list[tuple[object, int]] = [(value, 0)]
    while waiting:
        each, depth = waiting.pop()
        if isinstance(each, str):
            fault = fault_in_text(each)
        elif isinstance(each, (int, float)):
            fault = _fault_in_number(each)
        elif isinstance(each, (dict, list)):
            fault = "" if depth < MOST_NESTED else f"Values are nested more than {MOST_NESTED} deep."
            inner: Iterable[object] = [*each, *each.values()] if isinstance(each, dict) else each
            waiting += [(one, depth + 1) for one in inner]
        else:
            fault = ""
        if fault:
            return fault
    return ""


def fault_in_text(text: str) -> str:
    """Name what is wrong with a text; empty where nothing is."""
    if "\0" in text:
        return "A text holds the character NUL."
    try:
        text.encode()
    except UnicodeEncodeError:
        return "A text holds half of a surrogate pair, which is no character."
    return ""


def _fault_in_number(number: int | float) -> str:
    if isinstance(number, int):
        return "" if abs(number) <= LARGEST_INTEGER else "A whole number is larger than 64 bits hold."
    return "" if math.isfinite(number) else "A number is not finite."
