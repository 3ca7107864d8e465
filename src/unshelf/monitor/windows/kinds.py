"""Columns of records and the kinds of their profiles."""

from collections.abc import Collection, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from unshelf.contracts.protocols.profiles import (
    AnyProfile,
    CategoryProfile,
    NumberProfile,
    TableProfile,
    TensorProfile,
    TextProfile,
    TimeProfile,
)
from unshelf.contracts.signature import Columns, Signature, Tensors
from unshelf.monitor.windows.window import INPUT, OUTPUT, input_column, output_column, score_column
from unshelf.records.archive.arrow_schemas import FACTS, SCORES
from unshelf.records.profiles.kinds import kind_of, kind_of_type

TENSOR = "tensor"
_IN, _OUT, _BARE = "in_", "out_", "out"
"""How records name the columns of requests and answers, and the only one of an answer without a name."""
_UNNAMED = "output"
_TWO = 2
_MOST_SCORES = 20
"""Classes whose scores are profiled, of a version with more."""
_KINDS: dict[type[Any], str] = {
    NumberProfile: "number", CategoryProfile: "category", TextProfile: "text", TimeProfile: "time", TensorProfile: TENSOR,
}  # fmt: skip


def recorded_columns(schema: Any) -> dict[str, str]:
    """Return the columns of a file's requests and answers: name in profiles → name in the file."""
    found: dict[str, str] = {}
    for name in schema.names:
        if name in FACTS or not pa.types.is_list(schema.field(name).type):
            continue
        if name == _BARE:
            found[output_column(_UNNAMED)] = name
        elif name.startswith(_IN):
            found[input_column(name.removeprefix(_IN))] = name
        elif name.startswith(_OUT):
            found[output_column(name.removeprefix(_OUT))] = name
    return found


def score_columns(signature: Signature | None) -> Mapping[str, int]:
    """Return the columns of scores that a version records beside its answers: name in profiles → place of its class.

    Of two classes only the second one's: the other is the rest to 1. Of many the first ones are profiled."""
    classes = [] if signature is None or signature.scores is None else signature.scores.classes
    first = 1 if len(classes) == _TWO else 0
    return {score_column(place, name): place for place, name in enumerate(classes[:_MOST_SCORES]) if place >= first}


def score_values(records: Any, place: int) -> Any:
    """Return a class's score of each row of a table of records, as an Arrow array; rows without scores are left out."""
    rows = pc.list_flatten(records.column(SCORES)).combine_chunks()
    return pc.list_element(rows, place) if len(rows) else pa.array([], pa.float32())


def kind_of_profile(profile: AnyProfile) -> str:
    """Return the kind of a profile."""
    return _KINDS[type(profile)]


def kinds_for(
    records: Any, signature: Signature | None, baseline: TableProfile | None, categories: Collection[str] = ()
) -> dict[str, str]:
    """Choose the kind of each column of a table of records, for good.

    An input has that of the baseline's column, so that both can be compared; others that of the signature and of the values at hand.
    Columns that have no profile, such as bytes, are left out. `categories` are such whatever their type."""
    kinds: dict[str, str] = {}
    for name, recorded in recorded_columns(records.schema).items():
        known = None if baseline is None else baseline.columns.get(name.removeprefix(INPUT))
        if name.startswith(INPUT) and known is not None:
            kinds[name] = kind_of_profile(known)
        elif name in categories:
            kinds[name] = "category"
        else:
            kind = _kind(name, pc.list_flatten(records.column(recorded)).combine_chunks(), signature)
            if kind is not None:
                kinds[name] = kind
    if SCORES in records.schema.names:
        kinds |= dict.fromkeys(score_columns(signature), "number")
    return kinds


def elements_of(signature: Signature | None) -> Mapping[str, int]:
    """Return the elements of each tensor whose rows all have the same number of them; no other is profiled as one."""
    found: dict[str, int] = {}
    if signature is None:
        return found
    for prefix, part in ((INPUT, signature.inputs), (OUTPUT, signature.outputs)):
        for tensor in part.tensors if isinstance(part, Tensors) else ():
            size = 1
            for length in tensor.shape[1:]:
                size *= length
            if size > 0 and -1 not in tensor.shape[1:]:
                found[f"{prefix}{tensor.name}"] = size
    return found


def _kind(name: str, values: Any, signature: Signature | None) -> str | None:
    if elements_of(signature).get(name, 1) > 1 and not pa.types.is_string(values.type):
        return TENSOR
    part = None if signature is None else signature.inputs if name.startswith(INPUT) else signature.outputs
    if isinstance(part, Columns):
        plain = name.removeprefix(INPUT if name.startswith(INPUT) else OUTPUT)
        column = next((each for each in part.columns if each.name == plain), None)
        if column is not None:
            return kind_of(column, values if pa.types.is_string(values.type) else None)
    return kind_of_type(values)
