"""`unshelf groups`: users who get roles together."""

from typing import Annotated

import typer

from unshelf.cli.changes import changing_client
from unshelf.cli.options import Json
from unshelf.cli.output import console, print_json, table, when
from unshelf.client.client import Client

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Groups: create and fill them.")

Group = Annotated[str, typer.Argument(metavar="GROUP", help="The group's name.")]
User = Annotated[str, typer.Argument(metavar="USER", help="The login name.")]


@app.command("list")
def list_groups(json: Json = False) -> None:
    """List groups by name."""
    with Client() as client:
        groups = client.groups()
    if json:
        print_json({"groups": groups})
        return
    rows = [(group["name"], group["description"], when(group["created_at"]), group["created_by"]) for group in groups]
    console().print(table("", ("name", "description", "created", "by"), rows))


@app.command()
def show(group: Group, json: Json = False) -> None:
    """Show a group and its members."""
    with Client() as client:
        found = client.group(group)
    if json:
        print_json(found)
        return
    rows = [(member["name"], member["full_name"], member["status"]) for member in found["members"]]
    console().print(table(found["group"]["description"], ("name", "full name", "status"), rows))


@app.command()
def create(
    group: Group,
    *,
    description: Annotated[str, typer.Option(metavar="TEXT", help="Who is in it.")] = "",
    json: Json = False,
) -> None:
    """Make an empty group."""
    with changing_client() as client:
        made = client.create_group(group, description=description)
    print_json(made) if json else console().print(f"The group {group} is there.", markup=False)


@app.command()
def remove(group: Group, json: Json = False) -> None:
    """Remove a group; its members lose the roles that it had."""
    with changing_client() as client:
        client.remove_group(group)
    print_json({"group": group, "removed": True}) if json else console().print(
        f"The group {group} is removed.", markup=False
    )


@app.command()
def add(group: Group, user: User, json: Json = False) -> None:
    """Put a user into a group."""
    with changing_client() as client:
        client.add_group_member(group, user)
    print_json({"group": group, "user": user}) if json else console().print(f"{user} is in {group}.", markup=False)


@app.command()
def drop(group: Group, user: User, json: Json = False) -> None:
    """Take a user out of a group."""
    with changing_client() as client:
        client.remove_group_member(group, user)
    print_json({"group": group, "user": user}) if json else console().print(
        f"{user} is not in {group} any more.", markup=False
    )
