"""Outputs that a maker stated, held against those that were seen."""

from typing import Any

from ..encoding.types import FLOATS, INTEGERS
from ..errors import CheckFailed

_KINDS = {
    **dict.fromkeys(INTEGERS, "whole numbers"),
    **dict.fromkeys(FLOATS, "numbers"),
    "bool": "booleans",
    "string": "texts",
    "datetime": "datetimes",
    "duration": "durations",
    "bytes": "bytes",
    "json": "JSON values",
}
_TEXTS = ("string", "datetime", "duration")
"""Types that a model may return as texts."""
_HINT = "Mend the outputs in [signature] of unshelf.toml (signature=… of unshelf.deploy), or what the model returns."


def agreed_outputs(stated: dict[str, Any] | None, seen: dict[str, Any] | None) -> dict[str, Any] | None:
    """The outputs as they were seen, with what their maker stated beyond that: gaps, and types where only gaps were seen.

    Raises CheckFailed where the two contradict each other."""
    if stated is None:
        return seen
    if seen is None:
        raise CheckFailed(
            "predict", "The signature states outputs, but the model returns a tuple of several answers.", hint=_HINT
        )
    wanted, found = _entries(stated), _entries(seen)
    if wanted.keys() != found.keys():
        names = [", ".join(map(ascii, each)) for each in (wanted, found)]
        raise CheckFailed(
            "predict", f"The signature states the outputs {names[0]}; the model returns {names[1]}.", hint=_HINT
        )
    member = "columns" if seen["kind"] == "columns" else "tensors"
    return {**seen, member: [_agreed(wanted[name], field) for name, field in found.items()]}


def _agreed(stated: dict[str, Any], seen: dict[str, Any]) -> dict[str, Any]:
    wanted, found = _KINDS[stated["type"]], _KINDS[seen["type"]]
    shapes = [field["shape"] for field in (stated, seen) if "shape" in field]
    if len(shapes) == 2 and not _same_shape(*shapes):
        raise CheckFailed(
            "predict",
            f"The output {seen['name']!a} is stated with the shape {shapes[0]}; the model returns {shapes[1]}.",
            hint=_HINT,
        )
    if stated["type"] in _TEXTS and seen["type"] == "string":
        wanted = found
    if found == "JSON values" and seen.get("nullable"):  # nothing but gaps was seen
        return {**seen, "type": stated["type"]}
    if wanted not in (found, "JSON values"):
        raise CheckFailed(
            "predict",
            f"The output {seen['name']!a} is stated to be of {wanted}; the model returns {found}.",
            hint=_HINT,
        )
    return {**seen, "nullable": True} if stated.get("nullable") and "shape" not in seen else seen


def _same_shape(stated: list[int], seen: list[int]) -> bool:
    return len(stated) == len(seen) and all(-1 in pair or pair[0] == pair[1] for pair in zip(stated, seen, strict=True))


def _entries(outputs: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {entry["name"]: entry for entry in outputs["columns" if outputs["kind"] == "columns" else "tensors"]}
