"""Values have safe forms, and the program of a job calls a function as it was written."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unshelf.client.jobs.call import FACTS, VALUE, NoValue, call_in_job, find_function, read_value, write_value

_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.lists(inner).map(tuple),
    max_leaves=12,
)


@given(_json)
def test_plain_values_come_back_as_they_were(tmp_path_factory: pytest.TempPathFactory, value: Any) -> None:
    folder = tmp_path_factory.mktemp("value") / "v"
    write_value(value, folder)
    assert read_value(folder) == value


def test_frames_arrays_and_files_come_back_with_what_lies_around_them(tmp_path: Path) -> None:
    (tmp_path / "model.bin").write_bytes(b"weights")
    frame = pd.DataFrame({"when": pd.to_datetime(["2026-01-01", None]), "n": [1, 2]}, index=["a", "b"])
    value = {
        "both": (frame, pl.DataFrame({"x": ["é", None]})), "table": pa.table({"t": [1.5]}),
        "array": np.arange(6, dtype="float32").reshape(2, 3), "score": np.float64(0.5), "model": tmp_path / "model.bin",
    }  # fmt: skip
    write_value(value, tmp_path / "v")
    found = read_value(tmp_path / "v")
    pd.testing.assert_frame_equal(found["both"][0], frame)
    assert found["both"][1].equals(value["both"][1])
    assert found["table"].equals(value["table"])
    assert (found["array"] == value["array"]).all()
    assert found["array"].dtype == "float32"
    assert found["score"] == 0.5
    assert (found["model"].read_bytes(), found["model"].name) == (b"weights", "model.bin")
    assert read_value(tmp_path / "v", ["both", 1]).equals(value["both"][1])
    with pytest.raises(KeyError):
        read_value(tmp_path / "v", ["other"])


def test_a_folder_is_kept_as_a_folder(tmp_path: Path) -> None:
    (tmp_path / "model" / "deep").mkdir(parents=True)
    (tmp_path / "model" / "deep" / "a.txt").write_text("a")
    write_value(tmp_path / "model", tmp_path / "v")
    assert (read_value(tmp_path / "v") / "deep" / "a.txt").read_text() == "a"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (object(), "no safe form"), ({1: "x"}, "keys are texts"), ([1, {"a": {2}}], r"\[1\]\['a'\] is a builtins.set"),
        (Path("/nowhere/at/all"), "nothing is"), (np.array([object()]), "array of Python objects"),
    ],
)  # fmt: skip
def test_what_has_no_safe_form_is_refused_with_what_to_return(tmp_path: Path, value: Any, said: str) -> None:
    with pytest.raises(NoValue, match=said):
        write_value(value, tmp_path / "v")


@pytest.mark.parametrize("place", ["../outside.npy", "/etc/passwd"])
def test_a_value_leads_to_no_file_outside(tmp_path: Path, place: str) -> None:
    (tmp_path / "v").mkdir()
    (tmp_path / "v" / FACTS).write_text(json.dumps({"kind": "path", "path": place}))
    with pytest.raises(ValueError, match="leads out"):
        read_value(tmp_path / "v")


def test_pickled_objects_in_an_array_are_not_read(tmp_path: Path) -> None:
    (tmp_path / "v").mkdir()
    np.save(tmp_path / "v" / "1.npy", np.array([object()]), allow_pickle=True)
    (tmp_path / "v" / FACTS).write_text(json.dumps({"kind": "array", "file": "1.npy"}))
    with pytest.raises(ValueError, match="pickle"):
        read_value(tmp_path / "v")


@pytest.fixture
def job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The surroundings of a job: parameters, and an outputs folder."""
    (tmp_path / "parameters.json").write_text('{"x": 3}')
    monkeypatch.setenv("UNSHELF_PARAMETERS", str(tmp_path / "parameters.json"))
    monkeypatch.setenv("UNSHELF_OUTPUTS", str(tmp_path / "outputs"))
    monkeypatch.setenv("UNSHELF_RESULTS", str(tmp_path / "outputs" / "results.json"))
    monkeypatch.setenv("UNSHELF_DATA_OTHER", str(tmp_path / "other"))
    monkeypatch.setattr("sys.path", [])
    monkeypatch.setattr("unshelf.client.jobs.call.__file__", str(tmp_path / "unshelf_call.py"))
    return tmp_path


def test_a_function_gets_parameters_and_values_and_its_value_is_kept(job: Path) -> None:
    (job / "a_scaling.py").write_text(
        "import unshelf\n@unshelf.job\ndef scale(x, rows, where):\n"
        "    return {'total': x * sum(rows), 'gap': float('nan'), 'where': where.name}\n"
    )
    write_value({"train": [1, 2]}, job / "other")
    values = {"rows": {"variable": "UNSHELF_DATA_OTHER", "at": ["train"]}}
    call_in_job("a_scaling.py:scale", {"values": values, "paths": {"where": "UNSHELF_DATA_OTHER"}})
    assert read_value(job / "outputs" / VALUE)["total"] == 9
    assert json.loads((job / "outputs" / "results.json").read_text()) == {"total": 9, "gap": None, "where": "other"}


def test_a_function_that_is_called_wrongly_or_returns_what_can_not_be_kept_says_so(job: Path) -> None:
    (job / "b_odd.py").write_text("def nothing(): ...\ndef odd(x): return object()\n")
    with pytest.raises(SystemExit, match="can't be called so: got an unexpected keyword argument 'x'"):
        call_in_job("b_odd.py:nothing", {})
    with pytest.raises(SystemExit, match=r"no safe form.*return its path"):
        call_in_job("b_odd.py:odd", {})


def test_a_module_of_a_package_is_imported_as_such(job: Path) -> None:
    (job / "c_package").mkdir()
    (job / "c_package" / "__init__.py").touch()
    (job / "c_package" / "base.py").write_text("RATE = 2\n")
    (job / "c_package" / "steps.py").write_text("from .base import RATE\ndef rate(): return RATE\n")
    assert find_function(job / "c_package" / "steps.py", "rate")() == 2
    with pytest.raises(SystemExit, match="no function 'gone'"):
        find_function(job / "c_package" / "steps.py", "gone")
