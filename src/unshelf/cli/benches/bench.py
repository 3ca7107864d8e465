"""`unshelf bench`: a version measured on each tier, with progress, and a table of what came of it."""

from typing import Annotated, Any

import typer

from unshelf.cli.benches.measured import show_bench
from unshelf.cli.changes import changing_client
from unshelf.cli.durations import seconds_of
from unshelf.cli.options import Json
from unshelf.cli.output import console, print_json
from unshelf.cli.params import read_params


def bench(
    ref: Annotated[str, typer.Argument(metavar="REF", help="The version: NAME, NAME:3 or NAME@alias.")],
    *,
    tier: Annotated[
        list[str] | None,
        typer.Option(metavar="TIER", help="A tier to measure on; repeatable. Else all that you may use."),
    ] = None,
    data: Annotated[
        str | None,
        typer.Option(
            metavar="DATA",
            help="Rows to send: a Parquet or CSV file, or data://NAME. Else the version's example, or rows like its baseline.",
        ),
    ] = None,
    rows: Annotated[int, typer.Option(metavar="N", min=1, max=10_000, help="The rows of a request.")] = 1,
    callers: Annotated[int, typer.Option(metavar="N", min=1, max=256, help="Callers at a time, after one alone.")] = 8,
    seconds: Annotated[str, typer.Option(metavar="TIME", help="How long each measurement takes, such as 10s.")] = "3s",
    warmup: Annotated[str, typer.Option(metavar="TIME", help="How long the version is called before that.")] = "1s",
    param: Annotated[list[str] | None, typer.Option(metavar="NAME=VALUE", help="A parameter; repeatable.")] = None,
    project: Annotated[
        str | None, typer.Option(metavar="NAME", help="The project of the jobs; else the model's.")
    ] = None,
    detach: Annotated[bool, typer.Option("--detach", help="Return at once, with the bench's id.")] = False,
    json: Json = False,
) -> None:
    """Measure a version on each tier: latency, throughput, memory, and what 1,000 predictions cost."""
    options: dict[str, Any] = {
        "rows": rows, "callers": callers, "seconds": seconds_of(seconds, "--seconds"), "warmup": seconds_of(warmup, "--warmup"),
        "params": read_params(param), "project": project,
    }  # fmt: skip
    with changing_client() as client:
        found = client.bench(ref, tiers=tier or (), data=data, wait=False, **options)
        if not detach:
            with console(stderr=True).status("") as status:
                found = client.wait_for_bench(found["id"], watch=lambda each: status.update(_said(each)))
    if json:
        print_json(found)
    elif detach:
        console().print(f"bench {found['id']}: unshelf benches show {found['id']}", markup=False)
    else:
        show_bench(found)
    if found["state"] in ("failed", "cancelled"):
        raise typer.Exit(1)


def _said(bench: dict[str, Any]) -> str:
    """Say how far a bench is."""
    done = sum(line["state"] not in ("waiting", "measuring") for line in bench["tiers"])
    at = next((line["tier"] for line in bench["tiers"] if line["state"] == "measuring"), "")
    return f"{bench['state']} {at} ({done} of {len(bench['tiers'])} tiers)".replace("  ", " ")
