"""Columns as their maker states them, with or without a column of the example that says more."""

import math
from collections.abc import Sequence
from typing import Any, cast

import msgspec

from unshelf.client.data.dtypes import FLOATS, INTEGERS, integer_type
from unshelf.client.signatures.written import CATEGORY, GENERIC, IMAGE, WrittenField, type_of_word
from unshelf.contracts.signature import Column, ColumnType

_BOUNDS = {
    **{f"int{bits}": (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) for bits in (8, 16, 32, 64)},
    **{f"uint{bits}": (0, 2**bits - 1) for bits in (8, 16, 32, 64)},
}
_SHOWN = 5


def stated_column(field: WrittenField) -> Column:
    """Return the column that a maker states where no example shows it. Raises InvalidModel."""
    if field.type is None:
        raise field.contradicts(
            "its type is missing", 'Write type = "integer", "number", "string", "boolean", "category" …'
        )
    kind, items = type_of_word(field.type)
    categories = field.categories
    if field.type == CATEGORY:
        if categories is None:
            raise field.contradicts("its categories are missing", 'Write categories = ["a", "b"], or type = "string".')
        kind, categories = _category_type(field, categories)
    elif categories is not None:
        categories = _of_type(field, categories, kind)
    column = Column(
        name=field.name, label=field.label, type=cast(ColumnType, kind), nullable=field.nullable or False, items=items,
        categories=categories, ordered=field.ordered or False, categorical=field.type == CATEGORY or categories is None,
    )  # fmt: skip
    return with_latitude(column, field)


def merged_column(field: WrittenField, seen: Column, values: Sequence[Any], *, typed: bool, source: str) -> Column:
    """Return the column of the example with what its maker states beyond that. Raises InvalidModel where they contradict each other.

    `values`: those of the example, as JSON has them. `typed`: the example's types are exact, and no more than written values.
    `source`: where the column was seen, as a phrase."""
    if field.nullable is False and seen.nullable:
        raise field.contradicts(
            f"it is not nullable, but {source} lacks a value", "Write nullable = true, or fill the gap."
        )
    column = msgspec.structs.replace(seen, nullable=seen.nullable or bool(field.nullable))
    if seen.categories is not None:
        column = _seen_categorical(field, column, source)
    elif field.type == CATEGORY:
        column = _as_categorical(field, column, values, typed=typed, source=source)
    else:
        column = _typed(field, column, values, typed=typed, source=source)
        if field.categories is not None:
            _check_among(field, values, source)
            allowed = _of_type(field, field.categories, column.type)
            column = msgspec.structs.replace(column, categories=allowed, categorical=False)
    return with_latitude(column, field)


def with_latitude(column: Column, field: WrittenField) -> Column:
    """Return the column with its default, and with what it takes beside its categories. Raises InvalidModel."""
    if field.unseen:
        if column.categories is None:
            raise field.contradicts("unseen goes with categories", "Name the categories, or leave `unseen` out.")
        if column.ordered:
            raise field.contradicts(
                "its categories are ordered, and an unseen value has no place in their order",
                "Leave `unseen` out, or make the categories unordered.",
            )
    if field.default is not msgspec.UNSET and not _takes(column, field.default, unseen=field.unseen):
        raise field.contradicts(
            f"the default {field.default!r} is {_lacking(column)}", "Give a default of its own type."
        )
    exact = column.dtype if field.unseen and column.dtype in (*INTEGERS, "float32", "float16") else column.type
    optional = field.default is msgspec.UNSET and (field.optional or column.optional)
    return msgspec.structs.replace(column, optional=optional, default=field.default, unseen=field.unseen, type=exact)


def _seen_categorical(field: WrittenField, seen: Column, source: str) -> Column:
    if field.type not in (None, CATEGORY):
        raise field.contradicts(
            f"its type is {field.type}, but {source} has it as a category", f'Write type = "{CATEGORY}".'
        )
    if field.categories is not None and field.categories != seen.categories:
        raise field.contradicts(
            f"its categories are {_listed(field.categories)}, but {source} has {_listed(seen.categories or [])}",
            "Write them in the same order, or leave `categories` out: the model was shown them in the example.",
        )
    if field.ordered is not None and field.ordered != seen.ordered:
        state = "ordered" if seen.ordered else "not ordered"
        raise field.contradicts(f"its categories in {source} are {state}", "Make both the same.")
    return seen


def _as_categorical(field: WrittenField, seen: Column, values: Sequence[Any], *, typed: bool, source: str) -> Column:
    if typed:
        raise field.contradicts(
            f'its type is "{CATEGORY}", but {source} has plain values of {seen.type}',
            f"Make it a categorical there (astype('category')), or write type = \"{_general(seen.type)}\" with the same categories.",
        )
    stated = stated_column(field)
    _check_among(field, values, source)
    return msgspec.structs.replace(stated, nullable=seen.nullable)


def _typed(field: WrittenField, seen: Column, values: Sequence[Any], *, typed: bool, source: str) -> Column:
    wanted = field.type
    if wanted is None or wanted == _exactly(seen):
        return seen
    general = {"integer": INTEGERS, "number": FLOATS, "boolean": ("bool",)}
    if seen.type in general.get(wanted, ()) or seen.items == wanted or (wanted == IMAGE and _holds_images(seen)):
        return seen
    word, items = type_of_word(wanted)
    kind = cast(ColumnType, word)
    if (typed or _holds_images(seen)) and not (wanted == "number" and seen.type in INTEGERS):
        raise field.contradicts(
            f"its type is {wanted}, but {source} has {_exactly(seen)}",
            f'Make both the same: write type = "{_exactly(seen)}", or change the example.',
        )
    known = [value for value in values if value is not None and value == value]  # noqa: PLR0124 - NaN is a gap
    probe = Column(name=seen.name, type=kind)
    wrong = [value for value in known if not _takes(probe, value, unseen=False)]
    if wrong:
        raise field.contradicts(f"its type is {wanted}, but {source} has {wrong[0]!r}", "Mend one of the two.")
    return msgspec.structs.replace(seen, type=kind, dtype=None, missing=None, items=items)


def _holds_images(column: Column) -> bool:
    return (column.items or "").startswith(IMAGE)


def _exactly(column: Column) -> str:
    """The word for a column's type."""
    return column.items or column.type if _holds_images(column) else column.type


def _check_among(field: WrittenField, values: Sequence[Any], source: str) -> None:
    known = field.categories or []
    odd = [value for value in values if value is not None and value == value and value not in known]  # noqa: PLR0124
    if odd and not field.unseen:
        raise field.contradicts(
            f"{source} has {odd[0]!r}, which is none of the categories {_listed(known)}",
            "Add it to the categories, or write unseen = true where the model takes other values.",
        )


def _category_type(field: WrittenField, categories: list[Any]) -> tuple[str, list[Any]]:
    kinds = set(map(type, categories))
    if kinds == {str}:
        return "string", categories
    if kinds == {bool}:
        return "bool", categories
    if kinds == {int} and (found := integer_type(min(categories), max(categories))) != "json":
        return found, categories
    if kinds <= {int, float} and all(map(math.isfinite, categories)):
        return "float64", [float(each) for each in categories]
    raise field.contradicts(
        "its categories are of several kinds", "Name texts, or whole numbers, or numbers, or booleans."
    )


def _of_type(field: WrittenField, categories: list[Any], kind: str) -> list[Any]:
    probe = Column(name=field.name, type=cast(ColumnType, kind))
    wrong = [each for each in categories if kind == "json" or not _takes(probe, each, unseen=False)]
    if wrong:
        raise field.contradicts(f"the category {wrong[0]!r} is no {kind}", "Make type and categories agree.")
    return [float(each) for each in categories] if kind in FLOATS else categories


def _takes(column: Column, value: Any, *, unseen: bool) -> bool:
    """Whether a column takes a value, as JSON has it; datetimes and durations are looked at by the check."""
    if value is None:
        return column.nullable
    if column.categories is not None and not unseen and value not in column.categories:
        return False
    if column.type in FLOATS:
        return type(value) in (int, float) or value in ("Infinity", "-Infinity")
    if column.type in INTEGERS:
        least, most = _BOUNDS[column.type]
        return type(value) in (int, float) and value == value // 1 and least <= value <= most
    if column.type == "bool":
        return type(value) is bool
    if column.type == "duration":
        return type(value) in (str, int, float)
    return column.type == "json" or type(value) is str


def _lacking(column: Column) -> str:
    if column.categories is not None:
        return f"none of the categories {_listed(column.categories)}"
    return f"no {column.type}{' and no null' if column.nullable else ''}"


def _general(kind: str) -> str:
    return next((word for word, concrete in GENERIC.items() if concrete == kind), kind)


def _listed(values: Sequence[Any]) -> str:
    return ", ".join(map(repr, values[:_SHOWN])) + (" …" if len(values) > _SHOWN else "")
