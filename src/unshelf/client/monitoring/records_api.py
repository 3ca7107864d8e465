"""`unshelf.record`: one call a prediction of a model that runs elsewhere, without waiting; `unshelf.flush` waits for all that were."""

import atexit
import contextlib
import threading
from typing import Any

from unshelf.client.errors import UnshelfError
from unshelf.client.http import Http
from unshelf.client.monitoring.record_methods import RecordMethods
from unshelf.client.monitoring.recorder import RecordSender

_lock = threading.Lock()
_recorders: dict[tuple[str, str | None, str | None], RecordSender] = {}
_EXIT_SECONDS = 10.0


def register(name: str, *, url: str | None = None, token: str | None = None, **wanted: Any) -> dict[str, Any]:
    """Register a model that runs elsewhere, or its next version; see Client.register_model."""
    http = Http(url, token)
    try:
        return _RecordClient(http).register_model(name, **wanted)
    finally:
        http.close()


def record(
    model: str, inputs: Any, output: Any = None, *, id: str | int | None = None, time: Any = None, version: int | None = None,
    latency_ms: float | None = None, error: str = "", url: str | None = None, token: str | None = None,
) -> str:  # fmt: skip
    """Take one prediction of a model that runs elsewhere, and return its id at once; it is sent within seconds, and when the program ends.

    `inputs`: the row; `output`: its answer, or `error`: why there is none. See RecordSender.record, and `unshelf.flush` to wait."""
    with _lock:
        recorder = _recorders.get((model, url, token))
        if recorder is None:
            if not _recorders:
                atexit.register(_flush_at_exit)
            recorder = _recorders[model, url, token] = RecordSender(Http(url, token), model)
    return recorder.record(inputs, output, id=id, time=time, version=version, latency_ms=latency_ms, error=error)


def flush(seconds: float = 30.0) -> dict[str, dict[str, Any]]:
    """Wait until all records of `unshelf.record` are sent; returns by model how many were `accepted`, `duplicates` and `refused`.

    Raises NotFinished after the seconds, and what the server said of all records of a model for good, such as Forbidden."""
    with _lock:
        recorders = dict(_recorders)
    return {model: recorder.flush(seconds) for (model, _, _), recorder in recorders.items()}


def _flush_at_exit() -> None:
    with contextlib.suppress(UnshelfError):
        flush(_EXIT_SECONDS)


class _RecordClient(RecordMethods):
    def __init__(self, http: Http) -> None:
        self._http = http
