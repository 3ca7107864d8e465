"""`unshelf search`: find whatever there is, by words and filters."""

from typing import Annotated

import typer

from unshelf.cli.options import Json
from unshelf.cli.output import console, print_json, table
from unshelf.client.client import Client


def search(
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="WORDS…",
            help="Words and filters: kind:model project:risk owner:ana tag:gold property:cost=3 after:2026-01-01 before:…",
        ),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=100, help="How many of the best.")] = 20,
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="Make the whole index anew, in the background. For administrators.")
    ] = False,
    json: Json = False,
) -> None:
    """Search everything that you may see."""
    with Client() as client:
        if rebuild:
            begun = client.rebuild_search()
            if json:
                print_json(begun)
            else:
                console().print(f"{begun['documents']} documents are made anew in the background.", markup=False)
            return
        found = client.search(" ".join(words or []), limit=limit)
    if json:
        print_json(found)
        return
    if not found["results"]:
        console().print("Nothing was found that you may see.", markup=False)
        return
    rows = [
        (
            each["kind"],
            each["name"],
            "" if each["title"] == each["name"] else each["title"],
            each["project"] or "",
            each["snippet"],
        )
        for each in found["results"]
    ]
    console().print(table("", ("kind", "name", "title", "project", ""), rows))
    more = "" if found["is_exact"] else "more than "
    console().print(f"{len(rows)} of {more}{found['total']}", markup=False)
