"""`unshelf secrets`: values that the programs of a model, or of a project's models, get, and nobody sees again."""

import sys
from typing import Annotated, Any

import typer

from unshelf.cli.changes import changing_client
from unshelf.cli.options import Json
from unshelf.cli.output import console, print_json, table, when
from unshelf.client.client import Client
from unshelf.client.errors import UnshelfError
from unshelf.contracts.variables import MAX_VALUE_BYTES, check_variable

_NOT_AN_ARGUMENT = "The value is no argument, where others would see it: it is asked for, or read from standard input."

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="Secrets of models and projects: set, list, delete; their values are never shown.",
)

Name = Annotated[str, typer.Argument(metavar="NAME", help="The environment variable that it becomes.")]
Model = Annotated[
    str | None, typer.Option(metavar="MODEL", help="The model whose programs get it; it need not exist yet.")
]
Project = Annotated[
    str | None, typer.Option(metavar="PROJECT", help="The project, all of whose models' programs get it.")
]


@app.command("set")
def set_secret(
    name: Name,
    value: Annotated[str | None, typer.Argument(hidden=True)] = None,
    *,
    model: Model = None,
    project: Project = None,
    json: Json = False,
) -> None:
    """Set a secret. Its value is asked for at a terminal, else read from standard input, without a newline at its end.

    Workers that run are replaced, one after the other, by such that have the new value."""
    _check_owner(model, project)
    if value is not None:
        raise typer.BadParameter(_NOT_AN_ARGUMENT, param_hint="VALUE")
    if "=" in name:
        raise UnshelfError(
            f"{name.partition('=')[0][:80]!a} comes with a value.", code="invalid_variable", hint=_NOT_AN_ARGUMENT
        )
    value = _value_for(name, f"--model {model}" if model is not None else f"--project {project}")
    try:
        check_variable(name, value)
    except ValueError as error:
        raise UnshelfError(f"This can't be kept: {error}.", code="invalid_variable") from None
    with changing_client() as client:
        of_model = model is not None
        secret = (client.set_secret if of_model else client.set_project_secret)(str(model or project), name, value)
    if json:
        print_json(secret)
        return
    console().print(f"{name} is set for {model or f'the project {project}'}.", markup=False)
    if replicas := secret["replicas"]:
        workers = "1 running worker has" if replicas == 1 else f"{replicas} running workers have"
        console().print(f"{workers} the old value; each is replaced now, while the others serve.", markup=False)


@app.command("list")
def list_secrets(
    model: Annotated[str | None, typer.Option(metavar="MODEL", help="Those of one model. Unless given: all.")] = None,
    project: Annotated[str | None, typer.Option(metavar="PROJECT", help="Those of one project.")] = None,
    json: Json = False,
) -> None:
    """List secrets: who set them, when, and where those of the operator come from. Their values are never shown."""
    with Client() as client:
        secrets = client.secrets(model, project=project)
    if json:
        print_json({"secrets": secrets})
        return
    rows = [
        (
            each["model"] or f"project {each['project']}",
            each["name"],
            when(each["set_at"]),
            each["set_by"],
            _state(each),
        )
        for each in secrets
    ]
    console().print(table("", ("of", "name", "set", "by", ""), rows))


def _state(secret: dict[str, Any]) -> str:
    """Return where a value comes from, and whether it can be read."""
    if source := secret.get("source"):
        return f"from the {source}{'' if secret['readable'] else ', which is gone'}"
    return " " if secret["readable"] else "can't be read: its key is lost, set it again"


@app.command()
def delete(name: Name, *, model: Model = None, project: Project = None, json: Json = False) -> None:
    """Delete a secret. Workers that run are replaced by such that do not have it."""
    _check_owner(model, project)
    with changing_client() as client:
        of_model = model is not None
        (client.delete_secret if of_model else client.delete_project_secret)(str(model or project), name)
    if json:
        print_json({"model": model, "project": project, "name": name, "deleted": True})
    else:
        console().print(f"{name} of {model or f'the project {project}'} is deleted.", markup=False)


def _check_owner(model: str | None, project: str | None) -> None:
    if (model is None) == (project is None):
        raise typer.BadParameter("give --model MODEL or --project PROJECT")


def _value_for(name: str, owner: str) -> str:
    """Return the value. Raises UnshelfError when there is none."""
    if sys.stdin.isatty():
        value = typer.prompt(f"Value of {name}", hide_input=True, confirmation_prompt=True, err=True)
        return str(value)
    given = sys.stdin.buffer.read(2 * MAX_VALUE_BYTES)  # what is longer is refused by its length
    try:
        value = given.decode()
    except UnicodeDecodeError:
        raise UnshelfError(
            f"The value of {name} is not UTF-8 text.", code="invalid_variable", hint="Write bytes as base64."
        ) from None
    value = value.removesuffix("\n").removesuffix("\r")
    if not value:
        raise UnshelfError(
            f"Standard input has no value for {name}.",
            code="invalid_variable",
            hint=f'`printf %s "$VALUE" | unshelf secrets set {name} {owner}`, or run it at a terminal, which asks for the value.',
        )
    return value
