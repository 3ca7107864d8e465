"""Results are made of what the program left: rows in their order, failed ones beside them, and nothing where the program cheats."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from unshelf.contracts.bundle import BundleFile, Recording
from unshelf.contracts.protocols.data import DataLimits, DataProblem
from unshelf.contracts.signature import Column, Columns, Signature
from unshelf.deploy.scorings.messages import BlobPlace, ResultsWritten, RowSource, ScoredRows, WriteResults
from unshelf.deploy.scorings.rows.tables_read import blobs_at, put_bytes, put_file
from unshelf.deploy.scorings.write_process import carry_out

LIMITS = DataLimits(seconds=60, memory_bytes=256 << 20, threads=1, rows=1 << 40, output_bytes=1 << 40)
SIGNATURE = Signature(inputs=Columns(columns=[Column(name="n", type="int64")]))


def answers(*found: tuple[list[list[int]], Any]) -> bytes:
    lines = []
    for rows, body in found:
        status = 200 if isinstance(body, list) else 422
        head = {"rows": rows, "status": status, "code": "" if status == 200 else "invalid_input", "us": 1, "at": 1}
        lines += [json.dumps(head), json.dumps(body)]
    return "".join(f"{line}\n" for line in lines).encode()


class Desk:
    """Three rows in two chunks, and whatever a program left of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.place = BlobPlace(setting="files", folder=str(folder / "blobs"), s3_endpoint="")
        self.blobs = blobs_at(self.place)
        pq.write_table(
            pa.table({"id": ["a", "b", "c"], "n": [1, 2, 3], "tags": [["x"], [], None]}), folder / "t.parquet"
        )
        self.source = RowSource(files=[put_file(self.blobs, folder / "t.parquet", "t.parquet")], format="parquet")

    def write(self, left: dict[str, bytes], **more: Any) -> Any:
        lines = (b"2 [[1],[2]]\n", b"1 [[3]]\n")
        scored = ScoredRows(model="m", version=1, reference="m", actor="ana", params=None, recording=Recording())
        fields: dict[str, Any] = {
            "source": self.source, "signature": SIGNATURE, "chunk_rows": [2, 1], "keep": None, "format": "parquet",
            "chunks": [put_bytes(self.blobs, each, f"chunks/{place:06}") for place, each in enumerate(lines)],
            "answers": [put_bytes(self.blobs, content, name) for name, content in left.items()], "scored": scored,
            "staging": str(self.folder / "staging"), "blobs": self.place, "scratch": str(self.folder), "limits": LIMITS,
            "latest_ns": 0,
        }  # fmt: skip
        return carry_out(WriteResults(**fields | more))

    def table(self, file: BundleFile | None) -> list[dict[str, Any]]:
        assert file is not None
        return list(pq.read_table(pa.BufferReader(self.blobs.read(file.sha256))).to_pylist())


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_rows_are_in_the_order_of_the_data_whatever_that_of_the_answers(desk: Desk) -> None:
    left = {"answers/000001": answers(([[0, 1]], [30])), "answers/000000": answers(([[1, 2]], [20]), ([[0, 1]], [10]))}
    made = desk.write(left, keep=["id"])
    assert isinstance(made, ResultsWritten)
    assert desk.table(made.predictions) == [
        {"id": "a", "prediction": 10}, {"id": "b", "prediction": 20}, {"id": "c", "prediction": 30},
    ]  # fmt: skip
    assert (made.scored, made.failed, made.failures, made.preview[0]) == (3, 0, None, ["a", 10])
    assert len(made.segments) == 1


def test_rows_that_failed_lie_beside_the_others_with_their_reasons(desk: Desk) -> None:
    problem = {
        "code": "invalid_input", "detail": "No.", "errors": [{"row": 0, "column": "n", "expected": "int64", "got": "null"}],
    }  # fmt: skip
    left = {
        "answers/000000": answers(([[0, 1]], [10]), ([[1, 2]], problem)),
        "answers/000001": answers(([[0, 1]], [30])),
    }
    made = desk.write(left, format="csv")
    assert (made.scored, made.failed) == (2, 1)
    said = desk.blobs.read(made.failures.sha256).decode().splitlines()
    assert said[0] == '"row","code","column","expected","got","detail","id","n","tags"'
    assert said[1].startswith('1,"invalid_input","n","int64","null",')
    assert desk.blobs.read(made.predictions.sha256).decode().splitlines()[1:] == ['"a",1,"[""x""]",10', '"c",3,,30']


@pytest.mark.parametrize(
    ("left", "said"),
    [
        ({}, "no answers to 2 chunks"),
        ({"answers/000000": answers(([[0, 2]], [1, 2]))}, "no answers to 1 chunks"),
        ({"answers/000000": answers(([[0, 1]], [1])), "answers/000001": answers(([[0, 1]], [1]))}, "each row once"),
        (
            {"answers/000000": answers(([[0, 2]], [1, 2])), "answers/000001": answers(([[0, 2]], [1, 2]))},
            "each row once",
        ),
    ],
)
def test_a_program_that_lost_or_doubled_rows_is_not_believed(desk: Desk, left: dict[str, bytes], said: str) -> None:
    problem = desk.write(left)
    assert isinstance(problem, DataProblem)
    assert said in problem.detail


def test_data_that_has_changed_is_noticed(desk: Desk) -> None:
    left = {f"answers/00000{place}": answers(([[0, rows]], [1] * rows)) for place, rows in enumerate((2, 2))}
    problem = desk.write(left, chunk_rows=[2, 2])
    assert isinstance(problem, DataProblem)
    assert "other rows" in problem.detail
