"""`unshelf tokens`: personal tokens, and programs that wait to be let in."""

from typing import Annotated

import typer

from unshelf.cli.changes import changing_client
from unshelf.cli.durations import seconds_of
from unshelf.cli.options import Json
from unshelf.cli.output import console, print_json, show_new_token, table, when
from unshelf.client.client import Client

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Personal tokens: create, list, revoke.")


@app.command()
def create(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What it is used for.")],
    *,
    role: Annotated[str | None, typer.Option(metavar="ROLE", help="Good for a role's permissions only.")] = None,
    permission: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Good for this permission; repeatable.")
    ] = None,
    project: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Good for this project; repeatable.")
    ] = None,
    model: Annotated[
        list[str] | None, typer.Option(metavar="GLOB", help="Good for these models, e.g. 'credit-*'; repeatable.")
    ] = None,
    expires: Annotated[
        str | None, typer.Option(metavar="TIME", help="Until when: 30m, 12h, 90d. Unless given: no end.")
    ] = None,
    json: Json = False,
) -> None:
    """Make a personal token for all that you may do, or for a part of it. It is shown once and stored nowhere."""
    with changing_client() as client:
        made = client.create_token(
            name, role=role, permissions=permission or None, projects=project or None, models=model or None,
            expires_in_seconds=seconds_of(expires, "--expires"),
        )  # fmt: skip
    if json:
        print_json(made)
        return
    show_new_token(f"Token {name}", made["token"], undo=f"unshelf tokens revoke {made['id']}")


@app.command("list")
def list_tokens(
    user: Annotated[
        str | None, typer.Option(metavar="NAME", help="Those of another user. Unless given: yours.")
    ] = None,
    json: Json = False,
) -> None:
    """List personal tokens, without their secrets."""
    with Client() as client:
        tokens = client.tokens(user=user)
    if json:
        print_json({"tokens": tokens})
        return
    rows = [
        (
            token["id"],
            token["name"],
            token["role"] or token["permissions"] or "all",
            ", ".join([*(token["projects"] or []), *(token["models"] or [])]) or "everything",
            f"revoked {when(token['revoked_at'])}" if token["revoked_at"] else when(token["expires_at"]),
            when(token["last_used_at"]),
        )
        for token in tokens
    ]
    console().print(table("", ("id", "name", "may", "on", "ends", "last used"), rows))


@app.command()
def revoke(
    id: Annotated[str, typer.Argument(metavar="ID", help="As in `unshelf tokens list`.")], json: Json = False
) -> None:
    """End a token now; gateways refuse it within a moment."""
    with changing_client() as client:
        client.revoke_token(id)
    print_json({"id": id, "revoked": True}) if json else console().print(f"Token {id} is revoked.", markup=False)


@app.command()
def approve(
    code: Annotated[str, typer.Argument(metavar="CODE", help="As the other machine shows it.")], json: Json = False
) -> None:
    """Let a program in that waits with `unshelf login --device`: it may do all that you may."""
    with Client() as client:
        approved = client.approve_device(code)
    print_json(approved) if json else console().print(f"{approved['name']} is let in.", markup=False)
