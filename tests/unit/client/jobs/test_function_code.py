"""A function is sent with its folder, the program that calls it, and the arguments that no JSON can hold."""

import json
from pathlib import Path

import pandas as pd
import pytest

from unshelf.client.errors import UnshelfError
from unshelf.client.jobs.function_code import FunctionCall, is_function, read_function

SOURCE = "def fit(rows, orders, rate=0.1): ...\nclass Other: ...\n"


@pytest.mark.runs_program  # git says what it ignores
def test_arguments_go_where_they_fit(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(SOURCE)
    wanted = FunctionCall(
        target=f"{tmp_path}/train.py:fit", arguments={"rate": 0.2, "rows": pd.DataFrame({"a": [1]})}, data=["data://orders"],
        values={"model": "job://01a/value"},
    )  # fmt: skip
    with read_function(wanted, None) as (code, command, plain):
        assert code.script == "unshelf_call.py"
        assert plain == {"rate": 0.2}
        assert command[0] == "train.py:fit"
        assert json.loads(command[1]) == {
            "values": {"model": {"variable": "UNSHELF_DATA_MODEL", "at": []}}, "paths": {"orders": "UNSHELF_DATA_ORDERS"},
            "sent": ["rows"],
        }  # fmt: skip
        paths = [each.path for each in code.contents]
        assert paths == [
            "train.py",
            "unshelf_call.py",
            "unshelf_arguments/rows/1.parquet",
            "unshelf_arguments/rows/value.json",
        ]
        assert all(b"".join(each.chunks()) for each in code.contents)


@pytest.mark.runs_program
def test_what_is_no_function_or_no_argument_is_said(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(SOURCE)
    for target, said in ((f"{tmp_path}/train.py:Other", "no function 'Other'"), ("train", "names no function")):
        with pytest.raises(UnshelfError, match=said), read_function(FunctionCall(target=target), None):
            pass
    wanted = FunctionCall(target=f"{tmp_path}/train.py:fit", arguments={"rows": object()})
    with pytest.raises(UnshelfError, match="argument 'rows' can't be sent"), read_function(wanted, None):
        pass


def test_a_function_is_told_from_a_file() -> None:
    assert is_function("src/train.py:fit")
    assert not is_function("train.py")
    assert not is_function("train.py:not a name")
