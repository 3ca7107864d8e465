"""`unshelf requests`: ask for access, a tier or a larger quota, and decide what others ask for."""

from typing import Annotated, Any

import typer

from unshelf.cli.changes import changing_client
from unshelf.cli.durations import seconds_of
from unshelf.cli.options import Json
from unshelf.cli.output import console, print_json, short_name, table, when
from unshelf.cli.quotas.quotas import Cores, Disk, Gpus, Memory, Replicas, chosen
from unshelf.client.client import Client

app = typer.Typer(
    invoke_without_command=True,
    add_completion=False,
    help="Requests: ask for access, a tier, a quota; list, grant, refuse, withdraw.",
)

RequestId = Annotated[str, typer.Argument(metavar="ID", help="As in `unshelf requests`.")]
Whose = Annotated[str, typer.Option("--whose", metavar="WHOSE", help="mine, to_decide or all.")]
State = Annotated[
    str | None, typer.Option("--state", metavar="STATE", help="open, granted, refused, withdrawn. Unless given: all.")
]


@app.callback()
def requests(context: typer.Context, *, whose: Whose = "all", state: State = None, json: Json = False) -> None:
    """List your requests and those that you may decide, the newest first."""
    if context.invoked_subcommand is None:
        _show_list(whose, state, json=json)


@app.command("list")
def list_requests(*, whose: Whose = "all", state: State = None, json: Json = False) -> None:
    """List your requests and those that you may decide, the newest first."""
    _show_list(whose, state, json=json)


@app.command()
def access(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A model, or with --project a project.")],
    *,
    reason: Annotated[str, typer.Option(help="For who decides.")],
    role: Annotated[str, typer.Option(help="As in `unshelf roles`.")] = "caller",
    project: Annotated[bool, typer.Option("--project", help="NAME is a project.")] = False,
    json: Json = False,
) -> None:
    """Ask an owner for a role on a model or a project that you can see."""
    with changing_client() as client:
        place = {"project": name} if project else {"model": name}
        asked = client.request_access(**place, role=role, reason=reason)
    _say(asked, f"Asked: request {asked['id']}. Its owners see it in `unshelf requests`.", json=json)


@app.command()
def tier(
    name: Annotated[str, typer.Argument(metavar="TIER", help="As in `unshelf tiers`.")],
    *,
    reason: Annotated[str, typer.Option(help="For who decides.")],
    json: Json = False,
) -> None:
    """Ask for the right to a tier."""
    with changing_client() as client:
        asked = client.request_tier(name, reason=reason)
    _say(asked, f"Asked: request {asked['id']}. Approvers of the installation see it in `unshelf requests`.", json=json)


@app.command()
def quota(
    project: Annotated[str, typer.Argument(metavar="PROJECT", help="The project that needs more.")],
    *,
    reason: Annotated[str, typer.Option(help="For who decides.")],
    cores: Cores = None,
    memory: Memory = None,
    gpus: Gpus = None,
    disk: Disk = None,
    replicas: Replicas = None,
    json: Json = False,
) -> None:
    """Ask for a larger quota of a project: give each limit as it shall be."""
    wanted = chosen(cores=cores, memory=memory, gpus=gpus, disk=disk, replicas=replicas)
    if not wanted:
        raise typer.BadParameter("give at least one of --cores, --memory, --gpus, --disk and --replicas")
    with changing_client() as client:
        asked = client.request_quota(project, reason=reason, **wanted)
    _say(asked, f"Asked: request {asked['id']}. Administrators see it in `unshelf requests`.", json=json)


@app.command()
def grant(
    id: RequestId,
    *,
    expires: Annotated[
        str, typer.Option(metavar="TIME", help="Until when: 12h, 7d; `never`: until it is taken away.")
    ] = "7d",
    reason: Annotated[str, typer.Option(help="A sentence for who asked.")] = "",
    json: Json = False,
) -> None:
    """Grant a request, for a week unless --expires says otherwise."""
    seconds = None if expires == "never" else seconds_of(expires, "--expires")
    with changing_client() as client:
        granted = client.grant_request(id, expires_in_seconds=seconds, reason=reason)
    until = "" if granted["expires_at"] is None else f" until {when(granted['expires_at'])}"
    _say(granted, f"Granted{until}.", json=json)


@app.command()
def refuse(
    id: RequestId, *, reason: Annotated[str, typer.Option(help="A sentence for who asked.")], json: Json = False
) -> None:
    """Refuse a request, and say why."""
    with changing_client() as client:
        refused = client.refuse_request(id, reason=reason)
    _say(refused, "Refused.", json=json)


@app.command()
def token(
    id: RequestId,
    *,
    name: Annotated[str, typer.Option(help="What it is used for.")] = "",
    json: Json = False,
) -> None:
    """Make a token of your granted request: for what was granted alone, until it ends. It is shown once."""
    with changing_client() as client:
        made = client.request_token(id, name=name)
    until = "" if made["expires_at"] is None else f", until {when(made['expires_at'])}"
    place = ", ".join(made["models"] or made["projects"] or [])
    _say(made, f"{made['token']}\n{made['role']} of {place}{until}. This is the only time it is shown.", json=json)


@app.command()
def withdraw(id: RequestId, json: Json = False) -> None:
    """Take your own request back."""
    with changing_client() as client:
        withdrawn = client.withdraw_request(id)
    _say(withdrawn, "Withdrawn.", json=json)


def _show_list(whose: str, state: str | None, *, json: bool) -> None:
    with Client() as client:
        found = client.requests(whose=whose, state=state)
    if json:
        print_json({"requests": found})
        return
    rows = [
        (
            each["id"],
            short_name(each["asked_by"]),
            _wanted(each),
            each["model"] or (f"project {each['project']}" if each["project"] else "the installation"),
            each["reason"],
            f"{each['state']}{', yours to decide' if each['may_decide'] else ''}",
            each["next_step"] or each["decision_reason"],
        )
        for each in found
    ]
    console().print(table("", ("id", "by", "wants", "on", "reason", "state", ""), rows))


def _wanted(request: dict[str, Any]) -> str:
    """Return what is asked for, as people read it."""
    wanted = request["wanted"]
    if request["kind"] == "approval":
        about = f" of {wanted['about']}" if "about" in wanted else ""
        return f"approval{about}, pipeline run {wanted['run']}"
    return ", ".join(f"{field} {value}" for field, value in wanted.items())


def _say(value: Any, text: str, *, json: bool) -> None:
    if json:
        print_json(value)
    else:
        console().print(text, markup=False)
