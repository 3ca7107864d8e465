"""From rows, columns, CSV fields or V2 tensors to checked columns in the signature's order, with the place of every fault."""

import difflib
from collections.abc import Mapping, Sequence
from typing import Any

from ..encoding.types import FLOATS, INTEGERS, V2_DATATYPES
from ..encoding.v2_tensor import V2Tensor
from ..errors import invalid
from .columns import ColumnReader, Faults, shown

Readers = list[ColumnReader]
_NAMES_SHOWN = 20
_NAMES_COMPARED = 500
"""More columns are not searched for one of a similar name: a request must not cost seconds because it is wrong."""
_SEPARATORS = ";\t|"


def read_rows(
    rows: Any, readers: Readers, *, bare: bool = False, lists_are_values: bool = False
) -> list[Sequence[Any]]:
    """The columns of a list of rows. `bare`: the only column's value may stand alone for its row; `lists_are_values`: also
    where a `json` column's value is a list or an object. Raises Refused (422)."""
    if type(rows) is not list:
        raise invalid(f"The rows must be a list, got {shown(rows)}.", hint='Send {"inputs": [row, …]}.')
    if not rows:
        raise invalid("There are no rows to predict.", hint="Send at least one row.")
    if bare:
        rows = [_unwrapped(row, readers[0], lists_are_values) for row in rows]
    columns = _arrays(rows, readers) or _objects(rows, readers)
    faults = Faults()
    if columns is None:
        _find_shape_faults(rows, readers, faults)
        raise faults.refusal()
    return _checked(columns, readers, faults)


def read_columns(columns: Mapping[str, Any], readers: Readers) -> list[Sequence[Any]]:
    """The columns of a table given by column. Raises Refused (422)."""
    faults = Faults()
    find_name_faults(columns.keys(), readers, faults)
    for name, values in columns.items():
        if type(values) not in (list, tuple):
            faults.add("a list of values", shown(values), column=name)
    faults.refuse()
    lengths = {name: len(values) for name, values in columns.items()}
    if len(set(lengths.values())) > 1:
        least, most = min(lengths, key=lengths.__getitem__), max(lengths, key=lengths.__getitem__)
        faults.add(f"{lengths[most]} values, as in column {most!a}", f"{lengths[least]} values", column=least)
        faults.refuse()
    if not any(lengths.values()):
        raise invalid("There are no rows to predict.", hint="Send at least one row.")
    return _checked([columns[reader.name] for reader in readers], readers, faults)


def columns_of_split(names: list[str], rows: Any, readers: Readers) -> dict[str, Any]:
    """Name → values for rows that are arrays in the order of `names`. Raises Refused (422)."""
    if type(rows) is not list:
        raise invalid(f"The rows must be a list, got {shown(rows)}.")
    if len(set(names)) != len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise invalid(f"The column {twice!a} is given twice.")
    faults = Faults()
    find_name_faults(names, readers, faults)
    for position, row in enumerate(rows):
        if type(row) is not list:
            faults.add(f"an array of {len(names)} values", shown(row), row=position)
        elif len(row) != len(names):
            faults.add(_count(len(names)), _count(len(row)), row=position)
    faults.refuse()
    return dict(zip(names, zip(*rows, strict=True), strict=False)) if rows else {name: [] for name in names}


def columns_of_text(names: list[str], rows: list[list[str]], readers: Readers) -> dict[str, Any]:
    """Name → JSON values for the fields of a CSV file. Raises Refused (422)."""
    columns = columns_of_split(names, rows, readers)
    by_name = {reader.name: reader for reader in readers}
    return {name: [by_name[name].from_text(field) for field in fields] for name, fields in columns.items()}


def columns_of_wire(tensors: list[V2Tensor], readers: Readers) -> list[Sequence[Any]]:
    """The columns of V2 tensors: one tensor (n, columns) when all columns have one numeric type, or one a column of shape
    (n) or (n, 1). Raises Refused (422)."""
    types = {reader.type for reader in readers}
    names = {reader.name for reader in readers}
    only = tensors[0]
    faults = Faults()
    if len(tensors) == 1 and len(only.shape) == 2 and only.name not in names and len(types) == 1:
        if only.shape[1] == len(readers) and types <= {*FLOATS, *INTEGERS, "bool"}:
            flat = only.flat()
            split = [V2Tensor(reader.name, only.datatype, [only.shape[0]], values=flat[position :: len(readers)])
                     for position, reader in enumerate(readers)]  # fmt: skip
            return _wire_columns(split, readers, faults, as_is=only.raw is not None)
        faults.add(f"shape [-1, {len(readers)}]", f"shape {only.shape}", column=only.name)
    find_name_faults([tensor.name for tensor in tensors], readers, faults)
    for tensor in tensors:
        if len(tensor.shape) not in (1, 2) or tensor.shape[1:] not in ([], [1]) or tensor.shape[0] != only.shape[0]:
            faults.add(f"shape [{only.shape[0]}] or [{only.shape[0]}, 1]", f"shape {tensor.shape}", column=tensor.name)
    faults.refuse()
    return _wire_columns(tensors, readers, faults, as_is=None)


def is_carried_by(type_name: str, datatype: str) -> bool:
    """Whether V2 tensors of this datatype may carry values of this type: the same kind of thing, whatever its width."""
    wanted = V2_DATATYPES[type_name]
    if wanted.startswith("FP"):
        return datatype.startswith(("FP", "INT", "UINT"))
    if wanted.startswith(("INT", "UINT")):
        return datatype.startswith(("INT", "UINT"))
    return datatype == wanted


def _wire_columns(
    tensors: list[V2Tensor], readers: Readers, faults: Faults, *, as_is: bool | None
) -> list[Sequence[Any]]:
    if not tensors[0].shape[0]:
        raise invalid("There are no rows to predict.", hint="Send at least one row.")
    by_name = {tensor.name: tensor for tensor in tensors}
    columns: list[Sequence[Any]] = []
    for reader in readers:
        tensor = by_name[reader.name]
        if not is_carried_by(reader.type, tensor.datatype):
            faults.add(f"datatype {V2_DATATYPES[reader.type]}", f"datatype {tensor.datatype}", column=reader.name)
            continue
        values = tensor.blobs() if reader.type == "bytes" else tensor.flat()
        if reader.type == "json":
            values = [reader.from_text(value) if type(value) is str else value for value in values]
        columns.append(reader.read(values, faults, as_is=tensor.raw is not None if as_is is None else as_is))
    faults.refuse()
    return columns


def _checked(columns: Sequence[Sequence[Any]], readers: Readers, faults: Faults) -> list[Sequence[Any]]:
    result = [reader.read(values, faults) for reader, values in zip(readers, columns, strict=True)]
    faults.refuse()
    return result


def _arrays(rows: list[Any], readers: Readers) -> list[Sequence[Any]] | None:
    if set(map(type, rows)) != {list} or set(map(len, rows)) != {len(readers)}:
        return None
    return list(zip(*rows, strict=True))


def _objects(rows: list[Any], readers: Readers) -> list[Sequence[Any]] | None:
    if set(map(type, rows)) != {dict} or set(map(len, rows)) != {len(readers)}:
        return None
    try:
        return [[row[reader.name] for row in rows] for reader in readers]
    except KeyError:
        return None


def _unwrapped(row: Any, reader: ColumnReader, lists_are_values: bool) -> Any:
    """A row of the only column as an array; a `json` column's value may be a list itself."""
    if type(row) is dict and row.keys() == {reader.name}:
        return [row[reader.name]]
    if type(row) in (list, dict) and not (lists_are_values and reader.type == "json"):
        return row
    return [row]


def _find_shape_faults(rows: list[Any], readers: Readers, faults: Faults) -> None:
    """Everything that is wrong, row by row, where at least one row has not the shape of the others."""
    for position, row in enumerate(rows):
        if faults.full:
            return
        if type(row) is dict:
            find_name_faults(row.keys(), readers, faults, row=position, values=row)
            _find_value_faults(
                [(reader, row[reader.name]) for reader in readers if reader.name in row], position, faults
            )
        elif type(row) is not list:
            faults.add(f"an object by column or an array of {len(readers)} values", shown(row), row=position)
        elif len(row) != len(readers):
            faults.add(_count(len(readers)), _count(len(row)), row=position)
        else:
            _find_value_faults(list(zip(readers, row, strict=True)), position, faults)
    if not faults.errors:  # each row alone is fine
        faults.add(
            "all rows as arrays, or all as objects",
            "both",
            row=next(n for n, row in enumerate(rows) if type(row) is not type(rows[0])),
        )


def _count(values: int) -> str:
    return "1 value" if values == 1 else f"{values} values"


def _find_value_faults(values: list[tuple[ColumnReader, Any]], row: int, faults: Faults) -> None:
    for reader, value in values:
        reader.read([value], faults, row_of=lambda _: row)


def find_name_faults(
    names: Any, readers: Readers, faults: Faults, *, row: int | None = None, values: Mapping[str, Any] | None = None
) -> None:
    """Tell which columns are missing, and which are none of the signature's."""
    known = {reader.name for reader in readers}
    found = len(faults.errors)
    for reader in readers:
        if reader.name not in names:
            faults.add(reader.expected, "nothing: the column is missing", row=row, column=reader.name)
    for name in names:
        if name not in known:
            got = "an extra column" if values is None else shown(values[name])
            faults.add("no column of this name", got, row=row, column=str(name)[:200])
    if len(faults.errors) > found and not faults.hint:
        faults.hint = _hint_of([str(name)[:200] for name in names if name not in known], readers)


def _hint_of(unknown: Sequence[str], readers: Readers) -> str:
    """Tell what to do about wrong columns: the likely slip behind the first unknown one, and the columns that there are."""
    known = [reader.name for reader in readers]
    names = ", ".join(f"{reader.name} ({reader.type})" for reader in readers[:_NAMES_SHOWN])
    more = f" and {len(known) - _NAMES_SHOWN} more" if len(known) > _NAMES_SHOWN else ""
    return f"{_slip_of(unknown[0], known) if unknown else ''}The columns: {names}{more}."


def _slip_of(unknown: str, known: Sequence[str]) -> str:
    if unknown in ("", "Unnamed: 0"):
        return (
            "A column without a name is often the index of a table: leave it out (in pandas, `to_csv(index=False)`). "
        )
    for separator in _SEPARATORS:
        parts = [part.strip(' "') for part in unknown.split(separator)]
        if len(parts) > 1 and not set(parts).isdisjoint(known):
            return f"The fields seem to be separated by {separator!a}: write the CSV with commas. "
    near = next((name for name in known if name.strip().casefold() == unknown.strip().casefold()), None)
    if near is None and len(known) <= _NAMES_COMPARED:
        near = next(iter(difflib.get_close_matches(unknown, known, n=1)), None)
    return f"Did you mean {near!a}? " if near is not None else ""
