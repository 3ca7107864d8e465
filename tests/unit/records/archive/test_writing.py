"""Files of records have dictionaries where values come again."""

import io

import pyarrow as pa
import pyarrow.parquet as pq

from unshelf.contracts.signature import Column, Columns, Signature
from unshelf.records.archive.arrow_schemas import schema_of
from unshelf.records.archive.writing import parquet_writer

ROWS = 100


def test_dictionaries_are_for_what_comes_again() -> None:
    columns = [Column(name="city", type="string"), Column(name="age", type="int64")]
    schema = schema_of(Signature(inputs=Columns(columns=columns, container="dicts")))
    values = {"in_city": [["Ulm"]] * ROWS, "in_age": [[7]] * ROWS, "model": ["iris"] * ROWS, "id": ["1"] * ROWS}
    arrays = [pa.array(values.get(field.name, [None] * ROWS), field.type) for field in schema]
    file = io.BytesIO()
    with parquet_writer(file, schema) as writer:
        writer.write_table(pa.table(arrays, schema=schema))

    group = pq.read_metadata(file).row_group(0)
    encodings = {group.column(place).path_in_schema: group.column(place) for place in range(group.num_columns)}
    with_dictionary = {path for path, column in encodings.items() if column.has_dictionary_page}
    assert {"model", "version", "code", "in_city.list.element"} <= with_dictionary
    assert not {"id", "time", "input", "output", "in_age.list.element"} & with_dictionary
    assert {column.compression for column in encodings.values()} == {"ZSTD"}
    assert pq.read_table(file).column("in_city").to_pylist() == values["in_city"]
