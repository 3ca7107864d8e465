"""Tables of records become lines: which column holds what, ids of rows without one, and tables that can't be read."""

from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from unshelf.contracts.protocols.data import DataProblem
from unshelf.contracts.signature import Column, Columns, Signature
from unshelf.deploy.elsewhere.messages import RECORDS_FILE, ReadRecords, RecordColumns, RecordsRead
from unshelf.deploy.elsewhere.read_process import carry_out, chosen_columns
from unshelf.develop.datasets.processes import LIMITS

SIGNATURE = Signature(
    inputs=Columns(columns=[Column(name="x", type="int64"), Column(name="code", type="string")]),
    outputs=Columns(columns=[Column(name="output", type="float64")]),
)


def read(folder: Path, table: pa.Table, **columns: Any) -> list[dict[str, Any]]:
    pq.write_table(table, folder / "t.parquet")
    order = ReadRecords(
        file=str(folder / "t.parquet"), format="parquet", signature=SIGNATURE, columns=RecordColumns(**columns), salt="f/t",
        scratch=str(folder), limits=LIMITS,
    )  # fmt: skip
    done = carry_out(order)
    assert isinstance(done, RecordsRead), done
    return [msgspec.json.decode(line) for line in (folder / RECORDS_FILE).read_bytes().splitlines()]


def test_columns_are_found_by_their_usual_names(tmp_path: Path) -> None:
    table = pa.table({
        "x": [1, 2], "code": pa.array(["7", None]).dictionary_encode(), "prediction": [0.5, None], "record_id": ["a", "b"],
        "timestamp": ["2026-11-01", None], "latency_ms": [3, None], "error": [None, "late"], "else": [1, 2],
    })  # fmt: skip
    assert read(tmp_path, table) == [
        {"inputs": {"x": 1, "code": "7"}, "output": 0.5, "time": "2026-11-01", "latency_ms": 3, "id": "a"},
        {"inputs": {"x": 2, "code": None}, "error": "late", "time": None, "id": "b"},
    ]


def test_rows_without_an_id_get_one_of_their_place_and_content(tmp_path: Path) -> None:
    first = read(tmp_path, pa.table({"x": [1, 1], "code": [7, 7], "y": [1.0, 1.0]}), outputs={"output": "y"})
    grown = read(tmp_path, pa.table({"x": [1, 2, 3], "code": [7, 7, 7], "y": [1.0, 1.0, 1.0]}), outputs={"output": "y"})
    assert first[0]["inputs"] == {"x": 1, "code": "7"}
    assert first[0]["id"] == grown[0]["id"]
    assert len({each["id"] for each in [*first, *grown]}) == 4


def test_an_input_named_id_is_an_input() -> None:
    signature = Signature(inputs=Columns(columns=[Column(name="id", type="int64")]), outputs=SIGNATURE.outputs)
    assert chosen_columns(signature, ["id", "output"], RecordColumns()).id == ""
    assert chosen_columns(signature, ["id", "output", "prediction_id"], RecordColumns()).id == "prediction_id"


def test_what_can_not_be_read_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "bad").write_bytes(b"PAR1")
    order = ReadRecords(
        file=str(tmp_path / "bad"), format="parquet", signature=SIGNATURE, columns=RecordColumns(), salt="", scratch=str(tmp_path),
        limits=LIMITS,
    )  # fmt: skip
    assert isinstance(carry_out(order), DataProblem)
    assert isinstance(carry_out(msgspec.structs.replace(order, format="arrow")), DataProblem)


@pytest.mark.parametrize("columns", [{}, {"id": "gone"}, {"outputs": {"output": "gone"}}])
def test_a_table_without_an_answer_or_a_named_column_is_a_problem(columns: dict[str, Any], tmp_path: Path) -> None:
    pq.write_table(pa.table({"x": [1]}), tmp_path / "t.parquet")
    order = ReadRecords(
        file=str(tmp_path / "t.parquet"), format="parquet", signature=SIGNATURE, columns=RecordColumns(**columns), salt="",
        scratch=str(tmp_path), limits=LIMITS,
    )  # fmt: skip
    assert isinstance(carry_out(order), DataProblem)
