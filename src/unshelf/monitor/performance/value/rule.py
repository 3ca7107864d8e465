"""Business value: what right and wrong predictions are worth, in a model's own unit."""

from dataclasses import dataclass

from unshelf.monitor.performance.sums import QualitySums
from unshelf.records.labels.label import class_name


@dataclass(frozen=True, kw_only=True)
class ValueCell:
    """The value of one prediction with this truth and this answer; negative: it costs."""

    truth: str
    answer: str
    value: float


@dataclass(frozen=True, kw_only=True)
class ValueRule:
    """The values of a model's predictions."""

    unit: str
    """Such as EUR."""
    cells: tuple[ValueCell, ...] = ()
    """Values by truth and answer, of a classification; pairs that are left out are worth nothing."""
    over: float = 0.0
    """The value of one unit of error above the truth, of a regression."""
    under: float = 0.0
    """The same below it."""

    def worth(self, sums: QualitySums) -> float | None:
        """Return the value of the labelled predictions of a window; None: none of them has a label."""
        if sums.numbers is not None and sums.numbers.rows:
            return self.over * sums.numbers.over + self.under * sums.numbers.under
        if not sums.confusion:
            return None
        values = {(class_name(cell.truth), class_name(cell.answer)): cell.value for cell in self.cells}
        return sum(
            count * values.get((truth, answer), 0.0)
            for truth, answers in sums.confusion.items()
            for answer, count in answers.items()
        )
