"""The process that counts records: its memory does not grow with their number."""

import random
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from tests.support.routing import publish_routing
from tests.support.segments import record, write
from tests.support.windows import LIMITS
from unshelf.contracts.routing import ModelRoute, RoutingTable, VersionRoute
from unshelf.contracts.signature import Column, Columns, Signature
from unshelf.monitor.windows.messages import CountAnswer, CountOrder, DayOrder, DaysCounted
from unshelf.records.archive.compaction import write_parquet

SIGNATURE = Signature(
    inputs=Columns(columns=[Column(name=f"n{place}", type="float64") for place in range(20)]),
    outputs=Columns(columns=[Column(name="output", type="float64")]),
)
SECONDS_A_DAY = 86_400
PROGRAM = """
import sys
from pathlib import Path
from unshelf.monitor.windows.count_process import main
main()
sys.stderr.write(Path("/proc/self/status").read_text())
"""
"""The process, which then says how much memory it had: what the system knows of a child includes its parent's at the fork."""


@pytest.mark.long
def test_ten_times_the_records_take_about_the_same_memory(tmp_path: Path) -> None:
    few, many = (peak_of(tmp_path / str(count), count) for count in (10_000, 100_000))
    assert many < few * 1.3


def peak_of(folder: Path, count: int) -> int:
    """The most memory (KiB) that the process had while it counted so many records of a day."""
    predictions, scratch = folder / "predictions", folder / "scratch"
    predictions.mkdir(parents=True)
    scratch.mkdir()
    route = ModelRoute(versions={1: VersionRoute(bundle="b", environment="e", signature=SIGNATURE)})
    publish_routing(folder, RoutingTable(generation=1, models={"iris": route}))
    chance = random.Random(1)
    segment = predictions / "20261102T000000-0-a.seg"
    write(segment, *(
        record(
            number * SECONDS_A_DAY // count, id=f"p{number}", output=b"[1.5]",
            input=msgspec.json.encode({"inputs": [[chance.gauss(0, 1) for _ in range(20)]]}),
        )
        for number in range(count)
    ))  # fmt: skip
    write_parquet(segment, predictions, {("iris", 1): SIGNATURE}, known={"iris"}, lasting=False)
    segment.unlink()
    order = CountOrder(
        folder=str(predictions), predictions="files", s3_endpoint="", run_folder=str(folder), scratch=str(scratch),
        limits=LIMITS, days=[DayOrder(model="iris", version=1, day="1970-01-01")],
    )  # fmt: skip
    ran = subprocess.run(
        [sys.executable, "-P", "-c", PROGRAM], input=msgspec.json.encode(order), capture_output=True, check=True
    )
    done: DaysCounted = msgspec.json.decode(ran.stdout, type=CountAnswer)
    (day,) = done.days
    assert (day.problem, sum(each.requests for each in day.windows if each.hours == 1)) == (
        "",
        count,
    )
    (line,) = (each for each in ran.stderr.decode().splitlines() if each.startswith("VmHWM:"))
    return int(line.split()[1])
