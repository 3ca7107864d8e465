"""Options given as a dictionary: parse them into a struct, with an error that names the nearest known key."""

import difflib
from typing import Any, TypeVar

import msgspec

from unshelf.client.errors import InvalidModel

_Struct = TypeVar("_Struct", bound=msgspec.Struct)


def parse_options(section: str, values: dict[str, Any], kind: type[_Struct]) -> _Struct:
    """Parse the values of a section. Raises InvalidModel; for an unknown key it names the nearest known one."""
    known = kind.__struct_fields__
    unknown = sorted(values.keys() - set(known))
    if unknown:
        near = difflib.get_close_matches(unknown[0], known, n=1, cutoff=0.5)
        hint = f"Did you mean {near[0]}?" if near else f"Known are {', '.join(known)}."
        raise InvalidModel(f"{section}: {unknown[0]!r} is not known.", hint=hint)
    try:
        return msgspec.convert(values, kind)
    except msgspec.ValidationError as error:
        detail = str(error).removeprefix(f"{section}: ")
        raise InvalidModel(
            f"{section}: {detail}.", hint=f"docs/reference/unshelf-toml.md explains each key of [{section}]."
        ) from error
