"""The requests of a bench: rows that were given, the example, rows like the baseline, or made-up ones, as many a request as is wanted."""

import json
from pathlib import Path
from typing import Any

import pytest

from unshelf.worker.bench.plan import (
    BenchFolders,
    BenchPlan,
    NothingToSend,
    find_folders,
    read_plan,
    request_bodies,
    source_of,
)

INPUTS = {"kind": "columns", "columns": [{"name": "a", "type": "int64"}]}


def plan(**fields: Any) -> BenchPlan:
    config = {"manifest": {"files": [{"path": "m.pkl"}]}, "signature": {"inputs": INPUTS}}
    return BenchPlan(**({"config": config, "rows": 1, "callers": [1], "seconds": 1.0, "warmup": 0.1} | fields))


def folders(path: Path) -> BenchFolders:
    return BenchFolders(path, path, path)


def sent(plan: BenchPlan, path: Path) -> list[Any]:
    return [json.loads(body) for body in request_bodies(plan, folders(path))]


def test_rows_that_were_given_come_first_then_the_example_the_baseline_and_the_signature(tmp_path: Path) -> None:
    assert source_of(plan(), folders(tmp_path)) == "signature"
    assert len(sent(plan(), tmp_path)) == 3
    table = plan(table=[[7], [8]])
    assert source_of(table, folders(tmp_path)) == "baseline"
    assert sent(table, tmp_path) == [{"inputs": [[7]]}, {"inputs": [[8]]}]
    example = table._replace(example="example.json")
    (tmp_path / "example.json").write_text('{"inputs": [{"a": 1}]}')
    assert source_of(example, folders(tmp_path)) == "example"
    assert sent(example, tmp_path) == [{"inputs": [{"a": 1}]}]
    (tmp_path / "chunks").mkdir()
    (tmp_path / "chunks" / "000000").write_text("2 [[1],[2]]\n1 [[3]]\n")
    assert source_of(example, folders(tmp_path)) == "data"
    assert sent(example, tmp_path) == [{"inputs": [[1]]}, {"inputs": [[2]]}, {"inputs": [[3]]}]


def test_a_request_has_the_rows_that_are_wanted_also_where_there_are_fewer(tmp_path: Path) -> None:
    wanted = plan(table=[[1], [2], [3]], rows=2, params={"k": 5})
    assert sent(wanted, tmp_path) == [
        {"inputs": [[1], [2]], "params": {"k": 5}}, {"inputs": [[3], [1]], "params": {"k": 5}},
        {"inputs": [[2], [3]], "params": {"k": 5}},
    ]  # fmt: skip
    assert sent(plan(table=[[1], [2]], rows=5), tmp_path)[0] == {"inputs": [[1], [2], [1], [2], [1]]}


def test_values_keep_every_digit(tmp_path: Path) -> None:
    (tmp_path / "example.json").write_text('{"inputs": [[9223372036854775807, 0.1, "ä"]]}')
    assert sent(plan(example="example.json"), tmp_path) == [{"inputs": [[9223372036854775807, 0.1, "ä"]]}]


@pytest.mark.parametrize(("text", "why"), [("{}", "no rows"), ("{", "can't be read"), ('{"inputs": []}', "no rows")])
def test_an_example_without_rows_is_said_so(tmp_path: Path, text: str, why: str) -> None:
    (tmp_path / "example.json").write_text(text)
    with pytest.raises(NothingToSend, match=why):
        sent(plan(example="example.json"), tmp_path)


def test_folders_are_found_where_a_tree_is_one_file(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "m.pkl").touch()
    (tmp_path / "plan.json").write_text(json.dumps({**plan()._asdict(), "of_a_later_release": 1}))
    found = find_folders({
        "UNSHELF_DATA_CHUNKS": str(tmp_path / "plan.json"), "UNSHELF_DATA_MODEL": str(tmp_path / "model" / "m.pkl"),
        "UNSHELF_OUTPUTS": str(tmp_path),
    })  # fmt: skip
    assert (found.plan, found.bundle) == (tmp_path, tmp_path / "model")
    assert read_plan(found.plan) == plan()
