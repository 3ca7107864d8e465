"""Arguments and options that several commands share."""

from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
Reference = Annotated[
    str, typer.Argument(metavar="REF", help="NAME (by release), NAME:3 (that version) or NAME@champion (an alias).")
]
Name = Annotated[str, typer.Argument(metavar="NAME", help="The model's name.")]
Subject = Annotated[
    str,
    typer.Argument(
        metavar="SUBJECT",
        help="NAME (a model), NAME:3 or NAME@champion (a version), else KIND/NAME, such as project/risk.",
    ),
]
OfProject = Annotated[str | None, typer.Option("--project", metavar="NAME", help="Those of one project.")]
OfModel = Annotated[str | None, typer.Option("--model", metavar="NAME", help="Those of one model.")]
LastOnes = Annotated[int, typer.Option("--limit", min=1, max=1000, help="How many of the last ones.")]
