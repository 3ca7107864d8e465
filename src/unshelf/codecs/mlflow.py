"""MLflow's scoring protocol in JSON: one of four members with the inputs; an answer is `{"predictions": …}`."""

from typing import Any

import msgspec

from unshelf.codecs.body import ColumnBody, RowBody, Undecodable, object_in, params_in, rows_in, with_params

INPUTS, INSTANCES, SPLIT, RECORDS = "inputs", "instances", "dataframe_split", "dataframe_records"
MEMBERS = (INPUTS, INSTANCES, SPLIT, RECORDS)
"""The members that inputs may be in; a body has exactly one."""
PREDICTIONS = "predictions"
_SPLIT_MEMBERS = frozenset({"columns", "index", "data"})


def read_request(body: bytes) -> RowBody | ColumnBody:
    """The inputs of a request. Raises one of REFUSALS."""
    payload = object_in(body)
    params = params_in(payload)
    if len(payload) != 1 or (member := next(iter(payload))) not in MEMBERS:
        raise Undecodable
    value = payload[member]
    if member == SPLIT:
        return _split(value, params)
    if member == INPUTS and isinstance(value, dict):
        return ColumnBody(member, value, params)
    return RowBody(member, rows_in(value), params=params)


def write_request(body: RowBody | ColumnBody) -> bytes:
    """The request that has these inputs."""
    if isinstance(body, ColumnBody):
        return msgspec.json.encode(with_params({body.member: body.values}, body.params))
    if body.member != SPLIT:
        return msgspec.json.encode(with_params({body.member: body.rows}, body.params))
    names = {} if body.names is None else {"columns": body.names}
    return msgspec.json.encode(with_params({SPLIT: {**names, "data": body.rows}}, body.params))


def read_answer(body: bytes) -> RowBody | ColumnBody:
    """The predictions of an answer. Raises one of REFUSALS."""
    predictions = object_in(body).get(PREDICTIONS)
    return ColumnBody(PREDICTIONS, predictions) if isinstance(predictions, dict) else RowBody(
        PREDICTIONS, rows_in(predictions)
    )  # fmt: skip


def _split(value: Any, params: dict[str, Any] | None) -> RowBody:
    """The rows under their names; the index is left out, since nothing tells what it holds."""
    if not isinstance(value, dict) or not value.keys() <= _SPLIT_MEMBERS:
        raise Undecodable
    rows = rows_in(value.get("data"))
    if "columns" not in value:
        return RowBody(SPLIT, rows, params=params)
    names = value["columns"]
    if not isinstance(names, list) or not all(type(name) in (str, int) for name in names):
        raise Undecodable
    return RowBody(SPLIT, rows, [str(name) for name in names], params)
