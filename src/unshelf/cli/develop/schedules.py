"""`unshelf schedules`: things that start by the clock."""

from datetime import datetime
from enum import Enum
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer

from unshelf.cli.changes import changing_client
from unshelf.cli.develop.targets import Collection, Job, Pipeline, Scoring, last_start, named, target_of
from unshelf.cli.options import Json, OfProject
from unshelf.cli.output import console, print_json, say_deleted, show_facts, table, when
from unshelf.client.client import Client

app = typer.Typer(
    invoke_without_command=True,
    add_completion=False,
    help="Schedules: set, list, show, change, pause, resume and delete them.",
)


class CatchUp(str, Enum):
    """The ways to deal with moments that were missed."""

    skip = "skip"
    latest = "latest"
    all = "all"


Schedule = Annotated[str, typer.Argument(metavar="SCHEDULE", help="The schedule's id, or its name.")]
Cron = typer.Option(metavar="CRON", help='Such as "30 6 * * MON-FRI" (half past six on working days) or @daily.')
TimeZone = typer.Option("--time-zone", metavar="ZONE", help="The time zone that it is read in, such as Europe/Berlin.")
Missed = typer.Option("--catch-up", help="Moments that were missed: skip them, make up for the latest, or for all.")


@app.callback()
def schedules(context: typer.Context, json: Json = False) -> None:
    """List the schedules that you may see."""
    if context.invoked_subcommand is None:
        _list(None, json=json)


@app.command("list")
def list_schedules(project: OfProject = None, json: Json = False) -> None:
    """List schedules, with what each did last and does next."""
    _list(project, json=json)


@app.command("set")
def set_schedule(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A name, of which the project has one.")],
    *,
    job: Job = None,
    pipeline: Pipeline = None,
    cron: Annotated[str, Cron],
    scoring: Scoring = None,
    collection: Collection = None,
    time_zone: Annotated[str, TimeZone] = "UTC",
    catch_up: Annotated[CatchUp, Missed] = CatchUp.latest,
    json: Json = False,
) -> None:
    """Have a job, a pipeline, a scoring or a collection run again and again."""
    with changing_client() as client:
        kind, target = target_of(client, job, pipeline, scoring, collection)
        made = client.set_schedule(name, target, cron, kind=kind, time_zone=time_zone, catch_up=catch_up.value)
    if json:
        print_json(made)
        return
    console().print(f"schedule {made['id']}: {name}, next at {when(made['next_at'])}", markup=False)


@app.command()
def show(schedule: Schedule, json: Json = False) -> None:
    """Show a schedule and what it did last."""
    with Client() as client:
        found = _find(client, schedule)
        starts = client.schedule_starts(found["id"], limit=20)
    if json:
        print_json({**found, "starts": starts})
        return
    out = console()
    show_facts(out, [
        ("id", found["id"]), ("name", found["name"]), ("project", found["project"]), (found["kind"], found["target"]),
        ("schedule", f"{found['cron']} ({found['time_zone']})"), ("missed moments", found["catch_up"]),
        ("state", found["state"]), ("paused because", found["paused_because"]), ("next", when(found["next_at"])),
        ("runs as", found["runs_as"]),
    ])  # fmt: skip
    rows = [(when(each["due_at"]), each["started"] or "", each["error"]) for each in starts]
    if rows:
        out.print(table("", ("due", "started", "error"), rows))


@app.command()
def change(
    schedule: Schedule,
    *,
    cron: Annotated[str | None, Cron] = None,
    time_zone: Annotated[str | None, TimeZone] = None,
    catch_up: Annotated[CatchUp | None, Missed] = None,
    job: Annotated[str | None, typer.Option(metavar="ID", help="The job that is run again from now on.")] = None,
    json: Json = False,
) -> None:
    """Change a schedule. From then on it starts by your rights."""
    wanted = {"cron": cron, "time_zone": time_zone, "catch_up": catch_up and catch_up.value, "target": job}
    _change(schedule, {field: value for field, value in wanted.items() if value is not None}, json=json)


@app.command()
def pause(schedule: Schedule, json: Json = False) -> None:
    """Have a schedule start nothing for now."""
    _change(schedule, {"state": "paused"}, json=json)


@app.command()
def resume(schedule: Schedule, json: Json = False) -> None:
    """Have a paused schedule go on with its next moment."""
    _change(schedule, {"state": "active"}, json=json)


@app.command()
def delete(schedule: Schedule, json: Json = False) -> None:
    """Delete a schedule; what it started goes on."""
    with changing_client() as client:
        found = _find(client, schedule)
        client.delete_schedule(found["id"])
    say_deleted("schedule", found["id"], found["name"], json=json)


@app.command()
def preview(
    cron: Annotated[str, typer.Argument(metavar="CRON", help='Such as "30 6 * * MON-FRI" or @daily.')],
    *,
    time_zone: Annotated[str, TimeZone] = "UTC",
    json: Json = False,
) -> None:
    """Show the next moments that a timetable names; nothing is set."""
    with Client() as client:
        found = client.preview_timetable(cron, time_zone=time_zone)
    if json:
        print_json(found)
        return
    for moment in found["next"]:
        console().print(_in_zone(moment, time_zone), markup=False)


def _in_zone(moment: str, time_zone: str) -> str:
    """Return a moment as the clocks of a zone show it; in local time on a machine that does not know the zone."""
    try:
        zone = ZoneInfo(time_zone)
    except ZoneInfoNotFoundError:
        return when(moment)
    there = datetime.fromisoformat(moment.replace("Z", "+00:00")).astimezone(zone)
    return there.strftime("%a %Y-%m-%d %H:%M %Z")


def _find(client: Client, wanted: str) -> dict[str, Any]:
    return named("schedule", wanted, client.schedules()) or client.schedule(wanted)


def _change(schedule: str, changes: dict[str, str], *, json: bool) -> None:
    with changing_client() as client:
        changed = client.change_schedule(_find(client, schedule)["id"], **changes)
    if json:
        print_json(changed)
        return
    console().print(
        f"The schedule {changed['name']} is {changed['state']}, next at {when(changed['next_at'])}.", markup=False
    )


def _list(project: str | None, *, json: bool) -> None:
    with Client() as client:
        found = client.schedules(project=project)
    if json:
        print_json({"schedules": found})
        return
    rows = [
        (each["id"], each["name"], each["project"], each["cron"], each["time_zone"], each["state"], when(each["next_at"]), last_start(each))
        for each in found
    ]  # fmt: skip
    console().print(table("", ("id", "name", "project", "schedule", "time zone", "state", "next", "last"), rows))
