"""Control reads the JSON of a value and the names of its files, and says what a value has not."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from unshelf.contracts.bundle import BundleFile
from unshelf.contracts.errors import InvalidInput
from unshelf.develop.pipelines.values import LeftFiles, read_part, value_files
from unshelf.runtime.blobs.files import FileBlobs


def left(blobs: FileBlobs, facts: Any, *paths: str) -> list[BundleFile]:
    content = json.dumps(facts).encode()
    digest = hashlib.sha256(content).hexdigest()
    blobs.put(digest, [content], limit=len(content))
    others = [BundleFile(path=f"value/{path}", sha256="0" * 64, size=1) for path in paths]
    return value_files([BundleFile(path="value/value.json", sha256=digest, size=len(content)), *others])


def test_parts_are_json_files_and_tables(tmp_path: Path) -> None:
    blobs = FileBlobs(tmp_path)
    parts = {
        "model": {"kind": "path", "path": "1/model"}, "test": {"kind": "table", "file": "2.parquet", "library": "pandas"},
        "score": {"kind": "json", "value": {"auc": [0.5]}},
    }  # fmt: skip
    files = left(blobs, {"kind": "dict", "items": parts}, "1/model/a.bin", "2.parquet")
    assert read_part(blobs, files, ["score", "auc", 0], "e") == 0.5
    model = read_part(blobs, files, ["model"], "e")
    assert isinstance(model, LeftFiles)
    assert ([file.path for file in model.files], model.is_table, model.environment) == (["a.bin"], False, "e")
    assert read_part(blobs, files, ["test"], "e").is_table


@pytest.mark.parametrize(
    ("facts", "at", "said"),
    [
        ({"kind": "dict", "items": {}}, ["x"], r"at \['x'\]"), ({"kind": "path", "path": "gone"}, [], "no file gone"),
        ({"kind": "dict", "items": {}}, [], "several parts"), ([], [], "at its top"), ({"kind": "json", "value": 1}, [0], "nothing usable"),
    ],
)  # fmt: skip
def test_what_a_value_has_not_is_said(tmp_path: Path, facts: Any, at: list[str | int], said: str) -> None:
    blobs = FileBlobs(tmp_path)
    with pytest.raises(InvalidInput, match=said):
        read_part(blobs, left(blobs, facts), at, None)


def test_a_job_that_is_no_function_left_no_value() -> None:
    with pytest.raises(InvalidInput, match="left no value"):
        value_files([BundleFile(path="model.bin", sha256="0" * 64, size=1)])
