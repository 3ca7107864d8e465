"""`unshelf alerts`: problems that were found, what one may do about them, and what is done without anybody."""

from collections import Counter
from typing import Annotated, Any

import typer
from rich.console import Console

from unshelf.cli.changes import changing_client
from unshelf.cli.durations import moment_of, seconds_of
from unshelf.cli.options import Json
from unshelf.cli.output import console, print_json, say_deleted, short_name, show_facts, table, when
from unshelf.client.client import Client
from unshelf.contracts.machine import MachineCheck

app = typer.Typer(
    invoke_without_command=True,
    add_completion=False,
    help="Alerts: list, show, acknowledge, snooze, assign, decide; and policies that act without anybody.",
)

Id = Annotated[str, typer.Argument(metavar="ID", help="The alert's id.")]
Model = Annotated[str | None, typer.Option(metavar="NAME", help="Those of one model.")]
Project = Annotated[str | None, typer.Option(metavar="NAME", help="Those of one project.")]
Because = Annotated[str, typer.Option(metavar="TEXT", help="Why, for those who look later.")]
_MOST_REASONS = 3


@app.callback()
def alerts(context: typer.Context, json: Json = False) -> None:
    """List the open alerts that concern you."""
    if context.invoked_subcommand is None:
        list_alerts(json=json)


@app.command("list")
def list_alerts(
    *,
    state: Annotated[str, typer.Option(metavar="STATE", help="open, active, resolved or all.")] = "open",
    model: Model = None,
    project: Project = None,
    severity: Annotated[str | None, typer.Option(metavar="SEVERITY", help="warning or critical.")] = None,
    kind: Annotated[str | None, typer.Option(metavar="KIND", help="Those of one kind, such as errors_high.")] = None,
    mine: Annotated[bool, typer.Option("--mine", help="Those that you answer for, or were given.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many, the newest first.")] = 100,
    json: Json = False,
) -> None:
    """List alerts, the newest first."""
    with Client() as client:
        found = client.alerts(
            state=state, model=model, limit=limit, project=project, severity=severity, kind=kind, mine=mine or None
        )
    if json:
        print_json({"alerts": found})
        return
    rows = [
        (each["id"], each["severity"], each["status"], _of(each), each["summary"], when(each["raised_at"]))
        for each in found
    ]  # fmt: skip
    console().print(table("", ("id", "severity", "status", "of", "what is wrong", "raised"), rows))


@app.command()
def show(id: Id, json: Json = False) -> None:
    """Show an alert, what one may do about it, ranked, and what was chosen so far."""
    with Client() as client:
        alert, card = client.alert(id), client.alert_card(id)
    if json:
        print_json({**alert, "card": card})
        return
    out = console()
    out.print(alert["summary"], style="bold", markup=False)
    given = alert["assignee"]
    show_facts(out, [
        ("of", _of(alert)), ("kind", alert["kind"]), ("severity", alert["severity"]),
        ("status", alert["status"]), ("since", when(card["since"])), ("advice", alert["advice"]),
        ("owner", short_name(alert["owner"])), ("given to", "" if given is None else f"{given['kind']} {given['name']}"),
        ("acknowledged", "" if not alert["acknowledged_by"] else short_name(alert["acknowledged_by"])),
        ("snoozed until", "" if not alert["snoozed_until"] else when(alert["snoozed_until"])),
        ("over because", alert["resolved_because"]),
    ])  # fmt: skip
    _show_columns(out, alert["evidence"])
    _show_options(out, card["options"])
    for each in card["decisions"]:
        who = f"{when(each['at'])} {short_name(each['by'])}"
        out.print(f"{who} chose {each['choice']}: {each['outcome']} {each['reason']}".rstrip(), markup=False)


@app.command()
def acknowledge(id: Id, json: Json = False) -> None:
    """Say that you look after an alert: it is not escalated any more."""
    with changing_client() as client:
        _said(client.acknowledge_alert(id), "is acknowledged", json=json)


@app.command()
def snooze(
    id: Id,
    *,
    span: Annotated[str | None, typer.Option("--for", metavar="TIME", help="How long: 30m, 12h, 3d.")] = None,
    until: Annotated[str | None, typer.Option(metavar="MOMENT", help="Until when, such as 2027-03-31T08:00.")] = None,
    json: Json = False,
) -> None:
    """Have nobody hear of an alert for a while; if it is open after that, people hear of it anew."""
    if (span is None) == (until is None):
        raise typer.BadParameter("give --for or --until", param_hint="--for")
    with changing_client() as client:
        changed = client.snooze_alert(id, seconds=seconds_of(span, "--for"), until=moment_of(until, "--until"))
    _said(changed, f"is snoozed until {when(changed['snoozed_until'])}", json=json)


@app.command()
def wake(id: Id, json: Json = False) -> None:
    """End a snooze."""
    with changing_client() as client:
        _said(client.wake_alert(id), "is awake", json=json)


@app.command()
def assign(
    id: Id,
    user: Annotated[str | None, typer.Argument(metavar="USER", help="The login name of who is to have it.")] = None,
    *,
    group: Annotated[str | None, typer.Option(metavar="NAME", help="In place of a user: a group.")] = None,
    nobody: Annotated[bool, typer.Option("--nobody", help="Give it to nobody in particular.")] = False,
    json: Json = False,
) -> None:
    """Give an alert to a user or a group, who hear of it."""
    if [user is not None, group is not None, nobody].count(True) != 1:
        raise typer.BadParameter("give a USER, --group or --nobody", param_hint="USER")
    with changing_client() as client:
        changed = client.assign_alert(id, user or group, kind="user" if group is None else "group")
    given = changed["assignee"]
    to = "nobody in particular" if given is None else f"the {given['kind']} {given['name']}"
    _said(changed, f"is given to {to}", json=json)


@app.command()
def decide(
    id: Id,
    choice: Annotated[
        str, typer.Argument(metavar="CHOICE", help="An option of `unshelf alerts show`, such as rollback.")
    ],
    *,
    because: Because = "",
    version: Annotated[int | None, typer.Option(min=1, metavar="N", help="With replace: the version.")] = None,
    target: Annotated[str | None, typer.Option(metavar="ID", help="With retrain: the pipeline.")] = None,
    json: Json = False,
) -> None:
    """Carry out an option of an alert's card; who chose it and why is kept with the alert."""
    with changing_client() as client:
        made = client.decide_alert(id, choice, reason=because, version=version, target=target)
    if json:
        print_json(made)
    else:
        console().print(made["outcome"], markup=False)


@app.command()
def ignore(id: Id, *, because: Because = "", json: Json = False) -> None:
    """Hear no more of an alert until it changes: the same as `decide ID ignore`."""
    decide(id, "ignore", because=because, json=json)


@app.command()
def heed(id: Id, json: Json = False) -> None:
    """Take back that an alert is ignored."""
    with changing_client() as client:
        _said(client.heed_alert(id), "is not ignored any more", json=json)


@app.command()
def policies(model: Model = None, project: Project = None, json: Json = False) -> None:
    """List policies: what is done about alerts without anybody."""
    with Client() as client:
        found = client.alert_policies(model=model, project=project)
    if json:
        print_json({"policies": found})
        return
    rows = [
        (each["id"], each["name"], each["model"] or f"all of {each['project']}", ", ".join(each["kinds"]), each["severity"], each["act"],
         when(each["last_at"]), each["last_error"] or each["last_outcome"])
        for each in found
    ]  # fmt: skip
    console().print(table("", ("id", "name", "of", "kinds", "from", "does", "last", "came of it"), rows))


@app.command("add-policy")
def add_policy(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A name, of which the project has one.")],
    *,
    act: Annotated[str, typer.Option("--do", metavar="ACT", help="pause, rollback or start.")],
    kind: Annotated[list[str], typer.Option(metavar="KIND", help="A kind of alert that it answers; repeatable.")],
    model: Annotated[str | None, typer.Option(metavar="NAME", help="The model whose alerts it answers.")] = None,
    project: Annotated[str | None, typer.Option(metavar="NAME", help="In place of a model: all of a project.")] = None,
    severity: Annotated[str, typer.Option(metavar="SEVERITY", help="The least: warning or critical.")] = "critical",
    pipeline: Annotated[str | None, typer.Option(metavar="NAME", help="With start: the pipeline, or its id.")] = None,
    collection: Annotated[
        str | None, typer.Option(metavar="ID", help="With start: the collection of predictions that is done again.")
    ] = None,
    job: Annotated[str | None, typer.Option(metavar="ID", help="With start: the job that is run again.")] = None,
    hours: Annotated[int, typer.Option(min=1, max=168, help="It acts once on a model within these.")] = 24,
    json: Json = False,
) -> None:
    """Have alerts answered without anybody. It needs your rights, for as long as it stands."""
    with changing_client() as client:
        start = ("job", job) if job is not None else None
        if collection is not None:
            start = ("collection", collection)
        elif pipeline is not None:
            start = ("pipeline", client.pipelines.find(pipeline, project=project)["id"])
        made = client.set_alert_policy(
            name, act, kinds=kind, model=model, project=project, severity=severity, start=start, hours=hours
        )
    if json:
        print_json(made)
    else:
        console().print(f"policy {made['id']}: {name}", markup=False)


@app.command("delete-policy")
def delete_policy(
    id: Annotated[str, typer.Argument(metavar="ID", help="The policy's id.")], json: Json = False
) -> None:
    """Delete a policy: from then on nothing is done without anybody."""
    with changing_client() as client:
        client.delete_alert_policy(id)
    say_deleted("policy", id, id, json=json)


def alert_check(alert: dict[str, Any]) -> MachineCheck:
    """Show an alert as one of `unshelf doctor`'s checks."""
    found = {} if alert["kind"].startswith("machine_") else alert["evidence"]  # the summary of such a one says it all
    evidence = ", ".join(f"{name}={value}" for name, value in found.items())
    return MachineCheck(
        name=alert["kind"],
        state="fail" if alert["severity"] == "critical" else "warn",
        detail=f"{alert['summary']} ({evidence})" if evidence else alert["summary"].removesuffix("."),
        hint=f"{alert['action']}: {alert['advice']}",
    )


def alert_line(alert: dict[str, Any]) -> str:
    """Return an alert in a line."""
    return f"{alert['severity']}: {alert['summary']} {alert['action']}: {alert['advice']}"


def by_model(alerts: list[dict[str, Any]]) -> Counter[str]:
    """How many alerts each model has."""
    return Counter(alert["model"] for alert in alerts if alert["model"])


def _said(alert: dict[str, Any], what: str, *, json: bool) -> None:
    if json:
        print_json(alert)
    else:
        console().print(f"The alert {alert['id']} {what}.", markup=False)


def _show_columns(out: Console, evidence: dict[str, Any]) -> None:
    columns = [each for each in evidence.get("columns") or [] if isinstance(each, dict)]
    rows = [
        (each.get("column"), each.get("measure"), each.get("value"), each.get("threshold"), each.get("say"))
        for each in columns
    ]
    if rows:
        out.print(
            table("", ("column", "measure", "value", "threshold", "what it says"), rows, right=("value", "threshold"))
        )


def _show_options(out: Console, options: list[dict[str, Any]]) -> None:
    rows = []
    for each in options:
        reasons = sorted(each["reasons"], key=lambda reason: -abs(reason["points"]))[:_MOST_REASONS]
        why = " ".join(f"{reason['say']} ({reason['points']:+d})" for reason in reasons)
        rows.append((each["name"], each["score"], each["title"], why, each["command"]))
    if rows:
        out.print(table("", ("option", "score", "what", "why", "command"), rows, right=("score",)))


def _of(alert: dict[str, Any]) -> str:
    """The model, project or installation that an alert is about."""
    return str(alert["model"] or (f"the project {alert['project']}" if alert.get("project") else "the installation"))
