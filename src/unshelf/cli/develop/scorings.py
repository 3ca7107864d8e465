"""`unshelf scorings`: those that run and those that have ended, their results, and the rows that failed."""

from typing import Annotated, Any

import typer

from unshelf.cli.changes import changing_client
from unshelf.cli.options import Json, LastOnes, OfModel, OfProject
from unshelf.cli.output import binary_size, console, print_json, say_deleted, show_facts, table, when
from unshelf.client.client import Client

app = typer.Typer(
    invoke_without_command=True,
    add_completion=False,
    help="Scorings: tables that versions predict by jobs. `unshelf score` begins one.",
)

Id = Annotated[str, typer.Argument(metavar="ID", help="The scoring's id.")]
_SHOWN = 20


@app.callback()
def scorings(context: typer.Context, json: Json = False) -> None:
    """List the last scorings that you may see."""
    if context.invoked_subcommand is None:
        _list(None, None, _SHOWN, json=json)


@app.command("list")
def list_scorings(
    *,
    project: OfProject = None,
    model: OfModel = None,
    limit: LastOnes = _SHOWN,
    json: Json = False,
) -> None:
    """List the last scorings, the newest first."""
    _list(project, model, limit, json=json)


@app.command()
def show(id: Id, json: Json = False) -> None:
    """Show a scoring: how far it is, what came of it, the first rows that failed."""
    with Client() as client:
        scoring = client.scoring(id)
    if json:
        print_json(scoring)
        return
    show_facts(console(), [
        ("name", scoring["name"]), ("project", scoring["project"]), ("version", f"{scoring['model']}:{scoring['version']}"),
        ("data", scoring["source"]), ("job", scoring["job"]), ("tier", scoring["tier"]), ("begun", when(scoring["created_at"])),
        ("by", scoring["created_by"]), ("columns left out", scoring["unused"]),
    ])  # fmt: skip
    show_result(scoring)


@app.command()
def download(
    id: Id,
    out: Annotated[str, typer.Option(metavar="OUT", help="A folder, or the file of the predictions.")],
    json: Json = False,
) -> None:
    """Fetch the results of a scoring."""
    with Client() as client:
        places = [str(place) for place in client.download_scoring(id, out)]
    if json:
        print_json({"files": places})
    else:
        console().print("\n".join(places) or "There are no results.", markup=False)


@app.command()
def cancel(id: Id, json: Json = False) -> None:
    """End a scoring and its job."""
    with changing_client() as client:
        scoring = client.cancel_scoring(id)
    if json:
        print_json(scoring)
    else:
        show_result(scoring)


@app.command()
def delete(id: Id, json: Json = False) -> None:
    """Delete a scoring that has ended, with the results that the server keeps."""
    with changing_client() as client:
        client.delete_scoring(id)
    say_deleted("scoring", id, id, json=json)


def show_result(scoring: dict[str, Any]) -> None:
    """Print what came of a scoring."""
    out = console()
    progress = scoring["progress"] or scoring
    counts = "" if progress["scored"] is None else f", {progress['scored']:,} rows"
    failed = f", {progress['failed']:,} failed" if progress["failed"] else ""
    out.print(f"{scoring['state']}{counts}{failed}  {scoring['reason']}".rstrip(), markup=False)
    if scoring["written"]:
        out.print(f"written to {scoring['written']}", markup=False)
    for place in scoring.get("downloaded", ()):
        out.print(place, markup=False)
    if scoring["files"] and not scoring.get("downloaded"):
        listed = ", ".join(f"{file['path']} ({binary_size(file['size'])})" for file in scoring["files"])
        out.print(f"{listed}: unshelf scorings download {scoring['id']} --out FOLDER", markup=False)
    if scoring["failures"]:
        rows = [
            (each["row"], each["column"], each["expected"], each["got"], each["detail"]) for each in scoring["failures"][:10]
        ]  # fmt: skip
        out.print(table("rows that failed, the first of them", ("row", "column", "expected", "got", "detail"), rows))


def _list(project: str | None, model: str | None, limit: int, *, json: bool) -> None:
    with Client() as client:
        found = client.scorings(project=project, model=model, limit=limit)
    if json:
        print_json({"scorings": found})
        return
    rows = [
        (each["id"], f"{each['model']}:{each['version']}", each["source"], each["out"], each["state"], each["rows"], each["failed"],
         when(each["created_at"]), each["reason"])
        for each in found
    ]  # fmt: skip
    console().print(table("", ("id", "version", "data", "out", "state", "rows", "failed", "begun", "why"), rows))
