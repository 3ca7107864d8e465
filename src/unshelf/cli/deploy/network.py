"""`unshelf network`: what the code of a model may reach, shown and changed."""

from typing import Annotated, Any

import typer

from unshelf.cli.changes import changing_client
from unshelf.cli.options import Json, Reference
from unshelf.cli.output import console, print_json, table
from unshelf.client.client import Client
from unshelf.contracts.network.grants import line_for


def network(
    ref: Reference,
    *,
    allow: Annotated[
        list[str] | None,
        typer.Option("--allow", metavar="HOST:PORT", help="A place to grant, or *.DOMAIN:PORT; repeatable."),
    ] = None,
    remove: Annotated[
        list[str] | None,
        typer.Option("--remove", metavar="HOST:PORT", help="A place to take away; repeatable."),
    ] = None,
    access: Annotated[
        str | None,
        typer.Option(
            "--access", metavar="none|full", help="none: nothing but what is granted. full: the server's network."
        ),
    ] = None,
    reason: Annotated[str, typer.Option(help="Why, for the log.")] = "",
    json: Json = False,
) -> None:
    """Show what the code of a version (NAME:3), or of all of a model's (NAME), may connect to, and what it was refused; or change it.

    A change needs no new deploy: workers with the new network are started at once, and the others finish what they do."""
    if allow or remove or access:
        with changing_client() as client:
            found = client.change_network(ref, allow=allow or (), remove=remove or (), access=access, reason=reason)
    else:
        with Client() as client:
            found = client.network(ref)
    if json:
        print_json(found)
        return
    rows = [
        (f"{found['name']}:{each['version']}", reach(each), "\n".join(each["refused"]) or " ")
        for each in found["versions"]
    ]
    console().print(table("", ("version", "may reach", "was refused of late"), rows))
    for each in found["versions"]:
        if hint := before_hint(found["name"], each):
            console().print(hint, markup=False)


def reach(network: dict[str, Any]) -> str:
    """Return what a version may reach, in words."""
    if network["access"] == "full":
        said = "; nothing was said when it was deployed" if network["source"] == "default" else ""
        return f"the server's network{said}"
    return "\n".join(network["allow"]) or "nothing"


def network_facts(name: str, network: dict[str, Any], replicas: list[dict[str, Any]]) -> list[tuple[str, Any]]:
    """Return the network of a version as facts by name."""
    reached = reach(network).replace("\n", ", ")
    facts: list[tuple[str, Any]] = [("network", reached)]
    if network["access"] == "none" and not all(_is_kept(each, network["allow"]) for each in replicas):
        facts.append(("", "this machine can't keep its code to that: `unshelf doctor` says why"))
    if hint := before_hint(name, network):
        facts.append(("", hint))
    facts += [
        ("refused", f"{place}: {line_for([place])} grants it, or `unshelf network {name} --allow {place}`")
        for place in network["refused"]
    ]
    return facts


def _is_kept(replica: dict[str, Any], allow: list[str]) -> bool:
    """Whether walls keep a worker to what it may reach: a network of its own, or, where nothing is granted, a filter without sockets."""
    walls = replica.get("walls", [])
    return any("network" in wall for wall in walls) or (not allow and "system calls filtered" in walls)


def before_hint(name: str, network: dict[str, Any]) -> str:
    """Say what to do about a version of before networks had to be granted; empty for others."""
    if network["source"] != "default" or network["access"] != "full":
        return ""
    reference = f"{name}:{network['version']}"
    return f"{reference} keeps the server's network until `unshelf network {reference} --access none`, with --allow for what it needs."
