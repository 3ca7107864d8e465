"""Data of a deploy: references become rows, baselines of any form become Parquet under the columns' names."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.support.control import Control
from tests.support.routes import TOKEN
from unshelf.client.bundling.bundle import Bundle, DeployOptions
from unshelf.client.data.arrow import encode_table
from unshelf.client.datasets.deploy_data import data_of, with_recipe, with_rows
from unshelf.client.errors import InvalidModel
from unshelf.client.http import Http
from unshelf.contracts.bundle import Loader, Manifest
from unshelf.contracts.signature import Column, Columns, Signature

SIGNATURE = Signature(inputs=Columns(columns=[Column(name=name, type="float64") for name in ("age", "fare")]))
BUNDLE = Bundle(
    manifest=Manifest(loader=Loader(kind="python"), files=[], python="3.11", signature=SIGNATURE), contents=[]
)
FRAME = pd.DataFrame({"age": [1.0, 2.0], "fare": [3.0, None]})
ROWS = [{"age": 1.0, "fare": 3.0}, {"age": 2.0, "fare": None}]


@pytest.fixture
def http(control: Control) -> Iterator[Http]:
    made = Http(control.url, TOKEN)
    yield made
    made.close()


@pytest.mark.parametrize(
    "baseline",
    [
        FRAME,
        pl.DataFrame(ROWS),
        pa.Table.from_pylist(ROWS),
        ROWS,
        [[1.0, 3.0], [2.0, None]],
        {"age": [1.0, 2.0], "fare": [3.0, None]},
    ],
)
def test_a_baseline_of_any_form_is_the_same_table(http: Http, tmp_path: Path, baseline: Any) -> None:
    options = DeployOptions(baseline=baseline)
    found = data_of(http, options, options.baseline, BUNDLE, tmp_path)
    (content,) = found.contents
    assert pq.read_table(tmp_path / "baseline.parquet").to_pylist() == ROWS
    assert found.fields == {
        "baseline": {"data": None, "file": {"path": content.path, "sha256": content.sha256, "size": content.size}}
    }


def test_an_array_has_the_names_of_the_signature(http: Http, tmp_path: Path) -> None:
    options = DeployOptions(baseline=np.array([[1.0, 3.0]]))
    data_of(http, options, options.baseline, BUNDLE, tmp_path)
    assert pq.read_table(tmp_path / "baseline.parquet").column_names == ["age", "fare"]
    wide = DeployOptions(baseline=np.zeros((1, 3)))
    data_of(http, wide, wide.baseline, BUNDLE, tmp_path)
    assert pq.read_table(tmp_path / "baseline.parquet").column_names == ["0", "1", "2"]


@pytest.mark.parametrize("baseline", [np.zeros((2, 2, 2)), [1, 2], [{"a": 1}, {"a": "x"}], []])
def test_what_has_no_columns_leaves_no_profile_and_says_so(http: Http, tmp_path: Path, baseline: Any) -> None:
    options = DeployOptions(baseline=baseline)
    found = data_of(http, options, options.baseline, BUNDLE, tmp_path)
    assert (found.fields, found.contents) == ({}, [])
    assert found.notes[0].startswith("No profile of the baseline is kept: ")


def test_a_reference_becomes_rows_and_a_dataset_is_named(control: Control, http: Http, tmp_path: Path) -> None:
    control.reply("GET", "/api/v1/data/orders/rows", bytes(encode_table(pa.Table.from_pylist(ROWS))))
    control.reply("GET", "/api/v1/data/orders", {"kind": "dataset", "binding": None})
    given = DeployOptions(example="data://orders@3", baseline="data://orders@3")
    read, _ = with_rows(http, object(), given)
    pd.testing.assert_frame_equal(read.baseline, FRAME)
    pd.testing.assert_frame_equal(read.example, FRAME)
    assert control.asked[0].path.endswith("?version=3&rows=64")
    found = data_of(http, given, read.baseline, BUNDLE, tmp_path)
    assert (found.fields, found.contents) == (
        {"example_data": "data://orders@3", "baseline": {"data": "data://orders@3"}},
        [],
    )


def test_a_model_on_disk_gets_plain_rows_and_the_baseline_stays_a_table(control: Control, http: Http) -> None:
    rows = pa.table({"age": [1], "day": [date(2024, 1, 2)]})
    control.reply("GET", "/api/v1/data/orders/rows", bytes(encode_table(rows)))
    read, table = with_rows(http, "model.skops", DeployOptions(example="data://orders", baseline="data://orders"))
    assert read.example == read.baseline == [{"age": 1, "day": "2024-01-02"}]
    assert table.schema.field("day").type == pa.date32()


def test_rows_of_a_connection_are_sent_with_where_they_come_from(control: Control, http: Http, tmp_path: Path) -> None:
    control.reply("GET", "/api/v1/data/orders", {"kind": "binding", "binding": {"target": "data://warehouse/orders"}})
    control.reply("GET", "/api/v1/data/warehouse", {"kind": "connection", "binding": None})
    found = data_of(http, DeployOptions(baseline="data://orders"), FRAME, BUNDLE, tmp_path)
    assert found.fields["baseline"]["data"] == "data://orders"
    assert len(found.contents) == 1


def test_a_recipe_names_data(tmp_path: Path) -> None:
    (tmp_path / "predict.py").write_text("def predict(frame): ...\n")
    recipe = tmp_path / "unshelf.toml"
    recipe.write_text(
        '[model]\npredict = "predict.py:predict"\n[example]\ndata = "data://orders@3"\n[baseline]\nfile = "rows.csv"\n'
    )
    (tmp_path / "rows.csv").write_text("age\n31\n")
    found = with_recipe(tmp_path, DeployOptions())
    assert (found.example, found.baseline) == ("data://orders@3", [{"age": 31}])
    assert with_recipe(recipe, DeployOptions(example=ROWS)).example == ROWS
    assert with_recipe(object(), DeployOptions()) == DeployOptions()
    recipe.write_text('[model]\npredict = "predict.py:predict"\n[example]\ndata = "orders"\n')
    with pytest.raises(InvalidModel, match="no reference"):
        with_recipe(tmp_path, DeployOptions())
    recipe.write_text('[model]\npredict = "predict.py:predict"\n[baseline]\ndata = "data://a"\nfile = "rows.csv"\n')
    with pytest.raises(InvalidModel, match="one key"):
        with_recipe(tmp_path, DeployOptions())
