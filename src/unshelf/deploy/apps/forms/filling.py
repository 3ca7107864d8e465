"""Filling a definition in: what it does not say of its inputs comes from the signature, the example and the baseline of the version."""

import difflib
import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from unshelf.contracts.errors import InvalidInput
from unshelf.contracts.protocols.data import ColumnProfile
from unshelf.contracts.signature import Column, Columns, Signature, Tensor
from unshelf.deploy.apps.forms.definition import AppDefinition, AppInput, Kind

WHOLE = ""
"""The name of the only tensor of a model that takes it without a name: its row is the nested array itself."""
_MOST_SUGGESTIONS = 50
_WHOLE_NUMBERS = ("int", "uint")
_NUMBERS = (*_WHOLE_NUMBERS, "float")
_ZONED = re.compile(r",|time_zone=(?!None)")
_OFFSET = re.compile(r"(Z|[+-]\d\d:\d\d)$")


def fill(
    definition: AppDefinition, signature: Signature | None, example: Any, baseline: Sequence[ColumnProfile]
) -> AppDefinition:
    """Return the definition with all that it left open. `example`: a row, or None; what is not for the actor to read is left out.

    Raises InvalidInput for inputs that the version does not take, and for those that it needs and that have no value."""
    if signature is None:
        raise InvalidInput(
            "This version has no signature, so no form can be made for it.",
            hint="Deploy it again: its check writes one.",
        )
    known = _known(signature, example, {profile.name: profile for profile in baseline})
    listed = definition.inputs
    if listed is None:
        listed = [AppInput(name=name) for name in known if name not in definition.hidden]
    _check_names([*(each.name for each in listed), *definition.hidden], known)
    _check_parameters(definition.params, signature)
    given = {each.name for each in listed} | definition.hidden.keys()
    absent = {name: column for name, column in known.items() if name not in given}
    needed = [name for name, column in absent.items() if column.empty == "refused"]
    if needed:
        raise InvalidInput(
            f"The version needs {', '.join(needed)[:300]}, which the app neither asks for nor fixes.",
            hint="Add an input, or a value under `hidden`.",
        )
    hidden = definition.hidden | {name: None for name, column in absent.items() if column.empty == "null"}
    answer = definition.answer
    if not answer.text:
        answer = answer.model_copy(update={"text": "{words}" if answer.words else _template(signature)})
    inputs = [_completed(each, known[each.name]) for each in listed]
    return definition.model_copy(update={"inputs": inputs, "hidden": hidden, "answer": answer})


def _completed(given: AppInput, usual: AppInput) -> AppInput:
    """Return what was given of an input, with what is usual in place of what was not."""
    said = {name: getattr(given, name) for name in given.model_fields_set}
    said = {name: value for name, value in said.items() if value is not None and value != ""}
    return AppInput.model_validate({**usual.model_dump(), **said})


def _known(signature: Signature, example: Any, profiles: Mapping[str, ColumnProfile]) -> dict[str, AppInput]:
    inputs = signature.inputs
    if isinstance(inputs, Columns):
        return {
            column.name: _of_column(column, profiles.get(column.name), _value_in(example, column.name, place))
            for place, column in enumerate(inputs.columns)
        }
    is_bare = len(inputs.tensors) == 1 and not inputs.named
    found = {}
    for tensor in inputs.tensors:
        name = WHOLE if is_bare else tensor.name
        value = example if is_bare else _value_in(example, tensor.name, -1)
        found[name] = _of_tensor(name, tensor, value)
    return found


def _of_tensor(name: str, tensor: Tensor, value: Any) -> AppInput:
    usual = _zeros(tensor.shape[1:]) if value is None else value
    return AppInput(name=name, label=tensor.name, kind="json", default=usual, empty="refused")


def _of_column(column: Column, profile: ColumnProfile | None, example: Any) -> AppInput:
    kind = _kind_of(column, example)
    left_out = column.optional or column.default is not msgspec.UNSET
    usual = AppInput(
        name=column.name, label=column.name, kind=kind, whole=column.type.startswith(_WHOLE_NUMBERS),
        empty="left_out" if left_out else "null" if column.nullable else "refused",
        zone=kind == "moment" and _has_zone(column, example),
    )  # fmt: skip
    if kind == "number" and profile is not None:
        usual.min, usual.max = _number(profile.minimum), _number(profile.maximum)
    if column.categories is not None:
        usual.choices, usual.open = list(column.categories), column.unseen
    elif kind == "text" and profile is not None and profile.top:
        usual.choices, usual.open = [each.value for each in profile.top[:_MOST_SUGGESTIONS]], True
    usual.default = example if example is not None else _usual_value(column, kind, profile, usual)
    return usual


def _kind_of(column: Column, example: Any) -> Kind:
    """The control of a column, as the page that tries versions out chooses it."""
    if column.categories is not None:
        return "choice"
    if column.type.startswith(_NUMBERS):
        return "number"
    if column.type == "bool":
        return "yes"
    if column.type == "bytes":
        return "image" if (column.items or "").startswith("image") else "file"
    if column.type == "json":
        return "json"
    if column.type != "datetime":
        return "text"
    is_day = column.items == "date" or column.dtype == "Date" or "date32" in (column.dtype or "")
    return "date" if is_day or (isinstance(example, str) and len(example) == len("2026-01-31")) else "moment"


def _has_zone(column: Column, example: Any) -> bool:
    said = _ZONED.search(column.dtype or "") is not None
    return said or (isinstance(example, str) and _OFFSET.search(example) is not None)


def _usual_value(column: Column, kind: Kind, profile: ColumnProfile | None, usual: AppInput) -> Any:
    if column.default is not msgspec.UNSET:
        return column.default
    if kind == "number":
        middle = 0.0 if profile is None or profile.mean is None else profile.mean
        return round(middle) if column.type.startswith(_WHOLE_NUMBERS) else float(f"{middle:.3g}")
    if usual.choices:
        return usual.choices[0]
    return {"yes": False, "text": "", "json": {}}.get(kind)


def _value_in(example: Any, name: str, place: int) -> Any:
    """The example's value of a column: rows are objects, arrays in column order, or bare values."""
    if isinstance(example, dict):
        return example.get(name)
    if isinstance(example, list):
        return example[place] if 0 <= place < len(example) else None
    return example if place == 0 else None


def _number(value: int | float | str | None) -> float | None:
    return value if isinstance(value, int | float) else None


def _zeros(shape: Sequence[int]) -> Any:
    if not shape:
        return 0
    return [_zeros(shape[1:]) for _ in range(1 if shape[0] < 0 else min(shape[0], 64))]


def _template(signature: Signature) -> str:
    outputs = signature.outputs
    if isinstance(outputs, Columns) and outputs.columns[0].type.startswith("float"):
        return "{prediction:.3g}"
    return "{prediction}"


def _check_names(names: Sequence[str], known: Mapping[str, AppInput]) -> None:
    for name in names:
        if name not in known:
            near = difflib.get_close_matches(name, list(known), 1)
            raise InvalidInput(
                f"The version takes no input {name[:80]!a}.",
                hint=f"Did you mean {near[0]!a}?" if near else f"It takes {', '.join(known)[:300]}.",
            )


def _check_parameters(params: Mapping[str, Any], signature: Signature) -> None:
    known = [parameter.name for parameter in signature.parameters]
    for name in params:
        if name not in known:
            raise InvalidInput(
                f"The version takes no parameter {name[:80]!a}.",
                hint=f"It takes {', '.join(known)[:300]}." if known else "It takes none.",
            )
