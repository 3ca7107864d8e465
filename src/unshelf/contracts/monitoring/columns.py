"""Columns and measures that monitors name, held against what is known of their model."""

import difflib
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from unshelf.contracts.monitoring.measures import MEASURES, known_for
from unshelf.contracts.signature import Columns, Signature, Tensors

OUTPUT_OF_QUALITY = "out:"
"""The beginning of an output's name in a monitor of quality, which watches inputs and outputs."""
REFUSED = "refused"
"""The threshold of errors beside that of requests that fail."""
_SCORE = "scores["
"""The beginning of the names of recorded scores."""
_OF_REQUESTS = frozenset({"volume", "errors", "latency"})
"""Kinds that watch whole requests."""
_MOST_NAMED = 20


class ModelFacts(NamedTuple):
    """Facts of a model that its monitors are held against, as far as they are known."""

    inputs: Sequence[str] | None = None
    """The inputs; None: they are not known."""
    outputs: Sequence[str] | None = None
    """The outputs, with recorded scores where these are known; None: they are not known."""
    scores_are_known: bool = True
    """Whether the outputs have all recorded scores."""
    task: str | None = None
    """None: it is not known."""
    has_scores: bool = True
    """Whether it has scores of classes, or may have them."""


class Fault(NamedTuple):
    """Something that a monitor can't watch."""

    said: str
    """The fault, as a sentence without its full stop."""
    hint: str
    """A sentence on what to do."""


def facts_in(signature: Signature | None, *, scores_are_known: bool = False) -> ModelFacts:
    """Return what a signature says. `scores_are_known`: it is one that the check found."""
    if signature is None:
        return ModelFacts()
    outputs = None if signature.outputs is None else names_in(signature.outputs)
    return ModelFacts(names_in(signature.inputs), outputs, scores_are_known=scores_are_known)


def names_in(part: Columns | Tensors) -> list[str]:
    """Return the names of the columns or tensors of a side of a signature."""
    return [entry.name for entry in (part.columns if isinstance(part, Columns) else part.tensors)]


def column_fault(
    kind: str, columns: Sequence[str], thresholds: Mapping[str, float] | Sequence[str], facts: ModelFacts
) -> Fault | None:
    """Return what is wrong with the columns that a monitor of a kind names; None: nothing, as far as is known."""
    if kind in _OF_REQUESTS:
        return _of_requests(kind, columns, list(thresholds))
    for side, name, written in _sides(kind, [*columns, *thresholds]):
        known = facts.inputs if side == "input" else facts.outputs
        if known is None or name in known or (name.startswith(_SCORE) and not facts.scores_are_known):
            continue
        near = difflib.get_close_matches(name, known, n=1)
        listed = f"Its {side}s are {_some(known)}." if known else f"It has no {side}s."
        return Fault(f"{written[:80]!r} is no {side}", f"Did you mean {near[0]!r}? {listed}" if near else listed)
    return None


def slice_fault(slice: str, facts: ModelFacts) -> Fault | None:
    """Return what is wrong with the column of a slice, `COLUMN=VALUE`; None: nothing, as far as is known, or there is no slice."""
    return column_fault("inputs", [slice.partition("=")[0]], {}, facts) if slice else None


def unknown_columns(kind: str, columns: Sequence[str], facts: ModelFacts) -> list[str]:
    """Return the columns that a monitor names of which it is not known yet whether the model has them."""
    if kind in _OF_REQUESTS:
        return []
    sides = {"input": facts.inputs, "output": facts.outputs}
    return list(dict.fromkeys(written for side, _, written in _sides(kind, columns) if sides[side] is None))


def task_fault(metric: str, facts: ModelFacts) -> Fault | None:
    """Return why a model of this task has no such measure; None: it may have it."""
    measure = MEASURES.get(metric)
    if measure is None:
        return None
    known = f"Those that it has are {', '.join(known_for(facts.task, scores=facts.has_scores))}."
    if facts.task is not None and measure.task != facts.task:
        return Fault(f"{metric} is a measure of {measure.task}, and the model's task is {facts.task}", known)
    if measure.of_scores and not facts.has_scores:
        return Fault(
            f"{metric} takes the scores of classes, which the model does not record",
            f'Record them: scores = "predict_proba" in [monitoring]. {known}',
        )
    return None


def _of_requests(kind: str, columns: Sequence[str], thresholds: Sequence[str]) -> Fault | None:
    if columns:
        return Fault(f"{kind} is watched of whole requests, which have no columns", "Leave the columns out.")
    strange = [name for name in thresholds if kind != "errors" or name != REFUSED]
    if not strange:
        return None
    hint = (
        "Beside the threshold itself, errors have one of refused." if kind == "errors" else "Set the threshold itself."
    )
    return Fault(f"{kind} has no threshold of {strange[0][:80]!r}", hint)


def _sides(kind: str, names: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    """Yield the side of each column, its name there, and its name as the monitor has it."""
    for name in names:
        if kind == "quality" and name.startswith(OUTPUT_OF_QUALITY):
            yield "output", name.removeprefix(OUTPUT_OF_QUALITY), name
        else:
            yield ("output" if kind == "outputs" else "input"), name, name


def _some(names: Sequence[str]) -> str:
    more = len(names) - _MOST_NAMED
    return ", ".join(names[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
