"""How rows travel: JSON as ever, tables and large frames as Arrow, and back to JSON where the model can't read that."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet
import pytest

from tests.support.control import Control
from unshelf.client.client import Client
from unshelf.client.data.arrow import STREAM, decode_table, encode_table, pieces, read_table, table_of
from unshelf.client.errors import InvalidModel, UnshelfError
from unshelf.client.predict import ARROW_VALUES

PATH = "/models/iris/predict"
JSON_ANSWER = {"id": "p1", "model": "iris", "version": 3, "outputs": [1]}


def frame(library: Any) -> Any:
    return library({"a": np.zeros(ARROW_VALUES, "float32")})


@pytest.mark.parametrize("library", [pd.DataFrame, pl.DataFrame])
def test_a_large_frame_travels_as_arrow_for_an_answer_in_json(control: Control, client: Client, library: Any) -> None:
    control.reply("POST", PATH, JSON_ANSWER)
    assert client.predict("iris", frame(library)) == [1]
    (call,) = control.calls("POST", PATH)
    assert (call.headers["content-type"], call.headers["accept"]) == (STREAM, "application/json")
    table = decode_table(call.body)
    assert (table.num_rows, table.schema.names, table.schema.field("a").type) == (ARROW_VALUES, ["a"], pa.float32())


def test_a_small_frame_travels_as_json(control: Control, client: Client) -> None:
    control.reply("POST", PATH, JSON_ANSWER)
    client.predict("iris", pd.DataFrame({"a": [1.0]}))
    (call,) = control.calls("POST", PATH)
    assert call.headers["content-type"] == "application/json"


def test_where_the_model_can_t_read_arrow_the_frame_goes_as_json(control: Control, client: Client) -> None:
    control.problem("POST", PATH, 415, "unsupported_media_type", "No pyarrow.")
    control.reply("POST", PATH, JSON_ANSWER)
    assert client.predict("iris", frame(pd.DataFrame)) == [1]
    assert [call.headers["content-type"] for call in control.calls("POST", PATH)] == [STREAM, "application/json"]


@pytest.mark.parametrize(
    "error", [ModuleNotFoundError("No module named 'pyarrow'"), ImportError("pyarrow requires NumPy 2.0")]
)
def test_without_a_pyarrow_that_can_be_imported_the_frame_goes_as_json(
    control: Control, client: Client, monkeypatch: pytest.MonkeyPatch, error: ImportError
) -> None:
    def fail(_name: str) -> None:
        raise error

    control.reply("POST", PATH, JSON_ANSWER)
    monkeypatch.setattr("unshelf.client.predict.importlib.import_module", fail)
    assert client.predict("iris", frame(pd.DataFrame)) == [1]
    (call,) = control.calls("POST", PATH)
    assert call.headers["content-type"] == "application/json"


def test_other_refusals_are_told(control: Control, client: Client) -> None:
    control.problem("POST", PATH, 422, "invalid_input", "Does not fit.")
    with pytest.raises(UnshelfError, match="Does not fit"):
        client.predict("iris", frame(pd.DataFrame))
    assert len(control.calls("POST", PATH)) == 1


def test_a_frame_that_arrow_has_no_types_for_goes_as_json(control: Control, client: Client) -> None:
    control.reply("POST", PATH, JSON_ANSWER)
    mixed = pd.DataFrame({"a": ["x", 1] * (ARROW_VALUES // 2)}, dtype=object)
    assert table_of(mixed) is None
    client.predict("iris", mixed)
    assert control.calls("POST", PATH)[0].headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("outputs", "names", "wanted"),
    [
        (["YQ==", None], ["output"], [b"a", None]),
        ([{"raw": "YQ==", "label": "YQ=="}], ["raw"], [{"raw": b"a", "label": "YQ=="}]),
        ({"raw": ["YQ==", "/w=="], "n": 1}, ["raw"], {"raw": [b"a", b"\xff"], "n": 1}),
        ("YQ==", ["output"], b"a"),
        (["YQ=="], None, ["YQ=="]),
    ],
)
def test_outputs_that_the_answer_names_as_base64_are_bytes(
    control: Control, client: Client, outputs: Any, names: list[str] | None, wanted: Any
) -> None:
    mark = {} if names is None else {"base64": names}
    control.reply("POST", PATH, JSON_ANSWER | mark | {"outputs": outputs})
    assert client.predict("iris", [[1]]) == wanted


@pytest.mark.parametrize("number", [2**53 + 1, 2**64 - 1, 2**70])
def test_whole_numbers_are_read_exactly(control: Control, client: Client, number: int) -> None:
    control.reply("POST", PATH, JSON_ANSWER | {"outputs": [number]})
    assert client.predict("iris", [[1]]) == [number]


def test_a_table_that_the_model_can_t_read_is_told(control: Control, client: Client) -> None:
    control.problem("POST", PATH, 415, "unsupported_media_type", "No pyarrow.", hint="Add it.")
    with pytest.raises(UnshelfError, match="Add it"):
        client.predict("iris", pa.table({"a": [1]}))


def test_a_stream_in_pieces_is_the_stream() -> None:
    stream = encode_table(pa.table({"a": np.arange(400_000)}))
    assert b"".join(pieces(stream)) == stream
    assert len(list(pieces(stream))) == 4


def test_files_hold_tables(tmp_path: Path) -> None:
    table = pa.table({"a": [1, 2], "s": ["x", None]})
    pyarrow.parquet.write_table(table, tmp_path / "t.parquet")
    compressed = pa.ipc.IpcWriteOptions(compression="lz4")
    with pa.ipc.new_file(str(tmp_path / "t.feather"), table.schema, options=compressed) as writer:
        writer.write_table(table)
    (tmp_path / "t.arrows").write_bytes(encode_table(table))
    for name in ("t.parquet", "t.feather", "t.arrows"):
        assert read_table(tmp_path / name).equals(table)
    for name in ("none.arrow", "none.parquet"):
        with pytest.raises(InvalidModel, match="can't be read"):
            read_table(tmp_path / name)
    (tmp_path / "junk.arrow").write_bytes(b"junk")
    with pytest.raises(InvalidModel, match="can't be read"):
        read_table(tmp_path / "junk.arrow")
