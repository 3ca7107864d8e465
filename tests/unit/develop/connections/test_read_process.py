"""What the process that reads connections does with an order, without starting one."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from unshelf.contracts.protocols.data import ConnectionOrder, DataLimits, DataProblem, DataRows
from unshelf.develop.connections.allowed_hosts import AllowedHosts
from unshelf.develop.connections.read_process import carry_out
from unshelf.develop.datasets.rows_file import ROWS_FILE

LIMITS = DataLimits(seconds=60, memory_bytes=256 << 20, threads=1, rows=10, output_bytes=8 << 20)


def order(tmp_path: Path, **more: Any) -> ConnectionOrder:
    fields: dict[str, Any] = {
        "kind": "local", "settings": {"folder": str(tmp_path)}, "credentials": {}, "path": "a.csv", "rows": None, "hosts": [],
        "scratch": str(tmp_path), "limits": LIMITS, **more,
    }  # fmt: skip
    return ConnectionOrder(**fields)


def test_rows_of_a_folder_are_written(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a,b\n1,x\n2,\n")
    found = carry_out(order(tmp_path), AllowedHosts([]))
    assert isinstance(found, DataRows)
    assert pa.ipc.open_stream((tmp_path / ROWS_FILE).read_bytes()).read_all().to_pylist() == [
        {"a": 1, "b": "x"},
        {"a": 2, "b": None},
    ]


@pytest.mark.parametrize(
    ("content", "more", "said"),
    [
        ("a\n" + "1\n" * 11, {}, "more than 10 rows"),
        ("", {"path": "absent.csv"}, "no table"),
        ("x", {"kind": "sql", "settings": {"host": "10.0.0.1", "database": "d"}}, "may not come from 10.0.0.1"),
        ("x", {"kind": "https", "settings": {"url": "https://127.0.0.1/"}}, "may not come from 127.0.0.1"),
        ("x", {"kind": "s3", "settings": {"bucket": "b"}}, "may not come from s3"),
    ],
)
def test_what_goes_wrong_is_a_problem(tmp_path: Path, content: str, more: dict[str, Any], said: str) -> None:
    (tmp_path / "a.csv").write_text(content)
    found = carry_out(order(tmp_path, **more), AllowedHosts([]))
    assert isinstance(found, DataProblem)
    assert said in found.detail
    assert str(tmp_path) not in found.detail
