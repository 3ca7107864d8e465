"""`unshelf keys`: API keys, made, listed and revoked."""

import re
from typing import Annotated

import typer
from rich.panel import Panel
from rich.text import Text

from unshelf.cli.limits import Burst, Concurrency, Rate, chosen, told
from unshelf.cli.options import Json
from unshelf.cli.output import console, print_json, table, when
from unshelf.client.client import Client

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}

app = typer.Typer(no_args_is_help=True, add_completion=False, help="API keys: create, list, revoke.")


@app.command()
def create(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="What the key is for: people read it in `keys list` and in logs.")
    ],
    *,
    role: Annotated[str, typer.Option(help="predict, deploy or admin.")] = "predict",
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
    seconds = None if expires is None else _seconds(expires)
    limits = chosen(rate, burst, concurrency)
    with Client() as client:
        key = client.create_key(name, role=role, models=model or None, expires_in_seconds=seconds, limits=limits)
    if json:
        print_json(key)
        return
    said = Text(key["token"], style="bold")
    said.append("\n\nThis is the only time it is shown. Use it as:\n", style="not bold")
    said.append("  Authorization: Bearer <token>, or UNSHELF_TOKEN=<token> unshelf predict …\n", style="not bold")
    until = f", until {when(key['expires_at'])}" if key.get("expires_at") else ""
    limited = f", at most {told(limits)}" if limits else ""
    said.append(
        f"\n{key['role']} on {', '.join(key['models'] or ['all models'])}{until}{limited}\n", style="not bold dim"
    )
    said.append(f"Take it back with: unshelf keys revoke {key['id']}", style="not bold dim")
    console().print(Panel(said, title=Text(f"Key {name}"), title_align="left", expand=False))


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
            told(key.get("limits")),
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
    with Client() as client:
        client.revoke_key(id)
    if json:
        print_json({"id": id, "revoked": True})
    else:
        console().print(f"Key {id} is revoked.", markup=False)


def _seconds(text: str) -> float:
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([smhdw])", text.strip())
    if found is None:
        raise typer.BadParameter(f"{text!r} is no time; write 30m, 12h or 90d.", param_hint="--expires")
    return float(found[1]) * _UNITS[found[2]]
