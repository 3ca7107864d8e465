"""A process that predicts chunks: it loads the model itself, takes one chunk after the other, and ends when there are no more."""

import gc
import os
import signal
import traceback
from pathlib import Path
from typing import Any

from ..engine import Engine
from ..errors import hide
from ..hints import failure_of
from ..loaders import load_model
from ..loaders.entry_point import make_importable
from ..outputs import ROWS
from .messages import read_message, send_message
from .plan import Plan, ScoringFolders, write_whole
from .predicting import ChunkPredictor, TooManyFailed


def serve(plan: Plan, place: ScoringFolders, requests: int, replies: int) -> None:
    """Predict the chunks that the requests name, and reply to each; ends with the requests."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    hide({name: os.environ[name] for name in plan.secrets if name in os.environ})
    make_importable(place.bundle)
    try:
        engine = _engine(plan, place.bundle)
    except BaseException as error:  # whatever a model's file raises
        traceback.print_exc()
        found = failure_of("load", error, plan.model)
        send_message(replies, {"failed": found.reason, "hint": found.hint})
        return
    gc.collect()
    gc.freeze()  # the model is here to stay; collections need not look at it again
    send_message(replies, {"ready": True})
    predictor = ChunkPredictor(engine, plan.params, most_failed=plan.most_failed)
    while (request := read_message(requests)) is not None:
        send_message(replies, _predicted(predictor, place, request, replies))


def _engine(plan: Plan, bundle: Path) -> Engine:
    manifest = plan.manifest
    model = load_model(bundle, manifest["loader"], plan.signature)
    return Engine(
        model, plan.signature, name=plan.model, version=plan.version, output=manifest.get("output", ROWS),
        timeout=manifest.get("timeout", 30.0),
    )  # fmt: skip


def _predicted(
    predictor: ChunkPredictor, place: ScoringFolders, request: "dict[str, Any]", replies: int
) -> "dict[str, Any]":
    """Predict a chunk and keep its answers; what is replied."""
    number: int = request["chunk"]
    careful: bool = request["careful"]

    def begin(start: int, stop: int) -> None:
        if careful:  # so that it is known in which rows the process ended, should it end
            send_message(replies, {"at": [start, stop]})

    before = predictor.failed
    lines = place.chunk(number).read_bytes().splitlines()
    suspects = [(start, stop) for start, stop in request["suspects"]]
    dead = {int(row): reason for row, reason in request["dead"].items()}
    try:
        answers = predictor.predict(lines, suspects=suspects, dead=dead, begin=begin)
    except TooManyFailed:
        return {"gave_up": predictor.example}
    write_whole(place.answers(number), "".join([answer.lines() for answer in answers]).encode())
    return {"done": number, "failed": predictor.failed - before}
