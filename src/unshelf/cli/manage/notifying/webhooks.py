"""`unshelf webhooks`: addresses that notifications are sent to."""

from typing import Annotated

import typer

from unshelf.cli.changes import changing_client
from unshelf.cli.options import Json
from unshelf.cli.output import console, print_json, say_deleted, table, when
from unshelf.client.client import Client

app = typer.Typer(
    invoke_without_command=True,
    add_completion=False,
    help="Webhooks: list, add, try, enable, disable and delete them, and see what was sent.",
)

Id = Annotated[str, typer.Argument(metavar="ID", help="The webhook's id.")]
Project = Annotated[str | None, typer.Option(metavar="NAME", help="Those of a project. Unless given: your own.")]


@app.callback()
def webhooks(context: typer.Context, json: Json = False) -> None:
    """List your own webhooks."""
    if context.invoked_subcommand is None:
        _show(None, json=json)


@app.command("list")
def list_webhooks(project: Project = None, json: Json = False) -> None:
    """List webhooks with their state."""
    _show(project, json=json)


@app.command()
def add(
    url: Annotated[str, typer.Argument(metavar="URL", help="Where to send: https://…")],
    *,
    project: Project = None,
    kind: Annotated[
        list[str] | None, typer.Option(metavar="KIND", help="A kind to send; repeatable. Else all.")
    ] = None,
    format: Annotated[
        str, typer.Option(metavar="FORMAT", help="unshelf, or slack for a chat's incoming webhook.")
    ] = "unshelf",
    json: Json = False,
) -> None:
    """Register a webhook. Its secret is shown this once."""
    with changing_client() as client:
        made = client.register_webhook(url, kinds=kind or [], project=project, format=format)
    if json:
        print_json(made)
        return
    out = console()
    out.print(f"webhook {made['id']}", markup=False)
    out.print(f"secret  {made['secret']}", markup=False)
    out.print("The secret is not shown again; receivers check signatures with it.", markup=False)
    out.print(f"Try it: unshelf webhooks test {made['id']}", markup=False)


@app.command()
def test(id: Id, json: Json = False) -> None:
    """Send something to a webhook, once."""
    with changing_client() as client:
        sent = client.test_webhook(id)
    if json:
        print_json(sent)
    else:
        console().print(f"On its way as {sent['id']}: unshelf webhooks deliveries {id}", markup=False)


@app.command()
def deliveries(
    id: Id,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many, the newest first.")] = 20,
    json: Json = False,
) -> None:
    """List what was sent to a webhook and what waits, the newest first."""
    with Client() as client:
        found = client.webhook_deliveries(id, limit=limit)
    if json:
        print_json({"deliveries": found})
        return
    rows = [
        (when(each["created_at"]), each["kind"], each["state"], each["attempts"], each["status"], each["error"], when(each["next_at"]))
        for each in found
    ]  # fmt: skip
    console().print(table("", ("time", "kind", "state", "attempts", "status", "error", "again"), rows))


@app.command()
def enable(id: Id, json: Json = False) -> None:
    """Have a webhook get notifications again."""
    _set_state(id, "active", json=json)


@app.command()
def disable(id: Id, json: Json = False) -> None:
    """Have a webhook get nothing for now."""
    _set_state(id, "disabled", json=json)


@app.command()
def delete(id: Id, json: Json = False) -> None:
    """Delete a webhook; what waits for it is not sent any more."""
    with changing_client() as client:
        client.delete_webhook(id)
    say_deleted("webhook", id, id, json=json)


def _set_state(id: str, state: str, *, json: bool) -> None:
    with changing_client() as client:
        changed = client.change_webhook(id, state=state)
    if json:
        print_json(changed)
    else:
        console().print(f"The webhook {id} is {state}.", markup=False)


def _show(project: str | None, *, json: bool) -> None:
    with Client() as client:
        found = client.webhooks(project)
    if json:
        print_json({"webhooks": found})
        return
    rows = [
        (
            each["id"],
            each["url"],
            each["state"],
            ", ".join(each["kinds"]) or "all",
            each["format"],
            when(each["failing_since"]),
        )
        for each in found
    ]
    console().print(table("", ("id", "url", "state", "kinds", "format", "failing since"), rows))
