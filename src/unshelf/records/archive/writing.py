"""Settings of the Parquet writer for records."""

from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from unshelf.contracts.records import Common
from unshelf.records.archive.arrow_schemas import SEGMENT

_REPEATING = frozenset(Common.__struct_fields__) | {SEGMENT}


def parquet_writer(file: Any, schema: Any) -> Any:
    """Return a writer of tables of the schema into an open file.

    Only columns whose values repeat get a dictionary: to look for repetition in the others takes a fifth of the time."""
    texts = [f"{field.name}.list.element" for field in schema if field.type == pa.list_(pa.string())]
    repeating = [name for name in schema.names if name in _REPEATING] + texts
    return pq.ParquetWriter(file, schema, compression="zstd", use_dictionary=repeating)
