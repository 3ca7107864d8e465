"""JSON in and out by the product's rule for numbers: no bare NaN or Infinity ever; docs/concepts/numbers.md."""

import json
import math
import sys
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE, BOM_UTF32_BE, BOM_UTF32_LE
from typing import Any

from ..errors import UnusableAnswer, malformed
from .plain_values import key_text, plain

_RECURSION = 1000
_OTHER_MARKS = ((BOM_UTF32_LE, "UTF-32"), (BOM_UTF32_BE, "UTF-32"), (BOM_UTF16_LE, "UTF-16"), (BOM_UTF16_BE, "UTF-16"))

_MOST_DIGITS = 400  # of an integer; the greatest float has 309


def loads(body: bytes) -> Any:
    """The value of a JSON text; raises Refused (400) for anything else, repeated keys and NaN tokens included."""
    raised = lower_recursion()
    try:
        return _decoded(body.decode("utf-8-sig" if body.startswith(BOM_UTF8) else "utf-8"))
    except UnicodeDecodeError as error:
        raise malformed(not_utf8("The body", body, error.start), hint="Send UTF-8.") from None
    except RecursionError:
        raise malformed("The body's JSON is nested too deeply.") from None
    except ValueError as error:
        raise malformed(f"The body is not JSON: {error}.") from None
    finally:
        if raised:
            sys.setrecursionlimit(raised)


def not_utf8(what: str, data: bytes, place: int) -> str:
    """A sentence on bytes that are not UTF-8 from a place on, with the name of what they are where their beginning tells it."""
    other = next((name for mark, name in _OTHER_MARKS if data.startswith(mark)), None)
    return f"{what} is {other}, not UTF-8." if other else f"{what} is not UTF-8 text (at byte {place})."


def lower_recursion() -> int:
    """Hold Python's limit down while a deep value is read: a model that raised it must not let that overflow the C stack.

    Returns the limit to restore with `sys.setrecursionlimit`; 0: it was low enough."""
    limit = sys.getrecursionlimit()
    if limit <= _RECURSION:
        return 0
    sys.setrecursionlimit(_RECURSION)
    return limit


class _NotJson(ValueError):
    """A value that Python's reader takes, and JSON does not."""


def dumps(value: Any) -> str:
    """JSON of whatever a model returns: NaN is null, infinities are "Infinity" and "-Infinity", floats keep every bit.

    Raises UnusableAnswer (500) for what has no place in JSON."""
    try:
        return _encode(value)
    except (ValueError, TypeError, RecursionError):
        pass  # a NaN, an infinity or an odd key somewhere inside: rare, so found by failing
    try:
        return _encode(_cleaned(value))
    except (ValueError, TypeError, RecursionError) as error:
        raise unanswerable(error) from error


def unanswerable(error: BaseException) -> UnusableAnswer:
    """The model's answer can't be written down: the model's fault, its owner sees why."""
    reason = "it is nested too deeply, or holds itself" if isinstance(error, RecursionError) else str(error)
    return UnusableAnswer(
        "The model's answer can not be written as JSON.",
        f"The model's answer can not be written as JSON: {reason}.",
        hint="Return numbers, texts, lists, dicts, arrays, tensors or DataFrames: docs/concepts/outputs.md.",
    )


def _cleaned(value: Any) -> Any:
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, float):
        if math.isfinite(value):
            return value
        return None if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, dict):
        return {name if isinstance(name, str) else key_text(name): _cleaned(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_cleaned(item) for item in value]
    return _cleaned(plain(value))


def _decoded(text: str) -> Any:
    try:
        value, end = _read(text)
        if end == len(text):
            return value
    except ValueError:
        pass
    try:
        return _decode(text)  # which passes over spaces around the value, and says what is wrong
    except (json.JSONDecodeError, _NotJson):
        raise
    except ValueError:  # an integer of thousands of digits: fine JSON that Python does not read
        return _decode_long(text)


def _integer(digits: str) -> float:
    """Beyond every type is as good as infinite, which no column takes as a number."""
    return int(digits) if len(digits) <= _MOST_DIGITS else -math.inf if digits[0] == "-" else math.inf


def _refuse_constant(name: str) -> None:
    raise _NotJson(f'{name} is no JSON; a missing value is null, infinities are "Infinity" and "-Infinity"')


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise _NotJson(f"the key {twice[:80]!a} is given twice in one object")
    return members


_decoder = json.JSONDecoder(parse_constant=_refuse_constant, object_pairs_hook=_once)
_decode, _read = _decoder.decode, _decoder.raw_decode
_decode_long = json.JSONDecoder(parse_constant=_refuse_constant, object_pairs_hook=_once, parse_int=_integer).decode
_encode = json.JSONEncoder(allow_nan=False, separators=(",", ":"), default=plain).encode
