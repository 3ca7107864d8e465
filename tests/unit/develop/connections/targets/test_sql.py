"""Types of columns that tables are made with."""

import pyarrow as pa
import pytest

from unshelf.develop.connections.targets.sql import type_of


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (pa.int32(), "bigint"), (pa.uint64(), "numeric"), (pa.float32(), "double precision"), (pa.bool_(), "boolean"),
        (pa.string(), "text"), (pa.large_string(), "text"), (pa.date32(), "date"), (pa.timestamp("ns"), "timestamp"),
        (pa.timestamp("us", "UTC"), "timestamptz"), (pa.binary(), "bytea"), (pa.decimal128(20, 2), "numeric"), (pa.time64("us"), "time"),
        (pa.list_(pa.float64()), "jsonb"), (pa.struct([("a", pa.int64())]), "jsonb"), (pa.dictionary(pa.int8(), pa.string()), "text"),
    ],
)  # fmt: skip
def test_a_column_holds_all_values_of_its_type(kind: pa.DataType, name: str) -> None:
    assert type_of(kind) == name
