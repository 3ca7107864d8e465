"""Options of schedules and triggers alike: the things that are started, and how one is found by its name."""

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from unshelf.client.client import Client
from unshelf.client.errors import UnshelfError

Job = Annotated[str | None, typer.Option("--job", metavar="ID", help="The job that is run again each time.")]
Pipeline = Annotated[
    str | None, typer.Option("--pipeline", metavar="NAME", help="In place of a job: the pipeline, or its id.")
]
Scoring = Annotated[
    str | None, typer.Option("--scoring", metavar="ID", help="In place of a job: the scoring that is begun again.")
]
Collection = Annotated[
    str | None,
    typer.Option(
        "--collection", metavar="ID", help="In place of a job: the collection of predictions that is done again."
    ),
]


def target_of(
    client: Client, job: str | None, pipeline: str | None, scoring: str | None = None, collection: str | None = None
) -> tuple[str, str]:
    """Return the kind and the id of what is to be started. Raises UnshelfError unless one of them is given."""
    if sum(each is not None for each in (job, pipeline, scoring, collection)) != 1:
        raise UnshelfError(
            "Give a job, a pipeline, a scoring or a collection.",
            code="invalid_input",
            hint="--job ID, --pipeline NAME, --scoring ID, or --collection ID.",
        )
    if job is not None:
        return "job", job
    if scoring is not None:
        return "scoring", scoring
    if collection is not None:
        return "collection", collection
    return "pipeline", str(client.pipelines.find(str(pipeline))["id"])


def named(kind: str, wanted: str, listed: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    """Return the schedule or trigger with this id, or the only one with this name; None where none is listed.

    Raises UnshelfError where several projects have one of the name."""
    found = [each for each in listed if wanted in (each["id"], each["name"])]
    if len(found) > 1:
        raise UnshelfError(
            f"{len(found)} projects have a {kind} {wanted!r}.",
            hint=f"Say which by its id; `unshelf {kind}s list` shows them.",
        )
    return found[0] if found else None


def last_start(listed: dict[str, Any]) -> str:
    """Return what a schedule or trigger started last, or why it could not."""
    last = listed["last"]
    return "" if last is None else str(last["started"] or last["error"])
