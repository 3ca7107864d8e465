"""Messages between control and the process that collects predictions: JSON on standard input and output."""

import msgspec

from unshelf.contracts.protocols.data import DataLimits, DataProblem
from unshelf.monitor.performance.messages import JoinRoles


class CollectOrder(msgspec.Struct, frozen=True, kw_only=True):
    """Control: write the rows of recorded predictions, with their labels, as `rows.parquet` into the scratch folder."""

    folder: str
    predictions: str
    s3_endpoint: str
    """Where the archive lies, as in the settings."""
    run_folder: str
    model: str
    versions: list[int]
    since_ns: int
    until_ns: int
    slice: tuple[str, str] | None
    """The input and its value as text; None: any."""
    roles: dict[int, JoinRoles]
    """By version; empty: labels are not wanted."""
    label: str
    """The column of labels."""
    labels: str
    """The file in the scratch folder with the labels; empty: they are not wanted."""
    most_rows: int
    scratch: str
    limits: DataLimits


class RowsCollected(msgspec.Struct, frozen=True, kw_only=True, tag="collected", tag_field="said"):
    """The process: the rows are written; of none there is no file."""

    rows: int
    labelled: int
    versions: list[int]


CollectAnswer = RowsCollected | DataProblem
COLLECTED_FILE = "rows.parquet"
