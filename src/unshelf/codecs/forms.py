"""Fast decoders of the forms that most bodies have, each made for one signature: values out of a body in one step.

A form takes no body that `decoding` reads otherwise, and refuses all it does not know: members and names beyond its own,
numbers as text, other nestings. `decoding` reads what a form refuses, so nothing depends on a form but time."""

from collections.abc import Callable, Sequence
from operator import attrgetter, itemgetter
from typing import Annotated, Any, Literal, NamedTuple, get_args, get_origin

import msgspec

from unshelf.codecs import mlflow, native, open_inference
from unshelf.codecs.body import PARAMS
from unshelf.codecs.decoding import default_of
from unshelf.contracts.signature import Column, Columns, Tensor, Tensors

_Integer = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
_TYPES: dict[str, Any] = {
    "bool": bool, "float16": float, "float32": float, "float64": float, "string": str, "datetime": str, "duration": str,
    "bytes": str,
}  # fmt: skip
"""All others are integers. A float takes whole numbers too; nothing else is taken for another type."""


_PARAMETERS: Any = ("parameters", dict[str, Any] | None, None)
_PARAMS: Any = (PARAMS, dict[str, Any] | None, None)


class Form(NamedTuple):
    """One way to write a body."""

    rows: Callable[[bytes], list[Any]]
    """Body → its rows. Raises one of `body.REFUSALS`."""
    cells: list[Callable[[Any], Any]] | None
    """Row → what it holds of each entry of the signature. None: a row is what it holds of the only one."""
    depths: list[int]
    """How deep the values of an entry are nested in lists in what a row holds; 0: it is the value."""


def forms_of_requests(part: Columns | Tensors, protocol: str) -> list[Form]:
    """The forms of request bodies."""
    entries = _entries(part)
    if protocol == "native":
        return _in_rows(entries, lambda kind: _member(native.INPUTS, kind, _PARAMS))
    if protocol == "mlflow":
        names = [entry.name for entry in entries]
        return _in_rows(entries, lambda kind: _of_mlflow(names, kind))
    if protocol in ("v2", "grpc"):
        return _in_tensors(entries, open_inference.INPUTS, ("id", "outputs"))
    return []


def forms_of_answers(part: Columns | Tensors, protocol: str) -> list[Form]:
    """The forms of answers' bodies."""
    entries = _entries(part)
    if protocol == "native":
        return _in_rows(entries, lambda kind: msgspec.json.Decoder(kind).decode)
    if protocol == "mlflow":
        return _in_rows(entries, lambda kind: _member(mlflow.PREDICTIONS, kind))
    if protocol in ("v2", "grpc"):
        return _in_tensors(entries, open_inference.OUTPUTS, ("model_name", "model_version", "id"))
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
        (f"entry_{place}", kind) if depth else (f"entry_{place}", kind, default_of(entry))
        for place, (entry, kind, depth) in enumerate(zip(entries, types, depths, strict=True))
    ]
    by_name = _struct(fields, {f"entry_{place}": entry.name for place, entry in enumerate(entries)})
    if by_name is not None:
        forms.append(Form(whole(list[by_name]), [attrgetter(field[0]) for field in fields], depths))  # type: ignore[valid-type]
    return forms


def _member(name: str, kind: Any, *others: Any) -> Callable[[bytes], Any]:
    """Decode an object with this one member, and `others`."""
    decode = msgspec.json.Decoder(_struct([("rows", kind), *others], {"rows": name})).decode
    return lambda body: decode(body).rows


def _of_mlflow(names: list[str], kind: Any) -> Callable[[bytes], Any]:
    """Decode an object with one of the members that rows may be in."""
    split = _struct([("data", kind), ("columns", list[str]), ("index", Any, None)])
    rows, none = kind | msgspec.UnsetType, msgspec.UNSET
    # In a split body rows are arrays in the order of its columns, and nothing else.
    is_in_order = get_origin(get_args(kind)[0]) is tuple
    in_split = split | msgspec.UnsetType if is_in_order else msgspec.UnsetType
    members = [(name, in_split if name == mlflow.SPLIT else rows, none) for name in mlflow.MEMBERS]
    whole = _struct([*members, _PARAMS])
    values = attrgetter(*mlflow.MEMBERS)
    decode = msgspec.json.Decoder(whole).decode

    def rows_of(body: bytes) -> Any:
        asked = decode(body)
        given = [each for each in values(asked) if each is not none]
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
    about: list[Any] = [("shape", Any, None), ("datatype", Any, None), _PARAMETERS]
    tensors = tuple(
        _struct([("name", Literal[entry.name]), ("data", list[_type(entry)]), *about])  # type: ignore[misc]
        for entry in entries
    )
    around: list[Any] = [*((name, Any, None) for name in beside), _PARAMETERS]
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
