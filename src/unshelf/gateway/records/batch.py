"""Batches of records: predictions that end together are timed, divided into those that share fields, and encoded."""

import time
from collections.abc import Iterable
from itertools import groupby
from operator import attrgetter

from unshelf.contracts.records import encode_sheet
from unshelf.gateway.prediction import Prediction, RecordBatch

_what = attrgetter("batch_key", "version", "refused", "attempts", "batch_rows", "predict_us")


def conclude(predictions: Iterable[Prediction]) -> None:
    """Note how long predictions took that are about to be recorded."""
    now = time.perf_counter_ns()
    for each in predictions:
        each.latency_us = (now - each.started_ns) // 1000
        if each.submitted_ns:
            # All that was not predicting: on the way, in the worker's queue, and before that waiting for a worker.
            queue_us = (each.ended_ns - each.submitted_ns) // 1000 - each.predict_us
            each.queue_us = queue_us if queue_us > 0 else 0  # noqa: FURB136 - a call takes three times as long


def divide(predictions: Iterable[Prediction]) -> list[RecordBatch]:
    """Group neighbours that share the fields of Common: counting and writing them together takes less time."""
    return [list(alike) for _, alike in groupby(predictions, _what)]


def sheet_of(alike: RecordBatch) -> bytes:
    """Encode the records of a batch as a segment keeps them."""
    if alike[0].scores is not None:  # those of one version have them, or none has
        return encode_sheet(alike[0].common(), [each.own() for each in alike])
    own = [
        # A call takes longer than making the tuple here, and most need no more of it.
        each.own() if each.trace or each.header or each.output_header or each.pieces
        else (each.id, each.time_ns, each.latency_us, each.queue_us, each.body, each.output)
        for each in alike
    ]  # fmt: skip
    return encode_sheet(alike[0].common(), own)
