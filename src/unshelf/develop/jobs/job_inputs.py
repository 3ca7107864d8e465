"""Inputs that are what another job left: `job://ID/PATH`."""

from typing import Any

import msgspec
from sqlalchemy.orm import Session

from unshelf.contracts.bundle import BundleFile, tree_digest
from unshelf.contracts.errors import Conflict, Forbidden, InvalidInput, NotFound
from unshelf.contracts.permissions import Permission
from unshelf.contracts.references import InvalidReference, parse_job_reference
from unshelf.develop.jobs.job import ENDED, JobInput
from unshelf.develop.jobs.tables import JobAttemptRow, JobRow
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.access.scopes import project_scope


def input_of_job(
    session: Session, actor: Actor, project: str, wanted: JobInput
) -> tuple[dict[str, Any], list[BundleFile]]:
    """Return the facts of such an input as they are stored, with the attempt and the digest of what it is, and its files.

    Raises InvalidInput for what is no reference, NotFound for a job or files that there are not, Conflict for a job that has not
    ended, Forbidden for one of another project."""
    try:
        reference = parse_job_reference(wanted.reference)
    except InvalidReference as error:
        raise InvalidInput(f"{error}.") from None
    row = session.get(JobRow, reference.job)
    if row is None or not actor.may(Permission.JOBS_READ, project_scope(row.project)):
        raise NotFound(f"There is no job {reference.job[:80]!a}, or you may not see it.")
    if row.project != project:
        raise Forbidden(
            f"The job {row.id} belongs to the project {row.project!r}; jobs read what jobs of their own project left.",
            hint="Make what it left a dataset, and read that: `unshelf data add`.",
        )
    if row.state not in ENDED:
        raise Conflict(f"The job {row.id} has not ended: what it leaves is not known yet.", hint="Wait for its end.")
    kept = session.get(JobAttemptRow, (row.id, row.attempts))
    left = [] if kept is None else msgspec.convert(kept.files, list[BundleFile])
    files = files_at(left, reference.path)
    if not files:
        raise NotFound(
            f"The job {row.id} left nothing at {reference.path[:80]!a}.",
            hint=f"`unshelf jobs show {row.id}` lists its files.",
        )
    facts = {
        "variable": wanted.variable, "reference": f"job://{row.id}/{reference.path}", "job": row.id, "attempt": row.attempts,
        "digest": tree_digest(files),
    }  # fmt: skip
    return facts, files


def files_at(files: list[BundleFile], path: str) -> list[BundleFile]:
    """Return the file at a path, or the files below it with their paths from there on; without a path all."""
    for file in files:
        if file.path == path:
            return [replace_path(file, file.path.rpartition("/")[2])]
    start = f"{path}/" if path else ""
    return [replace_path(file, file.path.removeprefix(start)) for file in files if file.path.startswith(start)]


def replace_path(file: BundleFile, path: str) -> BundleFile:
    """Return a file under another path."""
    return BundleFile(path=path, sha256=file.sha256, size=file.size)
