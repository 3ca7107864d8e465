"""`unshelf predict`: ask a model from the command line."""

import importlib
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from unshelf.cli.options import Json, Reference
from unshelf.cli.output import console, print_json, print_json_line
from unshelf.client.answers import Answer
from unshelf.client.client import Client
from unshelf.client.errors import InvalidRows
from unshelf.client.examples import parse_csv, parse_json, read_rows

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
    rows = _read(data)
    if stream:
        _print_stream(ref, rows, json=json)
        return
    with Client() as client:
        if not later:
            show_answer(client.answer(ref, rows, as_rows=True), json=json)
            return
        submitted = client.submit(ref, rows, as_rows=True)
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
    for output in answer.outputs:
        print_json_line(output)
    took = ", ".join(f"{name} {milliseconds:.1f} ms" for name, milliseconds in answer.timings.items())
    told = f"{answer.model}:{answer.version}, prediction {answer.id}{f', {took}' if took else ''}"
    say(told)


def say(told: str) -> None:
    """Tell a person something beside the facts."""
    console(stderr=True).print(told, style="dim", markup=False)


def _print_stream(ref: str, rows: Any, *, json: bool) -> None:
    with Client() as client, client.stream(ref, rows) as outputs:
        for output in outputs:
            print_json_line({"output": output} if json else output)
    if json:
        print_json_line({"id": outputs.id, "model": outputs.model, "version": outputs.version})
    else:
        told = f"{outputs.model}:{outputs.version}, prediction {outputs.id}"
        console(stderr=True).print(told, style="dim", markup=False)


def _read(data: str) -> Any:
    if data != "-":
        path = Path(data)
        if path.suffix.lower() in _TABLES:
            return importlib.import_module("unshelf.client.arrow").read_table(path)
        return read_rows(path)
    if sys.stdin.isatty():
        raise InvalidRows(
            "No rows are given.", hint="Give --data FILE, or pipe them in: echo '[[1, 2]]' | unshelf predict REF"
        )
    text = sys.stdin.buffer.read()
    return parse_json(text) if text.lstrip()[:1] in (b"[", b"{", b"") else parse_csv(text)
