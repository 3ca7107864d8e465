"""Examples come from JSON, JSON lines and CSV, and are cut in the kind they came in."""

from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest

from unshelf.client.errors import InvalidModel
from unshelf.client.examples import head, parse_csv, parse_json, read_rows


def test_a_csv_gives_numbers_texts_booleans_and_gaps() -> None:
    rows = parse_csv(b'age,fare,name,member\n22,7.25,"Braund, Owen",true\n,8,02134,false\n')
    assert rows == [
        {"age": 22, "fare": 7.25, "name": "Braund, Owen", "member": True},
        {"age": None, "fare": 8, "name": "02134", "member": False},
    ]


def test_a_csv_column_is_of_numbers_only_when_all_of_it_is() -> None:
    assert parse_csv(b"code\n1\nx2\n") == [{"code": "1"}, {"code": "x2"}]


@pytest.mark.parametrize(
    ("text", "said"), [(b"a,b\n1\n", "Row 1"), (b"a,b\n", "no rows"), (b"\xff\xfe\n1\n", "can't be read")]
)
def test_a_broken_csv_is_told(text: bytes, said: str) -> None:
    with pytest.raises(InvalidModel, match=said):
        parse_csv(text)


def test_json_in_its_three_forms() -> None:
    assert parse_json(b"[[1, 2]]") == parse_json(b'{"inputs": [[1, 2]]}') == [[1, 2]]
    assert parse_json(b'{"a": 1}\n{"a": 2}\n') == [{"a": 1}, {"a": 2}]
    with pytest.raises(InvalidModel, match="not JSON"):
        parse_json(b"{")


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(InvalidModel, match=r"rows\.json can't be read"):
        read_rows(tmp_path / "rows.json")


def test_the_head_stays_of_its_kind() -> None:
    assert head(np.arange(5), 2).tolist() == [0, 1]
    assert isinstance(head(pd.DataFrame({"a": range(5)}), 2), pd.DataFrame)
    assert head(pl.DataFrame({"a": range(5)}), 2).height == 2
    assert head({"a": [1, 2, 3]}, 2) == {"a": [1, 2]}
