"""`unshelf keys`: API keys, made, listed and revoked."""

from typing import Annotated

import typer

from unshelf.cli.changes import changing_client
from unshelf.cli.durations import seconds_of
from unshelf.cli.manage.limits import Burst, Concurrency, Rate, chosen, describe_limits
from unshelf.cli.options import Json
from unshelf.cli.output import console, print_json, show_new_token, table, when
from unshelf.client.client import Client
from unshelf.contracts.errors import UnshelfError

app = typer.Typer(no_args_is_help=True, add_completion=False, help="API keys: create, list, revoke.")


@app.command()
def create(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="What the key is for: people read it in `keys list` and in logs.")
    ],
    *,
    role: Annotated[
        str, typer.Option(help="caller, contributor or administrator; earlier: predict, deploy, admin.")
    ] = "predict",
    project: Annotated[
        str | None, typer.Option(metavar="NAME", help="The project whose models it is good for. Unless given: all.")
    ] = None,
    model: Annotated[
        list[str] | None,
        typer.Option(metavar="GLOB", help="A model it is good for, e.g. 'credit-*'; repeatable. Unless given: all."),
    ] = None,
    expires: Annotated[
        str | None, typer.Option(metavar="TIME", help="Until when: 30m, 12h, 90d. Unless given: no end.")
    ] = None,
    rate: Rate = None,
    burst: Burst = None,
    concurrency: Concurrency = None,
    json: Json = False,
) -> None:
    """Make a key. Its token is shown once and stored nowhere: keep it safe."""
    seconds = seconds_of(expires, "--expires")
    limits = chosen(rate, burst, concurrency)
    with changing_client() as client:
        try:
            key = client.create_key(
                name, role=role, project=project, models=model or None, expires_in_seconds=seconds, limits=limits
            )
        except UnshelfError as error:
            if error.code == "forbidden" and project is None:  # owners of a project may make keys for that
                error.hint = f"Name the project whose models it is for: --project NAME. {error.hint}"
            raise
    if json:
        print_json(key)
        return
    until = f", until {when(key['expires_at'])}" if key.get("expires_at") else ""
    limited = f", at most {describe_limits(limits)}" if limits else ""
    about = f"{key['role']} on {', '.join(key['models'] or ['all models'])}{until}{limited}\n"
    show_new_token(f"Key {name}", key["token"], about=about, undo=f"unshelf keys revoke {key['id']}")


@app.command("list")
def list_keys(json: Json = False) -> None:
    """List keys, without their tokens."""
    with Client() as client:
        keys = client.keys()
    if json:
        print_json({"keys": keys})
        return
    rows = [
        (
            key["id"],
            key["name"],
            key["role"],
            key["models"] or "all",
            describe_limits(key.get("limits")),
            f"revoked {when(key['revoked_at'])}" if key.get("revoked_at") else when(key.get("expires_at")),
            when(key["created_at"]),
            key["created_by"],
        )
        for key in keys
    ]
    console().print(table("", ("id", "name", "role", "models", "limits", "ends", "created", "by"), rows))


@app.command()
def revoke(
    id: Annotated[str, typer.Argument(metavar="ID", help="As in `unshelf keys list`.")], json: Json = False
) -> None:
    """End a key now; gateways refuse it within a moment."""
    with changing_client() as client:
        client.revoke_key(id)
    if json:
        print_json({"id": id, "revoked": True})
    else:
        console().print(f"Key {id} is revoked.", markup=False)
