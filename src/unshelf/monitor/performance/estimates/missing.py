"""Data that are missing where quality can't be estimated before labels arrive, in a sentence."""

from collections import Counter
from collections.abc import Callable, Sequence

from unshelf.monitor.columns.column_roles import ColumnRoles
from unshelf.monitor.performance.estimates import confidence, loss
from unshelf.monitor.performance.estimates.estimate import EstimateSums

_ONCE = "Quality can be estimated before labels arrive once"


def missing_for_estimates(roles: ColumnRoles, learned: Sequence[EstimateSums]) -> str:
    """Return the sentence. `learned`: the hours that could have been learned from."""
    if roles.task == "classification":
        if roles.scores is None:
            return (
                f'{_ONCE} scores are recorded: deploy the next version with scores="predict_proba", or scores = "predict_proba" in '
                "[monitoring] of its unshelf.toml."
            )
        return _of_labels(learned, _labelled_confidence, confidence.LEAST_LABELLED, "calibrate the model's confidence")
    if roles.task == "regression":
        return _of_labels(learned, _labelled_losses, loss.LEAST_LABELLED, "learn its loss")
    return ""


def _of_labels(learned: Sequence[EstimateSums], count: Callable[[EstimateSums], int], least: int, purpose: str) -> str:
    used: Counter[int] = Counter()
    for each in learned:
        used[each.version] += count(each)
    if max(used.values(), default=0) >= least:
        return "Quality is estimated for predictions that follow the first labelled ones; there are none yet in this range."
    having: Counter[int] = Counter()
    for each in learned:
        having[each.version] += each.labelled
    labelled = max(having.values(), default=0)
    if labelled >= least:
        return (
            f"{labelled} predictions of a version have a label, and {max(used.values())} of them can be learned from so far: those of "
            "days that were joined since the version's first predictions were profiled. The other days follow with the next full hour "
            "of records."
        )
    return f"{_ONCE} {least} predictions of a version have a label, to {purpose}; {labelled} have. Labels of any past predictions will do."


def _labelled_confidence(sums: EstimateSums) -> int:
    return 0 if sums.confidence is None else sum(sums.confidence.labelled.values())


def _labelled_losses(sums: EstimateSums) -> int:
    return sums.losses.labelled[0] if sums.losses is not None and sums.losses.labelled else 0
