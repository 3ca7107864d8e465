"""`unshelf deploy`: from a folder or a model file to a version that answers."""

from pathlib import Path
from typing import Annotated

import msgspec
import typer

from unshelf.cli.calling import sample_rows
from unshelf.cli.deploying import progress, show_deployed
from unshelf.cli.options import Json
from unshelf.cli.output import console, print_json_line
from unshelf.cli.problems import as_fields
from unshelf.client.bundle import Wishes
from unshelf.client.client import Client
from unshelf.client.errors import DeployFailed
from unshelf.client.examples import read_rows


def deploy(
    path: Annotated[
        Path,
        typer.Argument(metavar="PATH", help="A folder with unshelf.toml, a model file, or an MLflow model folder."),
    ],
    *,
    name: Annotated[
        str | None,
        typer.Option(help="The model's name. Unless given: what unshelf.toml says, else the file's or folder's."),
    ] = None,
    example: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A few rows as JSON or CSV, as the model takes them.")
    ] = None,
    baseline: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Training rows as JSON or CSV: they tell which columns have gaps."),
    ] = None,
    requirement: Annotated[
        list[str] | None,
        typer.Option(metavar="REQ", help='In place of or beside what is seen: "numpy==2.4.6"; repeatable.'),
    ] = None,
    code: Annotated[
        list[Path] | None, typer.Option(metavar="PATH", help="Your own code that a model file imports; repeatable.")
    ] = None,
    python: Annotated[str | None, typer.Option(metavar="VERSION", help="The environment's Python, e.g. 3.12.")] = None,
    method: Annotated[str | None, typer.Option(help="The model's method that answers, e.g. predict_proba.")] = None,
    release: Annotated[
        bool | None,
        typer.Option(
            "--release/--no-release", help="Make the version live, or not. Unless given: a first version goes live."
        ),
    ] = None,
    alias: Annotated[str | None, typer.Option(help="An alias that points at this version from now on.")] = None,
    tier: Annotated[str | None, typer.Option(help="The amount of hardware.")] = None,
    description: Annotated[str | None, typer.Option(help="A sentence for people.")] = None,
    timeout: Annotated[float | None, typer.Option(help="Seconds a prediction may take.")] = None,
    json: Json = False,
) -> None:
    """Deploy a model: bundle, lock, build, check, register, start, release, each step shown as it happens.

    A model that fails at a step is not registered; the message says why and what to do.
    --json prints one event a line, the last one with the version."""
    wishes = Wishes(
        example=None if example is None else read_rows(example),
        baseline=None if baseline is None else read_rows(baseline),
        requirements=requirement or (),
        code=code or (),
        python=python,
        method=method,
        tier=tier,
        description=description,
        timeout=timeout,
    )
    out = console()
    with Client() as client:
        try:
            with progress(out, json=json) as report:
                deployed = client.deploy(path, name=name, wishes=wishes, release=release, alias=alias, report=report)
        except DeployFailed as error:
            if json:
                print_json_line({"step": "end", "state": "failed", "error": as_fields(error)})
            raise
        if json:
            print_json_line({"step": "end", "state": "done", **msgspec.to_builtins(deployed)})
            return
        rows = deployed.example[:1] or sample_rows(client.show(deployed.reference)["version"]["signature"])
        show_deployed(out, deployed, rows)
