"""Commands that read a home folder without its server."""

from pathlib import Path
from typing import Any

from unshelf.cli.lazy import load
from unshelf.cli.platform.server_extra import require_server
from unshelf.client.errors import UnshelfError


def offline(command: str, act: str, home: Path, *arguments: Any, **named: Any) -> Any:
    """Call a function of the platform, given by name, with the settings of a home folder."""
    require_server(command)
    if not home.is_dir():
        raise UnshelfError(
            f"There is no folder {home}.", code="no_home_folder", hint="Name the home folder, or a copy of one."
        )
    return called_with_settings(command, act, home, *arguments, **named)


def called_with_settings(command: str, act: str, home: Path, *arguments: Any, **named: Any) -> Any:
    """Call a function of the platform, given by name, with the settings for a home folder, which need not be there yet."""
    require_server(command)
    try:
        settings = load("unshelf.server.settings:read_settings")(home=home)
    except ValueError as error:
        raise UnshelfError(
            f"The settings are wrong: {error}.",
            code="invalid_settings",
            hint="docs/reference/settings.md explains each.",
        ) from error
    return load(act)(settings, *arguments, **named)
