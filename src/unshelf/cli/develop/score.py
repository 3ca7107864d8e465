"""`unshelf score`: all rows of some data predicted by a job, with progress, and the results where they are wanted."""

from enum import Enum
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn, TimeElapsedColumn

from unshelf.cli.changes import changing_client
from unshelf.cli.develop.scorings import show_result
from unshelf.cli.durations import seconds_of
from unshelf.cli.options import Json
from unshelf.cli.output import console, print_json
from unshelf.cli.params import read_params
from unshelf.client.results import Event


class Purpose(str, Enum):
    """Purposes of a scoring."""

    batch = "batch"
    backtest = "backtest"


ScoringPurpose = Annotated[
    Purpose | None,
    typer.Option(
        help="backtest: rows of the past, which monitors pass over. Unless given: batch; of training data backtest."
    ),
]


class Format(str, Enum):
    """The format of results."""

    parquet = "parquet"
    csv = "csv"


class Existing(str, Enum):
    """The fate of rows that are there already."""

    fail = "fail"
    append = "append"
    replaced = "replace"


IfExists = Annotated[
    Existing | None,
    typer.Option(
        "--if-exists",
        help="Of a connection: what happens to rows that are there already; else fail.",
    ),
]
Keep = Annotated[
    list[str] | None,
    typer.Option(metavar="COLUMNS", help="Columns that the results have: id,date; else all. `--keep ''`: none."),
]
MostFailed = Annotated[
    int | None, typer.Option(metavar="ROWS", min=0, help="Rows that may fail before it is given up; else 10,000.")
]


def score(
    ref: Annotated[str, typer.Argument(metavar="REF", help="The version: NAME, NAME:3 or NAME@alias.")],
    *,
    data: Annotated[
        str,
        typer.Option(
            metavar="DATA", help="A Parquet or CSV file, a folder of these, or data://NAME, data://CONNECTION/path."
        ),
    ],
    out: Annotated[
        str,
        typer.Option(
            metavar="OUT",
            help="A file, a folder, data://NAME, or data://CONNECTION/path. Without it the results stay on the server.",
        ),
    ] = "",
    if_exists: IfExists = None,
    keep: Keep = None,
    purpose: ScoringPurpose = None,
    param: Annotated[list[str] | None, typer.Option(metavar="NAME=VALUE", help="A parameter; repeatable.")] = None,
    tier: Annotated[
        str, typer.Option(metavar="TIER", help="The hardware: as many processes as it has cores.")
    ] = "small",
    project: Annotated[
        str | None, typer.Option(metavar="NAME", help="The project of the job; else the model's.")
    ] = None,
    chunk: Annotated[int | None, typer.Option(metavar="ROWS", min=1, help="Rows that are kept at a time.")] = None,
    batch: Annotated[int | None, typer.Option(metavar="ROWS", min=1, help="Rows that are predicted together.")] = None,
    most_failed: MostFailed = None,
    time_limit: Annotated[
        str | None, typer.Option(metavar="TIME", help="How long its job may take, such as 2h.")
    ] = None,
    priority: Annotated[int, typer.Option(metavar="N", help="Higher ones go first among your own.")] = 0,
    form: Annotated[
        Format | None, typer.Option("--format", help="The format of results that stay on the server.")
    ] = None,
    name: Annotated[str, typer.Option(help="A title.")] = "",
    detach: Annotated[bool, typer.Option("--detach", help="Return at once, with the scoring's id.")] = False,
    json: Json = False,
) -> None:
    """Predict all rows of some data with one version, as a job. Rows that fail go to a file of their own, with their reasons."""
    options: dict[str, Any] = {
        "keep": _columns(keep), "purpose": purpose and purpose.value, "params": read_params(param), "tier": tier, "project": project,
        "priority": priority, "name": name, "format": form and form.value,
    }  # fmt: skip
    more = {
        "if_exists": None if if_exists is None else if_exists.value,
        "chunk": chunk, "batch": batch, "most_failed": most_failed, "seconds": seconds_of(time_limit, "--time-limit"),
    }  # fmt: skip
    options |= {key: value for key, value in more.items() if value is not None}
    with changing_client() as client, _Shown() as shown:
        scoring = client.score(ref, data, out=out, wait=not detach, watch=shown.watch, report=shown.report, **options)
    if json:
        print_json(scoring)
    elif detach:
        console().print(f"scoring {scoring['id']}: unshelf scorings show {scoring['id']}", markup=False)
    else:
        show_result(scoring)


class _Shown:
    """Progress on standard error: the step, rows of all, rows a second, time left."""

    def __init__(self) -> None:
        columns = (
            TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TextColumn("{task.fields[said]}"), TimeElapsedColumn(),
        )  # fmt: skip
        self._progress = Progress(*columns, console=console(stderr=True), transient=True)
        self._task: TaskID = self._progress.add_task("sending", total=None, said="")

    def __enter__(self) -> "_Shown":
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def report(self, event: Event) -> None:
        """Show an event of the upload."""
        if event.state == "info":
            self._progress.console.print(event.detail, style="dim", markup=False)

    def watch(self, scoring: dict[str, Any]) -> None:
        """Show how far a scoring is."""
        found = scoring["progress"]
        step = scoring["state"]
        if step == "scoring" and found is None:
            step = f"job {(scoring['job_state'] or 'submitted').replace('_', ' ')}"
        said = ""
        if found is not None:
            rate = found["rows_a_second"]
            said = f"{found['scored']:,} of {scoring['rows']:,} rows"
            said += f", {found['failed']:,} failed" if found["failed"] else ""
            said += f"  {rate:,.0f} rows/s" if rate else ""
            said += f"  {found['seconds_left']:,.0f} s left" if found["seconds_left"] is not None else ""
        completed = None if found is None else found["scored"]
        self._progress.update(self._task, description=step, total=scoring["rows"], completed=completed or 0, said=said)


def _columns(texts: list[str] | None) -> list[str] | None:
    return None if texts is None else [each for text in texts for each in text.split(",") if each]
