"""What models print is found by version, replica and time, before and after its file was moved aside."""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from unshelf.contracts.errors import NotFound
from unshelf.records.output import OutputReader, OutputService

WRITTEN = datetime(2026, 11, 29, 1, 3, tzinfo=UTC).timestamp()


def stamped(second: int, text: str, replica: str = "42") -> str:
    return f"2026-11-29T01:02:{second:02d}.000Z [{replica}] {text}\n"


def texts(lines: list[Any]) -> list[str]:
    return [shown.line.text for shown in lines]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "iris-1.log").write_text(stamped(1, "a") + stamped(4, "d") + "native\n")
    (tmp_path / "iris-2.log.1").write_text(stamped(0, "older"))
    (tmp_path / "iris-2.log").write_text(stamped(2, "b", "43") + stamped(3, "c"))
    (tmp_path / "iris-2-3.log").write_text(stamped(1, "of the model iris-2"))
    (tmp_path / "zygotes.log").write_text("of nobody\n")
    for path in tmp_path.iterdir():
        os.utime(path, (WRITTEN, WRITTEN))
    return tmp_path


def test_lines_of_all_versions_are_one_list_in_the_order_of_their_time(folder: Path) -> None:
    found = OutputReader(folder, "iris").newest(100)
    assert texts(found) == ["older", "a", "b", "c", "d", "native"]
    assert [(shown.version, shown.line.replica) for shown in found][2:4] == [(2, "43"), (2, "42")]
    assert texts(OutputReader(folder, "iris").newest(2)) == ["d", "native"]
    assert texts(OutputReader(folder, "iris", 2).newest(100)) == ["older", "b", "c"]
    assert texts(OutputReader(folder, "iris-2").newest(100)) == ["of the model iris-2"]
    assert OutputReader(folder, "iris", 9).newest(100) == []


def test_the_last_lines_of_a_large_file_are_found_without_reading_it_all(tmp_path: Path) -> None:
    (tmp_path / "iris-1.log").write_text("".join(stamped(1, f"line {number}") for number in range(50_000)))
    found = OutputReader(tmp_path, "iris").newest(3)
    assert texts(found) == ["line 49997", "line 49998", "line 49999"]
    assert len(OutputReader(tmp_path, "iris").newest(1 << 40)) == 50_000
    os.utime(tmp_path / "iris-1.log", (WRITTEN, WRITTEN))
    since = datetime(2026, 11, 29, tzinfo=UTC)
    assert len(OutputReader(tmp_path, "iris").newest(1 << 40, since=since)) == 50_000


def test_the_time_of_a_file_may_be_a_little_behind_its_lines(tmp_path: Path) -> None:
    (tmp_path / "iris-1.log").write_text(stamped(9, "said"))
    said = datetime(2026, 11, 29, 1, 2, 9, tzinfo=UTC)
    os.utime(tmp_path / "iris-1.log", (said.timestamp() - 0.01, said.timestamp() - 0.01))
    assert texts(OutputReader(tmp_path, "iris").newest(9, since=said)) == ["said"]


def test_a_file_that_nobody_wrote_to_since_is_not_read(folder: Path) -> None:
    since = datetime(2026, 11, 29, tzinfo=UTC)
    os.utime(folder / "iris-1.log", (0, 0))
    reader = OutputReader(folder, "iris")
    assert texts(reader.newest(9, since=since)) == ["older", "b", "c"]
    with (folder / "iris-1.log").open("a") as log:
        log.write(stamped(9, "new"))
    assert texts(reader.arrived()) == ["new"]


def test_what_comes_is_followed_also_across_a_file_that_was_moved_aside(folder: Path) -> None:
    reader = OutputReader(folder, "iris", 1)
    reader.newest(1)
    file = folder / "iris-1.log"
    with file.open("a") as log:
        log.write(stamped(5, "e") + "2026-11-29T01:02:06")
        log.flush()
        assert texts(reader.arrived()) == ["e"]
        log.write(".000Z [42] f\n" + stamped(7, "moved"))
    (folder / "iris-1.log.1").write_bytes(file.read_bytes())
    file.write_text(stamped(8, "g"))
    assert texts(reader.arrived()) == ["f", "moved", "g"]
    assert reader.arrived() == []


def test_a_progress_bar_shows_its_last_state_and_long_lines_are_cut(tmp_path: Path) -> None:
    (tmp_path / "iris-1.log").write_text(stamped(1, " 10%\r 50%\r100%") + stamped(2, "x" * 20_000))
    bar, long = texts(OutputReader(tmp_path, "iris").newest(9))
    assert bar == "100%"
    assert long == "x" * 10_000 + " [10000 more]"


def service(folder: Path) -> OutputService:
    def resolve(reference: str) -> tuple[str, int | None]:
        if reference != "iris":
            raise NotFound(reference)
        return "iris", None

    return OutputService(
        folder, resolve, lambda _model, _version: [(1, stamped(0, "of the check", "check") + "warned\n")]
    )


def read(lines: AsyncIterator[bytes]) -> list[dict[str, Any]]:
    async def collect() -> bytes:
        return b"".join([part async for part in lines])

    return [json.loads(line) for line in asyncio.run(collect()).splitlines()]


def test_the_output_of_checks_is_among_the_lines(folder: Path) -> None:
    found = read(service(folder).lines("iris", tail=100, follow=False))
    assert {"time": "2026-11-29T01:02:00Z", "version": 1, "replica": "check", "text": "warned"} in found
    assert [line["text"] for line in found if line["replica"] == "check"] == ["of the check", "warned"]
    assert len(found) == 8
    with pytest.raises(NotFound):
        service(folder).lines("wine", tail=1, follow=False)


def test_only_lines_since_a_moment_are_shown(folder: Path) -> None:
    since = datetime(2026, 11, 29, 1, 2, 3, tzinfo=UTC)
    found = read(service(folder).lines("iris", tail=100, follow=False, since=since))
    assert [line["text"] for line in found] == ["c", "d", "native"]
    assert [line["text"] for line in read(service(folder).lines("iris", tail=1, follow=False, since=since))] == [
        "native"
    ]
    assert read(service(folder).lines("iris", tail=0, follow=False)) == []
