"""Arguments of the platform's steps, read with errors that say which one is wrong."""

from collections.abc import Mapping
from typing import Any, TypeVar

from unshelf.contracts.errors import InvalidInput
from unshelf.contracts.references import InvalidReference, Reference, parse_reference
from unshelf.develop.pipelines.values import LeftFiles

Wanted = TypeVar("Wanted")


def argument(arguments: Mapping[str, Any], name: str, kind: type[Wanted], default: Wanted | None = None) -> Wanted:
    """Return an argument, or its default where it is left out or null. Raises InvalidInput for what is no `kind`."""
    value = arguments.get(name)
    if value is None and default is not None:
        return default
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return kind(value)  # type: ignore[call-arg]
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        what = "files" if isinstance(value, LeftFiles) else f"{value!r:.80}"
        wanted = "files" if kind is LeftFiles else f"a {kind.__name__}"
        raise InvalidInput(f"The argument {name!r} is {wanted}, got {what}.")
    return value


def reference_argument(arguments: Mapping[str, Any], name: str) -> Reference:
    """Return a model or one of its versions, as a text or as the value of a step that has a `version` in it."""
    value = arguments.get(name)
    if isinstance(value, dict):
        value = value.get("version")
    try:
        return parse_reference(argument({name: value}, name, str))
    except InvalidReference as error:
        raise InvalidInput(f"The argument {name!r}: {error}.") from None


def numbered(reference: Reference) -> tuple[str, int]:
    """Return name and number of a version. Raises InvalidInput for a model or an alias."""
    if reference.version is None:
        raise InvalidInput(f"{reference} names no version.", hint="Give the value of a deploy step, or NAME:3.")
    return reference.name, reference.version
