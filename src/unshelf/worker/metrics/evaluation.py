"""Evaluation of a metric's function on the labelled predictions of days: of all of them, of each slice, and of bootstrap samples.

The interval is the percentile bootstrap of Efron (1979): rows are drawn with replacement, of rankings whole queries, since rows of one
query depend on each other."""

import importlib
import inspect
import json
import linecache
import math
import os
import sys
import time
import types
import zlib
from pathlib import Path
from typing import Any, Callable, Dict, List, NamedTuple, Optional

from .day_rows import DayRows, read_day

MODULE = "metric.py"
"""The file that has the function, and its name in error messages."""
_SAMPLES = 200
_LEAST_SAMPLES = 50
"""Samples without which there is no interval: its ends would be those of a handful."""
_SHARE_OF_TOTAL = 0.25
"""The part of a day's time that samples of all rows may take; slices share the rest of `_SHARE`."""
_SHARE = 0.6
_TAIL = 2.5
_MOST_TEXT = 500


class NoNumber(Exception):
    """The function returned something that is no number; the text says what."""


class Part(NamedTuple):
    """The value of the function on some rows."""

    value: float
    low: Optional[float]
    high: Optional[float]
    spread: Optional[float]
    """The standard deviation over the samples."""
    rows: int


Function = Callable[..., Any]


def serve(plan: Dict[str, Any], folder: Path, days: List[str], descriptor: int) -> None:
    """Evaluate days, and write a line of JSON of each."""
    with os.fdopen(descriptor, "wb", buffering=0) as out:
        try:
            importlib.import_module("numpy")
        except ImportError:
            _write(out, [{"day": day, "problem": "The environment has no NumPy, which metrics need."} for day in days])
            return
        try:
            function = load(folder / MODULE, plan["function"])
        except BaseException as error:
            _write(out, [{"day": day, "problem": f"It can't be loaded. {said(error)}"} for day in days])
            return
        for day in days:
            _write(out, [{"day": day, **_found(function, folder, day, plan)}])


def _write(out: Any, days: List[Dict[str, Any]]) -> None:
    for day in days:
        out.write(json.dumps(day).encode() + b"\n")


def load(path: Path, name: str) -> Function:
    """Return the function of a file. Raises whatever its code raises, and LookupError where it has none of the name."""
    source = path.read_text("utf-8")
    module = types.ModuleType("metric")
    sys.modules["metric"] = module
    linecache.cache[MODULE] = (len(source), None, source.splitlines(keepends=True), MODULE)
    exec(compile(source, MODULE, "exec"), module.__dict__)  # noqa: S102 - that is what the walls around it are for
    function: Any = getattr(module, name, None)
    if not callable(function):
        raise LookupError(f"{MODULE} has no function {name}")
    found: Function = function
    return found


def _found(function: Function, folder: Path, day: str, plan: Dict[str, Any]) -> Dict[str, Any]:
    began = time.monotonic()
    try:
        rows = read_day(folder / "days" / f"{day}.npz")
        return evaluate(function, rows, seconds=plan["seconds"], began=began, seed=day)
    except MemoryError:
        return {"problem": f"The function took more memory than the {plan['memory_bytes'] >> 20} MiB that it has."}
    except BaseException as error:  # the function's own: also one that exits
        return {"problem": said(error)}


def evaluate(function: Function, rows: DayRows, *, seconds: float, began: float, seed: str) -> Dict[str, Any]:
    """Return the values of a function on all rows and on each slice. Raises what it raises on all rows, and NoNumber."""
    call = _caller(function, rows)
    parts = {"": _part(call, rows, rows.all(), seed, began + _SHARE_OF_TOTAL * seconds)}
    left_out = 0
    first = ""
    for name, places in rows.slices():
        if time.monotonic() > began + _SHARE * seconds:
            left_out += 1
            first = first or "The time of a day was over before it."
            continue
        try:
            parts[name] = _part(call, rows, places, f"{seed} {name}", began + _SHARE * seconds)
        except MemoryError:
            raise
        except Exception as error:  # such as one class alone in a slice: the other slices have a value
            left_out += 1
            first = first or f"{name}: {said(error)}"[:_MOST_TEXT]
    return {"parts": {name: part._asdict() for name, part in parts.items()}, "left_out": left_out, "why": first}


def _caller(function: Function, rows: DayRows) -> Callable[..., float]:
    """Return what calls the function on rows by their places; it gets what its parameters name beyond the first three."""
    try:
        names = set(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        names = set()
    wanted = [name for name in ("scores", "groups") if name in names]

    def call(places: Any, groups: Any = None) -> float:
        more = {}
        if "scores" in wanted:
            more["scores"] = None if rows.scores is None else rows.scores[places]
        if "groups" in wanted:
            more["groups"] = groups if groups is not None else rows.groups[places]
        return number_of(function(rows.truth[places], rows.prediction[places], rows.table(places), **more))

    return call


def _part(call: Callable[..., float], rows: DayRows, places: Any, seed: str, until: float) -> Part:
    numpy: Any = importlib.import_module("numpy")
    began = time.monotonic()
    value = call(places)
    now = time.monotonic()
    if now + _LEAST_SAMPLES * (now - began) > until:
        return Part(value, None, None, None, len(places))
    random = numpy.random.RandomState(zlib.crc32(seed.encode()))
    values: List[float] = []
    while len(values) < _SAMPLES and time.monotonic() < until:
        sample, groups = rows.sample(places, random)
        try:
            values.append(call(sample, groups))
        except MemoryError:
            raise
        except Exception:  # a sample may lack a class: without an interval the value still stands
            return Part(value, None, None, None, len(places))
    if len(values) < _LEAST_SAMPLES:
        return Part(value, None, None, None, len(places))
    low, high = (float(each) for each in numpy.percentile(values, [_TAIL, 100 - _TAIL]))
    return Part(value, min(low, value), max(high, value), float(numpy.std(values)), len(places))


def number_of(value: Any) -> float:
    """Return a value as a finite number. Raises NoNumber."""
    numpy: Any = importlib.import_module("numpy")
    if isinstance(value, numpy.ndarray) and value.ndim == 0:
        value = value.item()
    if isinstance(value, (bool, numpy.bool_)) or not isinstance(value, (int, float, numpy.integer, numpy.floating)):
        raise NoNumber(f"It returned {_kind(value)}, not a number.")
    try:
        found = float(value)
    except OverflowError:
        raise NoNumber("It returned an integer that is too large for a number.") from None
    if not math.isfinite(found):
        raise NoNumber(f"It returned {found}, not a finite number.")
    return found


def _kind(value: Any) -> str:
    name = type(value).__name__
    if value is None:
        return "nothing"
    return f"{'an' if name[:1] in 'aeiou' else 'a'} {name}"


def said(error: BaseException) -> str:
    """Return an error of the function in words, with the line of its file."""
    if isinstance(error, NoNumber):
        return str(error)
    line = error.lineno if isinstance(error, SyntaxError) else None
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == MODULE:
            line = trace.tb_lineno
        trace = trace.tb_next
    try:
        text = str(error)
    except Exception:
        text = ""
    where = f" (line {line})" if line is not None else ""
    name = type(error).__name__
    return (f"It raised {name}{where}: {text}" if text else f"It raised {name}{where}.")[:_MOST_TEXT]
