"""The backends that the server of a home folder last ran with, so that a command with other settings does not back up the wrong ones."""

import contextlib

import msgspec

from unshelf.contracts.errors import UnshelfError
from unshelf.contracts.home import Home
from unshelf.runtime.durable import replace_file
from unshelf.server.settings import Settings

_FILE = "backends.json"


def note_backends(settings: Settings) -> None:
    """Note what the server runs with. No address of a database: it may hold a password."""
    replace_file(Home(settings.home).run / _FILE, msgspec.json.encode(_of(settings)))


def must_agree(settings: Settings) -> None:
    """Raise UnshelfError where this command's settings choose other backends than the server had."""
    noted: dict[str, str] = {}
    with contextlib.suppress(OSError, msgspec.DecodeError):
        noted = msgspec.json.decode((Home(settings.home).run / _FILE).read_bytes(), type=dict[str, str])
    ours = _of(settings)
    other = [
        f"UNSHELF_{name.upper()} (the server: {value})" for name, value in noted.items() if ours.get(name) != value
    ]
    if other:
        raise UnshelfError(
            f"The server of {settings.home} runs with other settings than this command: {', '.join(other)}.",
            code="invalid_settings",
            hint="Run the command with the environment variables that the server has.",
        )


def _of(settings: Settings) -> dict[str, str]:
    database = settings.database.partition(":")[0]
    return {"database": database, "blobs": settings.blobs, "predictions": settings.predictions}
