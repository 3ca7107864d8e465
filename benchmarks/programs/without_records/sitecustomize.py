"""Imported by every Python process that has this folder in PYTHONPATH: a gateway among them answers without recording.

This is how `benchmarks.records` knows what recording costs; the product itself can't be told to record nothing."""

import sys


def _answer_at_once(recorder, prediction) -> None:
    recorder.recorded += 1
    if not prediction.outcome.done():
        prediction.outcome.set_result(None)


if "unshelf.gateway" in sys.orig_argv:
    from unshelf.gateway.recorder import Recorder

    Recorder.add = _answer_at_once
