"""`unshelf deploys`: deploys that run and those that are over; follow one, or cancel it."""

from typing import Annotated, Any

import typer

from unshelf.cli.changes import changing_client
from unshelf.cli.deploy.interrupts import leave
from unshelf.cli.deploy.progress import failures_as_lines, progress, show_end
from unshelf.cli.options import Json
from unshelf.cli.output import console, print_json, table, when
from unshelf.client.client import Client
from unshelf.client.errors import DeployFailed

_ENDED_SHOWN = 10

app = typer.Typer(
    invoke_without_command=True, add_completion=False, help="Deploys: list them, follow one, cancel one."
)  # fmt: skip

DeployId = Annotated[str, typer.Argument(metavar="ID", help="The deploy's id, as `unshelf deploys` shows it.")]


All = Annotated[bool, typer.Option("--all", help="All that are kept, not only the last ten that are over.")]
OfModel = Annotated[str | None, typer.Option(metavar="NAME", help="Only those of this model.")]


@app.callback()
def deploys(context: typer.Context, *, all: All = False, model: OfModel = None, json: Json = False) -> None:
    """List deploys: first those that run, then those that are over, each the newest first."""
    if context.invoked_subcommand is None:
        list_deploys(all=all, model=model, json=json)


@app.command("list")
def list_deploys(*, all: All = False, model: OfModel = None, json: Json = False) -> None:
    """List deploys: the same as `unshelf deploys`."""
    with Client() as client:
        found = client.deploys(state="running", model=model)
        found += client.deploys(state="ended", model=model, limit=None if all else _ENDED_SHOWN)
    if json:
        print_json({"deploys": found})
        return
    if not found:
        console().print("No deploys yet. Begin one: unshelf deploy PATH")
        return
    rows = [
        (deploy["id"], deploy["name"], deploy["by"], when(deploy["created_at"]), _state(deploy), _how_far(deploy))
        for deploy in found
    ]
    console().print(table("", ("id", "model", "by", "since", "state", "step"), rows))


@app.command()
def attach(id: DeployId, *, json: Json = False) -> None:
    """Follow a deploy from its first step to its end, as `unshelf deploy` shows it. Ctrl-C leaves it running."""
    out = console()
    with Client() as client, failures_as_lines(json=json):
        try:
            with progress(out, json=json) as report:
                deployed = client.attach(id, report=report)
        except KeyboardInterrupt:
            leave(id)
        show_end(client, out, deployed, json=json)


@app.command()
def cancel(id: DeployId, *, json: Json = False) -> None:
    """End a running deploy, and wait until nothing of it is left."""
    with changing_client() as client:
        client.cancel_deploy(id)
        try:
            client.attach(id)
        except DeployFailed as error:
            if error.code != "cancelled":
                raise
        state = client.deploy_state(id)
    if json:
        print_json(state)
    else:
        console().print(f"The deploy {id} of {state['name']} is cancelled; nothing of it is left.", soft_wrap=True)


def _state(deploy: dict[str, Any]) -> str:
    """Return the state as people say it: a deploy that was cancelled has not failed."""
    error = deploy["error"]
    return "cancelled" if error and error.get("code") == "cancelled" else str(deploy["state"])


def _how_far(deploy: dict[str, Any]) -> str:
    dry = "dry run: " if deploy["dry_run"] else ""
    if error := deploy["error"]:
        return f"{dry}{error['step']}: {error['detail']}"
    if deploy["state"] == "done":
        live = ", live" if deploy["live"] else ""
        return f"{dry}it can be deployed" if dry else f"{deploy['name']}:{deploy['version']}{live}"
    steps = deploy["steps"]
    return f"{dry}{steps[-1]['step']} {steps[-1]['detail']}".rstrip() if steps else f"{dry}waits for its turn"
