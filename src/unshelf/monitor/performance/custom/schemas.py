"""Custom metrics on the wire."""

from datetime import datetime

from pydantic import Field

from unshelf.contracts.monitoring.metrics import MOST_CODE, Better
from unshelf.foundation.web.schemas import AnswerModel, RequestModel


class CustomMetricRequest(RequestModel):
    """A metric of somebody's own."""

    code: str = Field(min_length=1, max_length=MOST_CODE)
    """The content of a Python file with the function `def NAME(truth, prediction, rows)`, which returns a number."""
    function: str = Field(default="", max_length=100)
    """The function; empty: the one with the metric's name."""
    description: str = Field(default="", max_length=500)
    """The meaning of its value, in a sentence."""
    better: Better = "neither"
    """Which values are better: then an alert is raised when it got worse."""
    tier: str = Field(default="small", max_length=64)
    """The hardware that it is evaluated on."""
    reason: str = Field(default="", max_length=1000)
    """Why, for the log."""


class CustomMetricView(AnswerModel):
    """A metric of somebody's own, and how its evaluation goes."""

    name: str
    """The name, under which quality has its values."""
    number: int
    """The version of the metric."""
    function: str
    """The function of its file."""
    description: str
    """The meaning of its value."""
    better: Better
    """Which values are better."""
    tier: str
    """The hardware that it is evaluated on."""
    created_at: datetime
    """When this version of it was set."""
    created_by: str
    """The person who set it; it is evaluated with their rights."""
    days: int
    """Days with labels that were evaluated."""
    problem: str
    """The reason why the newest evaluated day has no value; empty: it has one."""
    problem_days: int
    """Evaluated days that have no value."""
    note: str
    """Remarks on the newest day's values; empty: none."""


class CustomMetricList(AnswerModel):
    """The metrics of a model."""

    metrics: list[CustomMetricView]
    """By name."""


class CustomMetricVersionView(AnswerModel):
    """A version of a metric."""

    number: int
    """1, 2, … of this metric."""
    function: str
    """The function."""
    description: str
    """The meaning of its value."""
    better: Better
    """Which values are better."""
    tier: str
    """The hardware."""
    code: str
    """The content of its file."""
    created_at: datetime
    """When it was set."""
    created_by: str
    """The person who set it."""


class CustomMetricDetail(CustomMetricView):
    """A metric with its code."""

    versions: list[CustomMetricVersionView]
    """All versions, the latest first."""
