"""Edges of the bins that a model of the loss looks at: quantiles of the reference that the version's windows are held against."""

from unshelf.contracts.protocols.profiles import NumberProfile, TableProfile
from unshelf.monitor.performance.estimates.loss import MOST_COLUMNS, PREDICTION
from unshelf.monitor.windows.window import INPUT, output_column
from unshelf.records.profiles.quantiles import distribution_of

_OF_INPUTS = (0.2, 0.4, 0.6, 0.8)
_OF_PREDICTION = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)


def edges_in(reference: TableProfile, prediction: str | None) -> dict[str, list[float]]:
    """Return the edges of the prediction and of the first numeric inputs; empty: the reference does not know the prediction yet.

    A digest of them decides whether days are joined anew, so that they are rounded: the same reference gives the same edges."""
    answer = reference.columns.get(output_column(prediction or ""))
    if not isinstance(answer, NumberProfile) or not (own := _edges(answer, _OF_PREDICTION)):
        return {}
    found = {PREDICTION: own}
    for name, profile in reference.columns.items():
        if len(found) > MOST_COLUMNS:
            break
        if name.startswith(INPUT) and isinstance(profile, NumberProfile) and (edges := _edges(profile, _OF_INPUTS)):
            found[name.removeprefix(INPUT)] = edges
    return found


def _edges(profile: NumberProfile, ranks: tuple[float, ...]) -> list[float]:
    """Return the quantiles that differ; empty: there are no numbers, or one alone."""
    distribution = distribution_of(profile.quantiles)
    if not len(distribution.values):
        return []
    found = sorted({float(f"{value:.6g}") for value in distribution.quantiles(ranks)})
    return found if len(found) > 1 or distribution.values[0] < distribution.values[-1] else []
