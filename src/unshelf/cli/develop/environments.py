"""`unshelf environments`: named sets of packages, made without operations, and what is in each."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from unshelf.cli.deploy.progress import failures_as_lines, progress
from unshelf.cli.options import Json
from unshelf.cli.output import binary_size, console, print_json, print_json_line, show_facts, table, when
from unshelf.client.client import Client
from unshelf.client.errors import InvalidInput, NotFound
from unshelf.client.printable import printable

app = typer.Typer(
    no_args_is_help=False,
    add_completion=False,
    invoke_without_command=True,
    help="Environments: exact sets of packages, named and versioned; without a command: the list.",
)
_SHORT_HASH = 12

Name = Annotated[str, typer.Argument(metavar="NAME", help="The name of the environment.")]
Ref = Annotated[str, typer.Argument(metavar="REF", help="NAME, NAME:3, a hash, or a version of a model.")]
Project = Annotated[
    str | None, typer.Option(metavar="PROJECT", help="The project that a new one belongs to; unless given: `default`.")
]
Notes = Annotated[str, typer.Option(metavar="TEXT", help="Notes on the version.")]
Python = Annotated[str, typer.Option(metavar="VERSION", help="The Python version, such as 3.11.")]


@app.callback()
def environments(
    context: typer.Context,
    *,
    lock: Annotated[str | None, typer.Option(metavar="REF", help="Print the pylock.toml of this environment.")] = None,
    json: Json = False,
) -> None:
    """Environments: exact sets of packages, named and versioned; without a command: the list."""
    if context.invoked_subcommand is not None:
        return
    if lock is None:
        _list(json=json)
        return
    with Client() as client:
        text = client.environment_lock(lock)
    sys.stdout.write(printable(text) if sys.stdout.isatty() else text)


@app.command("list")
def list_environments(
    *,
    project: Annotated[str | None, typer.Option(metavar="PROJECT", help="Those of one project.")] = None,
    curated: Annotated[bool, typer.Option("--curated", help="Those that administrators curate.")] = False,
    unnamed: Annotated[
        bool, typer.Option("--all", help="Every environment by its hash, with the versions that use it.")
    ] = False,
    json: Json = False,
) -> None:
    """List the named environments that you may see, curated ones first."""
    with Client() as client:
        if unnamed:
            _show_hashes(client.environments(), json=json)
            return
        found = client.named_environments(project=project, curated=True if curated else None)
    _show_named(found, json=json)


def _list(*, json: bool) -> None:
    """List what there is: named environments, or all by their hashes as long as none has a name."""
    with Client() as client:
        found = client.named_environments(project=None, curated=None)
        if not found:
            _show_hashes(client.environments(), json=json)
            return
    _show_named(found, json=json)


def _show_named(found: list[dict[str, Any]], *, json: bool) -> None:
    if json:
        print_json({"environments": found})
        return
    found.sort(key=lambda each: (each["project"] is not None, each["name"]))
    rows = []
    for each in found:
        latest = each["latest"] or {}
        marks = [word for word in ("is_default", "restricted", "deprecation", "in_use") if each[word]]
        said = ", ".join(
            {"is_default": "default", "deprecation": "deprecated", "in_use": "in use"}.get(word, word) for word in marks
        )
        rows.append(
            (each["name"], each["project"] or "(curated)", latest.get("number"), latest.get("python"), latest.get("packages"),
             (latest.get("environment") or "")[:_SHORT_HASH], said)
        )  # fmt: skip
    columns = ("name", "project", "version", "python", "packages", "hash", "")
    console().print(table("", columns, rows, right=("version", "packages")))


@app.command()
def show(ref: Ref, json: Json = False) -> None:
    """Show an environment: its packages, its names, and who uses it."""
    with Client() as client:
        found = client.environment(ref)
    if json:
        print_json(found)
        return
    out = console()
    out.print(found["reference"], markup=False)
    facts = [
        ("hash", found["hash"]), ("python", found["python"]), ("size", binary_size(found["bytes"])),
        ("built", when(found["created_at"])), ("names", found["names"]),
        ("used by", [each["name"] for each in found["used_by"]]),
    ]  # fmt: skip
    show_facts(out, facts)
    out.print(table("", ("package", "version"), [(each["name"], each["version"]) for each in found["packages"]]))
    _warn(found["warning"])


@app.command()
def versions(name: Name, json: Json = False) -> None:
    """List the versions of a named environment, the latest first."""
    with Client() as client:
        found = client.named_environment(name)
    if json:
        print_json(found)
        return
    out = console()
    if found["notes"]:
        out.print(found["notes"], markup=False)
    rows = [
        (each["number"], each["environment"][:_SHORT_HASH], each["python"], each["packages"], binary_size(each["bytes"]),
         when(each["created_at"]), each["created_by"], each["notes"] or _origin(each["origin"]), _deprecation(each))
        for each in found["versions"]
    ]  # fmt: skip
    columns = ("version", "hash", "python", "packages", "size", "made", "by", "notes", "")
    out.print(table("", columns, rows, right=("version", "packages", "size")))
    _warn(_deprecation(found))


@app.command()
def create(
    name: Name,
    packages: Annotated[
        list[str] | None, typer.Argument(metavar="[PACKAGE]…", help="Requirements, such as `pandas>=2`.")
    ] = None,
    *,
    source: Annotated[
        Path | None,
        typer.Option(
            "--from",
            metavar="FILE",
            help="requirements.txt, pylock.toml, uv.lock, poetry.lock, conda.yaml, environment.yml …",
        ),
    ] = None,
    from_model: Annotated[
        str, typer.Option(metavar="REF", help="A version of a model, whose environment it is, or is added to.")
    ] = "",
    base: Annotated[
        str, typer.Option(metavar="REF", help="Another environment, which it is, or which packages are added to.")
    ] = "",
    python: Python = "",
    project: Project = None,
    curated: Annotated[
        bool, typer.Option("--curated", help="For the whole installation: administrators only.")
    ] = False,
    notes: Notes = "",
    json: Json = False,
) -> None:
    """Make a named environment, or its next version: locked and built on the server."""
    asked = {"path": source, "version": from_model, "base": base, "python": python, "project": project, "notes": notes}
    with Client() as client:
        _build(client, name, packages or [], json=json, curated=curated, **asked)


@app.command()
def add(
    packages: Annotated[list[str], typer.Argument(metavar="PACKAGE…", help="Requirements, such as `pandas>=2`.")],
    *,
    to: Annotated[
        str | None, typer.Option(metavar="NAME", help="The environment; unless given, the one with the project's name.")
    ] = None,
    base: Annotated[
        str | None,
        typer.Option(
            metavar="REF", help="What a new one is made of, beside the packages; unless given: the default one."
        ),
    ] = None,
    project: Project = None,
    notes: Notes = "",
    json: Json = False,
) -> None:
    """Add packages to an environment of a project: its next version has them beside all that it had. A curated one is not changed:
    name it as `--base`."""
    name = to or project or "default"
    with Client() as client:
        start = base or _start(client, name)
        _build(client, name, packages, json=json, base=start, project=project, notes=notes)


@app.command()
def diff(
    before: Annotated[str, typer.Argument(metavar="REF", help="The first environment.")],
    after: Annotated[str, typer.Argument(metavar="REF", help="The second environment.")],
    json: Json = False,
) -> None:
    """Compare the packages of two environments."""
    with Client() as client:
        found = client.compare_environments(before, after)
    if json:
        print_json(found)
        return
    rows = [(each["name"], each["before"], each["after"]) for each in found["changed"]]
    rows += [(each["name"], "", each["version"]) for each in found["added"]]
    rows += [(each["name"], each["version"], "") for each in found["removed"]]
    if found["python_before"] != found["python_after"]:
        rows.insert(0, ("python", found["python_before"], found["python_after"]))
    out = console()
    if rows:
        out.print(table("", ("package", found["before"], found["after"]), sorted(rows)))
    out.print(f"{found['unchanged']} packages are the same.")


@app.command()
def change(
    name: Name,
    *,
    notes: Annotated[str | None, typer.Option(metavar="TEXT", help="Notes for those who choose one.")] = None,
    default: Annotated[
        bool | None, typer.Option(help="Whether it is taken where nobody names one; administrators only.")
    ] = None,
    json: Json = False,
) -> None:
    """Change the notes of a named environment, or make it the default."""
    with Client() as client:
        _changed(client.change_environment(name, notes=notes, is_default=default), "is changed", json=json)


@app.command()
def deprecate(
    ref: Annotated[str, typer.Argument(metavar="NAME[:VERSION]", help="The environment, or one version of it.")],
    *,
    note: Annotated[str, typer.Option(metavar="TEXT", help="The reason.")] = "",
    successor: Annotated[str, typer.Option(metavar="REF", help="The environment to use instead.")] = "",
    undo: Annotated[bool, typer.Option("--undo", help="Take a deprecation back.")] = False,
    json: Json = False,
) -> None:
    """Deprecate an environment or one version: its users are warned, and go on."""
    name, version = _split(ref)
    with Client() as client:
        changed = client.deprecate_environment(name, version, note=note, successor=successor, withdrawn=undo)
    what = "restored" if undo else "deprecated"
    _changed(changed, f"is {what}" if version is None else f"is {what} in version {version}", json=json)


@app.command()
def restrict(
    name: Name,
    *,
    group: Annotated[list[str] | None, typer.Option(metavar="GROUP", help="A group that may use it.")] = None,
    project: Annotated[
        list[str] | None, typer.Option(metavar="PROJECT", help="A project in which it may be used.")
    ] = None,
    everybody: Annotated[bool, typer.Option("--everybody", help="End the restriction.")] = False,
    json: Json = False,
) -> None:
    """Restrict a curated environment to groups and projects."""
    with Client() as client:
        changed = client.restrict_environment(
            name, groups=group or [], projects=project or [], restricted=not everybody
        )
    _changed(changed, "is open to everybody" if everybody else "is restricted", json=json)


@app.command()
def delete(
    ref: Annotated[str, typer.Argument(metavar="NAME[:VERSION]", help="The environment, or one version of it.")],
    json: Json = False,
) -> None:
    """Delete a named environment, or one version. What uses it keeps it, by its hash."""
    name, version = _split(ref)
    with Client() as client:
        client.delete_environment(name, version)
    if json:
        print_json({"deleted": ref})
    else:
        console().print(f"{ref} is deleted.", markup=False)


@app.command()
def export(
    ref: Ref,
    *,
    to: Annotated[Path, typer.Option(metavar="FOLDER", help="The folder, which is made.")],
    json: Json = False,
) -> None:
    """Write lock, requirements with hashes, and wheels of all packages: README.md has the two commands that build it again offline."""
    with Client() as client:
        files = client.export_environment(ref, to)
    if json:
        print_json({"files": files})
        return
    wheels = sum(name.endswith(".whl") for name in files)
    console().print(
        f"{ref} is in {to}: its lock and {wheels} {'wheel' if wheels == 1 else 'wheels'}. "
        f"{to / 'README.md'} says how it is built again.",
        markup=False,
    )


def _build(client: Client, name: str, packages: list[str], *, json: bool, **asked: Any) -> None:
    out = console()
    with failures_as_lines(json=json), progress(out, json=json) as report:
        made = client.build_environment(name, packages, report=report, **asked)
    if json:
        print_json_line({"step": "end", "state": "done", **made})
    else:
        out.print(f"{made['reference']} is the environment {made['environment'][:_SHORT_HASH]}.", markup=False)


def _start(client: Client, name: str) -> str:
    """Return what packages are added to: the environment itself, or for a new one the default one, if there is any."""
    try:
        known = client.named_environment(name)
    except NotFound:
        known = {"latest": None}
    if known["latest"] is not None:
        return str(known["latest"]["reference"])
    defaults = [
        each["latest"]["reference"]
        for each in client.named_environments(curated=True)
        if each["is_default"] and each["latest"]
    ]
    return defaults[0] if defaults else ""


def _show_hashes(found: list[dict[str, Any]], *, json: bool) -> None:
    if json:
        print_json({"environments": found})
        return
    rows = [
        (each["hash"][:_SHORT_HASH], each["python"], each["packages"], when(each["created_at"]), each["versions"])
        for each in found
    ]
    console().print(table("", ("hash", "python", "packages", "created", "used by"), rows, right=("packages",)))


def _split(ref: str) -> tuple[str, int | None]:
    name, colon, number = ref.partition(":")
    if colon and not number.isdecimal():
        raise InvalidInput(f"{ref!r} is no version of an environment.", hint="Write NAME or NAME:3.")
    return name, int(number) if colon else None


def _changed(changed: dict[str, Any], what: str, *, json: bool) -> None:
    if json:
        print_json(changed)
    else:
        console().print(f"{changed['name']} {what}.", markup=False)


def _origin(origin: dict[str, Any]) -> str:
    """Say in a few words what a version was made from."""
    parts = [f"from {origin[name]}" for name in ("base", "version", "file") if origin[name]]
    if origin["lock"] and not origin["file"]:
        parts.append("from a lock")
    asked = origin["requirements"]
    if asked and not origin["file"]:
        parts.append("with " + ", ".join(asked[:3]) + (f" and {len(asked) - 3} more" if len(asked) > 3 else ""))
    return " ".join(parts)


def _deprecation(found: dict[str, Any]) -> str:
    deprecation = found["deprecation"]
    if deprecation is None:
        return ""
    parts = ["deprecated", deprecation["note"], f"use {deprecation['successor']}" if deprecation["successor"] else ""]
    return "; ".join(filter(None, parts))


def _warn(text: str) -> None:
    if text:
        console(stderr=True).print(text, style="yellow", markup=False)
