"""`unshelf notifications`: list them, mark them read, choose how you get them."""

from typing import Annotated, Any

import typer

from unshelf.cli.changes import changing_client
from unshelf.cli.options import Json
from unshelf.cli.output import console, print_json, table, when
from unshelf.client.client import Client

app = typer.Typer(
    invoke_without_command=True,
    add_completion=False,
    help="Notifications: list them, mark them read, choose how you get them.",
)

Channel = bool | None


@app.callback()
def notifications(context: typer.Context, json: Json = False) -> None:
    """List the newest of your notifications."""
    if context.invoked_subcommand is None:
        _show(unread=False, limit=20, json=json)


@app.command("list")
def list_notifications(
    unread: Annotated[bool, typer.Option("--unread", help="Only what is unread.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many, the newest first.")] = 20,
    json: Json = False,
) -> None:
    """List your notifications, the newest first."""
    _show(unread=unread, limit=limit, json=json)


@app.command()
def read(
    ids: Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="Unless given: all.")] = None,
    json: Json = False,
) -> None:
    """Mark notifications read."""
    with changing_client() as client:
        count = client.mark_notifications_read(ids or None)
    if json:
        print_json({"read": count})
    else:
        console().print(f"{count} marked read.", markup=False)


@app.command()
def choices(json: Json = False) -> None:
    """List the kinds of notification, and how you get each."""
    with Client() as client:
        found = client.notification_choices()
    if json:
        print_json({"choices": found})
        return
    rows = [
        (each["kind"], each["inbox"], each["email"], each["webhook"], "" if each["chosen"] else "as default", each["description"])
        for each in found
    ]  # fmt: skip
    console().print(table("", ("kind", "inbox", "e-mail", "webhook", "chosen", ""), rows))


@app.command()
def choose(
    kind: Annotated[str, typer.Argument(metavar="KIND", help="A kind, or `default` for all without a choice.")],
    *,
    inbox: Annotated[Channel, typer.Option("--inbox/--no-inbox", help="Into your inbox.")] = None,
    email: Annotated[Channel, typer.Option("--email/--no-email", help="To the address of your account.")] = None,
    webhook: Annotated[Channel, typer.Option("--webhook/--no-webhook", help="To your own webhooks.")] = None,
    json: Json = False,
) -> None:
    """Choose how you get notifications of a kind; what you don't say stays as it is."""
    with changing_client() as client:
        now: dict[str, Any] = next((each for each in client.notification_choices() if each["kind"] == kind), {})
        wanted = {
            name: bool(now.get(name, True)) if value is None else value
            for name, value in (("inbox", inbox), ("email", email), ("webhook", webhook))
        }
        chosen = client.choose_notifications(kind, **wanted)
    if json:
        print_json(chosen)
        return
    ways = ", ".join(name for name in ("inbox", "email", "webhook") if chosen[name]) or "not at all"
    console().print(f"{kind}: {ways}", markup=False)


def _show(*, unread: bool, limit: int, json: bool) -> None:
    with Client() as client:
        found = client.notifications(unread=unread, limit=limit)
    if json:
        print_json(found)
        return
    out = console()
    if not found["notifications"]:
        out.print("There are no notifications.", markup=False)
        return
    rows = [
        (each["id"], when(each["created_at"]), " " if each["read_at"] else "unread", each["kind"], each["title"])
        for each in found["notifications"]
    ]
    out.print(table("", ("id", "time", "", "kind", ""), rows))
    out.print(f"{found['unread']} unread", markup=False)
