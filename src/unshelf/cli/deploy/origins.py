"""`unshelf origins`: which web pages may call a model from a browser, shown and changed."""

from typing import Annotated

import typer

from unshelf.cli.changes import changing_client
from unshelf.cli.options import Json, Name
from unshelf.cli.output import console, print_json
from unshelf.client.client import Client


def origins(
    name: Name,
    *,
    allow: Annotated[
        list[str] | None,
        typer.Option("--allow", metavar="ORIGIN", help="An origin to allow, as https://app.example.org; repeatable."),
    ] = None,
    remove: Annotated[
        list[str] | None, typer.Option("--remove", metavar="ORIGIN", help="An origin to take away; repeatable.")
    ] = None,
    reason: Annotated[str, typer.Option(help="Why, for the log.")] = "",
    json: Json = False,
) -> None:
    """Show the origins of the web pages whose scripts may call a model from a browser, or change them. Unless some were allowed: none.

    Their scripts send a token as every caller does; cookies are never taken."""
    if allow or remove:
        with changing_client() as client:
            found = client.change_origins(name, allow=allow or (), remove=remove or (), reason=reason)
    else:
        with Client() as client:
            found = client.origins(name)
    if json:
        print_json(found)
        return
    for origin in found["origins"] or ["No web page may call it from a browser."]:
        console().print(origin, markup=False, soft_wrap=True)
