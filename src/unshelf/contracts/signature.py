"""Signatures: the columns or tensors that a model takes and returns, and the parameters of its predictions."""

import math
from typing import Any, Literal

import msgspec

ColumnType = Literal[
    "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
    "float16", "float32", "float64", "string", "datetime", "duration", "bytes", "json",
]  # fmt: skip
"""NumPy's names where NumPy has one. `datetime`: ISO 8601 text in JSON. `duration`: ISO 8601 text (`PT1.5S`) or seconds.
`bytes`: base64 text in JSON.
`json`: any JSON value (lists, objects …)."""

TensorType = Literal[
    "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float16", "float32", "float64", "string",
]  # fmt: skip

Container = Literal[
    "numpy", "pandas", "polars", "lists", "dicts", "columns", "values", "tensors", "arrays", "vector", "series", "polars_series",
]  # fmt: skip
"""The value that the model's own code is given for a batch of n rows:
numpy: ndarray (n, columns) · pandas / polars: DataFrame · lists: list of n lists · dicts: list of n dicts by column ·
columns: dict of column → list of n values · values: list of n values (exactly one column) ·
arrays: dict of column → ndarray of n values · vector / series / polars_series: one ndarray, pandas Series or polars Series of
n values (exactly one column) ·
tensors: one ndarray, or, when there are several, a dict of name → ndarray."""

ONE_COLUMN = frozenset({"values", "vector", "series", "polars_series"})
"""The containers of exactly one column."""

Missing = Literal["nan", "none", "na", "nat"]
"""A value that stands for a missing one: NaN, None (null in polars), pandas' NA, or NaT."""

Label = str | int | float | bool | list[str | int | float | bool | None] | None

V2_DATATYPES = {
    "bool": "BOOL", "int8": "INT8", "int16": "INT16", "int32": "INT32", "int64": "INT64", "uint8": "UINT8", "uint16": "UINT16",
    "uint32": "UINT32", "uint64": "UINT64", "float16": "FP16", "float32": "FP32", "float64": "FP64", "string": "BYTES",
    "datetime": "BYTES", "duration": "BYTES", "bytes": "BYTES", "json": "BYTES",
}  # fmt: skip
"""Our type names in the words of the Open Inference Protocol V2."""


# Processes hold hundreds of thousands of these. They are values without cycles, which the garbage collector need not visit
# (`gc=False`): a visit to all of them would stop a gateway's event loop.


class Column(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """One column of a table."""

    name: str
    """The name."""
    type: ColumnType
    """The type of its values."""
    nullable: bool = False
    """Whether a value may be missing: `null` in JSON, which the model sees as NaN (floats), NaT or None."""
    categories: list[str | int | float | bool] | None = None
    """The only values it takes, of a categorical in the order of their codes; None: any of its type."""
    ordered: bool = False
    """Whether the categories are ordered."""
    dtype: str | None = None
    """The exact type in which the model takes the column, in the words of its container's library: `datetime64[ns, Europe/Paris]`,
    `Int64`, `arrow:int64`, `>f8`, `Datetime(time_unit='ms')`; of a categorical in pandas, the type of its categories. None: what
    the container makes of `type`."""
    missing: Missing | None = None
    """The value that stands for a missing one, where `dtype` leaves the choice; None: the usual one of the container and type."""
    items: str | None = None
    """The kind of each value where it is none of `type`: `date`; for `json` columns an array, as `ndarray[float32]`; for `bytes`
    an image of Pillow, in one mode (`image[RGB]`) or any (`image`)."""
    label: Label | msgspec.UnsetType = msgspec.UNSET
    """The label by which the model knows the column, where that is no text: a list stands for a tuple. Unset: the name."""
    optional: bool = False
    """Whether a request may leave the column out: the model is then given a table without it."""
    default: Any = msgspec.UNSET
    """The value, as JSON has it, that a row takes which leaves the column out. Unset: it may not be left out."""
    categorical: bool = True
    """Whether the model is given `categories` as a categorical of its library. False: as plain values of `type`."""
    unseen: bool = False
    """Whether values that are none of the categories are taken, too: in pandas and polars as further categories after these."""


class Tensor(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """One tensor; the first dimension counts the rows of a request and is -1, as is every other free dimension."""

    name: str
    """The name."""
    type: TensorType
    """The type of its elements."""
    shape: list[int]
    """The sizes of its dimensions; -1: any size."""
    dtype: str | None = None
    """The exact NumPy type in which the model takes it, where that is not `type`'s own: `>f4`, `str`."""

    def __post_init__(self) -> None:
        if not self.shape or self.shape[0] != -1 or any(size < -1 for size in self.shape):
            raise ValueError(f"tensor {self.name!r}: shape {self.shape} must begin with -1 (rows) and hold sizes or -1")


class Columns(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True, tag="columns", tag_field="kind"):
    """A table: named columns, in order."""

    columns: list[Column]
    """The columns, in order."""
    container: Container = "dicts"
    """The form in which the model takes or returns them."""

    def __post_init__(self) -> None:
        _check_names([column.name for column in self.columns], "column")
        if self.container in ONE_COLUMN and len(self.columns) != 1:
            raise ValueError(f"the container {self.container!r} holds exactly one column")
        if self.container == "tensors":
            raise ValueError("columns are never given as tensors")
        for column in self.columns:
            if column.default is not msgspec.UNSET or column.unseen:
                _check_latitude(column, self.container)


class Tensors(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True, tag="tensors", tag_field="kind"):
    """Named tensors, in order."""

    tensors: list[Tensor]
    """The tensors, in order."""
    named: bool = False
    """Whether the model is given a dict also where there is only one."""

    def __post_init__(self) -> None:
        _check_names([tensor.name for tensor in self.tensors], "tensor")


ParameterType = Literal[
    "integer", "number", "string", "boolean", "list[integer]", "list[number]", "list[string]", "list[boolean]",
]  # fmt: skip
"""The type of a parameter's value, in the words of JSON Schema."""
INFINITIES = {"Infinity": math.inf, "-Infinity": -math.inf}
"""Infinities as they are written in JSON: texts that stand for a `number`."""
_MOST_CHARACTERS = 200


class Parameter(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """A parameter that a request may set for all its rows, such as a temperature or a number of results."""

    name: str
    """The name."""
    type: ParameterType
    """The type of its value, or of the items of its list."""
    default: Any = None
    """The value where a request leaves it out. Where it is null, a request may also say null."""
    description: str = ""
    """A text for people."""
    min: int | float | None = None
    """The least value of an integer or number, or of each item; None: any."""
    max: int | float | None = None
    """The greatest value; None: any."""
    choices: list[str | int | float | bool] | None = None
    """The only values, or the only items of a list; None: any."""

    def __post_init__(self) -> None:
        if not 0 < len(self.name) <= _MOST_CHARACTERS:
            raise ValueError(f"a parameter's name has 1 to {_MOST_CHARACTERS} characters, got {len(self.name)}")
        kind = self.type.removeprefix("list[").removesuffix("]")
        if (self.min is not None or self.max is not None) and kind not in ("integer", "number"):
            raise ValueError(f"parameter {self.name!r}: min and max are for integers and numbers, not for {self.type}")
        if self.choices is not None and not (self.choices and all(_is_of_type(kind, value) for value in self.choices)):
            raise ValueError(f"parameter {self.name!r}: choices are values of the type {kind}, got {self.choices}")
        if self.default is not None and not self._takes(kind, self.default):
            raise ValueError(
                f"parameter {self.name!r}: its default {self.default!r} is no value that it takes: {self._range()}"
            )

    def _range(self) -> str:
        limits = [] if self.min is None else [f"at least {self.min:g}"]
        limits += [] if self.max is None else [f"at most {self.max:g}"]
        limits += [] if self.choices is None else [f"one of {', '.join(map(repr, self.choices))}"]
        return ", ".join([self.type, *limits])

    def _takes(self, kind: str, value: Any) -> bool:
        items = value if kind != self.type else [value]
        return isinstance(items, list) and all(self._takes_item(kind, item) for item in items)

    def _takes_item(self, kind: str, value: Any) -> bool:
        if not _is_of_type(kind, value) or (self.choices is not None and value not in self.choices):
            return False
        number = INFINITIES.get(value, value) if kind == "number" else value
        return (self.min is None or number >= self.min) and (self.max is None or number <= self.max)


MAX_CLASSES = 1000
"""The most classes whose scores are recorded."""


class RecordedScores(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """Scores of a classifier that are recorded beside its answer, and sent to no caller."""

    method: str
    """The model's method that gives them, such as `predict_proba`: a number for each row and class."""
    classes: list[str]
    """The names of the classes, in the order of the scores."""
    one_pass: bool = False
    """Whether the answer is read off the scores, the class with the highest, so that the model is asked once."""

    def __post_init__(self) -> None:
        if not 2 <= len(self.classes) <= MAX_CLASSES:
            raise ValueError(f"scores: 2 to {MAX_CLASSES} classes, got {len(self.classes)}")
        if not 0 < len(self.method) <= _MOST_CHARACTERS or any(len(name) > _MOST_CHARACTERS for name in self.classes):
            raise ValueError(f"scores: a method or class has at most {_MOST_CHARACTERS} characters")


class Signature(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """Inputs of a model and, once the check has seen it answer, its outputs."""

    inputs: Columns | Tensors
    """The input of the model."""
    outputs: Columns | Tensors | None = None
    """The output of the model; null: not known."""
    parameters: list[Parameter] = []
    """The parameters of a prediction, in order."""
    scores: RecordedScores | None = None
    """The scores that are recorded beside answers; null: none are."""

    def __post_init__(self) -> None:
        if self.parameters:
            _check_names([parameter.name for parameter in self.parameters], "parameter")


def _check_latitude(column: Column, container: Container) -> None:
    """Check what a column allows beside its plain values."""
    if column.default is not msgspec.UNSET:
        if column.optional:
            raise ValueError(f"column {column.name!r}: one with a default is never missing, so it can't be optional")
        if container in ONE_COLUMN:
            raise ValueError(f"column {column.name!r}: the only value of a row can't be left out, so it has no default")
    if column.unseen and not column.categories:
        raise ValueError(f"column {column.name!r}: unseen goes with categories")
    if column.unseen and column.ordered and column.categorical:
        raise ValueError(f"column {column.name!r}: an unseen value has no place in the order of its categories")


def _check_names(names: list[str], what: str) -> None:
    if not names:
        raise ValueError(f"a signature needs at least one {what}")
    twice = sorted({name for name in names if names.count(name) > 1}) if len(set(names)) != len(names) else []
    if twice:
        raise ValueError(f"{what} names must differ; given twice: {', '.join(twice)}")


def _is_of_type(kind: str, value: Any) -> bool:
    """Whether a JSON value is of one of the types of parameters that are no lists."""
    if kind == "number":
        return (type(value) in (int, float) and math.isfinite(value)) or (type(value) is str and value in INFINITIES)
    return type(value) is {"integer": int, "string": str, "boolean": bool}[kind]
