"""`unshelf watching`: what one follows."""

from typing import Annotated

import typer

from unshelf.cli.options import Json, Subject
from unshelf.cli.output import console, print_json, table, when
from unshelf.client.client import Client

app = typer.Typer(
    invoke_without_command=True, add_completion=False, help="What you follow: list, follow, stop. Alone, it lists."
)


@app.callback()
def watching(context: typer.Context, json: Json = False) -> None:
    """List what you watch, and why."""
    if context.invoked_subcommand is None:
        list_watches(json=json)


@app.command("list")
def list_watches(json: Json = False) -> None:
    """List what you watch, and why."""
    with Client() as client:
        watches = client.watches()
    if json:
        print_json({"watches": watches})
        return
    if not watches:
        console().print("You follow nothing. To follow a model: unshelf watching follow NAME", markup=False)
        return
    rows = [
        (each["kind"], each["name"], "muted" if each["muted"] else "followed", each["reason"], when(each["since"]))
        for each in watches
    ]
    console().print(table("", ("kind", "name", "", "why", "since"), rows))


@app.command()
def follow(
    subject: Subject,
    mute: Annotated[
        bool, typer.Option("--mute", help="Hear nothing of it, although its project or model is followed.")
    ] = False,
    json: Json = False,
) -> None:
    """Follow something, to hear of its changes."""
    with Client() as client:
        watch = client.watch(subject, muted=mute)
    if json:
        print_json(watch)
    else:
        console().print(f"{watch['name']} is {'muted' if watch['muted'] else 'followed'}.", markup=False)


@app.command()
def stop(subject: Subject, json: Json = False) -> None:
    """Neither follow nor mute it."""
    with Client() as client:
        client.unwatch(subject)
    if json:
        print_json({"subject": subject, "watched": False})
    else:
        console().print(f"{subject} is not watched.", markup=False)
