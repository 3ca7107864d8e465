"""`unshelf reload`: other settings or another program for a server that runs, without a failed prediction."""

import os
from typing import Annotated, Any

import typer

from unshelf.cli.lazy import load
from unshelf.cli.options import Json
from unshelf.cli.output import console, print_json
from unshelf.cli.platform.server_extra import require_server
from unshelf.client.errors import UnshelfError
from unshelf.contracts.home import home_folder


def reload(
    *,
    from_environment: Annotated[
        bool,
        typer.Option(
            "--from-environment", help="Take all settings from this command's environment; else the server's stay."
        ),
    ] = False,
    changed: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="UNSHELF_…=VALUE", help="Change this setting; without a value it is unset."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would change, and change nothing.")] = False,
    json: Json = False,
) -> None:
    """Have the running server go on with this program and these settings; old processes serve until the new ones do."""
    changes = dict(map(_setting, changed or []))
    require_server("reload")

    def say(text: str) -> None:
        if not json:
            console(stderr=True).print(text)

    unknown = load("unshelf.server.rolling.changes:unknown_among")(changes)
    if unknown:
        name, near = unknown[0]
        raise UnshelfError(
            f"{name} is no setting; nothing was changed.", code="invalid_settings",
            hint=f"Did you mean {near}?" if near else "docs/reference/settings.md lists them.",
        )  # fmt: skip
    if from_environment:
        for name, near in load("unshelf.server.rolling.changes:misspelled")(os.environ):
            say(f"{name} is no setting and changes nothing; did you mean {near}?")

    def planned(plan: Any, passed_over: list[str]) -> None:
        if not json:
            _show_plan(plan)
        for name in passed_over:
            console(stderr=True).print(
                f"{name} is passed over, as the server was started with another: --set {name}=… takes it, "
                "--from-environment takes all of this command's.",
                style="yellow",
            )

    outcome = load("unshelf.server.rolling.asking:ask")(
        home_folder(), replace=from_environment, changed=changes, dry_run=dry_run, say=say, planned=planned
    )
    if json:
        print_json(
            {"plan": outcome.plan, "steps": outcome.steps, "passed_over": outcome.passed_over, "dry_run": dry_run}
        )
    elif not dry_run:
        console().print(f"The server runs Unshelf {outcome.plan.program} with these settings.")


def _setting(text: str) -> tuple[str, str]:
    name, is_given, value = text.partition("=")
    if not is_given or not name.startswith("UNSHELF_"):
        raise typer.BadParameter(f"{text!r} is not UNSHELF_NAME=VALUE", param_hint="--set")
    return name, value


def _show_plan(plan: Any) -> None:
    if plan.problem:
        return
    lines = [str(change) for change in plan.settings]
    if plan.program_before != plan.program:
        lines.insert(0, f"program: Unshelf {plan.program_before} → {plan.program}")
    if plan.migration:
        lines.append(
            f"database: revision {plan.migration}; meanwhile the API and the pages are away, and predictions go on"
        )
    if plan.backup:
        lines.append(plan.backup)
    for line in lines or ["no setting changes, and the program is the same version; all processes are replaced"]:
        console().print(line)
