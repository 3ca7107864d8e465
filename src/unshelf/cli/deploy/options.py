"""Options of `unshelf deploy`, each with its help."""

from pathlib import Path
from typing import Annotated

import typer

from unshelf.cli.params import finite
from unshelf.contracts.bundle import AnswerForm

ModelPath = Annotated[
    Path, typer.Argument(metavar="PATH", help="A folder with unshelf.toml, a model file, or an MLflow model folder.")
]
ModelName = Annotated[
    str | None,
    typer.Option(help="The model's name. Unless given: what unshelf.toml says, else the file's or folder's."),
]
Example = Annotated[
    str | None, typer.Option(metavar="FILE", help="A few rows as JSON or CSV, as the model takes them, or data://NAME.")
]
Baseline = Annotated[
    str | None,
    typer.Option(metavar="FILE", help="Training rows as JSON or CSV, or data://NAME: the version keeps their profile."),
]
Requirements = Annotated[
    list[str] | None,
    typer.Option(metavar="REQ", help='In place of or beside what is seen: "numpy==2.4.6"; repeatable.'),
]
Code = Annotated[
    list[Path] | None, typer.Option(metavar="PATH", help="Your own code that a model file imports; repeatable.")
]
PythonVersion = Annotated[str | None, typer.Option(metavar="VERSION", help="The environment's Python, e.g. 3.12.")]
EnvironmentName = Annotated[
    str | None,
    typer.Option(metavar="REF", help="An environment of the server, taken as it is: NAME, NAME:3, a hash, a version."),
]
Method = Annotated[str | None, typer.Option(help="The model's method that answers, e.g. predict_proba.")]
GoesLive = Annotated[
    bool | None,
    typer.Option(
        "--release/--no-release", help="Make the version live, or not. Unless given: a first version goes live."
    ),
]
Alias = Annotated[str | None, typer.Option(help="An alias that points at this version from now on.")]
ProjectName = Annotated[
    str | None, typer.Option("--project", metavar="NAME", help="The project of a new model. Unless given: default.")
]
Tier = Annotated[str | None, typer.Option(help="The amount of hardware; `unshelf tiers` lists them.")]
NetworkOption = Annotated[
    str | None,
    typer.Option(
        "--network", help="The network of its code: none (unless given) or full, the server's.", metavar="full|none"
    ),
]
AllowNetwork = Annotated[
    list[str] | None,
    typer.Option(
        "--allow-network",
        metavar="HOST:PORT",
        help="A place that its code may connect to, or *.DOMAIN:PORT; repeatable.",
    ),
]
Description = Annotated[str | None, typer.Option(help="A sentence for people.")]
Output = Annotated[
    AnswerForm | None,
    typer.Option(help="rows (one output a row, unless given) or table: the answer is one for all rows."),
]
Variables = Annotated[
    list[str] | None,
    typer.Option("--env", metavar="NAME=VALUE", help="A variable of the model's programs, no secret; repeatable."),
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Lock, build and check, and register nothing: whether it can be deployed.")
]
Timeout = Annotated[float | None, typer.Option(help="Seconds a prediction may take.", callback=finite)]
