"""`unshelf projects`: begin, describe, archive and restore them, write notes, move models; and `unshelf visibility`."""

from typing import Annotated, Any

import typer
from rich.text import Text

from unshelf.cli.changes import changing_client
from unshelf.cli.options import Json, Name
from unshelf.cli.output import console, print_json, show_facts, table, when
from unshelf.cli.quotas.quotas import usage_line
from unshelf.client.client import Client

app = typer.Typer(
    invoke_without_command=True,
    add_completion=False,
    help="Projects: list, show, create, change, archive and restore them, write notes, move models.",
)

Project = Annotated[str, typer.Argument(metavar="NAME", help="The project's name.")]
Title = Annotated[str | None, typer.Option(help="A title for people.")]
Description = Annotated[str | None, typer.Option(help="A text about it, in Markdown.")]
Priority = Annotated[str | None, typer.Option(help="low, normal, high or urgent.")]
Why = Annotated[str, typer.Option("--reason", help="A sentence for those who read the events.")]
NoteText = Annotated[str, typer.Argument(metavar="TEXT", help="Markdown.")]


@app.callback()
def projects(context: typer.Context, json: Json = False) -> None:
    """List the projects that you may see."""
    if context.invoked_subcommand is None:
        _show_list(archived=False, json=json)


@app.command("list")
def list_projects(
    archived: Annotated[bool, typer.Option("--archived", help="The archived ones.")] = False, json: Json = False
) -> None:
    """List projects with their stage and priority."""
    _show_list(archived=archived, json=json)


@app.command()
def show(name: Project, json: Json = False) -> None:
    """Show a project with its models, members and latest notes."""
    with Client() as client:
        project = client.project(name)
        models = client.models(name)
        members = client.members(project=name)
        notes = client.notes(name)
        quota = client.project_quota(name)
    if json:
        print_json({**project, "models": models, "members": members, "notes": notes, "quota": quota})
        return
    out = console()
    out.print(Text(project["title"], style="bold"))
    facts: list[tuple[str, Any]] = [
        ("name", project["name"]),
        ("description", project["description"]),
        ("stage", project["stage"]),
        ("priority", project["priority"]),
        ("begun", f"{when(project['created_at'])} by {project['created_by']}"),
        ("archived", "" if project["archived_at"] is None else when(project["archived_at"])),
        ("models", ", ".join(model["name"] for model in models)),
        ("quota", usage_line(quota)),
        ("members", ", ".join(f"{member['name']} ({member['role']})" for member in members)),
    ]
    show_facts(out, facts)
    if notes:
        out.print()
        _show_notes(notes[:5])


@app.command()
def create(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Its address, for good.")],
    *,
    title: Title = None,
    description: Description = None,
    priority: Priority = None,
    json: Json = False,
) -> None:
    """Begin a project; you own it."""
    with changing_client() as client:
        made = client.create_project(
            name, title=title or "", description=description or "", priority=priority or "normal"
        )
    _say(made, f"The project {name} is there. Deploy into it: unshelf deploy PATH --project {name}", json=json)


@app.command()
def change(
    name: Project,
    *,
    title: Title = None,
    description: Description = None,
    priority: Priority = None,
    json: Json = False,
) -> None:
    """Change a project's title, description or priority."""
    if title is None and description is None and priority is None:
        raise typer.BadParameter("give --title, --description or --priority")
    with changing_client() as client:
        changed = client.change_project(name, title=title, description=description, priority=priority)
    _say(changed, f"The project {name} is changed.", json=json)


@app.command()
def archive(name: Project, *, reason: Why = "", json: Json = False) -> None:
    """Archive a project: nothing new is deployed in it, and its models go on serving."""
    with changing_client() as client:
        archived = client.archive_project(name, reason=reason)
    _say(archived, f"The project {name} is archived. Its models go on serving.", json=json)


@app.command()
def restore(name: Project, *, reason: Why = "", json: Json = False) -> None:
    """Open an archived project again."""
    with changing_client() as client:
        restored = client.restore_project(name, reason=reason)
    _say(restored, f"The project {name} is open again.", json=json)


@app.command()
def notes(name: Project, json: Json = False) -> None:
    """List a project's notes, the newest first."""
    with Client() as client:
        found = client.notes(name)
    if json:
        print_json({"notes": found})
    elif found:
        _show_notes(found)
    else:
        console().print(f"No notes yet. Write one: unshelf projects note {name} TEXT")


@app.command()
def note(
    name: Project,
    text: NoteText,
    *,
    edit: Annotated[str | None, typer.Option("--edit", metavar="ID", help="Edit this note.")] = None,
    json: Json = False,
) -> None:
    """Write a note, or edit one; an edit keeps the text before."""
    with changing_client() as client:
        written = client.write_note(name, text) if edit is None else client.edit_note(name, edit, text)
    _say(written, f"The note {written['id']} is {'written' if edit is None else 'edited'}.", json=json)


@app.command()
def move(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="The model's name.")],
    project: Annotated[str, typer.Argument(metavar="PROJECT", help="The project that it shall belong to.")],
    *,
    reason: Why = "",
    json: Json = False,
) -> None:
    """Move a model to another project, with its versions, records, events and secrets."""
    with changing_client() as client:
        place = client.move_model(model, project, reason=reason)
    _say(place, f"{model} belongs to the project {project}.", json=json)


def visibility(
    name: Name,
    level: Annotated[str, typer.Argument(metavar="LEVEL", help="private, internal or public.")],
    *,
    reason: Why = "",
    json: Json = False,
) -> None:
    """Say who sees a model beside its project.

    private: those with a role. internal: everybody who is logged in sees it, and may request access. public: everybody who is logged
    in may also call it; nothing is anonymous."""
    with changing_client() as client:
        place = client.set_visibility(name, level, reason=reason)
    _say(place, f"{name} is {level}.", json=json)


def _show_list(*, archived: bool, json: bool) -> None:
    with Client() as client:
        found = client.projects(archived=archived)
    if json:
        print_json({"projects": found})
        return
    rows = [(each["name"], each["title"], each["stage"], each["priority"], when(each["created_at"])) for each in found]
    console().print(table("", ("name", "title", "stage", "priority", "begun"), rows))


def _show_notes(found: list[dict[str, Any]]) -> None:
    out = console()
    for each in found:
        edited = f", edited {when(each['edited_at'])} by {each['edited_by']}" if each["edits"] else ""
        out.print(Text(f"{when(each['created_at'])} {each['author']}{edited}  {each['id']}", style="dim"))
        out.print(Text(each["text"]))


def _say(value: Any, text: str, *, json: bool) -> None:
    if json:
        print_json(value)
    else:
        console().print(text, markup=False)
