"""`unshelf predict`: ask a model from the command line."""

import importlib
import sys
from codecs import BOM_UTF8
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from unshelf.cli.options import Json, Reference
from unshelf.cli.output import console, print_json, print_json_line
from unshelf.client.client import Client
from unshelf.client.data.examples import parse_csv, parse_json, read_rows
from unshelf.client.errors import InvalidModel, InvalidRows, UnshelfError
from unshelf.client.results import Answer

_TABLES = frozenset({".arrow", ".arrows", ".feather", ".parquet"})
"""Suffixes of files that hold a table, which travels as Arrow."""


def predict(
    ref: Reference,
    data: Annotated[
        str,
        typer.Option(
            metavar="FILE|-",
            help="Rows as JSON, JSON lines, CSV, Arrow or Parquet; - (the default) reads standard input.",
        ),
    ] = "-",
    *,
    later: Annotated[
        bool, typer.Option("--async", help="Have it answered later, and print the address at which it will be.")
    ] = False,
    wait: Annotated[
        bool, typer.Option("--wait", help="With --async: wait for the answer there, and print it.")
    ] = False,
    param: Annotated[
        list[str] | None,
        typer.Option(
            "--param", "-p", metavar="NAME=VALUE", help="A parameter of the prediction, e.g. top_k=3; repeatable."
        ),
    ] = None,
    stream: Annotated[
        bool, typer.Option("--stream", help="Print each output of a model that yields as soon as it comes.")
    ] = False,
    json: Json = False,
) -> None:
    """Predict rows: a JSON list, an object with `inputs`, one row a line, or a CSV with a header line.

    Prints one output a line; with --json the whole answer with id, version and timings. With --stream one output a line as they
    come; with --json too, each in an object, and a last one with id, model and version."""
    if wait and not later:
        raise typer.BadParameter("--wait goes with --async: without it the answer is waited for anyway")
    if stream and later:
        raise typer.BadParameter("--stream and --async exclude each other")
    with Client() as client:
        params = parse_params(param or [], lambda: _parameter_types(client, ref))
        rows = read_data(data, lambda: column_types(client, ref))
        if stream:
            _print_stream(client, ref, rows, params, json=json)
            return
        if not later:
            show_answer(client.answer(ref, rows, params, as_rows=True), json=json)
            return
        submitted = client.submit(ref, rows, params, as_rows=True)
        if not submitted.url:
            say("answered at once: what is redacted of this model is not kept for later")
        if wait or not submitted.url:
            if submitted.url:
                say(submitted.url)
            show_answer(submitted.answer(), json=json)
        elif json:
            print_json(submitted.status())
        else:
            typer.echo(submitted.url)


def show_answer(answer: Answer, *, json: bool) -> None:
    """Print an answer as `unshelf predict` does."""
    if json:
        print_json(
            {
                "id": answer.id,
                "model": answer.model,
                "version": answer.version,
                "outputs": answer.outputs,
                "timings_ms": answer.timings,
            }
        )
        return
    for output in answer.outputs if isinstance(answer.outputs, list) else [answer.outputs]:
        print_json_line(output)
    took = ", ".join(f"{name} {milliseconds:.1f} ms" for name, milliseconds in answer.timings.items())
    text = f"{answer.model}:{answer.version}, prediction {answer.id}{f', {took}' if took else ''}"
    say(text)


def say(text: str) -> None:
    """Tell a person something beside the facts."""
    console(stderr=True).print(text, style="dim", markup=False)


def parse_params(given: list[str], types: Callable[[], dict[str, str]]) -> dict[str, Any]:
    """Return the values of `NAME=VALUE`: JSON, else text; of a parameter that is a string by its type (`types`) always text."""
    params: dict[str, Any] = {}
    known = types() if given else {}
    for text in given:
        name, equals, value = text.partition("=")
        if not (name and equals):
            raise typer.BadParameter(f"{text!r} is no NAME=VALUE", param_hint="--param")
        if name in params:
            raise typer.BadParameter(f"{name!r} is given twice", param_hint="--param")
        params[name] = value if known.get(name) == "string" and value != "null" else _json_or_text(value)
    return params


def _json_or_text(value: str) -> Any:
    try:
        return msgspec.json.decode(value)
    except msgspec.DecodeError:
        return value


def _print_stream(client: Client, ref: str, rows: Any, params: dict[str, Any], *, json: bool) -> None:
    with client.stream(ref, rows, params) as outputs:
        for output in outputs:
            print_json_line({"output": output} if json else output)
    if json:
        print_json_line({"id": outputs.id, "model": outputs.model, "version": outputs.version})
    else:
        text = f"{outputs.model}:{outputs.version}, prediction {outputs.id}"
        console(stderr=True).print(text, style="dim", markup=False)


def column_types(client: Client, ref: str) -> dict[str, str]:
    """Column → its type by the model's signature, which fields of a CSV are read by; nothing where the key may not see it."""
    return {column["name"]: column["type"] for column in _signature(client, ref).get("inputs", {}).get("columns", ())}


def _parameter_types(client: Client, ref: str) -> dict[str, str]:
    """Parameter → its type; nothing where the key may not see it."""
    return {each["name"]: each["type"] for each in _signature(client, ref).get("parameters", ())}


def _signature(client: Client, ref: str) -> dict[str, Any]:
    try:
        return dict(client.show(ref)["version"]["signature"])
    except (UnshelfError, KeyError, TypeError):  # a key that may only predict; the server refuses what is not there
        return {}


def read_data(data: str, types: Callable[[], dict[str, str]]) -> Any:
    """Return the rows of a file, or of standard input for `-`; `types`: column → its type, asked for a CSV. Raises InvalidRows."""
    if data != "-":
        path = Path(data)
        if path.suffix.lower() in _TABLES:
            try:
                arrow = importlib.import_module("unshelf.client.data.arrow")
            except ImportError as error:
                raise InvalidRows(
                    f"{path.name} can't be read: pyarrow can't be imported ({error}).",
                    hint="Install pyarrow beside unshelf, or give the rows as CSV or JSON.",
                ) from error
            return arrow.read_table(path)
        with _rows_at_fault():
            return read_rows(path, types() if path.suffix.lower() == ".csv" else None)
    if sys.stdin.isatty():
        raise InvalidRows(
            "No rows are given.", hint="Give --data FILE, or pipe them in: `echo '[[1, 2]]' | unshelf predict REF`."
        )
    text = sys.stdin.buffer.read().removeprefix(BOM_UTF8)
    with _rows_at_fault():
        return parse_json(text) if text.lstrip()[:1] in (b"[", b"{", b"") else parse_csv(text, types())


@contextmanager
def _rows_at_fault() -> Iterator[None]:
    """Rows are read as those of a deploy's example are, but here no model is wrong where they can't be."""
    try:
        yield
    except InvalidModel as error:
        raise InvalidRows(error.detail, hint=error.hint) from error
