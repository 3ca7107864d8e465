"""What the process that reads datasets does with an order, without starting one."""

from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from unshelf.contracts.protocols.data import DataLimits, DataOrder, DataProblem, DataProfile, DataRows, SourceFile
from unshelf.develop.datasets.data_process import carry_out
from unshelf.develop.datasets.rows_file import ROWS_FILE
from unshelf.runtime.blobs.files import FileBlobs

LIMITS = DataLimits(seconds=60, memory_bytes=256 << 20, threads=1, rows=1000, output_bytes=8 << 20)


def order(tmp_path: Path, content: bytes, **more: Any) -> DataOrder:
    digest = sha256(content).hexdigest()
    FileBlobs(tmp_path / "blobs").put(digest, [content], limit=1 << 20)
    fields: dict[str, Any] = {
        "act": "rows", "files": [SourceFile(path="data.csv", sha256=digest)], "format": "csv", "blobs": "files",
        "blobs_folder": str(tmp_path / "blobs"), "s3_endpoint": "", "scratch": str(tmp_path), "limits": LIMITS, **more,
    }  # fmt: skip
    return DataOrder(**fields)


def test_a_profile_is_made_of_the_files(tmp_path: Path) -> None:
    found = carry_out(order(tmp_path, b"a\n1\n2\n", act="profile"))
    assert isinstance(found, DataProfile)
    assert (found.rows, found.columns[0].mean) == (2, 1.5)


@pytest.mark.parametrize(("wanted", "count"), [(None, 3), (2, 2), (0, 0), (9, 3)])
def test_rows_are_written_as_many_as_wanted(tmp_path: Path, wanted: int | None, count: int) -> None:
    found = carry_out(order(tmp_path, b"a\n1\n2\n3\n", rows=wanted))
    assert isinstance(found, DataRows)
    assert pa.ipc.open_stream((tmp_path / ROWS_FILE).read_bytes()).read_all().num_rows == found.rows == count


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"format": "parquet"}, "data.csv"),
        (
            {"limits": DataLimits(seconds=60, memory_bytes=256 << 20, threads=1, rows=1, output_bytes=8 << 20)},
            "more than 1 rows",
        ),
    ],
)
def test_what_goes_wrong_with_the_data_is_a_problem(tmp_path: Path, change: dict[str, Any], said: str) -> None:
    found = carry_out(order(tmp_path, b"a\n1\n2\n", **change))
    assert isinstance(found, DataProblem)
    assert (found.code, said in found.detail) == ("invalid_input", True)
    assert str(tmp_path) not in found.detail + found.hint


def test_a_blob_that_is_gone_is_a_problem(tmp_path: Path) -> None:
    gone = order(tmp_path, b"a\n1\n", files=[SourceFile(path="data.csv", sha256="0" * 64)])
    found = carry_out(gone)
    assert isinstance(found, DataProblem)
    assert str(tmp_path) not in found.detail
