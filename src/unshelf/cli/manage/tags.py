"""`unshelf tags`: words that things are found by."""

from typing import Annotated

import typer

from unshelf.cli.options import Json, Subject
from unshelf.cli.output import console, print_json, table
from unshelf.client.client import Client

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="Tags of models, versions, projects and more: add, remove, list, find.",
)

Tags = Annotated[list[str], typer.Argument(metavar="TAG…", help="Lower-case letters, digits, '-', '_' and '.'.")]
Kind = Annotated[str | None, typer.Option(metavar="KIND", help="Of this kind alone, such as model.")]


@app.command()
def add(subject: Subject, tags: Tags, json: Json = False) -> None:
    """Give something tags."""
    with Client() as client:
        client.tag(subject, *tags)
        found = client.subject(subject)
    _show(found, json=json)


@app.command()
def remove(subject: Subject, tags: Tags, json: Json = False) -> None:
    """Take tags away."""
    with Client() as client:
        client.untag(subject, *tags)
        found = client.subject(subject)
    _show(found, json=json)


@app.command("list")
def list_tags(
    kind: Kind = None,
    prefix: Annotated[str, typer.Option(metavar="TEXT", help="Those that begin so.")] = "",
    json: Json = False,
) -> None:
    """List the tags in use, and how many things have each."""
    with Client() as client:
        tags = client.tags(kind=kind, prefix=prefix)
    if json:
        print_json({"tags": tags})
    elif not tags:
        console().print("No tags are in use.", markup=False)
    else:
        console().print(table("", ("tag", "used"), [(each["tag"], each["count"]) for each in tags], right=("used",)))


@app.command()
def find(tags: Tags, kind: Kind = None, json: Json = False) -> None:
    """Find what has all these tags."""
    with Client() as client:
        subjects = client.tagged(*tags, kind=kind)
    if json:
        print_json({"subjects": subjects})
    elif not subjects:
        console().print("Nothing that you may see has all these tags.", markup=False)
    else:
        rows = [(each["kind"], each["name"], each["title"]) for each in subjects]
        console().print(table("", ("kind", "name", "title"), rows))


def _show(subject: dict[str, object], *, json: bool) -> None:
    tags = subject["tags"]
    assert isinstance(tags, list)  # noqa: S101 -- by the API's schema
    names = [each["tag"] for each in tags]
    if json:
        print_json({"kind": subject["kind"], "name": subject["name"], "tags": names})
    else:
        console().print(f"{subject['name']}: {', '.join(names) or 'no tags'}", markup=False)
