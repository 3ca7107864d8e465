"""Predictions: what a model returned for a batch, cut into its rows and written for each caller."""

import json
import math
from collections.abc import Generator, Mapping, Sequence
from typing import Any

from .encoding.described_outputs import described, type_of
from .encoding.json_codec import dumps
from .encoding.opening import is_plain_array, listed, order_of, says_something, series_values, table_columns, with_index
from .encoding.output_values import OutputValues, length_of, read_output
from .encoding.plain_values import members_of, plain
from .errors import UnusableAnswer, Unwritable

BARE = "output"
"""The name of an answer that has none: a bare array, list or scalar."""
ROWS, TABLE = "rows", "table"
"""A version declares one of these: one output a row, or one answer for all rows."""

_ONE_A_ROW = (
    "Return one output a row: a list, an array or a DataFrame as long as the input. If the answer is one for all rows, declare "
    '[model] output = "table" in unshelf.toml, or unshelf.deploy(..., output="table").'
)
_quoted = json.encoder.encode_basestring_ascii


class BatchOutputs:
    """A model's answer for `rows` rows, read once and for all protocols."""

    generator: Generator[Any, Any, Any] | None = None
    """The generator that will yield the answer, where the model has not given it yet."""
    chunks: list[Any] | None = None
    """The chunks that the model yielded, as plain values."""
    form = "bare"
    """The form of the answer: `bare` values, a `frame`, `columns` by name or `dicts`, one a row."""
    _whole = False
    _columns: dict[str, OutputValues] | None = None
    _given_rows: list[Any] | None = None
    _tuple: list[Any] | None = None
    _rows: list[Any] | None = None
    _texts: list[str] | None = None
    _description = ""

    def __init__(self, raw: Any, rows: int, *, whole: bool = False, declared: Mapping[str, str] | None = None) -> None:
        """`whole`: the answer is one for all rows. `declared`: output → its type by the signature.

        Raises Unwritable, and whatever the code of the answer's values raises."""
        self.size = rows
        self._declared = declared or {}
        if not whole and ((type(raw) is list and raw and type(raw[0]) in _SIMPLE) or is_plain_array(raw)):
            self._bare = read_output(raw, self._declared.get(BARE, ""))
            lengths = {length_of(self._bare.values)}
        else:
            self._whole = whole
            self._bare = _NOTHING
            self._read(raw)
            lengths = {length_of(item.values) for item in self._named().values()}
        self.per_row = not whole and lengths == {rows}
        """Whether there is one answer a row; if not, it can only be given as a whole."""
        if not self.per_row and not whole:
            self._description = _described(raw)

    @property
    def rows(self) -> list[Any]:
        """The answers, one a row; an answer that has no rows as the list it is, or as the only item."""
        if self._rows is None:
            self._rows = self._make_rows()
            self._texts = _plain_texts(self._rows)
        return self._rows

    @property
    def is_tuple(self) -> bool:
        """Whether the whole answer is a tuple of several."""
        return self._tuple is not None

    @property
    def outputs(self) -> dict[str, OutputValues]:
        """Name → its values, an array or a list."""
        return {
            name: item if length_of(item.values) is not None else OutputValues([item.values], item.kind, item.declared)
            for name, item in self._named().items()
        }

    def require_rows(self) -> None:
        """Refuse an answer that has not one output a row, unless it is to be given as a whole. Raises UnusableAnswer."""
        if self.per_row or self._whole:
            return
        plural = "row" if self.size == 1 else "rows"
        raise UnusableAnswer(f"The model returned {self._description} for {self.size} {plural}.", hint=_ONE_A_ROW)

    def json(self, start: int, stop: int) -> str:
        """The JSON array of the rows from `start` to `stop`; the whole answer as it is where it is one for all rows."""
        if self._whole:
            return dumps(self._whole_value())
        rows = self.rows
        if not self.per_row:
            return dumps(rows)
        if self._texts is not None:
            return "[" + ",".join(self._texts[start:stop]) + "]"
        return dumps(rows[start:stop] if stop - start < len(rows) else rows)

    def slices(self, start: int, stop: int) -> dict[str, OutputValues]:
        """Name → the values of the rows from `start` to `stop`; all of them when the answer has no rows."""
        if not self.per_row:
            return self.outputs
        return {
            name: OutputValues(item.values[start:stop], item.kind, item.declared) for name, item in self.outputs.items()
        }

    def _named(self) -> dict[str, OutputValues]:
        return {BARE: self._bare} if self._columns is None else self._columns

    def _read(self, raw: Any) -> None:
        if type(raw) is list:
            self._take(raw)
            return
        if callable(getattr(type(raw), "model_dump", None)) and members_of(raw) is None:  # a RootModel of pydantic
            raw = raw.model_dump()
        if isinstance(raw, (set, frozenset)):
            raise Unwritable("a set has no order, so no output belongs to a row; return a list")
        if not self._whole and (order := order_of(raw)) is not None:
            first = ", ".join(map(str, order[:5]))
            raise Unwritable(
                f"the index of the answer names the rows in another order ({first} …): return it in the order of the inputs "
                "(sort_index()), or drop the index (reset_index(drop=True))"
            )
        if self._whole and type(raw) is tuple:
            self._tuple = [plain(item) for item in raw]
            self._name({f"{BARE}_{place}": item for place, item in enumerate(raw)}, "columns")
            return
        if self._whole and getattr(type(raw), "__name__", "") == "Series" and hasattr(raw, "reset_index"):
            raw = with_index(raw.rename(BARE) if raw.name is None else raw) if says_something(raw.index) else raw
        if (columns := table_columns(raw)) is not None:
            self._name(columns, "frame")
        elif (members := members_of(raw)) is None:
            self._take(raw)
        elif members:
            self._name(members, "columns")
        else:
            self._bare = OutputValues({})

    def _take(self, raw: Any) -> None:
        """Take an answer without names of its own; a list of objects with the same members has theirs."""
        items = _items(raw)
        objects = None if items is None else _objects(items)
        if objects is None:
            self._bare = read_output(raw if items is None else items, self._declared.get(BARE, ""))
            return
        columns = {name: [each[name] for each in objects] for name in objects[0]}
        found = self._name(columns, "dicts")
        if objects is items and all(found[name].values is values for name, values in columns.items()):
            self._given_rows = items  # as plain as they are to be

    def _name(self, columns: Mapping[str, Any], form: str) -> dict[str, OutputValues]:
        self.form = form
        self._columns = {name: read_output(item, self._declared.get(name, "")) for name, item in columns.items()}
        return self._columns

    def _make_rows(self) -> list[Any]:
        if self._given_rows is not None:
            return self._given_rows
        if self._columns is not None:
            lists = [listed(item.values) for item in self._columns.values()]
            if not self.per_row and self.form != "dicts":
                return [dict(zip(self._columns, lists, strict=True))]
            return [dict(zip(self._columns, row, strict=True)) for row in zip(*lists, strict=True)]
        values = listed(self._bare.values)
        return values if isinstance(values, list) else [values]

    def _whole_value(self) -> Any:
        if self._tuple is not None:
            return self._tuple
        if self._columns is None:
            return listed(self._bare.values)
        lists = {name: listed(item.values) for name, item in self._columns.items()}
        if self.form == "columns":
            return lists
        return [dict(zip(lists, row, strict=True)) for row in zip(*lists.values(), strict=True)]


class Yielding(BatchOutputs):
    """The answer of a model that yields, before it did: there is nothing to be read yet."""

    def __init__(self, generator: Generator[Any, Any, Any], rows: int) -> None:
        self.generator = generator
        self.per_row = False
        self.size = rows

    def require_rows(self) -> None:
        """Chunks are no rows."""


def describe_outputs(prediction: BatchOutputs) -> dict[str, Any] | None:
    """The signature's `outputs` part, as seen in one prediction; see `contracts.signature`. None where it has no words for it:
    a tuple of several answers."""
    if prediction.is_tuple:
        return None
    found = {name: described(item) for name, item in prediction.outputs.items()}
    whole = {name: kind not in ("json", "datetime", "bytes") for name, (kind, _, _) in found.items()}
    flat = all(len(shape) == 1 for _, shape, _ in found.values())
    if all(whole.values()) and not (flat and prediction.form != "bare"):
        tensors = [
            {"name": name, "type": kind, "shape": _free(shape, prediction)} for name, (kind, shape, _) in found.items()
        ]
        return {"kind": "tensors", "tensors": tensors}
    columns = []
    for name, (kind, shape, values) in found.items():
        columns.append(_column(name, kind, listed(values)) if len(shape) == 1 else {"name": name, "type": "json"})
    container = {"frame": "pandas", "columns": "columns", "dicts": "dicts", "bare": "values"}[prediction.form]
    return {"kind": "columns", "columns": columns, "container": container}


def _column(name: str, kind: str, values: list[Any]) -> dict[str, Any]:
    """The signature's column of these values: gaps make it nullable, and say nothing of its type."""
    known = [value for value in values if value is not None]
    gaps = len(known) < len(values)
    column = {"name": name, "type": type_of(known) if kind == "json" and gaps else kind}
    if gaps or any(isinstance(value, float) and math.isnan(value) for value in known):
        return {**column, "nullable": True}
    return column


def declared_types(outputs: dict[str, Any] | None) -> dict[str, str]:
    """Output → its type by the signature."""
    if outputs is None:
        return {}
    entries = outputs["columns"] if outputs["kind"] == "columns" else outputs["tensors"]
    return {entry["name"]: entry["type"] for entry in entries}


def _free(shape: list[int], prediction: BatchOutputs) -> list[int]:
    """The shape of a tensor for any number of rows: of a whole answer no size is promised."""
    return [-1, *shape[1:]] if prediction.per_row else [-1] * len(shape)


_SIMPLE = frozenset({float, int, str, bool})
_NOTHING = OutputValues(None)


def _objects(items: list[Any]) -> list[dict[str, Any]] | None:
    """The items as objects with the same members; None where they are none."""
    if not items:
        return None
    first = members_of(items[0])
    if not first:
        return None
    if set(map(type, items)) == {dict} and all(type(name) is str for name in items[0]):
        return items if all(item.keys() == first.keys() for item in items) else None
    objects = [members_of(item) for item in items]
    return [each for each in objects if each is not None] if all(
        each is not None and each.keys() == first.keys() for each in objects
    ) else None  # fmt: skip


def _items(raw: Any) -> list[Any] | None:
    """The items of an answer that is a list, or something to be gone through once; None for arrays, texts and the like."""
    if isinstance(raw, list):
        return raw
    if isinstance(raw, (str, bytes, bytearray, memoryview)) or hasattr(raw, "dtype") or hasattr(raw, "__array__"):
        return None
    if series_values(raw) is not None or not hasattr(raw, "__iter__"):
        return None
    return list(raw)


def _plain_texts(rows: Sequence[Any]) -> list[str] | None:
    """The JSON text of each row where all are finite numbers or texts: one pass at C speed for the whole batch."""
    kinds = set(map(type, rows))
    if kinds == {int}:
        try:
            return list(map(repr, rows))
        except ValueError:  # of thousands of digits, which `dumps` will tell
            return None
    if kinds == {float} and math.isfinite(sum(rows)):
        return list(map(repr, rows))
    return list(map(_quoted, rows)) if kinds == {str} else None


def _described(raw: Any) -> str:
    """Describe an answer for people: `None`, `a float`, `a list of 3`, `an array of shape (2, 5)`."""
    if raw is None:
        return "None"
    name = "array" if is_plain_array(raw) else type(raw).__name__
    article = "an" if name[:1].lower() in "aeiou" else "a"
    shape = getattr(raw, "shape", None)
    if shape is not None and not callable(shape):
        return f"{article} {name} of shape {tuple(map(int, shape))}"
    if isinstance(raw, Mapping):
        return f"{article} {name} with {_lengths(raw)}" if raw else f"an empty {name}"
    if isinstance(raw, (str, bytes)) or not hasattr(raw, "__len__"):
        return f"{article} {name}"
    return f"{article} {name} of {len(raw)}"


def _lengths(raw: Mapping[Any, Any]) -> str:
    """The first values of a dict by their lengths."""
    told = [
        f"{name!r} of {len(value)}" if length_of(value) is not None else f"{name!r}, a single {type(value).__name__}"
        for name, value in list(raw.items())[:4]
    ]
    return ", ".join(told) + (" …" if len(raw) > 4 else "")
