"""`unshelf up`: the platform in the foreground."""

from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from unshelf.client.errors import UnshelfError
from unshelf.server.settings import Settings
from unshelf.server.up import run


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
    given = {"home": home, "host": host, "port": port, "expose": expose, "gateways": gateways}
    try:
        settings = Settings(**{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(map(str, fault['loc'])) or 'settings'}: {fault['msg']}"
            for fault in error.errors(include_url=False)
        )
        raise UnshelfError(
            f"The settings are wrong: {faults}.",
            code="invalid_settings",
            hint="docs/reference/settings.md explains each.",
        ) from error
    raise typer.Exit(run(settings))
