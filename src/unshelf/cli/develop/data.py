"""`unshelf data`: named data, its versions, and the rows that it leads to."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from unshelf.cli.develop.data_tables import show_profile, show_rows
from unshelf.cli.options import Json, Reference
from unshelf.cli.output import binary_size, console, print_json, show_facts, table, when
from unshelf.cli.params import read_pairs
from unshelf.client.client import Client
from unshelf.client.results import Event

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="Datasets: add, list, show, read, get, move, delete. `data://NAME@VERSION` means them everywhere.",
)

Name = Annotated[str, typer.Argument(metavar="NAME", help="The name of the data.")]
DataRef = Annotated[
    str, typer.Argument(metavar="REF", help="NAME, NAME@3, CONNECTION/path; `data://` may stand before.")
]
Project = Annotated[str | None, typer.Option(metavar="PROJECT", help="The project; unless given: `default`.")]
Description = Annotated[str | None, typer.Option(metavar="TEXT", help="A text about the data.")]


@app.command()
def add(
    name: Name,
    path: Annotated[Path, typer.Argument(metavar="PATH", help="A file or a folder: Parquet and CSV are tables.")],
    *,
    project: Project = None,
    description: Description = None,
    json: Json = False,
) -> None:
    """Add a version of a dataset and show its profile. The same content is the same version."""
    with Client() as client:
        added = client.data.add(name, path, project=project, description=description, report=_warn)
    if json:
        print_json(added)
        return
    out = console()
    verb = "is added" if added["new"] else "has the same content, and stays"
    out.print(f"data://{added['name']}@{added['version']} {verb}.", markup=False)
    _show_version(added)


@app.command("list")
def list_data(
    project: Annotated[
        str | None, typer.Option(metavar="PROJECT", help="Those of one project. Unless given: all.")
    ] = None,
    json: Json = False,
) -> None:
    """List the data that you may read."""
    with Client() as client:
        found = client.data.names(project=project)
    if json:
        print_json({"data": found})
        return
    rows = [
        (each["name"], each["kind"], each["project"], each["description"], when(each["created_at"])) for each in found
    ]
    console().print(table("", ("name", "kind", "project", "description", "added"), rows))


@app.command()
def show(ref: DataRef, json: Json = False) -> None:
    """Show what a name leads to: of a dataset its versions, columns with a profile of each, first rows, and where it is used."""
    with Client() as client:
        found = client.data.show(ref)
    if json:
        print_json(found)
        return
    out = console()
    out.print(f"data://{found['name']}", markup=False)
    facts = [(name, found[name]) for name in ("kind", "project", "description", "created_by")]
    show_facts(out, facts)
    if found["versions"]:
        rows = [
            (each["version"], each["format"], each["rows"], binary_size(each["bytes"]), when(each["created_at"]), each["created_by"])
            for each in found["versions"]
        ]  # fmt: skip
        out.print(
            table("", ("version", "format", "rows", "size", "added", "by"), rows, right=("version", "rows", "size"))
        )
    if found["version"]:
        _show_version(found["version"])
    if place := found["connection"]:
        show_facts(
            out, [("leads to", place["kind"]), *place["settings"].items(), ("credentials", place["credential_names"])]
        )
        if not place["readable"]:
            out.print("The credentials can't be read any more: give them again.", markup=False)
    if found["binding"]:
        show_facts(out, [("leads to", found["binding"]["target"])])
    if found["uses"]:
        used = [(each["reference"], each["role"], each["dataset_version"]) for each in found["uses"]]
        out.print(table("used by", ("version", "as", "dataset version"), used))


@app.command()
def read(
    ref: DataRef,
    *,
    rows: Annotated[int, typer.Option(min=0, help="How many of the first rows.")] = 20,
    json: Json = False,
) -> None:
    """Read the first rows that a reference leads to."""
    with Client() as client:
        found = client.data.read(ref, rows=rows, form="arrow")
    show_rows(found, json=json)


@app.command()
def get(
    ref: DataRef,
    *,
    to: Annotated[Path, typer.Option(metavar="FOLDER", help="The folder that the files go to.")] = Path(),
    json: Json = False,
) -> None:
    """Fetch the files of a dataset's version, each verified by its digest."""
    with Client() as client:
        found = [str(path) for path in client.data.get(ref, to)]
    if json:
        print_json({"files": found})
        return
    for path in found:
        console().print(path, markup=False)


@app.command("used-by")
def used_by(model: Reference, json: Json = False) -> None:
    """Show the data that a version was made with: its baseline's profile, and the datasets that baseline and example come from."""
    with Client() as client:
        found = client.data.used_by(model)
    if json:
        print_json(found)
        return
    out = console()
    if not found["data"]:
        out.print(f"Nothing is known of the data that version {found['version']} was made with.", markup=False)
    for each in found["data"]:
        rows = "" if each["rows"] is None else f", {each['rows']} rows"
        out.print(f"{each['role']}: {each['source'] or 'data of the deployer'}{rows}", markup=False)
        if each["dataset"]:
            out.print(f"  dataset {each['dataset']}@{each['dataset_version']}", markup=False)
        if each["columns"]:
            show_profile(out, each["columns"])


@app.command()
def connect(
    name: Name,
    kind: Annotated[str, typer.Argument(metavar="KIND", help="local, s3, sql or https.")],
    *,
    setting: Annotated[list[str] | None, typer.Option(metavar="NAME=VALUE", help="A setting; repeatable.")] = None,
    credentials: Annotated[
        bool, typer.Option("--credentials", help="Take NAME=VALUE lines from standard input, which nobody sees again.")
    ] = False,
    project: Project = None,
    description: Description = None,
    json: Json = False,
) -> None:
    """Make a connection to a place where data lies, or change it."""
    settings = read_pairs(setting, "Settings")
    given = read_pairs(_credential_lines(), "Credentials") if credentials else None
    with Client() as client:
        found = client.data.connect(name, kind, settings, credentials=given, project=project, description=description)
    if json:
        print_json({"name": name, **found})
    else:
        console().print(f"data://{name}/… leads to {kind}.", markup=False)


@app.command()
def bind(
    name: Name,
    target: Annotated[
        str, typer.Argument(metavar="TARGET", help="data://NAME, data://NAME@3 or data://CONNECTION/path.")
    ],
    *,
    project: Project = None,
    description: Description = None,
    json: Json = False,
) -> None:
    """Have a name lead to other data from now on; programs that read the name need no change."""
    with Client() as client:
        found = client.data.bind(name, target, project=project, description=description)
    if json:
        print_json({"name": name, **found})
    else:
        console().print(f"data://{name} leads to {found['target']}.", markup=False)


@app.command()
def move(
    name: Name,
    project: Annotated[str, typer.Argument(metavar="PROJECT", help="The project that it shall belong to.")],
    *,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why, for those who read the events.")] = "",
    json: Json = False,
) -> None:
    """Move a dataset, connection or binding to another project, with its versions, credentials, comments and events."""
    with Client() as client:
        found = client.data.move(name, project, reason=reason)
    if json:
        print_json(found)
    else:
        console().print(f"data://{found['name']} belongs to the project {found['project']}.", markup=False)


@app.command()
def delete(ref: DataRef, json: Json = False) -> None:
    """Delete a version of a dataset (NAME@3), or a name with all that it leads to."""
    with Client() as client:
        client.data.delete(ref)
    if json:
        print_json({"ref": ref, "deleted": True})
    else:
        console().print(f"{ref} is deleted.", markup=False)


def _credential_lines() -> list[str]:
    if sys.stdin.isatty():
        console(stderr=True).print(
            "Credentials, a line NAME=VALUE each, not shown; an empty line ends them.", markup=False
        )
        lines = []
        while line := typer.prompt("", prompt_suffix="", hide_input=True, default="", show_default=False, err=True):
            lines.append(line)
        return lines
    return [line for line in sys.stdin.read().splitlines() if line]


def _show_version(version: dict[str, Any]) -> None:
    out = console()
    files = f"{len(version['files'])} files" if len(version["files"]) != 1 else version["files"][0]["path"]
    rows = "no table" if version["rows"] is None else f"{version['rows']} rows"
    out.print(f"{files}, {binary_size(version['bytes'])}, {rows}", markup=False)
    if version["columns"]:
        show_profile(out, version["columns"])


def _warn(event: Event) -> None:
    if event.state == "info":
        sys.stderr.write(f"{event.detail}\n")


@app.command("from-predictions")
def from_predictions(
    model: Annotated[str, typer.Argument(metavar="NAME", help="The model.")],
    *,
    dataset: Annotated[str, typer.Option(metavar="NAME", help="The dataset; unless given: NAME-seen.")] = "",
    labels: Annotated[
        bool, typer.Option("--labels/--no-labels", help="Only rows whose label is known, with it; or all, without.")
    ] = True,
    since: Annotated[
        str, typer.Option(metavar="TIME", help="30d ago, or a moment; unless given: all that is kept.")
    ] = "",
    until: Annotated[str, typer.Option(metavar="TIME", help="The end; unless given: now.")] = "",
    version: Annotated[int | None, typer.Option(metavar="N", help="The version that predicted.")] = None,
    slice: Annotated[str, typer.Option(metavar="COLUMN=VALUE", help="Those with this value in an input.")] = "",
    json: Json = False,
) -> None:
    """Have recorded predictions, with their labels, become the next version of a dataset."""
    with Client() as client:
        found = client.collect_predictions(
            model, dataset, labels=labels, since=since, until=until, version=version, slice=slice
        )
    if json:
        print_json(found)
        return
    console().print(
        f"data://{found['dataset']}@{found['number']}: {found['rows']:,} rows, {found['labelled']:,} with a label, of version "
        f"{', '.join(map(str, found['versions']))}. {found['reason']}".rstrip()
        + f" Again: a trigger, schedule or policy with --collection {found['id']}",
        markup=False, soft_wrap=True,
    )  # fmt: skip


@app.command()
def collections(
    *,
    model: Annotated[str | None, typer.Option(metavar="NAME", help="Only those of this model.")] = None,
    dataset: Annotated[str | None, typer.Option(metavar="NAME", help="Only those of this dataset.")] = None,
    json: Json = False,
) -> None:
    """List the collections of predictions, the newest first: where versions of datasets come from."""
    with Client() as client:
        found = client.collections(model=model, dataset=dataset)
    if json:
        print_json(found)
        return
    rows = [
        (
            each["id"], each["model"], f"{each['dataset']}@{each['number']}" if each["number"] else "", each["rows"] or "",
            each["labelled"] or "", each["state"], when(each["created_at"]), each["reason"],
        )
        for each in found
    ]  # fmt: skip
    columns = ("id", "model", "dataset", "rows", "labelled", "state", "begun", "")
    console().print(table("", columns, rows, right=("rows", "labelled")))
