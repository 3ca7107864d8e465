"""`unshelf apps`: what-if apps, from files and as people use them."""

from pathlib import Path
from typing import Annotated

import typer

from unshelf.cli.deploy.app_files import read_app, write_app
from unshelf.cli.options import Json
from unshelf.cli.output import console, print_json, show_facts, table, when
from unshelf.client.client import Client

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="Apps: a model asked in plain words, by people who see nothing else.",
)

Name = Annotated[str, typer.Argument(metavar="NAME", help="The app's name.")]


@app.command("list")
def list_apps(
    project: Annotated[str | None, typer.Option(metavar="PROJECT", help="Those on models of one project.")] = None,
    json: Json = False,
) -> None:
    """List the apps that you may use."""
    with Client() as client:
        found = client.apps(project=project)
    if json:
        print_json({"apps": found})
        return
    rows = [
        (each["name"], each["title"], each["model"], each["version"], each["owner"], when(each["changed_at"]))
        for each in found
    ]
    console().print(table("", ("name", "title", "asks", "version", "kept by", "changed"), rows))


@app.command()
def show(name: Name, json: Json = False) -> None:
    """Show an app and what it asks for."""
    with Client() as client:
        found = client.app(name)
    if json:
        print_json(found)
        return
    out = console()
    out.print(found["title"], markup=False)
    show_facts(out, [(field, found[field]) for field in ("name", "model", "project", "version", "owner")])
    rows = [(each["label"], each["unit"], each["kind"], each["default"]) for each in found["form"]["inputs"]]
    out.print(table("", ("input", "unit", "kind", "default"), rows))


@app.command()
def apply(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="A TOML file with the app's definition.")],
    *,
    name: Annotated[str | None, typer.Option(metavar="NAME", help="The name; unless given: that in the file.")] = None,
    json: Json = False,
) -> None:
    """Make an app of a file, or a new version of it. The same definition is no new version."""
    named, definition = read_app(path)
    wanted = name or named
    if wanted is None:
        raise typer.BadParameter("give --name, or write name = … into the file")
    with Client() as client:
        saved = client.save_app(wanted, definition)
    if json:
        print_json(saved)
        return
    said = (
        f"is version {saved['version']} now"
        if saved["new"]
        else f"has this definition already: version {saved['version']}"
    )
    console().print(f"{saved['name']} {said}. It is used at /apps/{saved['name']}.", markup=False)


@app.command()
def export(
    name: Name,
    version: Annotated[
        int | None, typer.Option(min=1, metavar="NUMBER", help="A version; unless given: the newest.")
    ] = None,
    json: Json = False,
) -> None:
    """Print an app's definition as a file for `unshelf apps apply`."""
    with Client() as client:
        versions = client.app_versions(name)
    found = next((each for each in versions if version in (None, each["number"])), None)
    if found is None:
        raise typer.BadParameter(f"{name} has no version {version}")
    if json:
        print_json({"name": name, **found["definition"]})
        return
    typer.echo(write_app(name, found["definition"]), nl=False)


@app.command()
def versions(name: Name, json: Json = False) -> None:
    """List an app's versions, the newest first."""
    with Client() as client:
        found = client.app_versions(name)
    if json:
        print_json({"versions": found})
        return
    rows = [(each["number"], when(each["created_at"]), each["created_by"], each["restored"]) for each in found]
    console().print(table("", ("version", "saved", "by", "back to"), rows))


@app.command()
def restore(
    name: Name, version: Annotated[int, typer.Argument(min=1, metavar="VERSION", help="The version to go back to.")], json: Json = False
) -> None:  # fmt: skip
    """Go back to a version: its definition becomes the newest version."""
    with Client() as client:
        saved = client.restore_app(name, version)
    if json:
        print_json(saved)
        return
    console().print(f"{name} is version {saved['version']} now, as version {version} was.", markup=False)


@app.command()
def delete(name: Name, json: Json = False) -> None:
    """Delete an app with its versions and tokens."""
    with Client() as client:
        client.delete_app(name)
    if json:
        print_json({"name": name, "deleted": True})
        return
    console().print(f"{name} is deleted.", markup=False)
