"""Messages between control and the process that joins records with labels: JSON on standard input and output."""

from typing import Any

import msgspec

from unshelf.contracts.protocols.data import DataLimits, DataProblem


class JoinRoles(msgspec.Struct, frozen=True, kw_only=True):
    """The columns that a join needs, by their names in the signature."""

    task: str
    """classification, regression or ranking."""
    prediction: str | None = None
    scores: str | None = None
    classes: list[str] = []
    key: str | None = None
    slices: list[str] = []
    query: str | None = None
    edges: dict[str, list[float]] = {}
    """Bins of a model of the loss: input, or `prediction`, → their edges; empty: none is made."""


class JoinDayOrder(msgspec.Struct, frozen=True, kw_only=True):
    """Control: a day of a version whose records are to be joined."""

    model: str
    version: int
    day: str
    roles: JoinRoles
    labels: list[str]
    """The files in the scratch folder with the labels that may be of this day."""
    only_after: int = 0
    """Answer that nothing changed unless a label after this number is of one of the day's records; 0: join in any case."""


class JoinOrder(msgspec.Struct, frozen=True, kw_only=True):
    """Control: join some days."""

    folder: str
    predictions: str
    s3_endpoint: str
    """Where the archive lies, as in the settings."""
    scratch: str
    limits: DataLimits
    days: list[JoinDayOrder]


class DayJoined(msgspec.Struct, frozen=True, kw_only=True):
    """The process: the sums of a day by hour."""

    model: str
    version: int
    day: str
    changed: bool = True
    """False: no new label is of these records, and nothing was summed."""
    hours: dict[int, dict[str, Any]] = {}
    """Hour since 1970 → slice → sums."""
    joined: list[int] = []
    """Numbers of labels whose prediction was found, of those for which it had not been."""
    strays: dict[int, int] = {}
    """Number → rows of the request, of labels that name a row which their request has not."""
    again: bool = False
    """Whether files were merged or moved meanwhile, so that nothing of the day was joined."""
    problem: str = ""
    """Why nothing of the day could be joined; empty: it was."""


class DaysJoined(msgspec.Struct, frozen=True, kw_only=True, tag="joined", tag_field="said"):
    """The process: the days, in the order of those asked for."""

    days: list[DayJoined]


JoinAnswer = DaysJoined | DataProblem
