"""Diagnoses on the wire."""

from datetime import datetime
from typing import Any, Literal, Self

from unshelf.foundation.web.schemas import AnswerModel
from unshelf.monitor.dashboards.dashboard import Side
from unshelf.monitor.diagnosis.diagnosis import (
    ChangeKind,
    ColumnDiagnosis,
    DriftDiagnosis,
    QualityDiagnosis,
    Subject,
)
from unshelf.monitor.diagnosis.questions import Resolved


class DiagnosisAsked(AnswerModel):
    """The time and the reference that a diagnosis is about."""

    model: str
    """The model."""
    version: int
    """The version."""
    since: datetime
    """The beginning of the time, in whole hours (UTC)."""
    until: datetime
    """The end, exclusive."""
    against: str
    """reference (of the version), previous (the time before), or version:N."""
    before_since: datetime
    """The beginning of the time before, which ends at `since`."""
    step_hours: int
    """Hours of a step."""
    subject: Subject
    """drift, or quality where an alert about that is asked for."""
    column: str
    """The column that the alert names first, as profiles have it; empty: none."""

    @classmethod
    def of(cls, found: Resolved) -> Self:
        """The wire shape of a question."""
        asked = found.question
        return cls(
            model=asked.model, version=asked.version, since=asked.since, until=asked.until, against=asked.against,
            before_since=asked.before_since, step_hours=asked.step_hours, subject=found.subject, column=found.column,
        )  # fmt: skip


class ModelChangeView(AnswerModel):
    """Something that was changed, and that may explain a problem."""

    time: datetime
    """The moment."""
    kind: ChangeKind
    """release, deploy, setting, data or alert."""
    action: str
    """The event's action."""
    say: str
    """A short text."""
    by: str
    """The label of who did it."""


class StepDistance(AnswerModel):
    """A column within an hour or a day."""

    start: datetime
    """The beginning (UTC)."""
    distance: float | None
    """The Jensen-Shannon distance from the version's reference, less the part that chance has; null: there was no reference."""


class RankedColumnView(AnswerModel):
    """A column, and its part in the drift of all."""

    column: str
    """As profiles have it: `in:NAME` or `out:NAME`."""
    name: str
    """The name in the signature."""
    side: Side
    """input or output."""
    divergence: float
    """The Jensen-Shannon divergence in bits, less the part that chance has with as few rows."""
    distance: float
    """The root of that, which monitors judge."""
    share: float
    """The share of the sum of all columns' divergences, 0 to 1."""
    drifted: bool
    """Whether it is large, and more than chance among all columns."""
    say: str
    """How it has changed, in a few words."""
    distances: list[StepDistance]
    """The distance over time, as far as it is counted."""


class DriftDiagnosisView(AnswerModel):
    """Columns by their part in a drift, and what was changed."""

    asked: DiagnosisAsked
    """The time and the reference."""
    against: str
    """The reference, in a few words."""
    rows: int
    """Rows of the time."""
    words: list[str]
    """A summary in sentences."""
    columns: list[RankedColumnView]
    """Columns, those that contribute the most first."""
    slices: list[str]
    """Inputs by whose values rows can be separated, as profiles have them; the first ones are used unless others are named."""
    changes: list[ModelChangeView]
    """Changes of the time and of the two weeks before, oldest first."""
    notes: list[str]
    """Sentences on what is missing."""

    @classmethod
    def of(cls, asked: Resolved, found: DriftDiagnosis) -> Self:
        """The wire shape of a diagnosis."""
        columns = [
            RankedColumnView(
                column=each.column, name=each.name, side=each.side, divergence=each.divergence, distance=each.distance,
                share=each.share, drifted=each.drifted, say=each.say,
                distances=[StepDistance(start=start, distance=distance) for start, distance in each.distances],
            )
            for each in found.columns
        ]  # fmt: skip
        return cls(
            asked=DiagnosisAsked.of(asked), against=found.against, rows=found.rows, words=list(found.words), columns=columns,
            slices=list(found.slices), changes=[ModelChangeView.model_validate(each) for each in found.changes],
            notes=list(found.notes),
        )  # fmt: skip


class BinPartView(AnswerModel):
    """A bin of a column, and its part in the column's drift."""

    label: str
    """The name of the bin."""
    before: float
    """The share of the reference's rows, 0 to 1."""
    now: float
    """The share of the window's rows."""
    rows: int
    """The window's rows in it."""
    divergence: float
    """The term of the divergence, in bits; never negative."""
    share: float
    """The same as a share of the whole."""


class StepPartView(AnswerModel):
    """A step of time, and its part in a problem."""

    start: datetime
    """The beginning (UTC)."""
    rows: int
    """Rows; of quality, those with a label."""
    part: float
    """The part, in the unit of the problem; all steps together are the whole."""
    share: float
    """The same as a share of the whole; negative: it went the other way."""


class SlicePartView(AnswerModel):
    """The rows with one value of an input, and their part in a drift."""

    value: str
    """The value, or a band of numbers."""
    rows: int
    """Rows."""
    share_of_rows: float
    """The share of all rows."""
    part: float
    """The part of the divergence, in bits; negative: they hold against the drift."""
    share: float
    """The same as a share of the whole."""
    steps: list[float]
    """The same by step."""


class SliceColumnView(AnswerModel):
    """An input by whose values rows are separated."""

    name: str
    """The input, as profiles have it."""
    unevenness: float
    """How unevenly the drift is spread over its values: 0: as the rows are; 1: all of it in hardly any rows."""
    parts: list[SlicePartView]
    """The values, those that contribute the most first."""


class ColumnDiagnosisView(AnswerModel):
    """One column: its bins before and now, and the slices and times that its drift comes from."""

    asked: DiagnosisAsked
    """The time and the reference."""
    column: str
    """The column, as profiles have it."""
    against: str
    """The reference, in a few words."""
    say: str
    """How it has changed, in a few words."""
    rows: int
    """Rows that were looked at one by one; 0: only the profile was."""
    divergence: float
    """The Jensen-Shannon divergence, in bits; all bins together, all steps, and all slices of one input are this."""
    words: list[str]
    """A summary in sentences."""
    bins: list[BinPartView]
    """The bins."""
    steps: list[StepPartView]
    """Steps of time; empty: they are not known."""
    slices: list[SliceColumnView]
    """Inputs by which rows are separated, the one over which the drift is spread most unevenly first."""
    notes: list[str]
    """Sentences on what is missing."""

    @classmethod
    def of(cls, asked: Resolved, found: ColumnDiagnosis) -> Self:
        """The wire shape of a diagnosis."""
        return cls(
            asked=DiagnosisAsked.of(asked), column=found.column, against=found.against, say=found.say, rows=found.rows,
            divergence=found.divergence, words=list(found.words),
            bins=[BinPartView.model_validate(each) for each in found.bins],
            steps=[StepPartView.model_validate(each) for each in found.steps],
            slices=[
                SliceColumnView(
                    name=each.name, unevenness=each.unevenness,
                    parts=[SlicePartView.model_validate(part) for part in each.parts],
                )
                for each in found.slices
            ],
            notes=list(found.notes),
        )  # fmt: skip


class LossSliceView(AnswerModel):
    """A slice, and its part in a change of quality."""

    value: str
    """The value."""
    rows_before: int
    """Labelled rows of the time before."""
    rows: int
    """Labelled rows of this time."""
    before: float | None
    """The mean loss before; null: there were no labelled rows."""
    now: float | None
    """The mean loss now."""
    worse: float
    """The part of the change that comes from the slice's own loss."""
    mix: float
    """The part that comes from there being more, or less, of the slice."""
    share: float
    """Both together as a share of the whole change; negative: it went the other way."""
    share_of_rows: float
    """The share of the labelled rows of this time."""
    steps: list[float | None]
    """The mean loss by step."""


class LossSliceColumnView(AnswerModel):
    """An input by whose values quality is separated."""

    name: str
    """The input, as in the signature."""
    unevenness: float
    """How unevenly the change is spread over its values: 0: as the rows are; 1: all of it in hardly any rows."""
    parts: list[LossSliceView]
    """The values, those that contribute the most first."""


class LossMistakeView(AnswerModel):
    """A truth and a wrong answer to it."""

    truth: str
    """The truth."""
    answer: str
    """The answer."""
    before: float
    """The share of all labelled rows before."""
    now: float
    """The share of all labelled rows now."""
    rows: int
    """The rows now."""
    share: float
    """The share of the whole change."""


class QualityDiagnosisView(AnswerModel):
    """Slices, times and mistakes by their part in a change of quality, and what was changed."""

    asked: DiagnosisAsked
    """The time, and the time before."""
    measure: Literal["wrong_answers", "mae", ""]
    """The loss: the share of wrong answers, or the mean absolute error; empty: one of the times has no label."""
    before: float | None
    """The mean loss of the time before; null: nothing has a label."""
    now: float | None
    """The mean loss of this time."""
    labelled_before: int
    """Labelled rows of the time before."""
    labelled: int
    """Labelled rows of this time."""
    is_worse: bool
    """Whether it is worse by more than chance."""
    words: list[str]
    """A summary in sentences."""
    steps: list[StepPartView]
    """Steps of time: their loss above that of the time before."""
    slices: list[LossSliceColumnView]
    """Inputs with the role of slices, the one over which the change is spread most unevenly first."""
    mistakes: list[LossMistakeView]
    """Wrong answers that became more frequent; empty for quantities."""
    changes: list[ModelChangeView]
    """Changes of the time and of the two weeks before, oldest first."""
    notes: list[str]
    """Sentences on what is missing or can't be counted on."""

    @classmethod
    def of(cls, asked: Resolved, found: QualityDiagnosis) -> Self:
        """The wire shape of a diagnosis."""
        slices = [
            LossSliceColumnView(
                name=each.name, unevenness=each.unevenness, parts=[LossSliceView.model_validate(part) for part in each.parts]
            )
            for each in found.slices
        ]  # fmt: skip
        return cls(
            asked=DiagnosisAsked.of(asked), measure=found.measure, before=found.before, now=found.now,
            labelled_before=found.labelled_before, labelled=found.labelled, is_worse=found.is_worse, words=list(found.words),
            steps=[StepPartView.model_validate(each) for each in found.steps], slices=slices,
            mistakes=[LossMistakeView.model_validate(each) for each in found.mistakes],
            changes=[ModelChangeView.model_validate(each) for each in found.changes], notes=list(found.notes),
        )  # fmt: skip


class DiagnosedRowsView(AnswerModel):
    """Rows behind a bar, the newest first."""

    asked: DiagnosisAsked
    """The time and the reference."""
    columns: list[str]
    """time, id, row (its place in the request), then inputs and outputs as profiles have them; where any row has a label, `truth` and
    `wrong` (of quantities: `error`)."""
    rows: list[list[Any]]
    """The rows, each with a value a column. What the model's owner has redacted is not in them."""
    truncated: bool
    """Whether there are more."""
    sql: str
    """The query of the table `predictions` that gives these rows."""
