"""`drift_ours.py REFERENCE CURRENT THREADS`: the profile of a window, read from Parquet, against a stored baseline, and its drift."""

import json
import resource
import sys
import time
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from unshelf.monitor.drift.comparison import compare
from unshelf.records.profiles.building import BATCH_ROWS, baseline_of, profile_of
from unshelf.records.profiles.kinds import ColumnKind
from unshelf.records.profiles.storing import pack, unpack


def batches(file: str) -> Iterator[Any]:
    with pq.ParquetFile(file, pre_buffer=False) as parquet:  # else the whole file is held while it is read
        yield from parquet.iter_batches(BATCH_ROWS)


def main(reference: str, current: str, threads: int) -> None:
    schema = pq.read_schema(reference)
    kinds: dict[str, ColumnKind] = {
        field.name: "category" if pa.types.is_string(field.type) else "number" for field in schema
    }
    stored = pack(baseline_of(lambda: batches(reference), kinds, threads=threads))
    begun = time.perf_counter()
    baseline = unpack(stored)
    window = profile_of(batches(current), kinds, baseline, threads=threads)
    drifted = [each.column for each in compare(baseline, window) if each.drifted]
    kept = pack(window)
    said = {
        "seconds": time.perf_counter() - begun, "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10,
        "drifted": len(drifted), "bytes": len(kept),
    }  # fmt: skip
    print(json.dumps(said))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
