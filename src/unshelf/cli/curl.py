"""How to call a model: a curl line that works as it is."""

import os
import shlex
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from unshelf.client.login.contexts import token_for
from unshelf.contracts.home import Home, home_folder

_LONGEST_BODY = 1500
_SAMPLES: dict[str, Any] = {
    "bool": False,
    "string": "text",
    "datetime": "2026-01-31T00:00:00Z",
    "duration": "PT1M",
    "bytes": "AA==",
    "json": None,
}


def curl_line(address: str, rows: list[Any], *, token_file: Path | None = None) -> str:
    """Return a command that posts `rows` to a predict address; the token from `token_file`, else from where the client takes it.

    `$UNSHELF_TOKEN` stands for one that lies in no file to be read: that of a login, which is for this client alone."""
    body = msgspec.json.encode({"inputs": rows}).decode()
    data = shlex.quote(body) if len(body) <= _LONGEST_BODY else "@rows.json"
    return (
        f'curl -H "Authorization: Bearer {_token_expression(address, token_file)}" -H "Content-Type: application/json" \\\n'
        f"     -d {data} {shlex.quote(address)}"
    )


def sample_rows(signature: dict[str, Any]) -> list[Any]:
    """One made-up row that a signature takes, where there is no example at hand."""
    inputs = signature["inputs"]
    if inputs["kind"] == "columns":
        columns = inputs["columns"]
        # What may be left out is, unless nothing else is there.
        needed = [column for column in columns if "default" not in column and not column.get("optional")] or columns
        return [{column["name"]: _sample(column) for column in needed}]
    tensors = {tensor["name"]: _nested(tensor["shape"][1:], _sample(tensor)) for tensor in inputs["tensors"]}
    return [next(iter(tensors.values()))] if len(tensors) == 1 else [tensors]


def _sample(field: dict[str, Any]) -> Any:
    if field.get("categories"):
        return field["categories"][0]
    kind = field["type"]
    return _SAMPLES.get(kind, 0.0 if kind.startswith("float") else 0)


def _nested(shape: list[int], value: Any) -> Any:
    for size in reversed(shape):
        value = [value] * (size if size > 0 else 1)
    return value


def _token_expression(address: str, token_file: Path | None) -> str:
    if token_file is None:
        token_file = Home(home_folder()).admin_token
        if os.environ.get("UNSHELF_TOKEN") or _has_logged_in(address) or not os.access(token_file, os.R_OK):
            return "$UNSHELF_TOKEN"
    return f"$(cat {shlex.quote(str(token_file))})"


def _has_logged_in(address: str) -> bool:
    parts = urlsplit(address)
    return bool(token_for(f"{parts.scheme}://{parts.netloc}"))
