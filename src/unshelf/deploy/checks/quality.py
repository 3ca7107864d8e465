"""Simple figures of quality, from labels and outputs of the same rows. Formulas are those of any textbook."""

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

from unshelf.deploy.checks.report import Quality

_MOST_PAIRS = 50
_HALF = 0.5


class NotComparable(ValueError):
    """Outputs and labels can't be held against each other; the text says why."""


def quality_of(labels: Sequence[Any], outputs: Sequence[Any], member: str = "") -> Quality:
    """Return the quality of outputs, of whose objects `member` is meant. Raises NotComparable."""
    pairs = [
        (label, _value(output, member)) for label, output in zip(labels, outputs, strict=True) if label is not None
    ]
    if not pairs:
        raise NotComparable("No row that was answered has a label.")
    truths, given = [label for label, _ in pairs], [value for _, value in pairs]
    if all(isinstance(label, bool) for label in truths) and all(map(_is_number, given)):
        truths = [int(label) for label in truths]
    if all(isinstance(label, str) for label in truths) != all(isinstance(value, str) for value in given):
        raise NotComparable(f"Labels are like {truths[0]!r:.80}, and outputs like {given[0]!r:.80}.")
    if not all(map(_is_number, truths)) or not all(map(_is_number, given)):
        return _of_classes([_name(value) for value in truths], [_name(value) for value in given])
    if set(truths) <= {0, 1} and not set(given) <= {0, 1} and all(0 <= value <= 1 for value in given):
        return _of_scores(truths, given)
    if set(given) <= set(truths) and all(float(value).is_integer() for value in truths):
        return _of_classes([int(value) for value in truths], [int(value) for value in given])
    return _of_numbers(truths, given)


def _of_classes(truths: Sequence[Any], given: Sequence[Any]) -> Quality:
    pairs = Counter(zip(truths, given, strict=True))
    right = sum(count for (truth, value), count in pairs.items() if truth == value)
    recalls = [
        pairs[label, label] / sum(count for (truth, _), count in pairs.items() if truth == label)
        for label in set(truths)
    ]
    figures = {"accuracy": right / len(truths), "mean_recall": sum(recalls) / len(recalls)}
    return Quality(kind="classes", rows=len(truths), figures=figures, confusion=_confusion(pairs))


def _of_scores(truths: Sequence[Any], given: Sequence[Any]) -> Quality:
    """Accuracy at 0.5, the Brier score, and the area under the ROC curve by ranks (Mann and Whitney)."""
    rows = len(truths)
    pairs = Counter((int(truth), int(value >= _HALF)) for truth, value in zip(truths, given, strict=True))
    brier = sum((value - truth) ** 2 for truth, value in zip(truths, given, strict=True)) / rows
    figures = {"accuracy": (pairs[0, 0] + pairs[1, 1]) / rows, "brier": brier}
    positives = sum(map(int, truths))
    if 0 < positives < rows:
        ranks = _ranks(given)
        total = sum(rank for rank, truth in zip(ranks, truths, strict=True) if truth)
        figures["auc"] = (total - positives * (positives + 1) / 2) / (positives * (rows - positives))
    return Quality(kind="scores", rows=rows, figures=figures, confusion=_confusion(pairs))


def _of_numbers(truths: Sequence[Any], given: Sequence[Any]) -> Quality:
    errors = [value - truth for truth, value in zip(truths, given, strict=True)]
    rows = len(errors)
    squares = math.fsum(error * error for error in errors)
    mean = math.fsum(truths) / rows
    spread = math.fsum((truth - mean) ** 2 for truth in truths)
    figures = {
        "mean_absolute_error": math.fsum(map(abs, errors)) / rows,
        "root_mean_squared_error": math.sqrt(squares / rows),
        "mean_error": math.fsum(errors) / rows,
    }
    if spread > 0:
        figures["r2"] = 1 - squares / spread
    return Quality(kind="numbers", rows=rows, figures=figures)


def _value(output: Any, member: str) -> Any:
    """Return the value that an output is held against the label by. Raises NotComparable."""
    if isinstance(output, dict):
        names = list(output)
        if not member and len(names) > 1:
            raise NotComparable(
                f"Outputs are objects of {', '.join(names[:10])}: name the one that the label is held against."
            )
        if member and member not in output:
            raise NotComparable(f"Outputs have no {member!r}, but {', '.join(names[:10])}.")
        output = output[member or names[0]] if names else None
    if isinstance(output, list) and len(output) == 1:
        output = output[0]
    if isinstance(output, dict | list):
        raise NotComparable("Outputs are lists or objects, which no label is held against.")
    return output


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _name(value: Any) -> Any:
    """Return a value as a class: 1.0 and 1 are the same one."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _ranks(values: Sequence[float]) -> list[float]:
    """Return the rank of each value, from 1; equal values share the mean of theirs."""
    order = sorted(range(len(values)), key=values.__getitem__)
    ranks = [0.0] * len(values)
    start = 0
    while start < len(order):
        stop = start
        while stop < len(order) and values[order[stop]] == values[order[start]]:
            stop += 1
        for place in order[start:stop]:
            ranks[place] = (start + 1 + stop) / 2
        start = stop
    return ranks


def _confusion(pairs: Counter[tuple[Any, Any]]) -> list[dict[str, Any]]:
    return [{"label": truth, "output": value, "rows": rows} for (truth, value), rows in pairs.most_common(_MOST_PAIRS)]
