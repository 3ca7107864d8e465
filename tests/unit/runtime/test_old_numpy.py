"""An old NumPy beside the platform: pyarrow goes without it, and what it is for goes on."""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.runs_program

PROGRAM = """
import sys
sys.path.insert(0, sys.argv[1])
import unshelf.records, unshelf.codecs
import pyarrow, duckdb
table = pyarrow.table({"a": [1, 2], "b": ["x", None]})
assert table.to_pylist() == [{"a": 1, "b": "x"}, {"a": 2, "b": None}]
assert duckdb.sql("select 1 as one").fetchall() == [(1,)]
print("numpy" in sys.modules)
"""


@pytest.mark.parametrize(("version", "is_used"), [("1.26.4", "False"), ("2.3.0", "True"), ("odd", "True")])
def test_only_a_numpy_before_2_is_hidden(tmp_path: Path, version: str, is_used: str) -> None:
    """Given a NumPy that says it is of this version, when records are read, then pyarrow has it or goes without."""
    about = tmp_path / f"numpy-{version}.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: numpy\nVersion: {version}\n")
    done = subprocess.run([sys.executable, "-c", PROGRAM, str(tmp_path)], capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.stderr) == (is_used, "")
