"""Messages between control and the process that lays out labelled rows for custom metrics: JSON on standard input and output."""

import msgspec

from unshelf.contracts.protocols.data import DataLimits, DataProblem
from unshelf.monitor.performance.messages import JoinRoles


class DayRowsOrder(msgspec.Struct, frozen=True, kw_only=True):
    """Control: a day of a version whose labelled rows are wanted."""

    model: str
    version: int
    day: str
    roles: JoinRoles
    labels: list[str]
    """The files in the scratch folder with the labels that may be of this day."""
    most_rows: int


class DayRowsOrders(msgspec.Struct, frozen=True, kw_only=True):
    """Control: lay out the labelled rows of some days as `DAY.npz` in the scratch folder."""

    folder: str
    predictions: str
    s3_endpoint: str
    """Where the archive lies, as in the settings."""
    scratch: str
    limits: DataLimits
    days: list[DayRowsOrder]


class DayRowsWritten(msgspec.Struct, frozen=True, kw_only=True):
    """The process: a day."""

    day: str
    labelled: int = 0
    """Rows with a label that can be used; 0: there is no file."""
    used: int = 0
    """Rows in the file: all of them, or as many as are taken of a day, drawn at random."""
    left_out: list[str] = []
    """Inputs that no table has, such as tensors."""
    again: bool = False
    """Whether files were merged or moved meanwhile."""
    problem: str = ""
    """Why the day can't be laid out; empty: it was."""


class DaysWritten(msgspec.Struct, frozen=True, kw_only=True, tag="rows_written", tag_field="said"):
    """The process: the days, in the order of those asked for."""

    days: list[DayRowsWritten]


DayRowsAnswer = DaysWritten | DataProblem
