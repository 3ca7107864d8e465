"""What the process that writes to connections does with an order that can't be carried out."""

from pathlib import Path
from typing import Any

import pytest

from tests.unit.develop.connections.test_read_process import LIMITS
from unshelf.contracts.protocols.data import ConnectionWrite, DataProblem
from unshelf.develop.connections.allowed_hosts import AllowedHosts
from unshelf.develop.connections.write_process import carry_out


def write(tmp_path: Path, **more: Any) -> Any:
    fields: dict[str, Any] = {
        "kind": "sql", "settings": {"host": "10.0.0.1", "database": "d"}, "credentials": {}, "path": "a.b", "hosts": [],
        "scratch": str(tmp_path), "limits": LIMITS, "act": "write", "key": "w", "if_exists": "fail", **more,
    }  # fmt: skip
    return carry_out(ConnectionWrite(**fields), AllowedHosts(fields["hosts"]))


@pytest.mark.parametrize(
    ("more", "code", "said"),
    [
        ({}, "invalid_input", "10.0.0.1"),
        ({"kind": "s3", "settings": {"bucket": "b"}}, "invalid_input", "s3.us-east-1.amazonaws.com"),
        ({"hosts": ["10.0.0.1"], "path": "a/b"}, "invalid_input", "names no table"),
        ({"hosts": ["10.0.0.1"], "path": f"public.{'x' * 57}"}, "invalid_input", "at most 56 bytes"),
    ],
)
def test_what_goes_wrong_is_a_problem(tmp_path: Path, more: dict[str, Any], code: str, said: str) -> None:
    found = write(tmp_path, **more)
    assert isinstance(found, DataProblem)
    assert (found.code, said in found.detail) == (code, True)


def test_rows_can_not_be_added_to_one_file(tmp_path: Path) -> None:
    settings = {"bucket": "b", "endpoint": "http://127.0.0.1:1"}
    found = write(tmp_path, kind="s3", settings=settings, hosts=["127.0.0.1"], path="a.csv", if_exists="append")
    assert "is one file" in found.detail
