"""The file of rows that a short-lived process leaves for control: one Arrow stream, within limits."""

from pathlib import Path
from types import TracebackType

import pyarrow as pa
import pyarrow.parquet as pq

from unshelf.contracts.protocols.data import DataLimits, DataRows

ROWS_FILE = "rows.arrow"
PARQUET_FILE = "rows.parquet"


class TooMuch(Exception):
    """The rows are more than a reader may get."""


class RowsWriter:
    """Writes batches of rows to the scratch folder. Raises TooMuch over the limits; then nothing of it is used."""

    name = ROWS_FILE

    def __init__(self, scratch: Path, schema: pa.Schema, limits: DataLimits) -> None:
        self._limits = limits
        self._file = pa.OSFile(str(scratch / self.name), "wb")
        self._stream = self._opened(schema)
        self._rows = 0
        self._bytes = 0

    def __enter__(self) -> "RowsWriter":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if kind is None:
            self._stream.close()
            self._bytes = self._file.tell()
        self._file.close()

    def write(self, batch: pa.RecordBatch) -> None:
        """Add rows."""
        self._rows += batch.num_rows
        if self._rows > self._limits.rows:
            raise TooMuch(f"There are more than {self._limits.rows} rows. Ask for fewer: `rows` takes the first ones.")
        # One mebibyte for the frames around the columns.
        if self._file.tell() + batch.nbytes + (1 << 20) > self._limits.output_bytes:
            size = self._limits.output_bytes >> 20
            raise TooMuch(f"The rows take more than {size} MiB. Ask for fewer: `rows` takes the first ones.")
        self._stream.write_batch(batch)

    def _opened(self, schema: pa.Schema) -> pa.ipc.RecordBatchStreamWriter | pq.ParquetWriter:
        return pa.ipc.new_stream(self._file, schema)

    @property
    def written(self) -> DataRows:
        """Return the counts, once it is closed."""
        return DataRows(rows=self._rows, bytes=self._bytes)


class ParquetRowsWriter(RowsWriter):
    """Writes them as one Parquet file: the same rows in the same batches give the same bytes."""

    name = PARQUET_FILE

    def _opened(self, schema: pa.Schema) -> pa.ipc.RecordBatchStreamWriter | pq.ParquetWriter:
        return pq.ParquetWriter(self._file, schema)
