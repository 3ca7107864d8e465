"""The forms that most bodies have, each with a decoder made for one signature: values out of a body in one step.

A form takes no body that `decoding` reads otherwise, and refuses all it does not know: members and names beyond its own,
numbers as text, other nestings. What it refuses, `decoding` reads. So nothing depends on a form but time."""

from collections.abc import Callable, Sequence
from operator import attrgetter, itemgetter
from typing import Annotated, Any, Literal, NamedTuple

import msgspec

from unshelf.contracts.signature import Column, Columns, Tensor, Tensors

REFUSALS = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What `Form.rows` raises for a body that is not of the form."""
_Integer = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
_TYPES: dict[str, Any] = {
    "bool": bool, "float16": float, "float32": float, "float64": float, "string": str, "datetime": str,
}  # fmt: skip
"""All others are integers. A float takes whole numbers too; nothing else is taken for another type."""


class Form(NamedTuple):
    """One way to write a body."""

    rows: Callable[[bytes], list[Any]]
    """Body → its rows. Raises one of REFUSALS."""
    cells: list[Callable[[Any], Any]] | None
    """Row → what it holds of each entry of the signature. None: a row is what it holds of the only one."""
    depths: list[int]
    """How deep the values of an entry are nested in lists in what a row holds; 0: it is the value."""


def forms_of_requests(part: Columns | Tensors, protocol: str) -> list[Form]:
    """The forms of request bodies."""
    entries = _entries(part)
    if protocol == "native":
        return _in_rows(entries, lambda kind: _member("inputs", kind))
    if protocol == "mlflow":
        names = [entry.name for entry in entries]
        return _in_rows(entries, lambda kind: _of_mlflow(names, kind))
    if protocol in ("v2", "grpc"):
        return _in_tensors(entries, "inputs", ("id", "parameters", "outputs"))
    return []


def forms_of_answers(part: Columns | Tensors, protocol: str) -> list[Form]:
    """The forms of answers' bodies."""
    entries = _entries(part)
    if protocol == "native":
        return _in_rows(entries, lambda kind: msgspec.json.Decoder(kind).decode)
    if protocol == "mlflow":
        return _in_rows(entries, lambda kind: _member("predictions", kind))
    if protocol in ("v2", "grpc"):
        return _in_tensors(entries, "outputs", ("model_name", "model_version", "id", "parameters"))
    return []


def _entries(part: Columns | Tensors) -> Sequence[Column | Tensor]:
    entries: Sequence[Column | Tensor] = part.columns if isinstance(part, Columns) else part.tensors
    # JSON values may be lists and objects themselves, which could be taken for rows.
    return [] if any(entry.type == "json" for entry in entries) else entries


def _in_rows(entries: Sequence[Column | Tensor], whole: Callable[[Any], Callable[[bytes], Any]]) -> list[Form]:
    """Row by row: arrays in the order of the names, objects by name, or bare values. `whole`: type of the rows → decode."""
    if not entries:
        return []
    depths = [_depth(entry) for entry in entries]
    types = [_nested(_type(entry), depth) for entry, depth in zip(entries, depths, strict=True)]
    forms = []
    if len(entries) == 1:
        forms.append(Form(whole(list[types[0]]), None, depths))  # type: ignore[valid-type]
    if len(entries) > 1 or depths == [0]:
        in_order: Any = tuple[tuple(types)]  # type: ignore[misc]
        forms.append(Form(whole(list[in_order]), [itemgetter(place) for place in range(len(types))], depths))
    fields = [
        (f"entry_{place}", kind) if depth else (f"entry_{place}", kind, None)
        for place, (kind, depth) in enumerate(zip(types, depths, strict=True))
    ]
    by_name = _struct(fields, {f"entry_{place}": entry.name for place, entry in enumerate(entries)})
    if by_name is not None:
        forms.append(Form(whole(list[by_name]), [attrgetter(field[0]) for field in fields], depths))  # type: ignore[valid-type]
    return forms


def _member(name: str, kind: Any) -> Callable[[bytes], Any]:
    """Decode an object with one member, which is told."""
    decode = msgspec.json.Decoder(_struct([("rows", kind)], {"rows": name})).decode
    return lambda body: decode(body).rows


def _of_mlflow(names: list[str], kind: Any) -> Callable[[bytes], Any]:
    """Decode an object with one of the members that rows may be in."""
    split = _struct([("data", kind), ("columns", list[str]), ("index", Any, None)])
    rows, none = kind | msgspec.UnsetType, msgspec.UNSET
    members = [("inputs", rows, none), ("instances", rows, none), ("dataframe_records", rows, none)]
    whole = _struct([*members, ("dataframe_split", split | msgspec.UnsetType, none), ("params", Any, None)])
    decode = msgspec.json.Decoder(whole).decode

    def rows_of(body: bytes) -> Any:
        asked = decode(body)
        told = (asked.inputs, asked.instances, asked.dataframe_records, asked.dataframe_split)
        given = [each for each in told if each is not none]
        if len(given) != 1:
            raise msgspec.DecodeError("not one of the members")
        if given[0] is not asked.dataframe_split:
            return given[0]
        if given[0].columns != names:
            raise msgspec.DecodeError("other columns, or in another order")
        return given[0].data

    return rows_of


def _in_tensors(entries: Sequence[Column | Tensor], member: str, beside: tuple[str, ...]) -> list[Form]:
    """Tensors of flat data: one for each entry, in their order, or one for all together. The body counts as one row."""
    if not entries:
        return []
    about: list[Any] = [(name, Any, None) for name in ("shape", "datatype", "parameters")]
    tensors = tuple(
        _struct([("name", Literal[entry.name]), ("data", list[_type(entry)]), *about])  # type: ignore[misc]
        for entry in entries
    )
    around: list[Any] = [(name, Any, None) for name in beside]
    count = len(entries)
    each = msgspec.json.Decoder(_struct([(member, tuple[tensors]), *around])).decode  # type: ignore[valid-type]
    inside = attrgetter(member)
    forms = [
        Form(lambda body: [[one.data for one in inside(each(body))]], list(map(itemgetter, range(count))), [1] * count)
    ]
    if count > 1 and len({_TYPES.get(entry.type) for entry in entries}) == 1:
        tensor = _struct([("name", str), ("data", list[_type(entries[0])]), *about])  # type: ignore[misc]
        together = msgspec.json.Decoder(_struct([(member, tuple[tensor]), *around])).decode  # type: ignore[valid-type]
        names = {entry.name for entry in entries}

        def divided(body: bytes) -> list[Any]:
            (one,) = inside(together(body))
            if one.name in names or len(one.data) % count:
                raise msgspec.DecodeError("not all columns together")
            return [[one.data[place::count] for place in range(count)]]

        forms.append(Form(divided, list(map(itemgetter, range(count))), [1] * count))
    return forms


def _type(entry: Column | Tensor) -> Any:
    return _TYPES.get(entry.type, _Integer) | None


def _depth(entry: Column | Tensor) -> int:
    return len(entry.shape) - 1 if isinstance(entry, Tensor) else 0


def _nested(kind: Any, depth: int) -> Any:
    return _nested(list[kind], depth - 1) if depth else kind


def _struct(fields: list[Any], names: dict[str, str] | None = None) -> Any:
    """A type of objects with these members and no others; None where JSON would write one of their names otherwise."""
    try:
        return msgspec.defstruct("Body", fields, rename=names, kw_only=True, forbid_unknown_fields=True, gc=False)
    except ValueError:
        return None
