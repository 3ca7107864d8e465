"""Random columns of every type that pandas, NumPy and polars have and a request can carry, as Hypothesis draws them."""

import datetime
import zoneinfo
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import strategies as st

ZONES = ["UTC", "Europe/Amsterdam", "America/St_Johns", "Asia/Kathmandu"]
UNITS = {"s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}
TEXTS = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1, max_size=6
)
WORDS = st.sampled_from(["Gent", "Łódź", "nan", "None", "5", "true", " x"]) | TEXTS
INTEGERS = ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]
_FIRST, _LAST = -9_000_000_000, 9_000_000_000
"""Seconds: the years 1684 to 2255, which nanoseconds hold."""

Draw = Callable[..., Any]


def whole(dtype: str) -> st.SearchStrategy[int]:
    limits = np.iinfo(dtype)
    return st.integers(int(limits.min), int(limits.max))


def floats(bits: int = 64, *, gaps: bool = True) -> st.SearchStrategy[float]:
    return st.floats(width=bits, allow_nan=gaps) if bits != 16 else st.floats(width=16, allow_nan=gaps)  # type: ignore[call-overload]


def counts(unit: str) -> st.SearchStrategy[int]:
    per_second = 10**9 // UNITS[unit]
    return st.integers(_FIRST * per_second, _LAST * per_second)


def lists(draw: Draw, n: int, values: st.SearchStrategy[Any], *gaps: Any) -> list[Any]:
    """n values, of which some are one of `gaps`, always the same one."""
    gap = draw(st.sampled_from(gaps)) if gaps else None
    found = [draw(values) for _ in range(n)]
    return [gap if gaps and draw(st.integers(0, 3)) == 0 else value for value in found]


def moments(draw: Draw, n: int, unit: str, *, letter: str = "M", gaps: bool = True) -> Any:
    values = lists(draw, n, counts(unit), *([None] if gaps else []))
    return np.array([np.iinfo("int64").min if v is None else v for v in values], dtype="int64").view(
        f"{letter}8[{unit}]"
    )


def zoned(draw: Draw, n: int) -> pd.Series:
    series = pd.Series(moments(draw, n, draw(st.sampled_from(list(UNITS))))).dt.tz_localize("UTC")
    offset = datetime.timezone(datetime.timedelta(minutes=draw(st.sampled_from([-210, 60, 330]))))
    return series.dt.tz_convert(draw(st.sampled_from([*ZONES, offset])))


def categories(draw: Draw, n: int) -> pd.Series:
    of = draw(
        st.sampled_from([WORDS, whole("int64"), whole("int8"), floats(gaps=False).filter(np.isfinite), st.booleans()])
    )
    known = draw(st.lists(of, min_size=1, max_size=4, unique=True))
    index = pd.Index(known) if not isinstance(known[0], str) or draw(st.booleans()) else pd.Index(known, dtype=object)
    kind = pd.CategoricalDtype(index, ordered=draw(st.booleans()))
    codes = [draw(st.integers(-1, len(known) - 1)) for _ in range(n)]
    return pd.Series(pd.Categorical.from_codes(codes, dtype=kind))


def objects(values: list[Any]) -> pd.Series:
    array = np.empty(len(values), dtype=object)
    for place, value in enumerate(values):
        array[place] = value
    return pd.Series(array, dtype=object)


def arrays(draw: Draw, n: int) -> list[Any]:
    dtype, shape = draw(st.sampled_from(["float32", "float64", "int16", "bool"])), draw(st.sampled_from([(3,), (2, 2)]))
    of = {"f": floats(32, gaps=True), "i": whole("int8"), "b": st.booleans()}[np.dtype(dtype).kind]
    size = int(np.prod(shape))
    return [np.array([draw(of) for _ in range(size)], dtype=dtype).reshape(shape) for _ in range(n)]


def zone_datetimes() -> st.SearchStrategy[datetime.datetime]:
    first, last = datetime.datetime(1900, 1, 1), datetime.datetime(2200, 1, 1)  # noqa: DTZ001
    zone = st.just(zoneinfo.ZoneInfo("Europe/Amsterdam"))
    return st.datetimes(first, last, timezones=zone, allow_imaginary=False)


JSON = st.recursive(st.booleans() | whole("int64") | WORDS, lambda inner: st.lists(inner, max_size=3), max_leaves=4) | (
    st.dictionaries(TEXTS, whole("int8"), max_size=2)
)
_INTEGER_EXTENSIONS = [name.replace("int", "Int").replace("uI", "UI") for name in INTEGERS]
_ARROW: list[tuple[str, Any]] = [
    ("int64", whole("int64")), ("uint8", whole("uint8")), ("double", floats(gaps=False)), ("string", WORDS),
    ("bool", st.booleans()),
]  # fmt: skip


def arrow(draw: Draw, n: int) -> pd.Series:
    import pyarrow as pa

    name, of = draw(st.sampled_from([*_ARROW, ("timestamp", None), ("duration", None), ("date32", st.dates())]))
    if of is None:
        unit = draw(st.sampled_from(list(UNITS)))
        zone = draw(st.sampled_from([None, *ZONES])) if name == "timestamp" else None
        kind = pa.timestamp(unit, zone) if name == "timestamp" else pa.duration(unit)
        array = pa.array(lists(draw, n, counts(unit), None), pa.int64()).cast(kind)
    else:
        array = pa.array(lists(draw, n, of, None), pa.date32() if name == "date32" else pa.type_for_alias(name))
    return pd.Series(pd.arrays.ArrowExtensionArray(array))


def text(draw: Draw, n: int) -> pd.Series:
    dtype = draw(st.sampled_from([pd.Series(["text"]).dtype, "string[python]", "string[pyarrow]", object]))
    gaps = [None, np.nan, pd.NA] if dtype is object else [None]
    return pd.Series(lists(draw, n, WORDS, *gaps), dtype=dtype)


PANDAS: dict[str, Callable[[Draw, int], Any]] = {
    "integer": lambda draw, n: _numbers(draw, n, draw(st.sampled_from(INTEGERS))),
    "float": lambda draw, n: _numbers(draw, n, draw(st.sampled_from(["float16", "float32", "float64"]))),
    "bool": lambda draw, n: pd.Series(lists(draw, n, st.booleans()), dtype=bool),
    "big-endian": lambda draw, n: pd.Series(
        _numbers(draw, n, draw(st.sampled_from(["int16", "float32"]))).to_numpy().astype(">f8")
    ),
    "text": text,
    "nullable integer": lambda draw, n: _extension(draw, n, draw(st.sampled_from(_INTEGER_EXTENSIONS))),
    "nullable float": lambda draw, n: pd.Series(
        lists(draw, n, floats(32, gaps=False), None), dtype=draw(st.sampled_from(["Float32", "Float64"]))
    ),
    "nullable bool": lambda draw, n: pd.Series(lists(draw, n, st.booleans(), None), dtype="boolean"),
    "category": categories,
    "datetime": lambda draw, n: pd.Series(moments(draw, n, draw(st.sampled_from(list(UNITS))))),
    "zone": zoned,
    "duration": lambda draw, n: pd.Series(moments(draw, n, draw(st.sampled_from(list(UNITS))), letter="m")),
    "arrow": arrow,
    "objects": lambda draw, n: objects(
        lists(
            draw,
            n,
            draw(
                st.sampled_from(
                    [
                        whole("int64"),
                        st.booleans(),
                        floats(gaps=False),
                        st.dates(),
                        st.timedeltas(),
                        st.binary(min_size=1, max_size=9),
                        st.datetimes(),
                        zone_datetimes(),
                        JSON,
                    ]
                )
            ),
            None,
            np.nan,
            pd.NA,
            pd.NaT,
        )
    ),
    "arrays": lambda draw, n: objects(arrays(draw, n)),
}
"""Kind of column → what draws a Series of n values of it."""


def _numbers(draw: Draw, n: int, dtype: str) -> pd.Series:
    of = whole(dtype) if "int" in dtype else floats(np.dtype(dtype).itemsize * 8)
    return pd.Series(np.array(lists(draw, n, of), dtype=dtype))


def _extension(draw: Draw, n: int, dtype: str) -> pd.Series:
    return pd.Series(lists(draw, n, whole(dtype.lower()), None), dtype=dtype)
