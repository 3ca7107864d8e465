"""A folder of predictions and its archive, compacted as control has it done."""

import subprocess
import sys
from pathlib import Path

import msgspec

from tests.support.routing import publish_routing
from tests.support.segments import write
from unshelf.contracts.records import PredictionRecord
from unshelf.contracts.routing import ModelRoute, RoutingTable, VersionRoute
from unshelf.contracts.signature import Column, Columns, Signature
from unshelf.records.archive.compaction import write_parquet
from unshelf.records.archive.files import Archive
from unshelf.records.archive.layout import ArchivedFile, segments
from unshelf.records.selection import Selection
from unshelf.records.tail import TailReader, records_at

DAY = 86_400


SIGNATURE = Signature(
    inputs=Columns(columns=[Column(name="x", type="float64"), Column(name="who", type="string", nullable=True)]),
    outputs=Columns(columns=[Column(name="output", type="int64")]),
)


def publish(folder: Path, *names: str) -> Path:
    model = ModelRoute(versions={1: VersionRoute(bundle="b", environment="e", signature=SIGNATURE)})
    table = RoutingTable(generation=1, models=dict.fromkeys(["iris", *names], model))
    publish_routing(folder.parent, table)
    return folder.parent


def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "predictions"
    folder.mkdir()
    publish(folder)
    return folder


def compact(folder: Path) -> int:
    """Compact as control has it done."""
    done = subprocess.run(
        [sys.executable, "-P", "-m", "unshelf.records.archive.compaction", folder, folder.parent],
        check=False, capture_output=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()
    return sum(msgspec.json.decode(line)["records"] for line in done.stdout.splitlines())


def put_archived(folder: Path, name: str, *records: PredictionRecord) -> ArchivedFile:
    """Have these records, of one partition, in the archive, as a segment of this name would leave them, without compaction."""
    segment = folder / f"{name}.seg"
    write(segment, *records)
    known = {each.model for each in records}
    write_parquet(segment, folder, {}, known=known, lasting=False)
    segment.unlink()
    (file,) = [file for file in archived(folder) if file.last_segment == name]
    return file


def archived(folder: Path) -> list[ArchivedFile]:
    """The files of the archive that count beside the segments."""
    return Archive(folder).files(without=segments(folder))


def path_of(folder: Path, file: ArchivedFile) -> Path:
    return Archive(folder).path(file)


def all_of(folder: Path, model: str = "iris", status: str = "", count: int = 1000) -> list[PredictionRecord]:
    positions = TailReader(Archive(folder), Selection(model=model, status=status)).newest(count)
    return list(records_at(positions))
