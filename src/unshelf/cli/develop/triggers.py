"""`unshelf triggers`: things that start when something happens."""

import json as json_format
from typing import Annotated, Any

import typer

from unshelf.cli.changes import changing_client
from unshelf.cli.develop.targets import Collection, Job, Pipeline, Scoring, last_start, named, target_of
from unshelf.cli.options import Json, OfProject
from unshelf.cli.output import console, print_json, say_deleted, show_facts, table, when
from unshelf.client.client import Client
from unshelf.client.errors import UnshelfError

app = typer.Typer(
    invoke_without_command=True,
    add_completion=False,
    help="Triggers: set, list, show, call, pause, resume and delete them.",
)

Trigger = Annotated[str, typer.Argument(metavar="TRIGGER", help="The trigger's id, or its name.")]


@app.callback()
def triggers(context: typer.Context, json: Json = False) -> None:
    """List the triggers that you may see."""
    if context.invoked_subcommand is None:
        _list(None, json=json)


@app.command("list")
def list_triggers(project: OfProject = None, json: Json = False) -> None:
    """List triggers, with what each did last."""
    _list(project, json=json)


@app.command("set")
def set_trigger(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A name, of which the project has one.")],
    *,
    job: Job = None,
    pipeline: Pipeline = None,
    on: Annotated[
        str, typer.Option(metavar="ACTION", help="Such as data.added, alert.raised or release.changed; or `call`.")
    ],
    scoring: Scoring = None,
    collection: Collection = None,
    subject: Annotated[
        str, typer.Option(metavar="NAME", help="Of what, also a pattern such as orders-*. Else any.")
    ] = "",
    most_an_hour: Annotated[int, typer.Option(metavar="N", help="One that would start more often is paused.")] = 60,
    json: Json = False,
) -> None:
    """Have a job, a pipeline, a scoring or a collection run when something happens, or when somebody calls."""
    waits = {"waits_for": "call"} if on == "call" else {"waits_for": "event", "action": on, "subject": subject}
    with changing_client() as client:
        kind, target = target_of(client, job, pipeline, scoring, collection)
        made = client.set_trigger(name, target, kind=kind, most_an_hour=most_an_hour, **waits)
    if json:
        print_json(made)
        return
    console().print(f"trigger {made['id']}: {name}", markup=False)
    if on == "call":
        console().print(
            f"Call it: unshelf triggers call {made['id']}, or POST /api/v1/triggers/{made['id']}/call", markup=False
        )


@app.command()
def show(trigger: Trigger, json: Json = False) -> None:
    """Show a trigger and what it did last."""
    with Client() as client:
        found = _find(client, trigger)
        starts = client.trigger_starts(found["id"], limit=20)
    if json:
        print_json({**found, "starts": starts})
        return
    out = console()
    show_facts(out, [
        ("id", found["id"]), ("name", found["name"]), ("project", found["project"]), (found["kind"], found["target"]),
        ("waits for", _wait(found)), ("most an hour", found["most_an_hour"]), ("state", found["state"]),
        ("paused because", found["paused_because"]), ("runs as", found["runs_as"]),
    ])  # fmt: skip
    rows = [(when(each["at"]), each["because"], each["started"] or "", each["error"]) for each in starts]
    if rows:
        out.print(table("", ("time", "because", "started", "error"), rows))


@app.command()
def call(
    trigger: Trigger,
    *,
    body: Annotated[str, typer.Option(metavar="JSON", help="What the job gets as its parameter `call`.")] = "{}",
    key: Annotated[
        str | None, typer.Option(help="A name of yours for this call: the same again starts nothing.")
    ] = None,
    json: Json = False,
) -> None:
    """Call a trigger that waits for calls."""
    try:
        said = json_format.loads(body)
    except ValueError as error:
        raise typer.BadParameter(f"{body[:80]!r} is no JSON: {error}.", param_hint="--body") from None
    if not isinstance(said, dict):
        raise typer.BadParameter('It is an object, such as {"commit": "abc"}.', param_hint="--body")
    with changing_client() as client:
        started = client.call_trigger(_find(client, trigger)["id"], said, key=key)
    if json:
        print_json(started)
    elif started["started"] is None:
        raise UnshelfError(f"Nothing was started: {started['error']}")
    else:
        console().print(f"started {started['started']}", markup=False)


@app.command()
def pause(trigger: Trigger, json: Json = False) -> None:
    """Have a trigger start nothing for now."""
    _set_state(trigger, "paused", json=json)


@app.command()
def resume(trigger: Trigger, json: Json = False) -> None:
    """Have a paused trigger go on with what happens from now on."""
    _set_state(trigger, "active", json=json)


@app.command()
def delete(trigger: Trigger, json: Json = False) -> None:
    """Delete a trigger; what it started goes on."""
    with changing_client() as client:
        found = _find(client, trigger)
        client.delete_trigger(found["id"])
    say_deleted("trigger", found["id"], found["name"], json=json)


def _find(client: Client, wanted: str) -> dict[str, Any]:
    return named("trigger", wanted, client.triggers()) or client.trigger(wanted)


def _set_state(trigger: str, state: str, *, json: bool) -> None:
    with changing_client() as client:
        changed = client.set_trigger_state(_find(client, trigger)["id"], state)
    if json:
        print_json(changed)
    else:
        console().print(f"The trigger {changed['name']} is {changed['state']}.", markup=False)


def _wait(trigger: dict[str, Any]) -> str:
    if trigger["waits_for"] == "call":
        return "calls"
    return f"{trigger['action']} of {trigger['subject'] or 'anything'}"


def _list(project: str | None, *, json: bool) -> None:
    with Client() as client:
        found = client.triggers(project=project)
    if json:
        print_json({"triggers": found})
        return
    rows = [
        (each["id"], each["name"], each["project"], _wait(each), each["state"], last_start(each)) for each in found
    ]  # fmt: skip
    console().print(table("", ("id", "name", "project", "waits for", "state", "last"), rows))
