"""The code of pipelines: blobs held by each version, and readable by those who may read its project's jobs."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from unshelf.contracts.permissions import Permission
from unshelf.develop.pipelines.tables import PipelineRow
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.access.filters import in_visible_project
from unshelf.foundation.blob_holds import BlobHoldRow

HOLDER = "pipeline/"


def holder_of(pipeline: str, version: int) -> str:
    """Return the name under which a version's code is held."""
    return f"{HOLDER}{pipeline}/{version}"


def find_readable(session: Session, actor: Actor, digests: Sequence[str]) -> set[str]:
    """Find the blobs of the code of pipelines that the actor may see."""
    held = select(BlobHoldRow.sha256, BlobHoldRow.holder).where(
        BlobHoldRow.sha256.in_(digests), BlobHoldRow.holder.startswith(HOLDER, autoescape=True)
    )
    of: dict[str, set[str]] = {}
    for digest, holder in session.execute(held):
        of.setdefault(holder.split("/")[1], set()).add(digest)
    seen = in_visible_project(PipelineRow.project, actor, Permission.JOBS_READ)
    return {
        digest
        for pipeline in session.scalars(select(PipelineRow.id).where(PipelineRow.id.in_(of), seen))
        for digest in of[pipeline]
    }
