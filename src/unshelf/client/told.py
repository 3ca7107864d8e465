"""What somebody tells in a dictionary, held to the struct that it becomes."""

import difflib
from typing import Any, TypeVar

import msgspec

from unshelf.client.errors import InvalidModel

_Struct = TypeVar("_Struct", bound=msgspec.Struct)


def told(section: str, words: dict[str, Any], kind: type[_Struct]) -> _Struct:
    """The struct of these words; raises InvalidModel, which names the nearest key for one that is not known."""
    known = kind.__struct_fields__
    unknown = sorted(words.keys() - set(known))
    if unknown:
        near = difflib.get_close_matches(unknown[0], known, n=1, cutoff=0.5)
        hint = f"Did you mean {near[0]}?" if near else f"Known are {', '.join(known)}."
        raise InvalidModel(f"{section}: {unknown[0]!r} is not known.", hint=hint)
    try:
        return msgspec.convert(words, kind)
    except msgspec.ValidationError as error:
        detail = str(error).removeprefix(f"{section}: ")
        raise InvalidModel(
            f"{section}: {detail}.", hint=f"docs/reference/unshelf-toml.md explains each key of [{section}]."
        ) from error
