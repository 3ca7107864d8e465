"""The parameters that a model's maker declares, as Python and TOML have them: by name a default, or a table with type and default."""

from collections.abc import Mapping
from typing import Any

import msgspec

from unshelf.client.data.rows import plain
from unshelf.client.errors import InvalidModel, InvalidRows
from unshelf.client.options import parse_options
from unshelf.contracts.signature import Parameter

_TYPES = {bool: "boolean", int: "integer", float: "number", str: "string"}
_HINT = 'Write NAME = DEFAULT, or NAME = { type = "number", default = 1.0, min = 0, max = 2 }.'


class _Declared(msgspec.Struct, frozen=True, kw_only=True):
    """Declaration of one parameter."""

    type: str | None = None
    default: Any = None
    description: str = ""
    min: int | float | None = None
    max: int | float | None = None
    choices: list[str | int | float | bool] | None = None


def parse_parameters(declared: Mapping[str, Any] | None) -> list[Parameter] | None:
    """Return the parameters; None where nothing is said of them, which leaves it to the model's own code. Raises InvalidModel."""
    if declared is None:
        return None
    if not isinstance(declared, Mapping):
        raise InvalidModel(f"parameters are a table by name, not {type(declared).__name__}.", hint=_HINT)
    return [_parameter(str(name), value) for name, value in declared.items()]


def _parameter(name: str, declared: Any) -> Parameter:
    where = f"parameters.{name}"
    try:
        facts = plain(dict(declared)) if isinstance(declared, Mapping) else {"default": plain(declared)}
    except InvalidRows as error:
        raise InvalidModel(f"{where}: {error.detail}", hint=_HINT) from error
    fields = parse_options(where, facts, _Declared)
    kind = fields.type or _type_of(fields.default)
    if kind is None:
        raise InvalidModel(f"{where}: its type does not follow from the default {fields.default!r}.", hint=_HINT)
    default = fields.default
    if kind == "number" and type(default) is int:
        default = float(default)
    try:
        return msgspec.convert(
            {**msgspec.structs.asdict(fields), "name": name, "type": kind, "default": default}, Parameter
        )
    except msgspec.ValidationError as error:
        raise InvalidModel(f"{where}: {error}.", hint=_HINT) from error


def _type_of(default: Any) -> str | None:
    if isinstance(default, list):
        kinds = {_TYPES.get(type(item)) for item in default}
        return f"list[{kinds.pop()}]" if len(kinds) == 1 and None not in kinds else None
    return _TYPES.get(type(default))
