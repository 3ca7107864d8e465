"""`unshelf users`: invited, listed, let go."""

from typing import Annotated, Any

import typer

from unshelf.cli.changes import changing_client
from unshelf.cli.options import Json
from unshelf.cli.output import console, print_json, show_facts, table, when
from unshelf.client.client import Client

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="Users: invite, list, deactivate them and hand over what they leave.",
)

User = Annotated[str, typer.Argument(metavar="NAME", help="The login name.")]


@app.command("list")
def list_users(
    status: Annotated[
        str | None, typer.Option(metavar="STATUS", help="Only invited, active or deactivated ones.")
    ] = None,
    json: Json = False,
) -> None:
    """List users by name."""
    with Client() as client:
        users = client.users(status=status)
    if json:
        print_json({"users": users})
        return
    rows = [
        (user["name"], user["full_name"], user["email"], user["status"], when(user["last_login_at"])) for user in users
    ]
    console().print(table("", ("name", "full name", "e-mail", "status", "last login"), rows))


@app.command()
def show(name: User, json: Json = False) -> None:
    """Show a user, and what they would leave behind."""
    with Client() as client:
        user, left = client.user(name), client.belongings(name)
    if json:
        print_json({**user, "belongings": left})
        return
    facts = [
        ("name", user["name"]), ("full name", user["full_name"]), ("e-mail", user["email"]), ("status", user["status"]),
        ("logs in with", user["issuer"] or "a password"), ("last login", when(user["last_login_at"])),
        ("created", f"{when(user['created_at'])} by {user['created_by']}"),
    ]  # fmt: skip
    show_facts(console(), facts)
    _show_belongings(left)


@app.command()
def invite(
    name: User,
    *,
    email: Annotated[str, typer.Option(metavar="ADDRESS", help="The e-mail address.")] = "",
    full_name: Annotated[str, typer.Option(metavar="TEXT", help="The name for people.")] = "",
    role: Annotated[
        str | None, typer.Option(metavar="ROLE", help="A role to begin with: `unshelf roles list`.")
    ] = None,
    project: Annotated[str | None, typer.Option(metavar="NAME", help="The project of the role.")] = None,
    model: Annotated[str | None, typer.Option(metavar="NAME", help="The model of the role.")] = None,
    json: Json = False,
) -> None:
    """Make an account; prints the link by which its owner sets a password, within seven days."""
    with changing_client() as client:
        made = client.invite_user(name, email=email, full_name=full_name, role=role, project=project, model=model)
    _show_link(made, json=json)


@app.command()
def reset(name: User, json: Json = False) -> None:
    """Make a new link by which a user sets a password: of the invitation, or to set a new one within a day."""
    with changing_client() as client:
        made = client.password_link(name)
    _show_link(made, json=json)


@app.command()
def deactivate(
    name: User,
    *,
    to: Annotated[str | None, typer.Option("--to", metavar="NAME", help="Who takes over what they leave.")] = None,
    leave: Annotated[bool, typer.Option("--leave", help="Leave it without anybody.")] = False,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why, for the audit log.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what they would leave, and change nothing.")] = False,
    json: Json = False,
) -> None:
    """End all that a user may do, everywhere within a second, and hand over what they leave."""
    with changing_client() as client:
        left = client.belongings(name) if dry_run else client.deactivate_user(name, to=to, leave=leave, reason=reason)
    if json:
        print_json({"belongings": left, "deactivated": not dry_run})
        return
    _show_belongings(left)
    if not dry_run:
        console().print(f"{name} is deactivated{f'; {to} has what they left' if to and left else ''}.", markup=False)


@app.command()
def activate(name: User, json: Json = False) -> None:
    """Let a deactivated user in again, with the roles of before."""
    with changing_client() as client:
        made = client.activate_user(name)
    _show_link(made, json=json)


@app.command()
def link(
    name: User,
    subject: Annotated[
        str, typer.Argument(metavar="SUBJECT", help="The person's id at the identity provider: the claim `sub`.")
    ],
    json: Json = False,
) -> None:
    """Have a user log in with the identity provider from now on: their password and sessions end, everything else stays."""
    with changing_client() as client:
        user = client.link_user(name, subject)
    print_json(user) if json else console().print(f"{name} logs in with {user['issuer']}.", markup=False)


def _show_link(made: dict[str, Any], *, json: bool) -> None:
    if json:
        print_json(made)
        return
    name, url = made["user"]["name"], made["url"]
    if not url:
        console().print(f"{name} logs in with the identity provider.", markup=False)
        return
    console().print(f"Give {name} this link; it is good once, until {when(made['expires_at'])}:", markup=False)
    console().print(f"  {url}", markup=False, soft_wrap=True)
    if made.get("is_mailed"):
        console().print(f"Another one goes to {made['user']['email']} by e-mail.", markup=False)
    console().print("Opened in a browser, or with `unshelf login --link LINK`, it sets the password.", markup=False)


def _show_belongings(left: list[dict[str, Any]]) -> None:
    if left:
        rows = [(each["kind"], each["name"], each["description"], each["needs_heir"]) for each in left]
        console().print(table("Leaves", ("kind", "name", "", "needs somebody"), rows))
