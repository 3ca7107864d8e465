"""Roles of columns as a deploy declares them, held against the signature where it is known."""

from collections.abc import Mapping, Sequence
from typing import Any

from unshelf.client.errors import InvalidModel
from unshelf.client.options import parse_options
from unshelf.contracts.bundle import NO_MONITORING, Monitoring
from unshelf.contracts.monitoring.monitors import DeclaredMonitor
from unshelf.contracts.signature import Columns, Signature, Tensors

_SCORE = "scores["
"""How the names of recorded scores begin."""


def monitoring_from(words: dict[str, Any] | None, signature: Signature | None) -> Monitoring:
    """Return the roles. Raises InvalidModel for a role that there is not, and for columns that the version will not have."""
    if not words:
        return NO_MONITORING
    roles = parse_options("monitoring", words, Monitoring)
    if signature is None:
        return roles
    inputs = _names(signature.inputs)
    for role, name in (
        ("key", roles.key),
        ("time", roles.time),
        ("query", roles.query),
        *(("slices", each) for each in roles.slices),
    ):
        _require(role, name, inputs, "input")
    if signature.outputs is not None:
        _require("prediction", roles.prediction, _names(signature.outputs), "output")  # `scores` may name a method
    return roles


def monitoring_options(monitoring: Mapping[str, Any] | None, *, scores: str | None = None) -> dict[str, Any] | None:
    """Return the options of monitoring with `scores` among them. Raises InvalidModel where both say something else."""
    if scores is None:
        return None if monitoring is None else dict(monitoring)
    given = {} if monitoring is None else dict(monitoring)
    if given.get("scores", scores) != scores:
        raise InvalidModel(
            f"scores is {scores!r}, and {given['scores']!r} in monitoring.", hint="Leave one of them out."
        )
    return {**given, "scores": scores}


def monitors_from(words: Sequence[Mapping[str, Any]] | None, signature: Signature | None) -> list[DeclaredMonitor]:
    """Return the monitors that a version declares. Raises InvalidModel for what can't be watched."""
    monitors = [parse_options("monitors", dict(each), DeclaredMonitor) for each in words or ()]
    known = {} if signature is None else {"inputs": _names(signature.inputs)}
    if signature is not None and signature.outputs is not None:
        known["outputs"] = _names(signature.outputs)
    for each in monitors:
        for name in [*each.columns, *each.thresholds] if each.kind in known else ():
            if each.kind == "outputs" and name.startswith(_SCORE):
                continue  # the classes of a method's scores are known once the check has asked it
            _require(f"columns of {each.name}", name, known[each.kind], each.kind.removesuffix("s"), section="monitors")
        if "inputs" in known:
            _require(
                f"the slice of {each.name}", each.slice.partition("=")[0], known["inputs"], "input", section="monitors"
            )
    return monitors


def _require(role: str, name: str, known: list[str], side: str, *, section: str = "monitoring") -> None:
    if name and name not in known:
        raise InvalidModel(
            f"{section}: {role} names {name!r}, which is no {side}.", hint=f"Its {side}s are {', '.join(known)}."
        )


def _names(part: Columns | Tensors) -> list[str]:
    return [entry.name for entry in (part.columns if isinstance(part, Columns) else part.tensors)]
