"""`unshelf.data`: `unshelf.data.add("orders", frame)`, `unshelf.data.read("data://orders@3")`, each with a client of its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from unshelf.client.datasets.data_client import DataClient, Form
from unshelf.client.http import Http


def add(
    name: str, data: Any, *, project: str | None = None, description: str | None = None, url: str | None = None,
    token: str | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Add a version of a dataset; see DataClient.add."""
    with _client(url, token) as client:
        return client.add(name, data, project=project, description=description)


def read(
    ref: str, *, rows: int | None = None, form: Form | None = None, url: str | None = None, token: str | None = None
) -> Any:
    """Return the rows that a reference leads to; see DataClient.read."""
    with _client(url, token) as client:
        return client.read(ref, rows=rows, form=form)


def names(*, project: str | None = None, url: str | None = None, token: str | None = None) -> list[dict[str, Any]]:
    """Return the data that the token may read; see DataClient.names."""
    with _client(url, token) as client:
        return client.names(project=project)


def show(ref: str, *, url: str | None = None, token: str | None = None) -> dict[str, Any]:
    """Return what a name leads to; see DataClient.show."""
    with _client(url, token) as client:
        return client.show(ref)


def used_by(model: str, *, url: str | None = None, token: str | None = None) -> dict[str, Any]:
    """Return the data that a version was made with; see DataClient.used_by."""
    with _client(url, token) as client:
        return client.used_by(model)


def get(ref: str, folder: str | Path, *, url: str | None = None, token: str | None = None) -> list[Path]:
    """Fetch the files of a dataset's version; see DataClient.get."""
    with _client(url, token) as client:
        return client.get(ref, folder)


def bind(
    name: str, target: str, *, project: str | None = None, description: str | None = None, url: str | None = None,
    token: str | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Have a name lead to other data from now on; see DataClient.bind."""
    with _client(url, token) as client:
        return client.bind(name, target, project=project, description=description)


def move(
    name: str, project: str, *, reason: str = "", url: str | None = None, token: str | None = None
) -> dict[str, Any]:
    """Give a dataset, connection or binding to another project; see DataClient.move."""
    with _client(url, token) as client:
        return client.move(name, project, reason=reason)


def delete(ref: str, *, url: str | None = None, token: str | None = None) -> None:
    """Delete a dataset, or one version; see DataClient.delete."""
    with _client(url, token) as client:
        client.delete(ref)


@contextmanager
def _client(url: str | None, token: str | None) -> Iterator[DataClient]:
    http = Http(url, token)
    try:
        yield DataClient(http)
    finally:
        http.close()
