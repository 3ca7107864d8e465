"""Types of values are held against those that parameters take; what nobody can tell fits."""

from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import pytest

from unshelf.client.pipelines.annotations import fits, parameter_type, part_of_type


@pytest.mark.parametrize(
    ("given", "wanted", "does"),
    [
        (int, float, True), (float, int, False), (bool, int, True), (str, Path, False), (pd.DataFrame, pd.DataFrame, True),
        (pd.DataFrame, Path, False), (Any, int, True), (int, Any, True), (int, int | None, True), (str | None, str, False),
        (dict[str, int], dict, True), (list[int], dict[str, int], False), (Annotated[int, "x"], int, True), (type(None), str | None, True),
    ],
)  # fmt: skip
def test_what_fits(given: Any, wanted: Any, does: bool) -> None:
    assert fits(given, wanted) is does


def test_parts_of_types_and_names_of_parameters() -> None:
    assert part_of_type(tuple[int, str], 1) is str
    assert part_of_type(dict[str, Path], "x") is Path
    assert part_of_type(tuple[int, ...], 4) is Any
    assert part_of_type(Path, "x") is Any
    assert [parameter_type(each) for each in (int, list[int], Annotated[str, 1], Path, Any)] == [
        "int",
        "list",
        "str",
        "any",
        "any",
    ]
