"""A signature as its maker writes it: the table `[signature]` of unshelf.toml, or `signature=` of `unshelf.deploy`."""

import difflib
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, get_args

import msgspec

from unshelf.client.data.dtypes import FLOATS, INTEGERS, label_fields
from unshelf.client.data.rows import plain
from unshelf.client.errors import InvalidModel, InvalidRows
from unshelf.client.options import parse_options
from unshelf.contracts.signature import ColumnType, Container, Label

CATEGORY = "category"
IMAGE = "image"
"""An image of Pillow, in whichever mode its file has; `image[RGB]`: in that one."""
GENERIC: dict[str, ColumnType] = {"integer": "int64", "number": "float64", "boolean": "bool"}
"""Type in general words → what it is where no example says more."""
_EXACT = get_args(ColumnType)
_WORDS = (*GENERIC, CATEGORY, IMAGE, *_EXACT)
_IN_A_MODE = re.compile(r"image\[[\w;]+\]")
_CLASSES: dict[type, str] = {
    int: "integer", float: "number", str: "string", bool: "boolean", datetime: "datetime", date: "datetime",
    timedelta: "duration", bytes: "bytes", list: "json", dict: "json",
}  # fmt: skip


class _SignatureWords(msgspec.Struct, frozen=True):
    """The keys of a signature."""

    inputs: dict[Any, Any] = {}
    outputs: dict[Any, Any] | None = None
    container: Container | None = None


class _FieldWords(msgspec.Struct, frozen=True):
    """The keys of one column or tensor."""

    type: str | None = None
    nullable: bool | None = None
    optional: bool = False
    default: Any = msgspec.UNSET
    categories: list[str | int | float | bool] | None = None
    ordered: bool | None = None
    unseen: bool = False
    shape: list[int] | None = None


@dataclass(frozen=True, kw_only=True)
class WrittenField:
    """One column or tensor; None: its maker says nothing of it."""

    where: str
    """The place of it in the signature: `signature.inputs.age`."""
    name: str
    label: Label | msgspec.UnsetType
    type: str | None
    """One of our types, or a general word: integer, number, boolean, category, image."""
    nullable: bool | None
    optional: bool
    default: Any
    """The default as JSON has it; `msgspec.UNSET`: there is none."""
    categories: list[Any] | None
    ordered: bool | None
    unseen: bool
    shape: list[int] | None

    @property
    def may_be_left_out(self) -> bool:
        """Whether requests, and rows of the example, may lack it."""
        return self.optional or self.default is not msgspec.UNSET

    def contradicts(self, said: str, hint: str) -> InvalidModel:
        """Make the error for what is wrong with it."""
        return InvalidModel(f"{self.where}: {said}.", hint=hint)


@dataclass(frozen=True, kw_only=True)
class WrittenSignature:
    """A signature in its maker's words: columns or tensors by name."""

    inputs: dict[str, WrittenField]
    outputs: dict[str, WrittenField] | None
    container: Container | None

    @property
    def csv_types(self) -> dict[str, str]:
        """Column → the type as which a CSV's fields are read."""
        found = {name: _csv_type(field) for name, field in self.inputs.items()}
        return {name: kind for name, kind in found.items() if kind is not None}


def stated_signature(words: Mapping[str, Any] | None) -> WrittenSignature | None:
    """Read what a maker wrote, if anything. Raises InvalidModel."""
    return None if words is None else read_signature(words)


def read_signature(words: Mapping[str, Any]) -> WrittenSignature:
    """Read what a maker wrote. Raises InvalidModel, which names the place and the nearest known word."""
    if not isinstance(words, Mapping):
        raise InvalidModel(f"signature can't be {words!r}.", hint='Write {"inputs": {"age": "integer"}}.')
    found = parse_options("signature", dict(words), _SignatureWords)
    outputs = found.outputs
    return WrittenSignature(
        inputs=_fields("inputs", found.inputs),
        outputs=None if outputs is None else _fields("outputs", outputs),
        container=found.container,
    )


def _fields(side: str, words: dict[Any, Any]) -> dict[str, WrittenField]:
    fields: dict[str, WrittenField] = {}
    for label, described in words.items():
        field = _field(side, label, described)
        if field.name in fields:
            raise field.contradicts(
                "it is stated twice", "A request knows a column by the text of its name: rename one."
            )
        fields[field.name] = field
    return fields


def _field(side: str, label: Any, described: Any) -> WrittenField:
    try:
        named = label_fields(label)
    except InvalidRows as error:
        raise InvalidModel(f"signature.{side}: {error.detail}", hint=error.hint) from error
    where = f"signature.{side}.{named['name']}"
    if not isinstance(described, Mapping):  # the short form
        described = {"type": described}
    words = dict(described)
    if "type" in words:
        words["type"] = _type_word(where, words["type"])
    if hasattr(words.get("categories"), "tolist"):  # an array, an Index
        words["categories"] = words["categories"].tolist()
    if "default" in words:
        words["default"] = _json_value(where, words["default"])
    found = parse_options(where, words, _FieldWords)
    field = WrittenField(
        where=where, name=named["name"], label=named.get("label", msgspec.UNSET), type=found.type, nullable=found.nullable,
        optional=found.optional, default=found.default, categories=found.categories, ordered=found.ordered,
        unseen=found.unseen, shape=found.shape,
    )  # fmt: skip
    _check(field, side)
    return field


def _type_word(where: str, given: Any) -> str:
    """Return the word for a type that is given as one, as a class of Python or NumPy, or as a dtype."""
    word = given
    if isinstance(given, type):
        word = _CLASSES.get(given, given.__name__)
    elif not isinstance(given, str):
        word = getattr(given, "name", given)
    if word in _WORDS or _IN_A_MODE.fullmatch(str(word)):
        return str(word)
    meant = {kind.__name__: name for kind, name in _CLASSES.items()}.get(str(word))
    near = [meant] if meant else difflib.get_close_matches(str(word), _WORDS, n=1, cutoff=0.6)
    hint = f"Did you mean {near[0]}?" if near else f"Known are {', '.join(_WORDS)}."
    raise InvalidModel(f"{where}: type can't be {given!r}.", hint=hint)


def _json_value(where: str, value: Any) -> Any:
    """Return a default as JSON has it; NaN, NaT and the like are null."""
    try:
        found = plain(value)
    except InvalidRows as error:
        raise InvalidModel(f"{where}: the default can't be sent as JSON: {error.detail}", hint=error.hint) from error
    return None if isinstance(found, float) and math.isnan(found) else found


def _check(field: WrittenField, side: str) -> None:
    """Refuse what contradicts itself."""
    if side == "outputs" and (field.may_be_left_out or field.categories is not None or field.unseen):
        raise field.contradicts("an output has a type, and may be nullable or have a shape", "Leave the rest out.")
    if field.shape is not None and (field.may_be_left_out or field.categories is not None or field.nullable):
        raise field.contradicts(
            "a tensor, which has a shape, is neither left out, nor null, nor a category", "Leave that out."
        )
    if field.optional and field.default is not msgspec.UNSET:
        raise field.contradicts(
            "it is optional and has a default",
            "With a default the model sees the default; optional: the model is given a table without the column.",
        )
    if field.categories is not None and not field.categories:
        raise field.contradicts("categories is empty", "Name the values, or leave `categories` out.")
    if field.categories is not None and len(set(field.categories)) < len(field.categories):
        raise field.contradicts("a category is named twice", "Name each once.")
    if field.type not in (None, CATEGORY) and field.ordered is not None:
        raise field.contradicts(f"ordered goes with categories, not with {field.type}", 'Write type = "category".')


def type_of_word(word: str) -> tuple[str, str | None]:
    """Return the type that a word stands for, and the `items` of its column."""
    return ("bytes", word) if word.startswith(IMAGE) else (GENERIC.get(word, word), None)


def _csv_type(field: WrittenField) -> str | None:
    if field.type == CATEGORY or field.type is None:
        kinds = set(map(type, field.categories or ()))
        return "string" if kinds == {str} else None
    kind, _ = type_of_word(field.type)
    return kind if kind in ("string", "bytes", "datetime", "duration", "json", *INTEGERS, *FLOATS) else None
