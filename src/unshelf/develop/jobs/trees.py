"""Trees of files that jobs read: stored once, held as long as a job names them."""

from collections.abc import Iterable, Sequence

import msgspec
from sqlalchemy import delete, literal, select
from sqlalchemy.orm import Session

from unshelf.contracts.bundle import MAX_FILES, BundleFile, tree_digest
from unshelf.contracts.errors import InvalidInput
from unshelf.contracts.permissions import Permission
from unshelf.develop.jobs.tables import JobRow, JobTreeRow
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.access.filters import in_visible_project
from unshelf.foundation.blob_holds import BlobHoldRow, hold, let_go

HOLDER = "job-tree/"
_LEFT = "job/"
"""The holders of what attempts left, `job/ID/NUMBER`."""


def check_tree(files: Sequence[BundleFile], what: str) -> None:
    """Raise InvalidInput for files that can't lie in one folder."""
    if not files:
        raise InvalidInput(f"{what} has no files.")
    if len(files) > MAX_FILES:
        raise InvalidInput(f"{what} has {len(files)} files; at most {MAX_FILES} are taken.", hint="Leave some out.")
    paths = {file.path for file in files}
    if len(paths) < len(files):
        raise InvalidInput(f"{what} names a path twice.")
    folders = {path.rsplit("/", depth)[0] for path in paths for depth in range(1, path.count("/") + 1)}
    if both := sorted(paths & folders):
        raise InvalidInput(f"{what} has {both[0]!r} both as a file and as a folder.", hint="Rename one of the two.")


def sizes_of(files: Iterable[BundleFile]) -> dict[str, int]:
    """Return digest → bytes. Raises InvalidInput for a digest with two sizes."""
    sizes: dict[str, int] = {}
    for file in files:
        if sizes.setdefault(file.sha256, file.size) != file.size:
            raise InvalidInput(f"The file {file.path!a} has two different sizes for one digest.")
    return sizes


def remember_tree(session: Session, files: Sequence[BundleFile]) -> str:
    """Keep a tree whose blobs were claimed in this transaction; returns its digest."""
    digest = tree_digest(files)
    if session.get(JobTreeRow, digest) is None:
        ordered = sorted(files, key=lambda file: file.path)
        session.add(JobTreeRow(digest=digest, files=[msgspec.to_builtins(file) for file in ordered]))
        hold(session, sizes_of(files), HOLDER + digest)
        session.flush()
    return digest


def read_tree(session: Session, digest: str) -> list[BundleFile]:
    """Return the files of a tree that a job names."""
    return msgspec.convert(session.get_one(JobTreeRow, digest).files, list[BundleFile])


def find_readable(session: Session, actor: Actor, digests: Sequence[str]) -> set[str]:
    """Find the blobs of the code of jobs that the actor may see, for who may see a job may run one like it, and what these left."""
    query = (
        select(BlobHoldRow.sha256)
        .join(JobRow, BlobHoldRow.holder == literal(HOLDER).concat(JobRow.code))
        .where(BlobHoldRow.sha256.in_(digests), in_visible_project(JobRow.project, actor, Permission.JOBS_READ))
    )
    found = set(session.scalars(query))
    return found | _left_by_jobs(session, actor, [digest for digest in digests if digest not in found])


def _left_by_jobs(session: Session, actor: Actor, digests: Sequence[str]) -> set[str]:
    """Find the blobs that jobs left which the actor may see: who may see a job may read its files."""
    held = select(BlobHoldRow.sha256, BlobHoldRow.holder).where(
        BlobHoldRow.sha256.in_(digests), BlobHoldRow.holder.startswith(_LEFT, autoescape=True)
    )
    jobs: dict[str, set[str]] = {}
    for digest, holder in session.execute(held):
        jobs.setdefault(holder.split("/")[1], set()).add(digest)
    seen = select(JobRow.id).where(JobRow.id.in_(jobs), in_visible_project(JobRow.project, actor, Permission.JOBS_READ))
    return {digest for job in session.scalars(seen) for digest in jobs[job]}


def drop_tree(session: Session, digest: str) -> None:
    """Forget a tree that the one job which names it has no use for any more."""
    let_go(session, HOLDER + digest)
    session.execute(delete(JobTreeRow).where(JobTreeRow.digest == digest))


def drop_trees(session: Session, digests: Iterable[str]) -> None:
    """Forget those of these trees that no job names any more."""
    for digest in set(digests):
        if session.scalar(select(JobRow.id).where(JobRow.code == digest).limit(1)) is None:
            let_go(session, HOLDER + digest)
            session.execute(delete(JobTreeRow).where(JobTreeRow.digest == digest))
