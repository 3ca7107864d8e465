"""`unshelf`: the table of commands, and the one place where an error becomes words and an exit code."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from unshelf import __version__
from unshelf.cli import errors as problems
from unshelf.cli.lazy import LazyGroup
from unshelf.client.errors import UnshelfError

COMMANDS = {
    "up": "unshelf.cli.platform.up:up",
    "reload": "unshelf.cli.platform.reload:reload",
    "open": "unshelf.cli.people.login:open_browser",
    "login": "unshelf.cli.people.login:login",
    "contexts": "unshelf.cli.people.login:contexts",
    "whoami": "unshelf.cli.people.login:whoami",
    "demo": "unshelf.cli.demo.command:demo",
    "deploy": "unshelf.cli.deploy.deploy:deploy",
    "deploys": "unshelf.cli.deploy.deploys:app",
    "predict": "unshelf.cli.deploy.predict:predict",
    "apps": "unshelf.cli.deploy.apps:app",
    "check": "unshelf.cli.deploy.check:check",
    "deferred": "unshelf.cli.deploy.deferred:deferred",
    "models": "unshelf.cli.deploy.register:models",
    "show": "unshelf.cli.deploy.models:show",
    "alerts": "unshelf.cli.monitor.alerts:app",
    "support": "unshelf.cli.monitor.support:support",
    "logs": "unshelf.cli.monitor.logs:logs",
    "dashboard": "unshelf.cli.monitor.dashboard:dashboard",
    "fleet": "unshelf.cli.monitor.dashboard:fleet",
    "columns": "unshelf.cli.monitor.columns:app",
    "monitors": "unshelf.cli.monitor.monitors:app",
    "labels": "unshelf.cli.monitor.labels:app",
    "records": "unshelf.cli.monitor.records:app",
    "quality": "unshelf.cli.monitor.quality:quality",
    "diagnose": "unshelf.cli.monitor.diagnose:diagnose",
    "values": "unshelf.cli.monitor.values:app",
    "metrics": "unshelf.cli.monitor.metrics:app",
    "release": "unshelf.cli.deploy.releases:release",
    "rollback": "unshelf.cli.deploy.releases:rollback",
    "pause": "unshelf.cli.deploy.releases:pause",
    "resume": "unshelf.cli.deploy.releases:resume",
    "network": "unshelf.cli.deploy.network:network",
    "origins": "unshelf.cli.deploy.origins:origins",
    "limit": "unshelf.cli.manage.limits:limit",
    "alias": "unshelf.cli.deploy.models:alias",
    "remove": "unshelf.cli.deploy.models:remove",
    "visibility": "unshelf.cli.manage.projects:visibility",
    "projects": "unshelf.cli.manage.projects:app",
    "roles": "unshelf.cli.manage.roles:app",
    "users": "unshelf.cli.people.users:app",
    "groups": "unshelf.cli.people.groups:app",
    "tokens": "unshelf.cli.people.tokens:app",
    "goals": "unshelf.cli.manage.goals:app",
    "tiers": "unshelf.cli.quotas.tiers:app",
    "usage": "unshelf.cli.quotas.usage:app",
    "budgets": "unshelf.cli.quotas.budgets:app",
    "quotas": "unshelf.cli.quotas.quotas:app",
    "requests": "unshelf.cli.manage.requests:app",
    "keys": "unshelf.cli.manage.keys:app",
    "secrets": "unshelf.cli.manage.secrets:app",
    "data": "unshelf.cli.develop.data:app",
    "run": "unshelf.cli.develop.run:run",
    "jobs": "unshelf.cli.develop.jobs:app",
    "search": "unshelf.cli.manage.search:search",
    "tags": "unshelf.cli.manage.tags:app",
    "properties": "unshelf.cli.manage.properties:app",
    "comments": "unshelf.cli.manage.comments:app",
    "watching": "unshelf.cli.manage.watching:app",
    "activity": "unshelf.cli.manage.activity:activity",
    "environments": "unshelf.cli.develop.environments:app",
    "score": "unshelf.cli.develop.score:score",
    "scorings": "unshelf.cli.develop.scorings:app",
    "bench": "unshelf.cli.benches.bench:bench",
    "benches": "unshelf.cli.benches.benches:app",
    "sweeps": "unshelf.cli.develop.sweeps:app",
    "pipelines": "unshelf.cli.develop.pipelines:app",
    "schedules": "unshelf.cli.develop.schedules:app",
    "triggers": "unshelf.cli.develop.triggers:app",
    "notifications": "unshelf.cli.manage.notifying.notifications:app",
    "webhooks": "unshelf.cli.manage.notifying.webhooks:app",
    "audit": "unshelf.cli.manage.audit:app",
    "doctor": "unshelf.cli.platform.doctor:doctor",
    "apply": "unshelf.cli.platform.apply:apply",
    "export": "unshelf.cli.platform.apply:export",
    "backup": "unshelf.cli.platform.backup:backup",
    "backups": "unshelf.cli.platform.backup:backups",
    "restore": "unshelf.cli.platform.backup:restore",
}
"""command → where it lives. docs/reference/cli.md has a heading for each."""

_STANDARD_ERROR = 2

app = typer.Typer(
    name="unshelf",
    cls=LazyGroup,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def main() -> None:
    """Run a command: exit code 0 when it went well, 1 when it failed, 2 when it was called wrongly."""
    _open_standard_streams()
    try:
        app(prog_name="unshelf")
    except UnshelfError as error:
        problems.show(error)
        sys.exit(1)
    except Exception as error:
        # A traceback helps only those who work on this program: UNSHELF_TRACEBACK=1 shows it.
        if os.environ.get("UNSHELF_TRACEBACK"):
            raise
        problems.show_unexpected(error)
        sys.exit(1)


def _open_standard_streams() -> None:
    """Have 0 to 2 be open: else the next file or socket gets such a number, and what is printed goes into it."""
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= _STANDARD_ERROR:
        os.set_inheritable(descriptor, True)
    os.close(descriptor)
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode))  # noqa: SIM115 -- for as long as the program runs


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"unshelf {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[  # noqa: ARG001 - its callback acts
        bool, typer.Option("--version", help="Print the version.", callback=_print_version, is_eager=True)
    ] = False,
    home: Annotated[
        Path | None, typer.Option(help="The home folder of the server that is meant. [UNSHELF_HOME, ~/.unshelf]")
    ] = None,
) -> None:
    """Take trained models off the shelf: live, versioned, authenticated endpoints in seconds.

    The server is found by UNSHELF_URL, else it is the one that you have logged in to (`unshelf contexts`), else the one that runs on the
    home folder, else http://127.0.0.1:8000. The token is UNSHELF_TOKEN, else the one that logging in has kept, else that of the home
    folder; each is sent to its own server only."""
    if home is not None:
        os.environ["UNSHELF_HOME"] = str(home)
