"""Dashboards on the wire."""

from datetime import datetime
from typing import Literal

from unshelf.deploy.registry.schemas import VersionShare
from unshelf.foundation.web.schemas import AnswerModel
from unshelf.monitor.columns.schemas import MissingRoleView
from unshelf.monitor.dashboards.dashboard import DashboardState, Side
from unshelf.monitor.windows.window import ReferenceKind


class LatencyView(AnswerModel):
    """Quantiles of a time, in milliseconds."""

    p50: float
    """The time that half of the answers took at most."""
    p95: float
    """The time that 95 % took at most."""
    p99: float
    """The time that 99 % took at most."""
    mean: float
    """The mean."""
    maximum: float
    """The longest."""


class TrafficView(AnswerModel):
    """Requests of the purposes `live` and `batch`, whatever their outcome."""

    requests: int
    """Requests."""
    rows: int
    """Rows of those that were answered, as far as they are known."""
    failed: int
    """Requests that were not answered."""
    refused: int
    """The part of these that were refused for a fault of the caller's."""
    errors: dict[str, int]
    """The same by the code of the problem."""
    latency: LatencyView | None
    """The time from a whole request to its record; null: nothing was answered."""
    queue: LatencyView | None
    """The part of it that was spent waiting for a worker."""


class TrafficStepView(TrafficView):
    """Traffic of an hour or a day."""

    start: datetime
    """The beginning, in UTC."""


class FrequentValueView(AnswerModel):
    """A frequent value of a column."""

    value: str
    """The value, as text."""
    count: int
    """The rows that have it."""


class ColumnSummaryView(AnswerModel):
    """A column in some records, in short."""

    kind: Literal["number", "category", "text", "time", "tensor"]
    """The kind of its profile."""
    rows: int
    """Rows."""
    gaps: int
    """Rows without a value."""
    minimum: float | None
    """The least number; of times in Unix seconds, of texts their fewest characters, of tensors their least mean."""
    maximum: float | None
    """The greatest, as `minimum`."""
    mean: float | None
    """The mean, as `minimum`."""
    p10: float | None
    """The number that a tenth of the rows does not reach."""
    p50: float | None
    """The median."""
    p90: float | None
    """The number that nine tenths do not exceed."""
    top: list[FrequentValueView]
    """Categories: the most frequent values, and their rows."""
    distance: float | None
    """The Jensen-Shannon distance from the reference, 0 to 1, less the part that chance has with as few rows; null: there was no
    reference."""
    drifted: bool
    """Whether it is large, and more than chance among all columns."""


class ColumnStepView(ColumnSummaryView):
    """A column within an hour or a day."""

    start: datetime
    """The beginning, in UTC."""


class ColumnDriftView(AnswerModel):
    """How far a column is from its reference."""

    rows: int
    """Values that were compared."""
    distance: float
    """The Jensen-Shannon distance less the part that chance has with as few rows, which thresholds are held against: 0: nothing beyond
    chance; 1: nothing in common."""
    jensen_shannon: float
    """The whole Jensen-Shannon distance: 0: the same; 1: nothing in common."""
    population_stability: float
    """The population stability index."""
    kolmogorov_smirnov: float | None
    """The greatest difference of the cumulative distributions; numbers alone."""
    wasserstein: float | None
    """The first Wasserstein distance in standard deviations of the reference; numbers alone."""
    chance: float
    """The chance of a difference as great as this without drift, if this were the only column."""
    drifted: bool
    """Whether it is large, and more than chance among all columns."""


class ColumnStateView(AnswerModel):
    """A column in the whole range."""

    column: str
    """The column as profiles name it: `in:NAME` or `out:NAME`."""
    side: Side
    """input or output."""
    name: str
    """The name in the signature."""
    now: ColumnSummaryView
    """The records of the range."""
    before: ColumnSummaryView | None
    """The reference; null: it has no such column."""
    reference: ReferenceKind | None
    """The profile that is the reference: baseline, or first_requests."""
    drift: ColumnDriftView | None
    """Null: there is nothing to compare with."""
    steps: list[ColumnStepView]
    """The column hour by hour, or day by day, as far as it is archived."""


class DashboardMomentView(AnswerModel):
    """Something that changed at the model."""

    time: datetime
    """The moment."""
    action: str
    """The event's action."""
    say: str
    """A short text."""
    by: str
    """The label of who did it."""


class ReferenceStateView(AnswerModel):
    """The reference of columns."""

    kind: ReferenceKind | None
    """baseline: the training data; first_requests: the first requests that were recorded; null: there is neither yet."""
    rows: int
    """The rows that it is made of."""
    made_at: datetime | None
    """The moment it was made."""
    first_requests: int
    """The number of first requests that there are."""
    first_wanted: int
    """The number of first requests that become the reference."""


class VersionTraffic(AnswerModel):
    """The requests of a version."""

    version: int
    """The version; 0: requests that failed before one was chosen."""
    requests: int
    """The number of the version's requests."""


class DashboardView(AnswerModel):
    """Traffic and columns of a model in a range of time."""

    name: str
    """The model."""
    version: int | None
    """The version that this is about; null: all versions together."""
    shown_version: int | None
    """The version whose columns are shown; null: there is none."""
    since: datetime
    """The beginning of the range, in whole hours (UTC)."""
    until: datetime
    """The end, exclusive."""
    step_hours: Literal[1, 24]
    """Hours of a step, where steps are of time."""
    window: int | None
    """Predictions of a step, which is then a window of the shown version that monitors judge; null: steps are of time."""
    window_sizes: list[int]
    """Sizes of windows of predictions that are kept of the shown version in the range."""
    state: DashboardState
    """ok, attention (a column drifted), failing (1 % of the requests or more failed), or unknown (no requests)."""
    words: list[str]
    """A summary in sentences."""
    traffic: TrafficView
    """The whole range."""
    requests_before: int | None
    """Requests in the range of the same length before; null: records do not reach back to its beginning."""
    versions: list[VersionTraffic]
    """Requests by version, as far as they are archived."""
    steps: list[TrafficStepView]
    """Traffic hour by hour, day by day, or by window of predictions; those without requests are left out."""
    columns: list[ColumnStateView]
    """Inputs and outputs, those that drifted the farthest first; empty where the actor may not read records."""
    reads_records: bool
    """Whether the actor may read the model's records, which columns are made of."""
    reference: ReferenceStateView
    """The profile that columns are held against."""
    moments: list[DashboardMomentView]
    """Changes at the model, oldest first."""
    missing: list[MissingRoleView]
    """Roles that no column has, with what that costs."""
    latest: datetime | None
    """The last hour that has records; null: there are none at all."""


class ColumnBinsView(AnswerModel):
    """A column of a range beside its reference, in the same bins."""

    column: str
    """The column: `in:NAME` or `out:NAME`."""
    labels: list[str]
    """The name of each bin."""
    reference: list[float]
    """The share of the reference's rows in each bin; empty: there is none to compare with."""
    window: list[float]
    """The share of the range's rows."""
    now: ColumnSummaryView | None
    """The records of the range; null: there are none of the column."""
    before: ColumnSummaryView | None
    """The reference."""
    drift: ColumnDriftView | None
    """How far they are apart."""


class FleetModelView(AnswerModel):
    """A model among the others."""

    name: str
    """The model."""
    project: str
    """The project that the model is in."""
    paused: bool
    """Whether it is paused."""
    release: list[VersionShare]
    """The live versions and their shares; empty: nothing is live."""
    state: DashboardState
    """ok, attention, failing or unknown."""
    reasons: list[str]
    """Why it needs attention, the gravest first."""
    requests: int
    """Requests of the last 24 hours, as far as they are archived."""
    requests_week: int
    """Requests of the seven days before."""
    failed: int
    """Requests of the last 24 hours that failed, without those that were refused for a fault of their caller's."""
    p99: float | None
    """The time that 99 % of the answers took at most, in milliseconds, in the last hour that had any."""
    drifted: list[str]
    """Inputs and outputs that are far from the reference."""
    alerts: int
    """Open alerts."""
    last_request: datetime | None
    """The hour of its last request; null: there never was one."""


class FleetView(AnswerModel):
    """All models that the actor may inspect."""

    models: list[FleetModelView]
    """Models, the most urgent first."""
    total: int
    """How many there are; at most 2,000 are listed."""
    counted_until: datetime | None
    """The end of the last hour that is counted; null: none is."""
