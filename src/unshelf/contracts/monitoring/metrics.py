"""Metrics that a version declares: functions in files of its bundle, set for its model when it is deployed."""

import re
from collections.abc import Collection, Sequence
from typing import Literal

import msgspec

from unshelf.contracts.monitoring.measures import RESERVED

Better = Literal["higher", "lower", "neither"]
NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
FUNCTION = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
MOST_CODE = 100_000
"""Bytes of a metric's file."""
MOST_METRICS = 20
"""Metrics of a model: each is a job for every change of its labels."""
_MOST_DESCRIPTION = 500


class DeclaredMetric(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """A metric of somebody's own, as a version's maker declares it."""

    name: str
    """The name under which quality has its values; a version declares each once."""
    file: str
    """The bundle path of the Python file that has the function."""
    function: str = ""
    """The function in it, `def NAME(truth, prediction, rows)`; empty: the one with the metric's name."""
    description: str = ""
    """The meaning of its value, in a sentence."""
    better: Better = "neither"
    """Which values are better; neither: no alert is raised about it."""
    tier: str = "small"
    """The hardware that it is evaluated on."""

    def __post_init__(self) -> None:
        if fault := name_fault(self.name):
            raise ValueError(f"metrics: {fault}")
        if FUNCTION.fullmatch(self.called) is None:
            raise ValueError(f"metrics: {self.name}: {self.called[:80]!r} is no name of a function")
        if len(self.description) > _MOST_DESCRIPTION:
            raise ValueError(f"metrics: {self.name}: a description has at most {_MOST_DESCRIPTION} characters")

    @property
    def called(self) -> str:
        """The function that is called."""
        return self.function or self.name


def name_fault(name: str) -> str:
    """Say why a metric can't have a name; empty: it can."""
    if NAME.fullmatch(name) is None:
        return f"{name[:80]!r} is no name of a metric: begin with a letter; letters, digits and _, all lower case"
    return f"{name!r} is a measure that every model has: choose another name" if name in RESERVED else ""


def check_metrics(metrics: Sequence[DeclaredMetric], paths: Collection[str]) -> None:
    """Raise ValueError for too many metrics, two of one name, or one whose file is none of a bundle's paths."""
    names = [metric.name for metric in metrics]
    if len(names) > MOST_METRICS or len(set(names)) != len(names):
        raise ValueError(f"metrics: at most {MOST_METRICS}, each with a name of its own, got {', '.join(names)}")
    for metric in metrics:
        if metric.file not in paths:
            raise ValueError(f"metrics: {metric.name} names {metric.file!r}, which is no file of the bundle")
