"""The signature that a maker's own words and the example make together; each alone where the other is missing."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast, get_args

import msgspec

from unshelf.client.data.data_types import kind_of
from unshelf.client.data.rows import as_rows
from unshelf.client.errors import InvalidModel, InvalidRows
from unshelf.client.frameworks.saved_model import SavedModel
from unshelf.client.signatures.fields import merged_column, stated_column
from unshelf.client.signatures.written import CATEGORY, GENERIC, WrittenField, WrittenSignature, read_signature
from unshelf.contracts.signature import Column, Columns, Container, Signature, Tensor, Tensors, TensorType

_PLACES = frozenset({"numpy", "lists", "values", "vector"})
"""Containers whose columns are known by their places: a maker may name them."""
_PLAIN = frozenset({"lists", "dicts", "columns", "values"})
_NUMBERS = ("int", "uint", "float", "bool")


def signature_with(
    stated: WrittenSignature | None, example: Any, seen: Signature | None, saved: SavedModel, *,
    container: Container | None = None, written: bool = False, in_memory: bool = False,
) -> Signature | None:  # fmt: skip
    """Return the signature that was seen in an example, completed by what the model's maker states; None where there is neither.

    `container`: what the model's code is given, where that is said beside the signature; `written`: the example was read from a
    file; `in_memory`: the model itself was at hand. Raises InvalidModel."""
    if stated is None:
        return seen
    found = _seen_in_file(saved) if seen is None else _seen_in(example, seen, written=written)
    return complete(stated, found, saved, container=container, in_memory=in_memory)


@dataclass(frozen=True, kw_only=True)
class Seen:
    """Inputs of a model, as they were seen."""

    signature: Signature
    rows: list[Any]
    """The example's rows as plain values; none where the signature comes from the model's own file."""
    typed: bool
    """Whether the types are those of a library, and no more than values that were written down."""
    source: str = "the example"


def _seen_in(example: Any, signature: Signature, *, written: bool) -> Seen:
    """Return what an example shows. `written`: it was written down, in a file or as plain values. Raises InvalidModel."""
    columns = isinstance(signature.inputs, Columns) and kind_of(example) == "mapping"
    plain = written or kind_of(example) == "sequence" or (columns and signature.inputs.container in _PLAIN)  # type: ignore[union-attr]
    try:
        rows = as_rows(example)
    except InvalidRows as error:
        raise InvalidModel(f"The example: {error.detail}", hint=error.hint) from error
    return Seen(signature=signature, rows=rows, typed=not plain)


def _seen_in_file(saved: SavedModel) -> Seen | None:
    """Return what the model's own file tells of its tensors, if anything."""
    if saved.tensors is None:
        return None
    signature = Signature(inputs=Tensors(tensors=saved.tensors))
    return Seen(signature=signature, rows=[], typed=True, source="the model's file")


def with_defaults(example: Any, stated: WrittenSignature | None) -> Any:
    """Return an example of rows by column in which each row that leaves out a column has its default."""
    if stated is None or kind_of(example) != "sequence" or not all(isinstance(row, dict) for row in example):
        return example
    fields = stated.inputs.values()
    defaults = {field.name: field.default for field in fields if field.default is not msgspec.UNSET}
    return [{**row, **{name: value for name, value in defaults.items() if name not in row}} for row in example]


def complete(
    stated: WrittenSignature, seen: Seen | None, saved: SavedModel, *, container: Container | None, in_memory: bool
) -> Signature:
    """Return the signature of a model. Raises InvalidModel where its maker's words contradict each other, the example or the model.

    `container`: what its code is given, where that is said elsewhere; `in_memory`: the model itself was at hand, so that it has no
    feature names where `saved` has none."""
    if container is not None and stated.container not in (None, container):
        raise InvalidModel(
            f"The model's input is {container!r}, its signature's container {stated.container!r}.", hint="Say it once."
        )
    outputs = None if stated.outputs is None else _outputs(stated.outputs)
    try:
        if seen is not None:
            renames = saved.loader.kind == "python"  # the graphs of frameworks know their tensors by name
            inputs = _together(stated, seen, renames=renames)
            return msgspec.structs.replace(seen.signature, inputs=inputs, outputs=outputs or seen.signature.outputs)
        alone = _alone(stated, saved, container or stated.container, in_memory=in_memory)
        return Signature(inputs=alone, outputs=outputs)
    except ValueError as error:
        raise InvalidModel(
            f"signature: {error}.", hint="docs/reference/unshelf-toml.md explains [signature]."
        ) from error


def note_without_example(signature: Signature | None) -> list[str]:
    """Say what the check does where it has neither an example nor a default for every column."""
    if signature is None:
        return []
    inputs = signature.inputs
    if isinstance(inputs, Columns) and all(column.default is not msgspec.UNSET for column in inputs.columns):
        return ["There is no example, so the check predicts a row of the defaults."]
    return [
        "There is no example, so the check tries rows made up from the signature; an error that the model raises for them "
        "does not fail the deploy."
    ]


def _alone(
    stated: WrittenSignature, saved: SavedModel, container: Container | None, *, in_memory: bool
) -> Columns | Tensors:
    fields = list(stated.inputs.values())
    if not fields:
        raise InvalidModel(
            "The signature states no inputs, and there is no example.", hint="Give [signature.inputs], or an example."
        )
    if container == "tensors" or any(field.shape is not None for field in fields):
        return Tensors(tensors=[_tensor(field) for field in fields])
    if container is None and saved.container_hint == "tensors":
        raise fields[0].contradicts("the model takes tensors, and it has no shape", "Write shape = [-1, 3, 224, 224].")
    columns = [stated_column(field) for field in fields]
    _check_feature_names([column.name for column in columns], saved.feature_names)
    return Columns(columns=columns, container=container or _usual_container(columns, saved, in_memory=in_memory))


def _usual_container(columns: list[Column], saved: SavedModel, *, in_memory: bool) -> Container:
    """Return what a model is given where nobody says: its maker's code a dict a row, a framework's model a table."""
    if saved.loader.kind == "python":
        return "dicts"
    numbers = all(column.type.startswith(_NUMBERS) and column.categories is None for column in columns)
    return "numpy" if numbers and in_memory and saved.feature_names is None else "pandas"


def _check_feature_names(names: list[str], trained: list[str] | None) -> None:
    if trained is None or names == trained:
        return
    shown = ", ".join(trained[:8]) + (" …" if len(trained) > 8 else "")
    raise InvalidModel(
        "The signature's columns are not those that the model was trained on, in their order.",
        hint=f"It was trained on {shown}.",
    )


def _together(stated: WrittenSignature, seen: Seen, *, renames: bool) -> Columns | Tensors:
    found = seen.signature.inputs
    if stated.container is not None and isinstance(found, Columns) and found.container != stated.container:
        raise InvalidModel(
            f"The signature's container is {stated.container!r}, but {seen.source} is {found.container!r}.",
            hint="Give the example in the form that the model takes, or leave `container` out.",
        )
    if isinstance(found, Tensors):
        return _tensors_together(stated, found, seen.source, renames=renames)
    if shaped := [field for field in stated.inputs.values() if field.shape is not None]:
        raise shaped[0].contradicts(f"it has a shape, but {seen.source} is a table", "Leave the shape out.")
    columns = _named(found, stated)
    known = {column.name for column in columns}
    more = [field for field in stated.inputs.values() if field.name not in known]
    if more and (found.container in _PLACES or not all(field.may_be_left_out for field in more)):
        odd = next((field for field in more if not field.may_be_left_out), more[0])
        raise odd.contradicts(
            f"{seen.source} has no such column (it has {', '.join(map(repr, sorted(known)[:8]))})",
            "Add it to the example, or give it a default where requests may leave it out.",
        )
    values = _values(seen.rows, columns)
    merged = [
        merged_column(stated.inputs[column.name], column, values[place], typed=seen.typed, source=seen.source)
        if column.name in stated.inputs
        else column
        for place, column in enumerate(columns)
    ]
    return Columns(columns=[*merged, *map(stated_column, more)], container=found.container)


def _named(found: Columns, stated: WrittenSignature) -> list[Column]:
    """Return the columns under the names that the maker gives to all of them, where an example has places and no names."""
    columns, names = found.columns, list(stated.inputs)
    unnamed = found.container in _PLACES and [column.name for column in columns] == [
        f"x{n}" for n in range(len(columns))
    ]
    if not unnamed or {column.name for column in columns} & set(names) or len(names) != len(columns):
        return columns
    return [msgspec.structs.replace(column, name=name) for column, name in zip(columns, names, strict=True)]


def _values(rows: list[Any], columns: list[Column]) -> list[list[Any]]:
    """Return the values of each column in plain rows: objects by column, arrays in their order, bare values."""
    if rows and all(isinstance(row, dict) for row in rows):
        return [[row.get(column.name) for row in rows] for column in columns]
    if rows and all(isinstance(row, list) and len(row) == len(columns) for row in rows):
        return [list(values) for values in zip(*rows, strict=True)]
    return [list(rows) for _ in columns]


def _tensors_together(stated: WrittenSignature, found: Tensors, source: str, *, renames: bool) -> Tensors:
    fields = dict(stated.inputs)
    tensors = found.tensors
    if renames and len(fields) == len(tensors) == 1 and tensors[0].name == "input":
        tensors = [msgspec.structs.replace(tensors[0], name=next(iter(fields)))]
    unknown = [field for name, field in fields.items() if name not in {tensor.name for tensor in tensors}]
    if unknown:
        names = ", ".join(repr(tensor.name) for tensor in tensors)
        raise unknown[0].contradicts(f"{source} has no such tensor (it has {names})", "Mend the name.")
    merged = [_merged_tensor(fields[each.name], each, source) if each.name in fields else each for each in tensors]
    return msgspec.structs.replace(found, tensors=merged)


def _merged_tensor(field: WrittenField, seen: Tensor, source: str) -> Tensor:
    if field.type is not None and field.type != seen.type and not _is_general(field.type, seen.type):
        raise field.contradicts(f"its type is {field.type}, but {source} has {seen.type}", "Make both the same.")
    _refuse_column_words(field)
    if field.shape is None:
        return seen
    wanted, shown = field.shape, seen.shape
    if len(wanted) != len(shown) or any(
        want != size and -1 not in (want, size) for want, size in zip(wanted, shown, strict=True)
    ):
        raise field.contradicts(
            f"its shape is {wanted}, but {source} has {shown}", "Make both the same; -1 is any size."
        )
    return msgspec.structs.replace(seen, shape=wanted)


def _is_general(word: str, kind: str) -> bool:
    return kind.startswith({"integer": ("int", "uint"), "number": ("float",), "boolean": ("bool",)}.get(word, ("-",)))


def _tensor(field: WrittenField) -> Tensor:
    if field.shape is None:
        raise field.contradicts("its shape is missing, while another input has one", "Write shape = [-1, 3], or [-1].")
    _refuse_column_words(field)
    if field.type is None:
        raise field.contradicts("its type is missing", 'Write type = "float32", "int64" …')
    kind = "float32" if field.type == "number" else GENERIC.get(field.type, field.type)
    if kind not in get_args(TensorType):
        raise field.contradicts(
            f"a tensor can't be of {field.type}", f"It is one of {', '.join(get_args(TensorType))}."
        )
    return Tensor(name=field.name, type=cast(TensorType, kind), shape=field.shape)


def _refuse_column_words(field: WrittenField) -> None:
    if field.may_be_left_out or field.categories is not None or field.nullable or field.unseen:
        raise field.contradicts(
            "it is a tensor, which is neither left out, nor null, nor a category", "A tensor has a type and a shape."
        )


def _outputs(fields: Mapping[str, WrittenField]) -> Columns | Tensors:
    """Return the outputs; the check holds them against what the model returns, whatever their form."""
    if any(field.shape is not None for field in fields.values()):
        whole = {name: _with_shape(field) for name, field in fields.items()}
        return Tensors(tensors=[_tensor(field) for field in whole.values()])
    for field in fields.values():
        if field.type == CATEGORY:
            raise field.contradicts("an output has no categories", 'Write type = "string".')
    columns = [stated_column(field) for field in fields.values()]
    return Columns(columns=columns, container="values" if list(fields) == ["output"] else "dicts")


def _with_shape(field: WrittenField) -> WrittenField:
    return field if field.shape is not None else WrittenField(**{**vars(field), "shape": [-1]})


def stated_alone(words: Mapping[str, Any]) -> Signature:
    """Return the signature that its maker's words say by themselves, inputs and outputs. Raises InvalidModel."""
    stated = read_signature(words)
    fields = list(stated.inputs.values())
    if not fields or stated.outputs is None:
        raise InvalidModel(
            "The signature states no inputs, or no outputs.",
            hint='Write {"inputs": {"age": "integer"}, "outputs": {"output": "string"}}.',
        )
    inputs: Columns | Tensors
    if any(field.shape is not None for field in fields):
        inputs = Tensors(tensors=[_tensor(field) for field in fields])
    else:
        inputs = Columns(columns=[stated_column(field) for field in fields], container=stated.container or "dicts")
    return Signature(inputs=inputs, outputs=_outputs(stated.outputs))
