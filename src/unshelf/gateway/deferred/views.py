"""Deferred predictions as callers see them."""

from datetime import UTC, datetime
from typing import Any

import msgspec

from unshelf.contracts.deferred import DeferredAnswer, DeferredRequest
from unshelf.contracts.problems import PROBLEM_TYPE
from unshelf.gateway.predict.content_types import JSON


class _NativeAnswer(msgspec.Struct):
    """The `outputs` of a native answer, as raw JSON."""

    outputs: msgspec.Raw = msgspec.Raw()


_native = msgspec.json.Decoder(_NativeAnswer)


def address(model: str, id: str) -> str:
    """The address at which a deferred prediction is polled and cancelled."""
    return f"/models/{model}/predictions/{id}"


def relative_to(target: str, address: str) -> str:
    """The address as seen from the one that was asked for: right also behind a proxy that puts a prefix before both."""
    depth = target.partition("?")[0].count("/") - 1
    return "../" * depth + address.lstrip("/")


def accepted(request: DeferredRequest) -> bytes:
    """The body of the 202."""
    return msgspec.json.encode(_facts(request, "queued"))


def unfinished(request: DeferredRequest, *, running: bool) -> bytes:
    """The state of one that waits or runs."""
    shown = _facts(request, "running" if running else "queued")
    return msgspec.json.encode({**shown, "created_at": _moment(request.created_ns)})


def finished(answer: DeferredAnswer, body: bytes) -> bytes:
    """The state of one that is finished: with its outputs where the answer has some in JSON, with its problem when it failed."""
    shown: dict[str, Any] = {
        **_facts(answer, answer.outcome),
        "created_at": _moment(answer.created_ns),
        **({"started_at": _moment(answer.begun_ns)} if answer.begun_ns else {}),
        "finished_at": _moment(answer.finished_ns),
        "prediction_id": answer.prediction_id,
        "answer_url": f"{address(answer.model, answer.id)}/answer",
    }
    kind = next((value for name, value in answer.headers if name == "content-type"), "")
    if kind == PROBLEM_TYPE:
        shown["problem"] = msgspec.Raw(body)
    elif kind == JSON and (outputs := _outputs(body)):
        shown["outputs"] = msgspec.Raw(outputs)
    return msgspec.json.encode(shown)


def _outputs(body: bytes) -> bytes:
    """The `outputs` of an answer as they are written; empty when it has none."""
    try:
        return bytes(_native.decode(body).outputs)
    except msgspec.MsgspecError:
        return b""


def _facts(about: DeferredRequest | DeferredAnswer, status: str) -> dict[str, Any]:
    return {
        "id": about.id,
        "model": about.model,
        "version": about.version,
        "status": status,
        "url": address(about.model, about.id),
    }


def _moment(time_ns: int) -> str:
    return datetime.fromtimestamp(time_ns / 1e9, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
