"""`unshelf release`, `rollback`, `pause`, `resume`: which versions get a model's traffic."""

from typing import Annotated, Any

import typer

from unshelf.cli.changes import changing_client
from unshelf.cli.options import Json, Name, Reference
from unshelf.cli.output import console, print_json
from unshelf.client.client import Client


def release(
    name: Name,
    version: Annotated[int, typer.Argument(metavar="VERSION", min=1, help="The version's number.")],
    percent: Annotated[
        float, typer.Option(min=0, max=100, help="Its share; the rest stays with the present versions, scaled.")
    ] = 100.0,
    json: Json = False,
) -> None:
    """Give a version the traffic that comes by NAME, or a share of it."""
    with changing_client() as client:
        client.release(name, version, percent=percent)
        _tell(client, name, json=json)


def rollback(name: Name, json: Json = False) -> None:
    """Go back to the release before this one."""
    with changing_client() as client:
        client.rollback(name)
        _tell(client, name, json=json)


def pause(ref: Reference, json: Json = False) -> None:
    """Answer 503 in place of predictions: of the whole model (NAME) or of one version (NAME:3)."""
    with changing_client() as client:
        client.pause(ref)
        _say(ref, "paused", f"Go on with: unshelf resume {ref}", json=json)


def resume(ref: Reference, json: Json = False) -> None:
    """End a pause."""
    with changing_client() as client:
        client.resume(ref)
        _say(ref, "serving again", "", json=json)


def _tell(client: Client, name: str, *, json: bool) -> None:
    shares: list[dict[str, Any]] = client.show(name)["release"]
    if json:
        print_json({"name": name, "release": shares})
        return
    summary = ", ".join(f"{name}:{share['version']} gets {share['percent']:g} %" for share in shares)
    console().print(f"{summary or f'{name} has no release'}. Back again: unshelf rollback {name}", markup=False)


def _say(ref: str, state: str, next_step: str, *, json: bool) -> None:
    if json:
        print_json({"reference": ref, "paused": state == "paused"})
        return
    console().print(f"{ref} is {state}.{f' {next_step}' if next_step else ''}", markup=False)
