"""Things that schedules and triggers start: a job or a scoring by its id, a pipeline by its name or id."""

from unshelf.client.client import Client
from unshelf.client.errors import UnshelfError


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
