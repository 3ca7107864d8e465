"""`unshelf quotas`: how much of the machine projects, people and the installation may use, and what they use."""

import re
from typing import Annotated, Any

import typer

from unshelf.cli.changes import changing_client
from unshelf.cli.options import Json
from unshelf.cli.output import binary_size, console, print_json, table
from unshelf.cli.params import finite
from unshelf.client.client import Client

app = typer.Typer(
    invoke_without_command=True, add_completion=False, help="Quotas: list, show, set and remove them; what is used."
)

Cores = Annotated[
    float | None, typer.Option(metavar="N", min=0, help="Cores of all replicas together.", callback=finite)
]
Memory = Annotated[str | None, typer.Option(metavar="SIZE", help="Memory of all replicas together: 64GiB.")]
Gpus = Annotated[int | None, typer.Option(metavar="N", min=0, help="GPUs of all replicas together.")]
Disk = Annotated[str | None, typer.Option(metavar="SIZE", help="Files of versions and datasets: 500GiB.")]
Replicas = Annotated[int | None, typer.Option(metavar="N", min=0, help="Replicas that may run.")]
OfProject = Annotated[
    str | None, typer.Option("--project", metavar="NAME", help="Of this project; '*': of each without its own.")
]
OfUser = Annotated[
    str | None, typer.Option("--user", metavar="NAME", help="Of this user; '*': of each without their own.")
]
OfInstallation = Annotated[bool, typer.Option("--installation", help="Of the whole installation.")]

_UNITS = {"": 1, "b": 1, "kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30, "tib": 1 << 40, "kb": 10**3, "mb": 10**6}
_UNITS |= {"gb": 10**9, "tb": 10**12}
_NAMES = {"cores": "cores", "memory_bytes": "memory", "gpus": "GPUs", "disk_bytes": "disk", "replicas": "replicas"}


@app.callback()
def quotas(context: typer.Context, json: Json = False) -> None:
    """List the quotas that were set, with what is used."""
    if context.invoked_subcommand is None:
        _show_list(json=json)


@app.command("list")
def list_quotas(json: Json = False) -> None:
    """List the quotas that were set, with what is used."""
    _show_list(json=json)


@app.command()
def show(
    project: Annotated[
        str | None, typer.Argument(metavar="PROJECT", help="A project. Unless given: your own quota.")
    ] = None,
    json: Json = False,
) -> None:
    """Show the quota of a project, or your own, with what is used of it."""
    with Client() as client:
        found = client.own_quota() if project is None else client.project_quota(project)
    if json:
        print_json(found)
        return
    if found is None:
        console().print("This key belongs to nobody, and counts to its project alone.", markup=False)
        return
    limits = found["limits"] or {}
    rows = [
        (name, _amount(field, found["used"][field]), _amount(field, limits.get(field)) or "no limit")
        for field, name in _NAMES.items()
    ]
    console().print(table("", ("", "used", "allowed"), rows, right=("used", "allowed")))
    for each in found["increases"]:
        until = "" if each["expires_at"] is None else f" until {each['expires_at']}"
        console().print(f"Raised by the request {each['request']}{until}.", markup=False)


@app.command("set")
def set_quota(
    *,
    project: OfProject = None,
    user: OfUser = None,
    installation: OfInstallation = False,
    cores: Cores = None,
    memory: Memory = None,
    gpus: Gpus = None,
    disk: Disk = None,
    replicas: Replicas = None,
    json: Json = False,
) -> None:
    """Set a quota, in place of an earlier one: what is not given is not limited."""
    _check_account(project, user, installation=installation)
    limits = chosen(cores=cores, memory=memory, gpus=gpus, disk=disk, replicas=replicas)
    if not limits:
        raise typer.BadParameter("give at least one of --cores, --memory, --gpus, --disk and --replicas")
    with changing_client() as client:
        found = client.set_quota(project=project, user=user, **limits)
    if json:
        print_json(found)
    else:
        console().print(f"{_title(found)}: {usage_line(found)}.", markup=False)


@app.command()
def remove(
    *, project: OfProject = None, user: OfUser = None, installation: OfInstallation = False, json: Json = False
) -> None:
    """Remove a quota, with the increases that were granted."""
    _check_account(project, user, installation=installation)
    with changing_client() as client:
        client.remove_quota(project=project, user=user)
    if json:
        print_json({"project": project, "user": user, "removed": True})
    else:
        console().print("The quota is removed.", markup=False)


def chosen(
    *, cores: float | None, memory: str | None, gpus: int | None, disk: str | None, replicas: int | None
) -> dict[str, Any]:
    """Return the limits that were given, as the client takes them."""
    given = {
        "cores": cores, "memory_bytes": _bytes_of(memory, "--memory"), "gpus": gpus,
        "disk_bytes": _bytes_of(disk, "--disk"), "replicas": replicas,
    }  # fmt: skip
    return {name: value for name, value in given.items() if value is not None}


def usage_line(quota: dict[str, Any]) -> str:
    """Return what is used of what is allowed, on one line; empty without limits."""
    limits = quota["limits"] or {}
    return ", ".join(
        f"{name} {_amount(field, quota['used'][field])} of {_amount(field, limits[field])}"
        for field, name in _NAMES.items()
        if limits.get(field) is not None
    )


def _amount(field: str, value: float | None) -> str:
    if value is None:
        return ""
    return binary_size(value) if field.endswith("_bytes") else f"{value:g}"


def _bytes_of(text: str | None, option: str) -> int | None:
    if text is None:
        return None
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([a-zA-Z]*)", text.strip())
    if found is None or found[2].lower() not in _UNITS:
        raise typer.BadParameter(f"{text!r} is no size; write 512MiB, 64GiB or 1TiB.", param_hint=option)
    return int(float(found[1]) * _UNITS[found[2].lower()])


def _check_account(project: str | None, user: str | None, *, installation: bool) -> None:
    if (project is not None) + (user is not None) + installation != 1:
        raise typer.BadParameter("give one of --project NAME, --user NAME and --installation")


def _title(quota: dict[str, Any]) -> str:
    if quota["kind"] == "installation":
        return "installation"
    return f"each {quota['kind']}" if quota["name"] == "*" else f"{quota['kind']} {quota['name']}"


def _show_list(*, json: bool) -> None:
    with Client() as client:
        found = client.quotas()
    if json:
        print_json({"quotas": found})
        return
    rows = [(_title(each), *(_share(each, field) for field in _NAMES), each["set_by"]) for each in found]
    console().print(table("", ("of", *_NAMES.values(), "by"), rows, right=tuple(_NAMES.values())))


def _share(quota: dict[str, Any], field: str) -> str:
    limit = _amount(field, (quota["limits"] or {}).get(field))
    if not limit:
        return ""
    is_for_all = quota["name"] == "*" and quota["kind"] != "installation"
    return limit if is_for_all else f"{_amount(field, quota['used'][field])} of {limit}"
