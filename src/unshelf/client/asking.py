"""Asking a model: rows as JSON; tables, and frames too large for JSON, as Arrow."""

import importlib
from typing import Any

import httpx

from unshelf.client.answers import Answer
from unshelf.client.errors import UnshelfError
from unshelf.client.http import Http
from unshelf.client.kinds import kind_of
from unshelf.client.rows import encode_inputs

ARROW_VALUES = 100_000
"""From so many values on, a DataFrame travels as Arrow."""


def ask(http: Http, path: str, rows: Any, *, as_rows: bool) -> Answer:
    """The answer to these rows. Raises UnshelfError."""
    kind = kind_of(rows)
    if kind == "arrow_table":
        return _ask_arrow(http, path, rows, as_rows=as_rows)
    if kind in ("pandas_frame", "polars_frame") and rows.shape[0] * rows.shape[1] >= ARROW_VALUES:
        table = _arrow().table_of(rows)
        if table is not None:
            try:
                return _ask_arrow(http, path, table, as_rows=True)
            except UnshelfError as error:
                if error.code != "unsupported_media_type":  # else the model's environment has no pyarrow
                    raise
    return _answer(post_rows(http, path, rows))


def _ask_arrow(http: Http, path: str, table: Any, *, as_rows: bool) -> Answer:
    response = post_table(http, path, table, as_rows=as_rows)
    return _answer(response) if as_rows else _table_answer(response)


def post_rows(http: Http, path: str, rows: Any, *, prefer: str = "") -> httpx.Response:
    """Send rows as JSON."""
    return http.respond("POST", path, body=encode_inputs(rows), kind="application/json", patient=True, prefer=prefer)


def post_table(http: Http, path: str, table: Any, *, as_rows: bool = False, prefer: str = "") -> httpx.Response:
    """Send a pyarrow Table; the answer is one too, or JSON with `as_rows`."""
    arrow = _arrow()
    accept = "application/json" if as_rows else arrow.STREAM
    body = arrow.encode_table(table)
    return http.respond(
        "POST", path, body=lambda: arrow.pieces(body), kind=arrow.STREAM, size=len(body), patient=True, accept=accept,
        prefer=prefer,
    )  # fmt: skip


def answer_of(response: httpx.Response) -> Answer:
    """What a 200 answer of either kind holds."""
    is_table = response.headers.get("Content-Type", "").startswith("application/vnd.apache.arrow.stream")
    return _table_answer(response) if is_table else _answer(response)


def _table_answer(response: httpx.Response) -> Answer:
    answered = _arrow().decode_table(response.content)
    facts = answered.schema.metadata or {}
    return Answer(
        id=response.headers.get("X-Prediction-Id", ""),
        model=facts.get(b"unshelf.model", b"").decode(),
        version=int(facts.get(b"unshelf.version", b"0")),
        outputs=answered,
        timings=_timings(response.headers.get("Server-Timing", "")),
    )


def _answer(response: httpx.Response) -> Answer:
    body = response.json()
    return Answer(
        id=body["id"],
        model=body["model"],
        version=int(body["version"]),
        outputs=body["outputs"],
        timings=_timings(response.headers.get("Server-Timing", "")),
    )


def _arrow() -> Any:
    """The module that takes pyarrow along, which not every program that asks a model should wait for."""
    return importlib.import_module("unshelf.client.arrow")


def _timings(header: str) -> dict[str, float]:
    """`queue;dur=0.1, predict;dur=2.3` as milliseconds by name."""
    found = {}
    for part in header.split(","):
        name, _, parameters = part.strip().partition(";")
        if parameters.strip().startswith("dur="):
            found[name] = float(parameters.strip()[4:])
    return found
