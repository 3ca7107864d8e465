"""`unshelf up`: the platform in the foreground."""

from pathlib import Path
from typing import Annotated

import typer

from unshelf.cli.lazy import load
from unshelf.cli.platform.server_extra import require_server
from unshelf.client.errors import UnshelfError


def up(
    home: Annotated[
        Path | None, typer.Option(help="The folder that holds everything. [UNSHELF_HOME, ~/.unshelf]")
    ] = None,
    host: Annotated[str | None, typer.Option(help="The address to listen on. [UNSHELF_HOST, 127.0.0.1]")] = None,
    port: Annotated[
        int | None,
        typer.Option(min=0, max=65535, help="The port to listen on; 0 takes a free one. [UNSHELF_PORT, 8000]"),
    ] = None,
    expose: Annotated[
        bool | None, typer.Option("--expose", help="Allow an address that other machines reach. [UNSHELF_EXPOSE]")
    ] = None,
    gateways: Annotated[
        int | None, typer.Option(min=1, help="How many gateway processes take predictions in. [UNSHELF_GATEWAYS]")
    ] = None,
) -> None:
    """Run the platform in the foreground; prints "ready http://…" when predictions can be taken.

    Ctrl-C or SIGTERM stop it and all it started. More settings, all by environment variable: docs/reference/settings.md."""
    options = {"home": home, "host": host, "port": port, "expose": expose, "gateways": gateways}
    given = {name: value for name, value in options.items() if value is not None}
    require_server("up")
    try:
        # By name: a client without the extra `server` has no such module to import.
        settings = load("unshelf.server.settings:read_settings")(**given)
    except ValueError as error:
        raise UnshelfError(
            f"The settings are wrong: {error}.",
            code="invalid_settings",
            hint="docs/reference/settings.md explains each.",
        ) from error
    raise typer.Exit(load("unshelf.server.up:run")(settings, given))
