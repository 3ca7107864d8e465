"""Measures of quality that every model may have: the one list of what each is, by which it is shown, judged and held to bounds."""

import math
import re
from collections.abc import Mapping
from typing import Literal, NamedTuple

MeasureTask = Literal["classification", "regression", "ranking"]
_AT_RANK = re.compile(r"(ndcg|map|hit_rate|precision|recall)@[1-9][0-9]{0,3}")


class QualityMeasure(NamedTuple):
    """A measure."""

    name: str
    task: MeasureTask
    title: str
    """The name within a sentence."""
    better: Literal["higher", "lower", "zero"]
    """Which values are better; zero: those near it, on either side."""
    least: float = 0.0
    """The bound that every useful limit is above."""
    most: float = math.inf
    """The greatest value that there is."""
    is_share: bool = False
    """Whether it is written as percent."""
    of_scores: bool = False
    """Whether it takes the scores of classes, beside the answer."""


def _shares(*named: tuple[str, str]) -> list[QualityMeasure]:
    return [QualityMeasure(name, "classification", title, "higher", most=1.0, is_share=True) for name, title in named]


_LIST = [
    *_shares(
        ("accuracy", "accuracy"), ("balanced_accuracy", "balanced accuracy"), ("precision", "precision"), ("recall", "recall"),
        ("f1", "F1"),
    ),
    QualityMeasure("log_loss", "classification", "log loss", "lower", of_scores=True),
    QualityMeasure("brier", "classification", "Brier score", "lower", most=2.0, of_scores=True),
    QualityMeasure("calibration_error", "classification", "calibration error", "lower", most=1.0, is_share=True, of_scores=True),
    QualityMeasure("roc_auc", "classification", "area under ROC", "higher", most=1.0, is_share=True, of_scores=True),
    QualityMeasure("average_precision", "classification", "average precision", "higher", most=1.0, is_share=True, of_scores=True),
    QualityMeasure("mae", "regression", "mean absolute error", "lower"),
    QualityMeasure("rmse", "regression", "RMSE", "lower"),
    QualityMeasure("bias", "regression", "bias", "zero", least=-math.inf),
    QualityMeasure("r2", "regression", "R²", "higher", least=-math.inf, most=1.0),
    QualityMeasure("mape", "regression", "mean error in percent", "lower", is_share=True),
    *(QualityMeasure(f"ndcg@{k}", "ranking", f"NDCG@{k}", "higher", most=1.0) for k in (5, 10)),
    QualityMeasure("map", "ranking", "MAP", "higher", most=1.0),
    QualityMeasure("mrr", "ranking", "MRR", "higher", most=1.0),
    *(
        QualityMeasure(f"{name}@{k}", "ranking", f"{title} at {k}", "higher", most=1.0)
        for name, title in (("hit_rate", "hit rate"), ("precision", "precision"), ("recall", "recall"))
        for k in (1, 5, 10)
    ),
]  # fmt: skip
MEASURES: Mapping[str, QualityMeasure] = {each.name: each for each in _LIST}
"""Name → measure."""
LOWER_IS_BETTER = frozenset(each.name for each in _LIST if each.better != "higher")
SHARES = frozenset(each.name for each in _LIST if each.is_share)
"""Measures that are written as percent."""
RESERVED = MEASURES.keys() | {"ndcg", "hit_rate"}
"""Names that no metric of a model's own may have."""
WATCHED = tuple(each.name for each in _LIST if each.better != "zero")
"""Measures of which a limit can be said."""


def title_of(name: str) -> str:
    """Return a measure's name as people write it within a sentence, also of a metric of a model's own."""
    return MEASURES[name].title if name in MEASURES else name.replace("_", " ")


def is_at_rank(name: str) -> bool:
    """Whether a name has the form of a measure at a rank, such as `ndcg@10`; not all of that form are measured."""
    return _AT_RANK.fullmatch(name) is not None


def known_for(task: str | None, *, scores: bool = True) -> list[str]:
    """Return the measures that a model of a task can be watched by, None: any; without scores, those that take none."""
    return [
        each.name
        for each in _LIST
        if each.better != "zero" and task in (None, each.task) and (scores or not each.of_scores)
    ]
