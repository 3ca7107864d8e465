"""`unshelf comments`: what people say about models, versions, projects and more."""

import sys
from typing import Annotated

import typer

from unshelf.cli.options import Json, Subject
from unshelf.cli.output import console, print_json, short_name, when
from unshelf.client.client import Client

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Comments on models, versions, projects and more.")

Text = Annotated[str, typer.Argument(metavar="TEXT", help="Markdown; @name mentions a user. -: from standard input.")]
Id = Annotated[str, typer.Argument(metavar="ID", help="The comment's id.")]


@app.command("list")
def list_comments(subject: Subject, json: Json = False) -> None:
    """List the comments on something, the oldest first."""
    with Client() as client:
        comments = client.comments(subject)
    if json:
        print_json({"comments": comments})
        return
    if not comments:
        console().print(f"There are no comments on {subject}.", markup=False)
    for each in comments:
        edited = " (edited)" if each["edits"] else ""
        console().print(f"{when(each['created_at'])} {short_name(each['author'])}{edited} [{each['id']}]", markup=False)
        console().print(each["text"] if each["deleted_at"] is None else "(deleted)", markup=False)


@app.command()
def add(subject: Subject, text: Text, json: Json = False) -> None:
    """Comment on something."""
    with Client() as client:
        comment = client.comment(subject, _text(text))
    _show(comment, "is written", json=json)


@app.command()
def edit(subject: Subject, id: Id, text: Text, json: Json = False) -> None:
    """Give one's own comment another text; the one before is kept."""
    with Client() as client:
        comment = client.edit_comment(subject, id, _text(text))
    _show(comment, "is edited", json=json)


@app.command()
def delete(subject: Subject, id: Id, json: Json = False) -> None:
    """Delete a comment. That there was one stays to be seen."""
    with Client() as client:
        client.delete_comment(subject, id)
    _show({"id": id, "deleted": True}, "is deleted", json=json)


def _text(given: str) -> str:
    return sys.stdin.read().rstrip("\n") if given == "-" else given


def _show(comment: dict[str, object], what: str, *, json: bool) -> None:
    if json:
        print_json(comment)
    else:
        console().print(f"The comment {comment['id']} {what}.", markup=False)
