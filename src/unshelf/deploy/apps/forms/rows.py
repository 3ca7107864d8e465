"""Rows: what people filled in, held against what an app takes, with what it fixes."""

import math
from collections.abc import Mapping
from typing import Any

from unshelf.contracts.errors import InvalidInput
from unshelf.contracts.problems import InputError
from unshelf.deploy.apps.forms.definition import AppDefinition, AppInput
from unshelf.deploy.apps.forms.filling import WHOLE

_ABSENT = object()


def row_of(definition: AppDefinition, given: Mapping[str, Any]) -> Any:
    """Return the row of a request for what was filled in; what is missing is as the form begins.

    Raises InvalidInput, with the faults by input: an app takes what it asks for, within its ranges and choices, and nothing else."""
    inputs = definition.inputs or []
    shown = {each.name for each in inputs}
    faults = [
        InputError(row=0, column=name[:80], expected="an input of this app", got="another")
        for name in given
        if name not in shown
    ]
    row: dict[str, Any] = {}
    for field in inputs:
        value = given.get(field.name, _ABSENT)
        value = field.default if value is _ABSENT else value
        fault = _fault_of(field, value)
        if fault:
            faults.append(InputError(row=0, column=field.name, expected=fault, got=_shown(value)))
        elif value is not None or field.empty != "left_out":
            row[field.name] = value
    if faults:
        raise InvalidInput("Some inputs are not what this app takes.", errors=faults[:20])
    if [field.name for field in inputs] == [WHOLE]:
        return row.get(WHOLE)
    return {**row, **definition.hidden}


def _fault_of(field: AppInput, value: Any) -> str:
    """Say what a value should be; empty: it is. Types are the signature's to judge."""
    if value is None:
        return "a value" if field.empty == "refused" else ""
    if field.kind == "number" and _is_number(value):
        if not math.isfinite(value):
            return "a number"
        if field.min is not None and value < field.min:
            return f"at least {field.min:g}"
        if field.max is not None and value > field.max:
            return f"at most {field.max:g}"
    if field.choices is not None and not field.open and not any(_is_same(value, choice) for choice in field.choices):
        return f"one of {', '.join(map(str, field.choices))}"[:200]
    return ""


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_same(value: Any, choice: Any) -> bool:
    """Whether they are equal, and either both or neither of them is a boolean."""
    return bool(value == choice) and isinstance(value, bool) == isinstance(choice, bool)


def _shown(value: object) -> str:
    text = "nothing" if value is None else ascii(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
