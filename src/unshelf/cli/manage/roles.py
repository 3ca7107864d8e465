"""`unshelf roles`: what each role allows, and who has which where."""

from typing import Annotated, Any

import typer

from unshelf.cli.changes import changing_client
from unshelf.cli.durations import seconds_of
from unshelf.cli.options import Json
from unshelf.cli.output import console, print_json, table, when
from unshelf.client.client import Client

app = typer.Typer(
    invoke_without_command=True,
    add_completion=False,
    help="Roles: what each allows, who has which; grant and revoke them.",
)

OnProject = Annotated[str | None, typer.Option("--project", metavar="NAME", help="On this project.")]
OnModel = Annotated[str | None, typer.Option("--model", metavar="NAME", help="On this model alone.")]
OnInstallation = Annotated[bool, typer.Option("--installation", help="On the whole installation.")]


@app.callback()
def roles(context: typer.Context, json: Json = False) -> None:
    """List the roles with their permissions."""
    if context.invoked_subcommand is not None:
        return
    with Client() as client:
        found = client.roles()
    if json:
        print_json({"roles": found})
        return
    rows = [(role["name"], role["description"], role["permissions"]) for role in found]
    console().print(table("", ("role", "", "permissions"), rows))


@app.command("list")
def list_holders(
    *, project: OnProject = None, model: OnModel = None, installation: OnInstallation = False, json: Json = False
) -> None:
    """List who has which role on a project, a model alone, or the installation."""
    _check_place(project, model, installation=installation)
    with Client() as client:
        found = client.members(project=project, model=model)
    if json:
        print_json({"members": found})
        return
    rows = [
        (each["id"], each["kind"], each["name"], each["role"], when(each["expires_at"]), each["created_by"])
        for each in found
    ]
    console().print(table("", ("id", "kind", "name", "role", "ends", "by"), rows))


@app.command()
def grant(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A user's login name, or a group's name.")],
    role: Annotated[str, typer.Argument(metavar="ROLE", help="As in `unshelf roles`.")],
    *,
    group: Annotated[bool, typer.Option("--group", help="NAME is a group.")] = False,
    project: OnProject = None,
    model: OnModel = None,
    installation: OnInstallation = False,
    expires: Annotated[
        str | None, typer.Option(metavar="TIME", help="Until when: 12h, 7d. Unless given: no end.")
    ] = None,
    reason: Annotated[str, typer.Option(help="A sentence for those who read the events.")] = "",
    json: Json = False,
) -> None:
    """Grant a role to a user or a group, on a project, a model or the installation."""
    _check_place(project, model, installation=installation)
    seconds = seconds_of(expires, "--expires")
    with changing_client() as client:
        member = client.grant_role(
            name, role, kind="group" if group else "user", project=project, model=model, expires_in_seconds=seconds,
            reason=reason,
        )  # fmt: skip
    if json:
        print_json(member)
        return
    until = f" until {when(member['expires_at'])}" if member["expires_at"] else ""
    console().print(f"{name} is {member['role']} of {_place(member)}{until}.", markup=False)


@app.command()
def revoke(
    id: Annotated[str, typer.Argument(metavar="ID", help="As in `unshelf roles list`.")], json: Json = False
) -> None:
    """Take a role away."""
    with changing_client() as client:
        client.revoke_role(id)
    if json:
        print_json({"id": id, "revoked": True})
    else:
        console().print(f"The role {id} is taken away.", markup=False)


def _check_place(project: str | None, model: str | None, *, installation: bool) -> None:
    if (project is not None) + (model is not None) + installation != 1:
        raise typer.BadParameter("give one of --project NAME, --model NAME and --installation")


def _place(member: dict[str, Any]) -> str:
    return "the installation" if member["scope"] == "installation" else f"the {member['scope']} {member['on']}"
