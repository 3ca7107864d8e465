"""A source becomes chunks and a plan: every row once, batches cut as wanted, columns of CSV as the version takes them."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from unshelf.contracts.protocols.data import DataLimits, DataProblem
from unshelf.contracts.signature import Column, Columns, Signature
from unshelf.deploy.scorings import read_process
from unshelf.deploy.scorings.messages import BlobPlace, ReadRows, RowSource, RowsRead
from unshelf.deploy.scorings.read_process import carry_out
from unshelf.deploy.scorings.rows.tables_read import blobs_at, put_bytes

LIMITS = DataLimits(seconds=60, memory_bytes=256 << 20, threads=1, rows=1 << 40, output_bytes=1 << 40)
SIGNATURE = Signature(inputs=Columns(columns=[Column(name="zip", type="string"), Column(name="n", type="int64")]))


def read(tmp_path: Path, csv: str, **more: Any) -> Any:
    place = BlobPlace(setting="files", folder=str(tmp_path / "blobs"), s3_endpoint="")
    blobs = blobs_at(place)
    fields: dict[str, Any] = {
        "source": RowSource(files=[put_bytes(blobs, csv.encode(), "rows.csv")], format="csv"), "signature": SIGNATURE,
        "params": None, "chunk_rows": 4, "most_chunks": 10, "batch_rows": 3, "plan": {"model": "m"}, "blobs": place,
        "scratch": str(tmp_path), "limits": LIMITS,
    }  # fmt: skip
    answer = carry_out(ReadRows(**fields | more))
    if isinstance(answer, DataProblem):
        return answer, {}
    return answer, {file.path: blobs.read(file.sha256) for file in answer.files}


def test_chunks_have_every_row_once_and_the_plan_counts_them(tmp_path: Path) -> None:
    csv = "id,n,zip\n" + "".join(f"{n},{n},{10000 + n}\n" for n in range(10))
    answer, files = read(tmp_path, csv)
    assert isinstance(answer, RowsRead)
    assert (answer.rows, answer.unused, answer.texts) == (10, ["id"], ["zip"])
    assert json.loads(files.pop("plan.json")) == {"model": "m", "rows": [4, 4, 2], "params": None}
    lines = [line for name in sorted(files) for line in files[name].splitlines()]
    assert [int(line.partition(b" ")[0]) for line in lines] == [3, 1, 3, 1, 2]
    rows = [row for line in lines for row in json.loads(line.partition(b" ")[2])]
    assert rows == [[f"{10000 + n}", n] for n in range(10)]


def test_a_large_table_has_larger_chunks_where_nobody_chose(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read_process, "CHUNK_ROWS", 10)
    monkeypatch.setattr(read_process, "LARGE_CHUNK_ROWS", 40)
    monkeypatch.setattr(read_process, "FEW_CHUNKS", 4)
    sizes = []
    for rows in (5, 100, 1000):
        pq.write_table(pa.table({"zip": ["a"] * rows, "n": range(rows)}), tmp_path / "rows.parquet")
        blobs = blobs_at(BlobPlace(setting="files", folder=str(tmp_path / "blobs"), s3_endpoint=""))
        file = put_bytes(blobs, (tmp_path / "rows.parquet").read_bytes(), "rows.parquet")
        source = RowSource(files=[file], format="parquet")
        _, files = read(tmp_path, "", source=source, chunk_rows=None, most_chunks=100)
        sizes.append(json.loads(files["plan.json"])["rows"][0])
    assert sizes == [5, 25, 40]
    _, files = read(tmp_path, "n,zip\n" + "1,a\n" * 100, chunk_rows=None)
    assert json.loads(files["plan.json"])["rows"] == [10] * 10  # how many rows CSV has is known at its end alone


def test_an_integer_that_floats_do_not_hold_is_read_as_its_digits(tmp_path: Path) -> None:
    _, files = read(tmp_path, "n,zip\n9223372036854775809,a\n1,b\n")
    assert json.loads(files["chunks/000000"].partition(b" ")[2]) == [["a", 9223372036854775809], ["b", 1]]


@pytest.mark.parametrize(
    ("csv", "more", "said"),
    [
        ("n,zip\n", {}, "no rows"),
        ("n\n1\n", {}, "lacks columns that the version takes: 'zip'"),
        ("n,zip\n" + "1,a\n" * 9, {"chunk_rows": 1, "most_chunks": 8}, "more than 8 rows"),
    ],
)
def test_what_can_not_be_scored_is_a_problem(tmp_path: Path, csv: str, more: dict[str, Any], said: str) -> None:
    answer, _ = read(tmp_path, csv, **more)
    assert isinstance(answer, DataProblem)
    assert said in answer.detail


def test_a_large_table_is_read_by_two_processes_with_the_same_chunks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pq.write_table(pa.table({"zip": [str(n) for n in range(95)], "n": range(95)}), tmp_path / "rows.parquet")
    blobs = blobs_at(BlobPlace(setting="files", folder=str(tmp_path / "blobs"), s3_endpoint=""))
    file = put_bytes(blobs, (tmp_path / "rows.parquet").read_bytes(), "rows.parquet")
    source = RowSource(files=[file], format="parquet")
    alone, expected = read(tmp_path, "", source=source, chunk_rows=10)
    monkeypatch.setattr(read_process, "_LARGE_ROWS", 50)
    monkeypatch.setattr(read_process, "usable_cores", lambda: 1)  # of many, by the control group's share of time
    orders = []

    class Half:
        """The other process, in this one."""

        returncode = 0

        def __init__(self, *_: Any, **__: Any) -> None:
            self.stdin: Any = self

        def write(self, order: bytes) -> None:
            orders.append(msgspec.json.decode(order, type=ReadRows))

        def close(self) -> None:
            pass

        kill = close

        def communicate(self) -> tuple[bytes, bytes]:
            return msgspec.json.encode(carry_out(orders[0])), b""

    monkeypatch.setattr("subprocess.Popen", Half)
    assert read(tmp_path, "", source=source, chunk_rows=10) == (alone, expected) and orders == []
    monkeypatch.setattr(read_process, "usable_cores", lambda: 2)
    shared, found = read(tmp_path, "", source=source, chunk_rows=10)
    assert (found, shared) == (expected, alone)
    assert orders[0].is_half and len(found) == 11
