"""`unshelf properties`: named values with types, on models, versions, projects and more."""

from datetime import date
from typing import Annotated

import typer

from unshelf.cli.options import Json, Subject
from unshelf.cli.output import console, print_json, shown, table, when
from unshelf.client.client import Client
from unshelf.client.errors import UnshelfError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="Properties of models, versions, projects and more: set, remove, list.",
)

_TYPES = ("text", "number", "boolean", "date", "link")
Name = Annotated[str, typer.Argument(metavar="NAME", help="The property's name.")]


@app.command("set")
def set_property(
    subject: Subject,
    name: Name,
    value: Annotated[str, typer.Argument(metavar="VALUE", help="The value, as text.")],
    type: Annotated[
        str | None,
        typer.Option(metavar="TYPE", help=f"{', '.join(_TYPES)}. Unless given: what the value looks like."),
    ] = None,
    json: Json = False,
) -> None:
    """Set a property, in place of the value it may have."""
    chosen, kept = typed(value, type)
    with Client() as client:
        stored = client.set_property(subject, name, kept, type=chosen)
    if json:
        print_json(stored)
    else:
        console().print(f"{name} of {subject} is {shown(stored['value'])} ({stored['type']}).", markup=False)


@app.command("list")
def list_properties(subject: Subject, json: Json = False) -> None:
    """List the properties that something has."""
    with Client() as client:
        properties = client.subject(subject)["properties"]
    if json:
        print_json({"properties": properties})
        return
    rows = [
        (each["name"], shown(each["value"]), each["type"], when(each["set_at"]), each["set_by"]) for each in properties
    ]
    console().print(table("", ("name", "value", "type", "set", "by"), rows))


@app.command()
def remove(subject: Subject, name: Name, json: Json = False) -> None:
    """Remove a property."""
    with Client() as client:
        client.remove_property(subject, name)
    if json:
        print_json({"subject": subject, "name": name, "removed": True})
    else:
        console().print(f"{name} of {subject} is removed.", markup=False)


def typed(value: str, type: str | None) -> tuple[str, bool | int | float | str]:
    """Return the type of a value that was written as text, and the value in it; without a type, the one that it looks like.

    Raises UnshelfError for a value that is not of the type."""
    if type is not None and type not in _TYPES:
        raise UnshelfError(
            f"There is no type {type!a}.", code="invalid_input", hint=f"The types are {', '.join(_TYPES)}."
        )
    chosen = type or _looks_like(value)
    if chosen == "boolean":
        if value not in ("true", "false"):
            raise UnshelfError(f"{value[:80]!a} is no boolean.", code="invalid_input", hint="Write true or false.")
        return chosen, value == "true"
    if chosen == "number":
        number = _number(value)
        if number is None:
            raise UnshelfError(f"{value[:80]!a} is no number.", code="invalid_input")
        return chosen, number
    return chosen, value


def _looks_like(value: str) -> str:
    if value in ("true", "false"):
        return "boolean"
    if _number(value) is not None:
        return "number"
    if value.startswith(("https://", "http://")):
        return "link"
    try:
        return "date" if date.fromisoformat(value).isoformat() == value else "text"
    except ValueError:
        return "text"


def _number(value: str) -> int | float | None:
    for kind in (int, float):
        try:
            number = kind(value)
        except ValueError:
            continue
        return number if str(number) not in ("inf", "-inf", "nan") else None
    return None
