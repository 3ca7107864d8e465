"""Lines of a worker's output carry time and replica, however they come."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from unshelf.worker import errors
from unshelf.worker.process import output
from unshelf.worker.process.output import StampedFile

STAMP = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z \[%s\] "
PROGRAM = """
import logging, sys
from unshelf.worker.process.output import name_replica, stamp_output
stamp_output()
print("early")
name_replica("42")
print("one\\ntwo")
print("three", file=sys.stderr)
logging.warning("four")
sys.stdout.buffer.write(b"f\\xffve\\n")
print("never", "ended", end="", flush=True)
"""


@pytest.fixture
def pipe() -> Iterator[tuple[int, StampedFile]]:
    read, write = os.pipe()
    yield read, StampedFile(write)
    os.close(read)
    os.close(write)


def test_a_line_is_written_whole_once_it_ends(pipe: tuple[int, StampedFile], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(StampedFile, "replica", "7")
    read, file = pipe
    assert file.write(b"a ") == 2
    assert file.write(b"b\nc") == 3
    assert re.fullmatch(STAMP % "7" + "a b\n", os.read(read, 1000).decode())
    file.finish()
    assert re.fullmatch(STAMP % "7" + "c\n", os.read(read, 1000).decode())


def test_a_line_that_never_ends_is_written_in_parts(pipe: tuple[int, StampedFile]) -> None:
    read, file = pipe
    file.write(b"x" * 10_000)
    assert os.read(read, 20_000).decode().rstrip("\n").endswith("x" * 10_000)


def test_a_flood_is_cut_and_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    moment = [100.0]
    monkeypatch.setattr(output.time, "time", lambda: moment[0])
    path = tmp_path / "log"
    with path.open("wb") as log:
        file = StampedFile(log.fileno())
        for _ in range(100):
            file.write(b"y" * 1_000_000 + b"\n")
        assert path.stat().st_size < output._MOST_A_SECOND + 1000
        moment[0] = 101.0
        file.write(b"on\n")
    left_out, last = path.read_bytes().splitlines()[-2:]
    assert left_out.endswith(b"] [96000000 bytes left out: more than 4 MiB in a second]")
    assert last.endswith(b"] on")


def test_what_another_process_began_is_forgotten(pipe: tuple[int, StampedFile]) -> None:
    read, file = pipe
    file.write(b"of the parent")
    file.forget()
    file.write(b"own\n")
    assert re.fullmatch(STAMP % "-" + "own\n", os.read(read, 1000).decode())


def test_a_full_disk_fails_nobody() -> None:
    with Path("/dev/full").open("wb") as disk:
        assert StampedFile(disk.fileno()).write(b"line\n") == 5


@pytest.mark.runs_program
def test_all_that_a_program_prints_is_stamped() -> None:
    said = subprocess.run(
        [sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=True
    ).stdout.decode(errors="replace")
    lines = said.splitlines()
    assert re.fullmatch(STAMP % "-" + "early", lines[0])
    texts = {re.sub(STAMP % "42", "", line) for line in lines[1:]}
    assert texts == {"one", "two", "three", "WARNING:root:four", "f\ufffdve", "never ended"}


def test_secrets_are_left_out(pipe: tuple[int, StampedFile], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(errors, "hidden", [])
    monkeypatch.setattr(output, "hidden", errors.hidden)
    errors.hide({"KEY": "hünter22"})
    read, file = pipe
    file.write("key: hünter22!\n".encode())
    assert os.read(read, 1000).decode().endswith("key: [secret KEY]!\n")
