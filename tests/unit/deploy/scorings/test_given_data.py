"""Tables that are given to be predicted, as they are stored."""

from types import SimpleNamespace
from typing import Any

import pytest

from unshelf.contracts.bundle import BundleFile
from unshelf.contracts.errors import InvalidInput
from unshelf.contracts.references import DataReference
from unshelf.deploy.scorings.given_data import data_reference, dataset_source, uploaded_source


def file(path: str) -> BundleFile:
    return BundleFile(path=path, sha256="a" * 64, size=3)


def test_uploaded_files_are_named_by_the_first_of_them() -> None:
    source = uploaded_source([file(f"{number}.csv") for number in range(5)])
    assert (source["format"], source["label"], len(source["files"])) == ("csv", "0.csv, 1.csv, 2.csv", 5)
    assert source["files"][0] == {"path": "0.csv", "sha256": "a" * 64, "size": 3}


def test_a_dataset_is_named_with_its_version() -> None:
    version: Any = SimpleNamespace(files=[file("a.parquet")], format="parquet", name="orders", number=3)
    assert dataset_source(version)["label"] == "data://orders@3"


def test_what_is_no_table_and_no_reference_is_refused() -> None:
    with pytest.raises(InvalidInput, match=r"notes\.txt is no table"):
        uploaded_source([file("notes.txt")])
    with pytest.raises(InvalidInput, match="does not begin with data://"):
        data_reference("orders")
    assert data_reference("data://lake/a.csv") == DataReference("lake", path="a.csv")
