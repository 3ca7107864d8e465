"""`unshelf records`: predictions of models that run elsewhere."""

from typing import Annotated, Any

import typer

from unshelf.cli.durations import seconds_of
from unshelf.cli.options import Json, Name, Reference
from unshelf.cli.output import console, print_json, table, when
from unshelf.client.client import Client
from unshelf.client.errors import InvalidInput

app = typer.Typer(
    no_args_is_help=True, add_completion=False,
    help="Records of models that run elsewhere: send, watch, folders, files, look, forget.",
)  # fmt: skip
_Id = Annotated[str, typer.Argument(metavar="ID", help="The watched folder's id.")]
_IdColumn = Annotated[
    str, typer.Option(metavar="COLUMN", help="The prediction's id. Unless given: record_id, prediction_id or id.")
]
_TimeColumn = Annotated[
    str, typer.Option(metavar="COLUMN", help="The moment. Unless given: record_time, predicted_at, timestamp or time.")
]


@app.command()
def send(
    ref: Reference,
    data: Annotated[
        str,
        typer.Argument(metavar="DATA", help="A JSON-lines, CSV or Parquet file, data://…, or - for standard input."),
    ] = "-",
    *,
    output: Annotated[
        list[str] | None,
        typer.Option(metavar="COLUMN", help="The answer, of a table. Unless given: output or prediction."),
    ] = None,
    id_column: _IdColumn = "",
    time_column: _TimeColumn = "",
    json: Json = False,
) -> None:
    """Send records. What was sent before, by its id, changes nothing; what does not fit the signature is named."""
    with Client() as client:
        found = client.send_records(ref, data, outputs=output or (), id=id_column, time=time_column)
    if json:
        print_json(found)
        return
    out = console()
    out.print(
        f"{found['accepted']:,} accepted, {found['duplicates']:,} known already, {found['refused']:,} refused.",
        markup=False,
    )
    for fault in found["faults"]:
        out.print(
            f"record {fault['row']}: {fault['column']}: expected {fault['expected']}, got {fault['got']}", style="yellow", markup=False
        )  # fmt: skip


@app.command()
def watch(
    name: Name,
    data: Annotated[str, typer.Argument(metavar="DATA", help="A folder or bucket: data://CONNECTION/PATH.")],
    *,
    every: Annotated[str, typer.Option(metavar="TIME", help="How often it is looked at: 5m, 1h.")] = "5m",
    output: Annotated[
        list[str] | None, typer.Option(metavar="NAME=COLUMN", help="The column of an output; repeatable.")
    ] = None,
    id_column: _IdColumn = "",
    time_column: _TimeColumn = "",
    json: Json = False,
) -> None:
    """Have a folder watched: each CSV or Parquet file in it is taken in once."""
    seconds = int(seconds_of(every, "--every") or 0)
    outputs = dict(_pair(each) for each in output or ())
    with Client() as client:
        found = client.watch_records(name, data, every_seconds=seconds, id=id_column, time=time_column, outputs=outputs)
    if json:
        print_json(found)
        return
    console().print(f"{found['data']} is watched every {every}: {found['id']}", markup=False)


@app.command()
def folders(
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="The model. Unless given: all.")] = None,
    *,
    json: Json = False,
) -> None:
    """List the folders that are watched, with what was taken in of them."""
    with Client() as client:
        found = client.record_folders(name)
    if json:
        print_json(found)
        return
    columns = ("id", "model", "folder", "looked", "files", "damaged", "records", "problem")
    console().print(table("", columns, [_row(each) for each in found], right=("files", "damaged", "records")))


@app.command()
def files(id: _Id, *, json: Json = False) -> None:
    """List the files of a watched folder that were taken in or can't be, the last first."""
    with Client() as client:
        found = client.record_files(id)
    if json:
        print_json(found)
        return
    rows = [
        (each["path"], each["state"], each["accepted"], each["duplicates"], each["refused"], when(each["taken_at"]), each["reason"])
        for each in found
    ]  # fmt: skip
    columns = ("file", "state", "accepted", "known", "refused", "taken", "")
    console().print(table("", columns, rows, right=("accepted", "known", "refused")))


@app.command()
def look(id: _Id, *, json: Json = False) -> None:
    """Look into a watched folder now, and wait until its files are taken in."""
    with Client() as client:
        found = client.look_for_records(id)
    if json:
        print_json(found)
        return
    console().print(f"{found['files']} files, {found['damaged']} damaged, {found['accepted']:,} records.", markup=False)


@app.command()
def forget(id: _Id, *, json: Json = False) -> None:
    """Watch a folder no longer. Its records stay."""
    with Client() as client:
        client.forget_record_folder(id)
    if json:
        print_json({"id": id, "forgotten": True})
        return
    console().print(f"{id} is watched no longer; its records stay.", markup=False)


def _row(folder: dict[str, Any]) -> tuple[Any, ...]:
    looked = when(folder["looked_at"]) if folder["looked_at"] else "not yet"
    return (
        folder["id"], folder["model"], folder["data"], looked, folder["files"], folder["damaged"], folder["accepted"],
        folder["problem"],
    )  # fmt: skip


def _pair(text: str) -> tuple[str, str]:
    name, divider, column = text.partition("=")
    if not (name and divider and column):
        raise InvalidInput(f"{text!r} names no column of an output.", hint="Write --output NAME=COLUMN.")
    return name, column
