"""`unshelf tiers`: amounts of hardware, what they cost, and who may use them."""

from typing import Annotated, Any

import typer

from unshelf.cli.changes import changing_client
from unshelf.cli.durations import seconds_of
from unshelf.cli.options import Json
from unshelf.cli.output import binary_size, console, print_json, table, when
from unshelf.cli.params import finite
from unshelf.client.client import Client
from unshelf.client.errors import UnshelfError

app = typer.Typer(
    invoke_without_command=True,
    add_completion=False,
    help="Tiers: hardware, prices, who may use them; restrict, grant and revoke.",
)

Tier = Annotated[str, typer.Argument(metavar="TIER", help="As in `unshelf tiers`.")]
Project = Annotated[
    str | None, typer.Option("--project", metavar="NAME", help="Where you want to use them. Unless given: anywhere.")
]
Why = Annotated[str, typer.Option("--reason", help="A sentence for those who read the events.")]


@app.callback()
def tiers(context: typer.Context, *, project: Project = None, json: Json = False) -> None:
    """List the tiers with their hardware and price, and whether you may use them."""
    if context.invoked_subcommand is None:
        _show_list(project, json=json)


@app.command("list")
def list_tiers(*, project: Project = None, json: Json = False) -> None:
    """List the tiers with their hardware and price, and whether you may use them."""
    _show_list(project, json=json)


@app.command()
def show(tier: Tier, json: Json = False) -> None:
    """Show who has a right to a tier."""
    with Client() as client:
        found = client.tier_rights(tier)
    if json:
        print_json({"rights": found})
        return
    rows = [
        (each["id"], each["holder_kind"], each["holder"], when(each["expires_at"]), each["created_by"])
        for each in found
    ]
    console().print(table("", ("id", "kind", "name", "ends", "by"), rows))


@app.command()
def restrict(tier: Tier, *, reason: Why = "", json: Json = False) -> None:
    """Have a tier take a right to use it. What runs on it goes on."""
    _set(
        tier, {"restricted": True}, reason, f"The tier {tier} takes a right: unshelf tiers grant {tier} NAME", json=json
    )


@app.command("open")
def open_tier(tier: Tier, *, reason: Why = "", json: Json = False) -> None:
    """Have everybody use a tier again."""
    _set(tier, {"restricted": False}, reason, f"The tier {tier} is everybody's.", json=json)


@app.command()
def price(
    tier: Tier,
    amount: Annotated[
        float | None, typer.Argument(metavar="AMOUNT", min=0, help="What a replica costs an hour.", callback=finite)
    ] = None,
    *,
    currency: Annotated[str, typer.Option(metavar="NAME", help="The currency: EUR.")] = "",
    none: Annotated[bool, typer.Option("--none", help="Take the price away.")] = False,
    reason: Why = "",
    json: Json = False,
) -> None:
    """Set what a replica of a tier costs an hour."""
    if none == (amount is not None):
        raise typer.BadParameter("give an AMOUNT, or --none", param_hint="AMOUNT")
    said = "has no price" if amount is None else f"costs {_price({'price': amount, 'currency': currency})} an hour"
    _set(tier, {"price": amount, "currency": currency}, reason, f"A replica of the tier {tier} {said}.", json=json)


@app.command()
def grant(
    tier: Tier,
    name: Annotated[str, typer.Argument(metavar="NAME", help="A user's login name.")],
    *,
    group: Annotated[bool, typer.Option("--group", help="NAME is a group.")] = False,
    role: Annotated[bool, typer.Option("--role", help="NAME is a role: all who may do what it allows.")] = False,
    project: Annotated[bool, typer.Option("--project", help="NAME is a project: all that is deployed in it.")] = False,
    expires: Annotated[
        str | None, typer.Option(metavar="TIME", help="Until when: 12h, 7d. Unless given: no end.")
    ] = None,
    reason: Why = "",
    json: Json = False,
) -> None:
    """Give a user, a group, a role or a project the right to a tier."""
    if group + role + project > 1:
        raise typer.BadParameter("give one of --group, --role and --project")
    kind = "group" if group else "role" if role else "project" if project else "user"
    seconds = seconds_of(expires, "--expires")
    with changing_client() as client:
        right = client.grant_tier(tier, name, kind=kind, expires_in_seconds=seconds, reason=reason)
    until = "" if right["expires_at"] is None else f" until {when(right['expires_at'])}"
    _say(right, f"The {kind} {name} may use the tier {tier}{until}.", json=json)


@app.command()
def revoke(
    tier: Tier,
    id: Annotated[str, typer.Argument(metavar="ID", help="As in `unshelf tiers show`.")],
    json: Json = False,
) -> None:
    """Take a right away. What runs goes on."""
    with changing_client() as client:
        client.revoke_tier(tier, id)
    _say({"id": id, "revoked": True}, f"The right {id} is taken away.", json=json)


def _set(tier: str, change: dict[str, Any], reason: str, text: str, *, json: bool) -> None:
    """Change what is given, and leave the rest as it is."""
    with changing_client() as client:
        present = {each["name"]: each for each in client.tiers()}
        if tier not in present:
            raise UnshelfError(
                f"There is no tier {tier!r}.", code="not_found", hint=f"The tiers are {', '.join(present)}."
            )
        kept = {field: present[tier][field] for field in ("price", "currency", "restricted")}
        changed = client.set_tier(tier, **(kept | change), reason=reason)
    _say(changed, text, json=json)


def _show_list(project: str | None, *, json: bool) -> None:
    with Client() as client:
        found = client.tiers(project=project)
    if json:
        print_json({"tiers": found})
        return
    rows = [
        (
            each["name"],
            f"{each['cpu']:g}",
            binary_size(each["memory_bytes"]),
            each["gpu"],
            _price(each),
            ("with a right" if each["restricted"] else "everybody") + ("" if each["may_use"] else ", not you"),
        )
        for each in found
    ]
    columns = ("name", "cores", "memory", "gpus", "price an hour", "who may")
    console().print(table("", columns, rows, right=("cores", "memory", "gpus", "price an hour")))


def _price(tier: dict[str, Any]) -> str:
    return "" if tier["price"] is None else f"{tier['price']:g} {tier['currency']}".strip()


def _say(value: Any, text: str, *, json: bool) -> None:
    if json:
        print_json(value)
    else:
        console().print(text, markup=False)
