"""`unshelf models`, and `unshelf models register` for those that run elsewhere."""

import json as json_format
from pathlib import Path
from typing import Annotated, Any

import tomllib
import typer

from unshelf.cli.changes import changing_client
from unshelf.cli.deploy.models import list_models
from unshelf.cli.options import Json, Name
from unshelf.cli.output import console, print_json
from unshelf.client.bundling.text_files import read_text
from unshelf.client.errors import InvalidInput, InvalidModel

models = typer.Typer(
    add_completion=False,
    help="List models; register those that run on other infrastructure.",
)


@models.callback(invoke_without_command=True)
def list_all(
    context: typer.Context,
    project: Annotated[
        str | None, typer.Option(metavar="NAME", help="Those of one project. Unless given: all.")
    ] = None,
    json: Json = False,
) -> None:
    """List models with their live versions and aliases."""
    if context.invoked_subcommand is None:
        list_models(project, json=json)


@models.command()
def register(
    name: Name,
    *,
    example: Annotated[
        str | None, typer.Option(metavar="FILE", help="A few records: JSON lines, or a CSV or Parquet table of them.")
    ] = None,
    output: Annotated[
        list[str] | None,
        typer.Option(metavar="COLUMN", help="The answer, of a table. Unless given: output or prediction."),
    ] = None,
    signature: Annotated[
        Path | None, typer.Option(metavar="FILE", help="In place of an example: JSON or TOML with inputs and outputs.")
    ] = None,
    project: Annotated[str | None, typer.Option(metavar="NAME", help="The project of a new model.")] = None,
    place: Annotated[str, typer.Option(metavar="TEXT", help="Where it runs, for people: 'SageMaker, eu-west-1'.")] = "",
    description: Annotated[str, typer.Option(metavar="TEXT", help="What it does.")] = "",
    task: Annotated[str | None, typer.Option(help="classification, regression or ranking.")] = None,
    classes: Annotated[
        list[str] | None,
        typer.Option("--class", metavar="NAME", help="A class, in the order of the scores; repeatable."),
    ] = None,
    key: Annotated[str, typer.Option(metavar="COLUMN", help="The input that names the business object.")] = "",
    slice: Annotated[list[str] | None, typer.Option(metavar="COLUMN", help="An input to part records by.")] = None,
    redact: Annotated[
        list[str] | None, typer.Option(metavar="COLUMN", help="A column whose values are not kept.")
    ] = None,
    baseline: Annotated[
        str | None, typer.Option(metavar="DATA", help="The training data: data://NAME@VERSION.")
    ] = None,
    json: Json = False,
) -> None:
    """Register a model that runs elsewhere by its signature, or its next version. The same once more changes nothing."""
    roles = {name: value for name, value in (("key", key), ("slices", slice)) if value}
    with changing_client() as client:
        found = client.register_model(
            name, example=example, outputs=output or (), signature=None if signature is None else _read(signature),
            project=project, place=place, description=description, task=task, classes=classes or (), monitoring=roles or None,
            redact=redact or (), baseline=baseline,
        )  # fmt: skip
    if json:
        print_json(found)
        return
    state = "registered" if found["created"] else "was registered before, the same in everything"
    out = console()
    out.print(
        f"{found['name']}:{found['version']} {state}. It runs elsewhere; its records are monitored here.", markup=False
    )
    out.print(f"Send them: unshelf records send {found['name']} FILE", markup=False)


def _read(path: Path) -> dict[str, Any]:
    try:
        text = read_text(path)
        found: dict[str, Any] = tomllib.loads(text) if path.suffix == ".toml" else json_format.loads(text)
    except InvalidModel as error:
        raise InvalidInput(error.detail, hint=error.hint) from None
    except ValueError as error:
        raise InvalidInput(f"{path} can't be read: {error}.") from None
    return dict(found.get("signature", found))
