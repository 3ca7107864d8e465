"""Counters in a mapped file: found again by the next process, and never in the way of work."""

from pathlib import Path

import pytest

from unshelf.runtime import mapped_counters as cells
from unshelf.runtime.mapped_counters import CHUNK_BYTES, MappedCounters, read_cells


def test_more_counters_than_a_chunk_holds_are_found_again(tmp_path: Path) -> None:
    path = tmp_path / "metrics" / "gateway-0.cells"
    file = MappedCounters(path)
    for number in range(300):
        file.block(("version", f"m{number}", 1), 80)[79] = number

    again = MappedCounters(path)

    assert path.stat().st_size > 2 * CHUNK_BYTES
    assert dict(read_cells(path)) == dict(again.blocks()) == dict(file.blocks())
    again.block(("version", "m299", 1), 80)[0] += 1
    again.block(("later",), 1)[0] = 7
    assert dict(read_cells(path))["version", "m299", 1][0] == 1
    assert dict(read_cells(path))[("later",)] == [7]
    assert read_cells(tmp_path / "gone.cells") == []


def test_a_full_disk_costs_the_sum_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(cells.os, "posix_fallocate", full)
    file = MappedCounters(tmp_path / "gateway-0.cells")
    file.block(("totals",), 2)[1] += 5

    assert file.blocks() == [(("totals",), [0, 5])]
    assert read_cells(tmp_path / "gateway-0.cells") == []


def test_a_disk_that_takes_nothing_from_the_start_costs_no_more(tmp_path: Path) -> None:
    (tmp_path / "metrics").write_text("a file where the folder should be")
    file = MappedCounters(tmp_path / "metrics" / "gateway-0.cells")
    file.block(("totals",), 2)[0] += 3

    assert file.blocks() == [(("totals",), [3, 0])]
