"""Examples come from JSON, JSON lines and CSV, and are cut in the kind they came in."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from unshelf.client.data.examples import head, parse_csv, parse_json, read_rows
from unshelf.client.errors import InvalidModel


def test_a_csv_gives_numbers_texts_booleans_and_gaps() -> None:
    rows = parse_csv(b'age,fare,name,member\n22,7.25,"Braund, Owen",true\n,8,02134,false\n')
    assert rows == [
        {"age": 22, "fare": 7.25, "name": "Braund, Owen", "member": True},
        {"age": None, "fare": 8, "name": "02134", "member": False},
    ]


def test_a_csv_column_is_of_numbers_only_when_all_of_it_is() -> None:
    assert parse_csv(b"code\n1\nx2\n") == [{"code": "1"}, {"code": "x2"}]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"a,b\n1\n", "Row 1"),
        (b"a,b\n", "no rows"),
        (b"\xff\xfe\n1\n", "UTF-16"),
        (b"a,b,a\n1,2,3\n", "two columns 'a'"),
    ],
)
def test_a_broken_csv_is_told(text: bytes, said: str) -> None:
    with pytest.raises(InvalidModel, match=said):
        parse_csv(text)


@pytest.mark.parametrize(
    ("fields", "wanted"),
    [
        (["1234567890123456789", "7"], [1234567890123456789, 7]),
        (["18446744073709551615", "-9223372036854775808"], [2**64 - 1, -(2**63)]),
        (["18446744073709551616", "7"], ["18446744073709551616", "7"]),
        (["01234", "02139"], ["01234", "02139"]),
        (["01234", "12345"], ["01234", "12345"]),
        (["0", "10", ""], [0, 10, None]),
        (["+31612345678", "5"], ["+31612345678", "5"]),
        (["-007", "1"], ["-007", "1"]),
        (["00.5", "1.5"], ["00.5", "1.5"]),
        (["0.5", "-.5", "1e3", "7"], [0.5, -0.5, 1000.0, 7]),
        (["1e999", "1"], ["1e999", "1"]),
        (["٣", "1"], ["٣", "1"]),
        (["a\u2028b", "c"], ["a\u2028b", "c"]),
    ],
)
def test_a_csv_column_is_of_numbers_only_where_they_are_written_as_numbers_are(fields: list[str], wanted: Any) -> None:
    text = "id\n" + "".join(f'"{field}"\n' for field in fields)
    assert [row["id"] for row in parse_csv(text.encode())] == wanted


def test_the_types_of_a_signature_decide_how_a_csv_is_read() -> None:
    text = b'zip,age,tags,on\n12345,5,"[1]",2024-01-01\n,007,x,\n'
    types = {"zip": "string", "age": "int64", "tags": "json", "on": "datetime"}
    assert parse_csv(text, types) == [
        {"zip": "12345", "age": 5, "tags": [1], "on": "2024-01-01"}, {"zip": None, "age": 7, "tags": "x", "on": None},
    ]  # fmt: skip


def test_a_byte_order_mark_is_taken_in_every_form() -> None:
    mark = b"\xef\xbb\xbf"
    assert (
        parse_csv(mark + b"a\n1\n") == parse_json(mark + b'[{"a": 1}]') == parse_json(mark + b'{"a": 1}') == [{"a": 1}]
    )


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
