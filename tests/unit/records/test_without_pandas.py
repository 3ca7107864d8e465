"""The processes that write and query Parquet do without pandas."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.runs_program


def test_arrow_works_without_pandas_where_it_is_installed() -> None:
    program = """
import sys
from unshelf.records.without_pandas import without_pandas
without_pandas()
import pyarrow as pa
assert pa.array([[1], [2, 3]]).to_pylist() == [[1], [2, 3]]
try:
    import pandas
except ModuleNotFoundError:
    import numpy, duckdb
    assert duckdb.sql("select 1 as one").fetchall() == [(1,)]
    print("pandas" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("False\n", "")
