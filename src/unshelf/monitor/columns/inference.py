"""Inference of roles: what a version's signature, bundle and baseline say of its columns."""

import re
from collections.abc import Mapping

from unshelf.contracts.bundle import Manifest
from unshelf.contracts.protocols.profiles import CategoryProfile, TableProfile
from unshelf.contracts.signature import Column, Columns, Signature, Tensors
from unshelf.monitor.columns.column_roles import ColumnRoles, RoleSource, Task

_SCORE_METHODS = frozenset({"predict_proba", "decision_function", "predict_log_proba"})
_ANSWERS = ("prediction", "predicted", "answer", "label", "class", "output")
_SCORES = ("scores", "probabilities", "probability", "score", "proba", "predict_proba")
_KEY = re.compile(r"(?:.+_)?(?:id|uuid|key)", re.IGNORECASE)
_MOST_VALUES = 20
"""The most values of an input that is taken for one to slice by."""
_MOST_SLICES = 10
_WHOLE = frozenset({"int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"})


def inputs_of(signature: Signature | None) -> list[str]:
    """Return the names of a version's inputs."""
    return [] if signature is None else _names(signature.inputs)


def outputs_of(signature: Signature | None) -> list[str]:
    """Return the names of a version's outputs; empty: they are not known."""
    return [] if signature is None or signature.outputs is None else _names(signature.outputs)


def recorded_scores(signature: Signature | None) -> str | None:
    """Return the method whose scores are recorded beside the answers; None: there are none."""
    return None if signature is None or signature.scores is None else signature.scores.method


def inferred(manifest: Manifest, signature: Signature | None, baseline: TableProfile | None) -> ColumnRoles:
    """Return the roles that a version itself tells of, each with the source `inferred`."""
    prediction, scores = _answers(manifest, signature)
    recorded = None if signature is None else signature.scores
    if recorded is not None:
        scores = recorded.method
    classes = tuple(recorded.classes if recorded is not None else manifest.seen_classes) or tuple(
        map(str, manifest.loader.options.get("classes") or ())
    )
    task = manifest.seen_task or _task(signature, prediction, scores, classes)
    found = ColumnRoles(
        prediction=prediction, scores=scores, classes=classes if task == "classification" else (), task=task,
        label=_label(signature, baseline), key=_key(signature), slices=_slices(signature, baseline), time=_time(signature),
    )  # fmt: skip
    sources: Mapping[str, RoleSource] = {role: "inferred" for role, value in found.plain().items() if value}
    return ColumnRoles(**{**found.plain(), "classes": found.classes, "slices": found.slices}, sources=sources)


def _answers(manifest: Manifest, signature: Signature | None) -> tuple[str | None, str | None]:
    """Return the output that is the answer, and the one with scores."""
    names = outputs_of(signature)
    if len(names) == 1:
        return (None, names[0]) if manifest.loader.method in _SCORE_METHODS else (names[0], None)
    by_name = {name.lower(): name for name in names}
    prediction = next((by_name[name] for name in _ANSWERS if name in by_name), None)
    scores = next((by_name[name] for name in _SCORES if name in by_name), None)
    return prediction, scores


def _task(
    signature: Signature | None, prediction: str | None, scores: str | None, classes: tuple[str, ...]
) -> Task | None:
    if scores is not None or classes:
        return "classification"
    outputs = signature.outputs if signature is not None else None
    if outputs is None or prediction is None:
        return None
    entries = outputs.columns if isinstance(outputs, Columns) else outputs.tensors
    kind = next(entry.type for entry in entries if entry.name == prediction)
    if kind in ("string", "bool"):
        return "classification"
    return "regression" if kind.startswith("float") else None


def _label(signature: Signature | None, baseline: TableProfile | None) -> str | None:
    """Return the one column of a baseline that is no input: the truth that the model was trained on."""
    if baseline is None:
        return None
    known = set(inputs_of(signature))
    others = [name for name in baseline.columns if name not in known]
    return others[0] if len(others) == 1 and known & baseline.columns.keys() else None


def _key(signature: Signature | None) -> str | None:
    found = [column.name for column in _columns(signature) if _may_be_key(column.type) and _KEY.fullmatch(column.name)]
    return found[0] if len(found) == 1 else None


def _may_be_key(kind: str) -> bool:
    return kind == "string" or kind in _WHOLE


def _slices(signature: Signature | None, baseline: TableProfile | None) -> tuple[str, ...]:
    found = []
    known = {} if baseline is None else baseline.columns
    for column in _columns(signature):
        profile = known.get(column.name)
        values = len(column.categories or ()) or (2 if column.type == "bool" else 0)
        if isinstance(profile, CategoryProfile) and not profile.others:
            values = values or len(profile.counts)
        if 2 <= values <= _MOST_VALUES:
            found.append(column.name)
    return tuple(found[:_MOST_SLICES])


def _time(signature: Signature | None) -> str | None:
    found = [column.name for column in _columns(signature) if column.type == "datetime"]
    return found[0] if len(found) == 1 else None


def _columns(signature: Signature | None) -> list[Column]:
    return signature.inputs.columns if signature is not None and isinstance(signature.inputs, Columns) else []


def _names(part: Columns | Tensors) -> list[str]:
    return [entry.name for entry in (part.columns if isinstance(part, Columns) else part.tensors)]
