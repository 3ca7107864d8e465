"""Ask a model: rows as JSON; tables, and frames too large for JSON, as Arrow."""

import base64
import importlib
from collections.abc import Mapping, Sequence
from typing import Any

import httpx

from unshelf.client.data.data_types import kind_of
from unshelf.client.data.rows import encode_inputs, encode_params
from unshelf.client.errors import UnshelfError
from unshelf.client.http import Http
from unshelf.client.results import Answer

ARROW_VALUES = 100_000
"""The number of values from which a DataFrame is sent as Arrow."""

Params = Mapping[str, Any]
"""The parameters of a prediction, by name."""


def ask(http: Http, path: str, rows: Any, params: Params | None, *, as_rows: bool) -> Answer:
    """Return the answer to these rows, predicted with these parameters. Raises UnshelfError."""
    kind = kind_of(rows)
    if kind == "arrow_table":
        return _ask_arrow(http, path, rows, params, as_rows=as_rows)
    if kind in ("pandas_frame", "polars_frame") and rows.shape[0] * rows.shape[1] >= ARROW_VALUES:
        table = _table_of(rows)
        if table is not None:
            try:
                return _ask_arrow(http, path, table, params, as_rows=True)
            except UnshelfError as error:
                if error.code != "unsupported_media_type":  # else the model's environment has no pyarrow
                    raise
    return _answer(post_rows(http, path, rows, params))


def _ask_arrow(http: Http, path: str, table: Any, params: Params | None, *, as_rows: bool) -> Answer:
    response = post_table(http, path, table, params, as_rows=as_rows)
    return _answer(response) if as_rows else _table_answer(response)


def post_rows(http: Http, path: str, rows: Any, params: Params | None, *, prefer: str = "") -> httpx.Response:
    """Send rows as JSON, with the parameters among it."""
    body = encode_inputs(rows, params)
    return http.respond("POST", path, body=body, kind="application/json", patient=True, prefer=prefer)


def post_table(
    http: Http, path: str, table: Any, params: Params | None, *, as_rows: bool = False, prefer: str = ""
) -> httpx.Response:
    """Send a pyarrow Table, with the parameters beside it; the answer is one too, or JSON with `as_rows`."""
    arrow = _arrow()
    accept = "application/json" if as_rows else arrow.STREAM
    body = arrow.encode_table(table)
    return http.respond(
        "POST", path, body=lambda: arrow.pieces(body), kind=arrow.STREAM, size=len(body), patient=True, accept=accept,
        prefer=prefer, unshelf_params=encode_params(params),
    )  # fmt: skip


def answer_of(response: httpx.Response) -> Answer:
    """Read a 200 answer of either kind."""
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
        outputs=with_bytes(body["outputs"], body.get("base64", ())),
        timings=_timings(response.headers.get("Server-Timing", "")),
    )


def with_bytes(outputs: Any, names: Sequence[str]) -> Any:
    """Return the outputs with bytes in place of the base64 texts of these outputs: members by name, or the bare values."""
    if not names:
        return outputs
    if isinstance(outputs, dict):
        return {name: _bytes(value) if name in names else value for name, value in outputs.items()}
    if not isinstance(outputs, list):
        return _bytes(outputs)
    return [with_bytes(row, names) if isinstance(row, dict) else _bytes(row) for row in outputs]


def _bytes(value: Any) -> Any:
    if isinstance(value, list):
        return [_bytes(item) for item in value]
    return base64.b64decode(value) if isinstance(value, str) else value


def _arrow() -> Any:
    """Return the module that takes pyarrow along, which not every program that asks a model should wait for."""
    return importlib.import_module("unshelf.client.data.arrow")


def _table_of(frame: Any) -> Any:
    """Return a frame as a pyarrow Table; None where pyarrow is not there, or can't be imported: JSON does as well."""
    try:
        return _arrow().table_of(frame)
    except ImportError:
        return None


def _timings(header: str) -> dict[str, float]:
    """`queue;dur=0.1, predict;dur=2.3` as milliseconds by name."""
    found = {}
    for part in header.split(","):
        name, _, parameters = part.strip().partition(";")
        if parameters.strip().startswith("dur="):
            found[name] = float(parameters.strip()[4:])
    return found
