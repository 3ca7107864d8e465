"""`unshelf backup`, `unshelf backups`, `unshelf restore`: an installation, kept elsewhere and brought back."""

from pathlib import Path
from typing import Annotated, Any

import typer

from unshelf.cli.options import Json
from unshelf.cli.output import binary_size, console, print_json, show_facts, table, when
from unshelf.cli.platform.offline import called_with_settings, offline
from unshelf.client.client import Client
from unshelf.client.errors import UnshelfError
from unshelf.contracts.home import home_folder

_OFFLINE = "unshelf.server.backups.offline"
_KEYS = ("sealed", "plain", "without")

Where = Annotated[str, typer.Argument(metavar="DIR|s3://…", help="A folder, or s3://BUCKET/PREFIX.")]
Key = Annotated[
    str,
    typer.Option(
        metavar="|".join(_KEYS),
        help="How the keys of secrets are kept: sealed with UNSHELF_BACKUP_PASSPHRASE, plain, or without.",
    ),
]
Chosen = Annotated[str | None, typer.Option("--backup", metavar="ID", help="Which backup; unless given, the newest.")]


def backup(
    where: Annotated[
        str | None,
        typer.Argument(
            metavar="[DIR|s3://…]", help="A folder, or s3://BUCKET/PREFIX; unless given, the server makes one."
        ),
    ] = None,
    *,
    key: Key = "sealed",
    list_backups: Annotated[bool, typer.Option("--list", help="List the backups there.")] = False,
    verify: Annotated[bool, typer.Option("--verify", help="Read a backup whole, and say what is damaged.")] = False,
    chosen: Chosen = None,
    keep: Annotated[
        int | None, typer.Option("--keep", min=1, metavar="N", help="Remove all backups there but the newest N.")
    ] = None,
    take_over: Annotated[
        bool,
        typer.Option(
            "--take-over",
            help="Back up there though the newest backup is of another installation, which is gone for good.",
        ),
    ] = False,
    json: Json = False,
) -> None:
    """Back up the installation while it runs, on the server's machine and with its settings; only what is new is written.

    Without a place: have the server make one where UNSHELF_BACKUP_TO says."""
    if key not in _KEYS:
        raise typer.BadParameter(f"{key!r} is none of {', '.join(_KEYS)}", param_hint="--key")
    if where is None and take_over:
        raise typer.BadParameter("name the place to take over", param_hint="--take-over")
    if where is None:
        _ask_server(json=json)
    elif list_backups:
        _show_list(_call("listed", where), json=json)
    elif verify:
        _show_verified(_call("verified", where, chosen), json=json)
    elif keep is not None:
        _show_pruned(_call("pruned", where, keep), json=json)
    else:
        say = _say(json=json)
        made = offline("backup", f"{_OFFLINE}:make", home_folder(), where, key, say, take_over=take_over)
        if json:
            print_json(made)
            return
        console().print(f"Backup {made['id']} of {made['home']} is complete.", markup=False)
        _show_backup(made)
        if made["key"] == "plain":
            console(stderr=True).print("This backup opens all secrets to its readers.", style="yellow")


def backups(json: Json = False) -> None:
    """Show how the server is backed up by the clock, the last backups, and those that failed."""
    with Client() as client:
        state = client.backups()
    _show_state(state, json=json)


def restore(
    where: Where,
    home: Annotated[
        Path, typer.Option("--home", metavar="DIR", help="Where the installation goes: no folder yet, or an empty one.")
    ],
    *,
    chosen: Chosen = None,
    key: Annotated[str, typer.Option(metavar="with|without", help="Whether to restore the keys of secrets.")] = "with",
    restored_as: Annotated[
        str,
        typer.Option(
            "--as",
            metavar="copy|original",
            help="A copy has backups of its own; the original goes on with those of the installation that is gone.",
        ),
    ] = "copy",
    files_from: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="For a backup that an upgrade made: the home folder that has the rest, if it was moved."
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Restore a backup into an empty home folder, of this release or an earlier one; then start it with `unshelf up`."""
    if key not in ("with", "without"):
        raise typer.BadParameter(f"{key!r} is neither with nor without", param_hint="--key")
    if restored_as not in ("copy", "original"):
        raise typer.BadParameter(f"{restored_as!r} is neither copy nor original", param_hint="--as")
    restored = called_with_settings(
        "restore", f"{_OFFLINE}:restore", home, where, chosen, _say(json=json), with_keys=key == "with", files_from=files_from,
        as_original=restored_as == "original",
    )  # fmt: skip
    if json:
        print_json(restored)
        return
    out = console()
    out.print(
        f"The backup {restored['id']} of {when(restored['made_at'])} is restored to {restored['home']}.", markup=False
    )
    if restored["key"] == "without" or key == "without":
        out.print("The keys of secrets are not: set each secret again once the server runs.", markup=False)
    if restored_as == "copy":
        out.print(
            "It is a copy: it backs up to a place of its own (UNSHELF_BACKUP_TO). If the original is gone for good, "
            f"it takes its place once: UNSHELF_HOME={restored['home']} unshelf backup {where} --take-over",
            markup=False,
        )
    out.print(f"Start it: unshelf up --home {restored['home']}", markup=False)


def _call(name: str, *arguments: Any) -> Any:
    return called_with_settings("backup", f"{_OFFLINE}:{name}", home_folder(), *arguments)


def _say(*, json: bool) -> Any:
    out = console(stderr=True)
    return (lambda _: None) if json else (lambda text: out.print(f"{text} …", style="dim"))


def _ask_server(*, json: bool) -> None:
    try:
        with Client() as client:
            state = client.start_backup()
    except UnshelfError as error:
        if error.code == "conflict":
            raise UnshelfError(error.detail, code=error.code, hint="Name one: unshelf backup DIR.") from None
        raise
    if not json:
        console().print(f"A backup to {state['to']} is begun; `unshelf backups` shows it.", markup=False)
    else:
        print_json(state)


def _running(state: dict[str, Any]) -> str:
    return f"running: {state['step']}" if state.get("step") else "running"


def _show_state(state: dict[str, Any], *, json: bool) -> None:
    if json:
        print_json(state)
        return
    out = console()
    last = state["last_success"]
    show_facts(
        out,
        [
            ("to", state["to"] or "nowhere: UNSHELF_BACKUP_TO is not set"),
            ("every", f"{state['every_hours']:g} h, {state['keep']} are kept" if state["to"] else ""),
            (
                "last",
                ("never" if last is None else when(last["begun_at"])) + (" (too old)" if state["is_too_old"] else ""),
            ),
            ("next", _running(state) if state["is_running"] else when(state["next_at"]) if state["next_at"] else ""),
            ("problem", state["problem"]),
        ],
    )
    rows = [
        (when(each["begun_at"]), each["reason"], each["state"], binary_size(each["bytes"]), binary_size(each["new_bytes"]),
         each["place"], each["problem"])
        for each in state["backups"]
    ]  # fmt: skip
    if rows:
        out.print(table("", ("of", "why", "state", "size", "new", "place", "problem"), rows, right=("size", "new")))


def _show_list(found: dict[str, Any], *, json: bool) -> None:
    if json:
        print_json(found)
        return
    rows = [
        (each["id"], when(each["made_at"]), each["reason"], each["scope"], each["program"], each["database"],
         binary_size(each["bytes"]), binary_size(each["new_bytes"]))
        for each in found["backups"]
    ]  # fmt: skip
    columns = ("backup", "of", "why", "holds", "made by", "database", "size", "new")
    console().print(table("", columns, rows, right=("size", "new")))
    for id in found["damaged"]:
        console().print(f"The manifest of the backup {id} is damaged: it can't be restored.", style="red", markup=False)


def _show_verified(found: dict[str, Any], *, json: bool) -> None:
    if json:
        print_json(found)
    elif found["problems"]:
        console().print(f"The backup {found['id']} is damaged:", markup=False)
        for problem in found["problems"]:
            console().print(f"  {problem}", markup=False)
    else:
        console().print(f"The backup {found['id']} is whole: all of it was read.", markup=False)
    if found["problems"]:
        raise typer.Exit(1)


def _show_pruned(found: dict[str, Any], *, json: bool) -> None:
    if json:
        print_json(found)
        return
    console().print(
        f"Removed {len(found['removed'])} backups, and {found['contents_removed']} pieces of content that no other needs.",
        markup=False,
    )


def _show_backup(made: dict[str, Any]) -> None:
    show_facts(
        console(),
        [
            ("of", when(made["made_at"])),
            ("files", made["files"]),
            ("size", f"{binary_size(made['bytes'])}, {binary_size(made['new_bytes'])} of it new"),
            ("keys", made["key"]),
        ],
    )
