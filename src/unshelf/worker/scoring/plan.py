"""The plan of a scoring and its files: what control laid out, and what is written of each chunk.

A chunk is a file of lines; each is a number of rows, a space, and the JSON array of these rows as in a native call. Its answers are
pairs of lines: the rows that a prediction had, how it ended and how long it took; then its outputs, or the problem in their place."""

import json
import os
from base64 import b64encode
from pathlib import Path
from typing import Any, NamedTuple

CHUNKS, MODEL = "UNSHELF_DATA_CHUNKS", "UNSHELF_DATA_MODEL"
PLAN = "plan.json"
ANSWERS = "answers"
FAILURE = "failure.json"

Ranges = list[tuple[int, int]]
"""Rows of a chunk, counted from 0: from each first number up to, and without, the second."""


class Plan(NamedTuple):
    """Everything that a scoring needs to know."""

    model: str
    version: int
    manifest: "dict[str, Any]"
    signature: "dict[str, Any]"
    rows: "list[int]"
    """The rows of each chunk."""
    processes: int
    params: "dict[str, Any] | None"
    most_failed: int
    """The rows that may fail before the scoring is given up."""
    secrets: "list[str]"
    """Names of variables whose values are in no text that leaves the program."""

    @property
    def total(self) -> int:
        """All rows."""
        return sum(self.rows)


class RowsAnswer(NamedTuple):
    """The answer to some rows of a chunk."""

    rows: Ranges
    status: int
    code: str
    microseconds: int
    at: int
    """Unix time of its end, in nanoseconds."""
    text: str
    """JSON: the outputs, or the problem."""
    scores: bytes = b""
    """Scores that are recorded beside them."""

    def lines(self) -> str:
        """The two lines that a file of answers has of it."""
        head = {"rows": self.rows, "status": self.status, "code": self.code, "us": self.microseconds, "at": self.at}
        if self.scores:
            head["scores"] = b64encode(self.scores).decode()
        return f"{json.dumps(head, separators=(',', ':'))}\n{self.text}\n"


class ScoringFolders(NamedTuple):
    """The folders of a scoring."""

    chunks: Path
    bundle: Path
    kept: Path
    """The job's checkpoint: it goes from attempt to attempt."""
    outputs: Path

    def chunk(self, number: int) -> Path:
        """The rows of a chunk."""
        return self.chunks / "chunks" / f"{number:06}"

    def answers(self, number: int) -> Path:
        """The answers to a chunk, once all of them are there."""
        return self.kept / ANSWERS / f"{number:06}"


def read_plan(chunks: Path) -> Plan:
    """Read what control laid out. Fields that a later release added are passed over."""
    given = json.loads((chunks / PLAN).read_bytes())
    return Plan(**{name: value for name, value in given.items() if name in Plan._fields})


def find_place(plan: Plan, variables: "dict[str, str]") -> ScoringFolders:
    """The folders, by the variables of a job."""
    bundle = bundle_folder(Path(variables[MODEL]), plan.manifest["files"])
    kept, outputs = Path(variables["UNSHELF_CHECKPOINT"]), Path(variables["UNSHELF_OUTPUTS"])
    (kept / ANSWERS).mkdir(exist_ok=True)
    return ScoringFolders(Path(variables[CHUNKS]), bundle, kept, outputs)


def bundle_folder(place: Path, files: "list[dict[str, Any]]") -> Path:
    """The folder of a version's files; a tree of one file is shown as that file."""
    return place.parents[str(files[0]["path"]).count("/")] if place.is_file() else place


def write_whole(path: Path, content: bytes) -> None:
    """Write a file that appears at once, and is on the disk when it does."""
    part = path.with_name(f".{path.name}.{os.getpid()}")
    with part.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def count(ranges: Ranges) -> int:
    """The number of rows in some ranges."""
    return sum(stop - start for start, stop in ranges)
