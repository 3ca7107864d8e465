"""`unshelf`: the table of commands, and the one place where an error becomes words and an exit code."""

import os
import sys
from typing import Annotated

import typer

from unshelf import __version__
from unshelf.cli import problems
from unshelf.cli.lazy import LazyGroup
from unshelf.client.errors import UnshelfError

COMMANDS = {
    "up": "unshelf.cli.up:up",
    "demo": "unshelf.cli.demo:demo",
    "deploy": "unshelf.cli.deploy:deploy",
    "predict": "unshelf.cli.predict:predict",
    "deferred": "unshelf.cli.deferred:deferred",
    "models": "unshelf.cli.models:models",
    "show": "unshelf.cli.models:show",
    "logs": "unshelf.cli.logs:logs",
    "release": "unshelf.cli.releases:release",
    "rollback": "unshelf.cli.releases:rollback",
    "pause": "unshelf.cli.releases:pause",
    "resume": "unshelf.cli.releases:resume",
    "limit": "unshelf.cli.limits:limit",
    "alias": "unshelf.cli.models:alias",
    "remove": "unshelf.cli.models:remove",
    "keys": "unshelf.cli.keys:app",
    "environments": "unshelf.cli.environments:environments",
    "audit": "unshelf.cli.audit:audit",
    "doctor": "unshelf.cli.doctor:doctor",
}
"""command → where it lives. docs/reference/cli.md has a heading for each."""

app = typer.Typer(
    name="unshelf",
    cls=LazyGroup,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def main() -> None:
    """Run a command: exit code 0 when it went well, 1 when it failed, 2 when it was called wrongly."""
    try:
        app(prog_name="unshelf")
    except UnshelfError as error:
        problems.show(error)
        sys.exit(1)
    except Exception as error:
        # Nobody is helped by a traceback who did not write this program; who did asks for it.
        if os.environ.get("UNSHELF_TRACEBACK"):
            raise
        problems.show_unexpected(error)
        sys.exit(1)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"unshelf {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """Take trained models off the shelf: live, versioned, authenticated endpoints in seconds.

    The server is found by UNSHELF_URL (http://127.0.0.1:8000 unless set), the token by UNSHELF_TOKEN, else in UNSHELF_HOME/admin-token."""
