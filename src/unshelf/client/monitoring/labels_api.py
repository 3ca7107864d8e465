"""`unshelf.labels`: `unshelf.labels.add("churn", frame, id="prediction_id", label="left")`, each call with a client of its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from unshelf.client.http import Http
from unshelf.client.monitoring.label_methods import LabelMethods


def add(
    model: str, data: Any, *, id: str = "", key: str = "", label: str = "", row: str = "", at: str = "", source: str = "",
    url: str | None = None, token: str | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Send the truth about predictions; see Client.add_labels."""
    with _client(url, token) as client:
        return client.add_labels(model, data, id=id, key=key, label=label, row=row, at=at, source=source)


def summary(model: str, *, url: str | None = None, token: str | None = None) -> dict[str, Any]:
    """Return how many labels a model has, and how many found their prediction; see Client.label_summary."""
    with _client(url, token) as client:
        return client.label_summary(model)


def quality(
    ref: str, *, since: str = "", until: str = "", url: str | None = None, token: str | None = None
) -> dict[str, Any]:
    """Return how good predictions were; see Client.quality."""
    with _client(url, token) as client:
        return client.quality(ref, since=since, until=until)


class _LabelClient(LabelMethods):
    def __init__(self, http: Http) -> None:
        self._http = http


@contextmanager
def _client(url: str | None, token: str | None) -> Iterator[LabelMethods]:
    http = Http(url, token)
    try:
        yield _LabelClient(http)
    finally:
        http.close()
