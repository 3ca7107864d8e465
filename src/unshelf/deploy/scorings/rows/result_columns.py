"""Columns of predictions: what a version answered, as columns of the narrowest type that holds all of it."""

import base64
import binascii
import math
from collections.abc import Sequence
from typing import Any

import msgspec
import pyarrow as pa

from unshelf.contracts.signature import Columns, Signature
from unshelf.deploy.scorings.messages import ResultFormat

_BARE = "output"
"""The name that the signature gives an answer without names."""
PREDICTION = "prediction"
_INFINITIES = {"Infinity": math.inf, "-Infinity": -math.inf}
_NUMBERS = frozenset({"natural", "negative", "unsigned", "float", "infinity"})
_OF_ONE_KIND = {type(None): "null", bool: "bool", float: "float"}
_LARGEST, _LARGEST_UNSIGNED = 2**63 - 1, 2**64 - 1


class ResultColumns:
    """Learns from all outputs which columns there are and of which types; then makes them."""

    def __init__(self, signature: Signature, form: ResultFormat) -> None:
        self._declared: dict[str, str] = {}
        if isinstance(signature.outputs, Columns):
            self._declared = {column.name: column.type for column in signature.outputs.columns}
        elif signature.outputs is not None:
            self._declared = {tensor.name: tensor.type for tensor in signature.outputs.tensors}
        self._is_csv = form == "csv"
        self._kinds: dict[str, set[str]] = {}
        self._has_bare = self._has_named = False

    def look_at(self, outputs: Sequence[Any]) -> None:
        """Take note of outputs."""
        kinds = set(map(type, outputs))
        if dict not in kinds:
            bare, named = outputs, []
        else:
            named = [output for output in outputs if type(output) is dict]
            bare = [output for output in outputs if type(output) is not dict] if len(kinds) > 1 else []
        if bare:
            self._has_bare = True
            self._kinds.setdefault(_BARE, set()).update(_kinds_of(bare))
        if named:
            self._has_named = True
            for name in dict.fromkeys(name for output in named for name in output):
                values = [output[name] for output in named if name in output]
                self._kinds.setdefault(name, set()).update(_kinds_of(values))

    @property
    def is_mixed(self) -> bool:
        """Whether some outputs have names and some have none, so that they are one column of JSON."""
        return self._has_bare and self._has_named

    def names(self, taken: Sequence[str]) -> dict[str, str]:
        """Return name of an output → name of its column, which is none of those that are taken."""
        names = [_BARE] if self.is_mixed else list(self._kinds)
        found: dict[str, str] = {}
        for name in names:
            column = PREDICTION if name == _BARE else name
            while column in taken or column in found.values():
                column = f"{PREDICTION}_{column}" if column != PREDICTION else f"{PREDICTION}_{name}"
            found[name] = column
        return found

    def types(self) -> dict[str, pa.DataType]:
        """Return the type of each output's column."""
        if self.is_mixed:
            return {_BARE: pa.string()}
        return {name: self._type(name, kinds - {"null"}) for name, kinds in self._kinds.items()}

    def arrays(self, outputs: Sequence[Any], types: dict[str, pa.DataType]) -> list[pa.Array]:
        """Return the columns of some outputs."""
        if self.is_mixed or not self._has_named:
            columns = {_BARE: list(outputs)}
        else:
            columns = {name: [output.get(name) for output in outputs] for name in types}
        return [_array(columns[name], kind) for name, kind in types.items()]

    def _type(self, name: str, kinds: set[str]) -> pa.DataType:
        declared = self._declared.get(name, "")
        is_number = bool(kinds) and kinds <= _NUMBERS
        if is_number and (declared.startswith("float") or "float" in kinds):
            return pa.float64()
        if kinds <= {"bool"}:
            return pa.bool_()
        if kinds <= {"natural", "negative"}:
            return pa.int64()
        if kinds <= {"natural", "unsigned"}:
            return pa.uint64()
        if kinds <= {"text", "infinity"}:
            if declared == "bytes" and not self._is_csv:
                return pa.binary()
            return pa.string()
        if kinds == {"numbers"} and not self._is_csv:
            return pa.list_(pa.float64())
        return pa.string()


def _kinds_of(values: Sequence[Any]) -> set[str]:
    """Return the kinds of some values, by a look at C speed at those that are numbers or texts."""
    found: set[str] = set()
    types = set(map(type, values))
    for kind in types:
        some: Sequence[Any] = values if len(types) == 1 else [value for value in values if type(value) is kind]
        if kind in _OF_ONE_KIND:
            found.add(_OF_ONE_KIND[kind])
        elif kind is int:  # what lies between the smallest and the greatest needs no wider column
            found |= {_kind_of_integer(min(some)), _kind_of_integer(max(some))}
        elif kind is str:
            texts = set(some)
            found |= {
                "infinity" if texts & _INFINITIES.keys() else "text",
                "text" if texts - _INFINITIES.keys() else "infinity",
            }
        elif kind is list:
            found |= {"numbers" if all(type(item) is float for item in value) else "other" for value in some}
        else:
            found.add("other")
    return found


def _kind_of_integer(value: int) -> str:
    if value < 0:
        return "negative" if value >= -_LARGEST - 1 else "beyond"
    return "natural" if value <= _LARGEST else "unsigned" if value <= _LARGEST_UNSIGNED else "beyond"


def _array(values: list[Any], kind: pa.DataType) -> pa.Array:
    if kind == pa.float64() and str in set(map(type, values)):
        return pa.array([_INFINITIES.get(value, value) if type(value) is str else value for value in values], kind)
    if kind == pa.binary():
        try:
            return pa.array(
                [None if value is None else base64.b64decode(value, validate=True) for value in values], kind
            )
        except binascii.Error:  # the program wrote something else than it declared
            return pa.array([None if value is None else value.encode() for value in values], kind)
    if kind == pa.string():
        return pa.array([value if value is None or type(value) is str else _text(value) for value in values], kind)
    return pa.array(values, kind)


def _text(value: Any) -> str:
    return msgspec.json.encode(value).decode()
