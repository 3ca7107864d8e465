"""`unshelf support`: how much a model matters, and who hears of its alerts."""

from typing import Annotated, Any

import typer

from unshelf.cli.changes import changing_client
from unshelf.cli.options import Json
from unshelf.cli.output import console, print_json, show_facts
from unshelf.client.client import Client

_FIELDS = ("level", "owner", "escalate_to", "escalate_after")


def support(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The model, or with --project the project.")],
    *,
    project: Annotated[bool, typer.Option("--project", help="NAME is a project's.")] = False,
    level: Annotated[str | None, typer.Option(metavar="LEVEL", help="best-effort, standard or critical.")] = None,
    owner: Annotated[str | None, typer.Option(metavar="USER", help="The user who answers for it.")] = None,
    owner_group: Annotated[str | None, typer.Option(metavar="GROUP", help="In place of a user: a group.")] = None,
    escalate_to: Annotated[
        str | None, typer.Option(metavar="USER", help="Who hears of an alert that nobody acknowledged.")
    ] = None,
    escalate_to_group: Annotated[str | None, typer.Option(metavar="GROUP", help="In place of a user: a group.")] = None,
    after: Annotated[
        int | None, typer.Option(min=1, max=1440, metavar="MINUTES", help="Minutes without an acknowledgement.")
    ] = None,
    clear: Annotated[bool, typer.Option("--clear", help="First forget all that is set here.")] = False,
    json: Json = False,
) -> None:
    """Show how much a model matters and who hears of its alerts, or set it; what is left out stays."""
    place: dict[str, Any] = {"project": name} if project else {"model": name}
    wanted: dict[str, Any] = {
        "level": level, "owner": _one_of(owner, owner_group, "--owner"), "escalate_after": after,
        "escalate_to": _one_of(escalate_to, escalate_to_group, "--escalate-to"),
    }  # fmt: skip
    if clear or any(value is not None for value in wanted.values()):
        with changing_client() as client:
            own = dict.fromkeys(_FIELDS) if clear else _own(client.support(**place)["own"])
            given = {name: value for name, value in wanted.items() if value is not None}
            found = client.set_support(**place, **{**own, **given})
    else:
        with Client() as client:
            found = client.support(**place)
    if json:
        print_json(found)
        return
    show_facts(console(), [
        ("level", found["level"]), ("owner", _words(found["owner"], "who deployed it, else the project's owners")),
        ("escalate to", _words(found["escalate_to"], "the project's owners")), ("after", f"{found['escalate_after']} minutes"),
    ])  # fmt: skip


def _one_of(user: str | None, group: str | None, option: str) -> tuple[str, str] | None:
    if user is not None and group is not None:
        raise typer.BadParameter("give a user or a group", param_hint=option)
    if group is not None:
        return "group", group
    return None if user is None else ("user", user)


def _own(own: dict[str, Any]) -> dict[str, Any]:
    """The settings of now, as the client takes them."""
    return {name: (value["kind"], value["name"]) if isinstance(value, dict) else value for name, value in own.items()}


def _words(contact: dict[str, str] | None, usual: str) -> str:
    return usual if contact is None else f"the {contact['kind']} {contact['name']}"
