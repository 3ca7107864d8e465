"""Uploaded files that deploys make their bundles of: held, bundled by a sandboxed process of the host, let go of."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from unshelf.contracts.bundle import BundleFile, Manifest, is_bundle_path, is_digest
from unshelf.contracts.errors import Forbidden, InvalidInput, NotFound
from unshelf.contracts.permissions import Permission
from unshelf.contracts.protocols.bundling import BundleChoices, MadeBundle
from unshelf.contracts.protocols.host import Progress
from unshelf.deploy.bundles.uploads import UploadService
from unshelf.deploy.deploys.schemas import FileDeployRequest, UploadedFile
from unshelf.deploy.deploys.tables import DeployFilesRow, DeployRow
from unshelf.develop.environments.service import EnvironmentService
from unshelf.develop.jobs.tables import JobAttemptRow, JobRow
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.access.scopes import project_scope
from unshelf.foundation.blob_holds import BlobHolds, hold, let_go
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.host_client import HostLink
from unshelf.manage.tiers.service import TierService

KEPT = timedelta(days=1)
"""How long the files of a deploy that failed stay, for it to be tried again."""


class UploadedFiles:
    """Keeps what deploys of uploaded files were asked for, holds their files, and has the host bundle them."""

    def __init__(
        self,
        database: Database,
        *,
        holds: BlobHolds,
        uploads: UploadService,
        environments: EnvironmentService,
        tiers: TierService,
        host: HostLink,
    ) -> None:
        self._database = database
        self._holds = holds
        self._uploads = uploads
        self._environments = environments
        self._tiers = tiers
        self._host = host

    @contextmanager
    def claimed(
        self, actor: Actor, wanted: FileDeployRequest, project: str
    ) -> Iterator[tuple[Session, DeployFilesRow]]:
        """Yield a transaction in which the files are here, and what is to be kept of the request, for a deploy to be begun with.

        Raises InvalidInput for paths that can't be, Forbidden for a tier or an environment that the actor may not use there, NotFound
        for an environment or a job that they may not see, Conflict for files that were not uploaded."""
        check_files(wanted)
        if wanted.job is not None:
            self._must_be_left_by(actor, wanted.job, wanted.files)
        usable = self._tiers.usable(actor, project)
        lock, python = None, None
        if wanted.environment is not None:
            lock, python = self._environments.chosen_by(actor, wanted.environment, project=project)
        sizes = {file.sha256: file.size for file in wanted.files}
        if len(sizes) < len({(file.sha256, file.size) for file in wanted.files}):
            raise InvalidInput("Two sizes are given for the same content.", hint="Send the size of each file as it is.")
        with self._holds.claim(actor, sizes) as session:
            request = wanted.model_dump(mode="json", exclude={"key"})
            yield session, DeployFilesRow(request=request, lock=lock, python=python, tiers=sorted(usable))

    def keep(self, session: Session, deploy: str, row: DeployFilesRow) -> None:
        """Keep the request of a deploy and hold its files, in the transaction that begins it."""
        row.deploy = deploy
        session.add(row)
        hold(session, {file["sha256"]: file["size"] for file in row.request["files"]}, _holder(deploy))

    def bundle(
        self, deploy: str, actor: Actor, on_progress: Callable[[Progress], None], watch: Callable[[], None]
    ) -> tuple[MadeBundle, set[str]]:
        """Have the host bundle the files of a deploy; with the bundle, the digests of all that it may hold.

        Raises Forbidden for a tier that the files name and the deployer may not use."""
        with self._database.read() as session:
            row = session.get_one(DeployFilesRow, deploy)
            wanted, lock, python, usable = (
                FileDeployRequest.model_validate(row.request),
                row.lock,
                row.python,
                row.tiers,
            )
        files = [BundleFile(path=file.path, sha256=file.sha256, size=file.size) for file in wanted.files]
        choices = BundleChoices(
            path=wanted.path, example=wanted.example, requirements=wanted.requirements, lock=lock, python=python or wanted.python,
            tier=wanted.tier, min_replicas=wanted.min_replicas, max_replicas=wanted.max_replicas, description=wanted.description,
        )  # fmt: skip
        made = self._host.bundle(files, choices, on_progress, actor=actor.label, watch=watch)
        self._must_use(actor, made.manifest, usable)
        for each in made.made:
            self._uploads.store(actor, each.sha256, [each.content], project=None, size=len(each.content))
        return made, {file.sha256 for file in files} | {each.sha256 for each in made.made}

    def _must_use(self, actor: Actor, manifest: Manifest, usable: Sequence[str]) -> None:
        tier = manifest.resources.tier
        if tier in self._tiers.hardware and tier not in usable:
            raise Forbidden(
                f"{actor.label!r} may not use the tier {tier!r}.", hint="Choose another tier, or ask for this one."
            )

    def _must_be_left_by(self, actor: Actor, job: str, files: Sequence[UploadedFile]) -> None:
        with self._database.read() as session:
            row = session.get(JobRow, job)
            if row is None or not actor.may(Permission.JOBS_READ, project_scope(row.project)):
                raise NotFound(f"There is no job {job[:80]!a}, or you may not see it.")
            lists = session.scalars(select(JobAttemptRow.files).where(JobAttemptRow.job == job)).all()
        left = {file["sha256"] for those in lists for file in those}
        if not any(file.sha256 in left for file in files):
            raise InvalidInput(
                f"The job {job} left none of these files.", hint="Name the job that left the model, or none."
            )

    def job_of(self, session: Session, deploy: str) -> str | None:
        """Return the job that left the files of a deploy; None: none did."""
        row = session.get(DeployFilesRow, deploy)
        return None if row is None else row.request.get("job")

    def asked(self, session: Session, deploy: str) -> dict[str, Any]:
        """Return the request of a deploy. Raises NotFound where it was no deploy of files, or they are not kept any more."""
        row = session.get(DeployFilesRow, deploy)
        if row is None:
            raise NotFound(
                f"No uploaded files are kept of the deploy {deploy[:80]!a}.",
                hint="They are kept for a day after a deploy that failed: send them again.",
            )
        return row.request

    def missing(self, actor: Actor, files: Sequence[UploadedFile]) -> list[str]:
        """Return the digests of files that the actor has to send again."""
        return self._uploads.missing(actor, [file.sha256 for file in files])

    def forget(self, session: Session, deploy: str) -> None:
        """Let go of the files of a deploy that is done."""
        forget_files(session, [deploy])

    def prune(self) -> None:
        """Let go of the files of deploys that ended long ago."""
        old = select(DeployRow.id).where(DeployRow.state != "running", DeployRow.ended_at < now() - KEPT)
        kept = select(DeployFilesRow.deploy).where(DeployFilesRow.deploy.in_(old))
        with self._database.read() as session:  # so that looking in vain writes nothing
            if session.scalar(kept.limit(1)) is None:
                return
        with self._database.transaction() as session:
            forget_files(session, list(session.scalars(kept)))


def forget_files(session: Session, deploys: Sequence[str]) -> None:
    """Let go of the files of deploys, in the caller's transaction."""
    for deploy in session.scalars(select(DeployFilesRow.deploy).where(DeployFilesRow.deploy.in_(deploys))).all():
        let_go(session, _holder(deploy))
    session.execute(delete(DeployFilesRow).where(DeployFilesRow.deploy.in_(deploys)))


def check_files(wanted: FileDeployRequest) -> None:
    """Raise InvalidInput for files that can't lie in one folder, here or on another system, and for choices that name none of them."""
    known: dict[str, str] = {}
    for file in wanted.files:
        if not is_bundle_path(file.path):
            raise InvalidInput(
                f"{file.path[:200]!a} can't be a path in a folder.",
                hint="Paths are relative, of plain parts with `/` between them, and of at most 1024 characters.",
            )
        if not is_digest(file.sha256):
            raise InvalidInput(f"The digest of {file.path[:200]!a} is no SHA-256 in lower-case hexadecimal.")
        other = known.get(file.path.casefold())
        if other is not None:
            raise InvalidInput(
                f"{other[:200]!a} and {file.path[:200]!a} would be one file on some systems.",
                hint="Rename one of the two.",
            )
        known[file.path.casefold()] = file.path
    for path in known:
        while path := path.rpartition("/")[0]:
            if path in known:
                raise InvalidInput(f"{known[path][:200]!a} is both a file and a folder.", hint="Rename one of the two.")
    paths = {file.path for file in wanted.files}
    for role, chosen in (("path", wanted.path), ("example", wanted.example)):
        if chosen is not None and chosen not in paths:
            raise InvalidInput(f"{role} names {chosen[:200]!a}, which is none of the files.", hint="Name one of them.")


def _holder(deploy: str) -> str:
    """The holder of a deploy's uploaded files."""
    return f"upload/{deploy}"
