"""Fetching the code of jobs: the host brings the files of a commit, and the job has them from then on as if they were uploaded."""

import difflib
from collections.abc import Callable

import msgspec
from sqlalchemy.orm import Session

from unshelf.contracts.errors import Conflict
from unshelf.contracts.permissions import Permission
from unshelf.contracts.protocols.jobs import CodeFetched, CodeRefs, FetchCode, GitPlace
from unshelf.develop.environments.service import EnvironmentService
from unshelf.develop.jobs.sources.git import GitSource, check_git, place_in
from unshelf.develop.jobs.sources.notebooks import with_notebook
from unshelf.develop.jobs.tables import JobRow
from unshelf.develop.jobs.trees import check_tree, remember_tree, sizes_of
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.access.scopes import project_scope
from unshelf.foundation.blob_holds import BlobHolds
from unshelf.foundation.database.engine import Database
from unshelf.foundation.host_client import HostLink
from unshelf.foundation.loops.claims import Claim
from unshelf.manage.egress.networks import VersionNetworks
from unshelf.manage.quotas.service import QuotaService

_REPORT = 300
SecretsOf = Callable[[str], dict[str, str]]


class CodeUnusable(Exception):
    """The code that was fetched can't be run as the job wants; the message says why."""


class CodeFetching:
    """Has repositories fetched, with the credentials of the project and by its network rules."""

    def __init__(
        self,
        database: Database,
        host: HostLink,
        holds: BlobHolds,
        *,
        environments: EnvironmentService,
        networks: VersionNetworks,
        quotas: QuotaService,
        secrets_of: SecretsOf,
    ) -> None:
        self._database = database
        self._host = host
        self._holds = holds
        self._environments = environments
        self._networks = networks
        self._quotas = quotas
        self._secrets_of = secrets_of

    def check(self, source: GitSource) -> None:
        """Raise InvalidInput for what is no repository, Forbidden for one at a place that the operator lets no project reach."""
        check_git(source)
        self._networks.must_grant(None, [place_in(source)])

    def refs(self, actor: Actor, project: str, source: GitSource) -> CodeRefs:
        """Return the branches and tags of a repository, for one who may run jobs in the project. Raises as `check`, and what the host
        says."""
        scope = project_scope(project)
        actor.must_see(scope)
        actor.must(Permission.JOBS_RUN, scope)
        self.check(source)
        return self._host.git_refs(self._place(project, source), actor=actor.label)

    def fetch(self, claim: Claim, job: str, watch: Callable[[], None]) -> bool:
        """Bring the code of a job that has none yet, and record its commit. Returns whether there was anything to do.

        Raises HostRequestFailed, CodeUnusable, Conflict for a secret that there is not, Forbidden for a full quota."""
        with self._database.read() as session:
            row = session.get_one(JobRow, job)
            project, actor = row.project, row.created_by
            source = source_of(row)
        if source is None or source.commit:
            return False
        with self._database.transaction() as session:
            claim.require(session)
            session.get_one(JobRow, job).reason = f"Its code: fetching from {source.url}."[:_REPORT]
        request = FetchCode(id=1, place=self._place(project, source), ref=source.ref, folder=source.folder, actor=actor)
        found = self._host.fetch_code(request, watch=watch)
        with (
            self._holds.claim(None, sizes_of(found.files)) as session,
            self._quotas.within(session, project=project, makers=[actor]),
        ):
            claim.require(session)
            self._record(session, session.get_one(JobRow, job), source, found)
        return True

    def _record(self, session: Session, row: JobRow, source: GitSource, found: CodeFetched) -> None:
        check_tree(found.files, "The commit")
        paths = [file.path for file in found.files]
        if row.command[0] not in paths:
            near = difflib.get_close_matches(row.command[0], paths, n=1)
            where = f" below {source.folder}" if source.folder else ""
            nearest = f" Did you mean {near[0]}?" if near else ""
            raise CodeUnusable(f"The commit {found.commit[:12]} has no file {row.command[0]!r}{where}.{nearest}")
        row.code = remember_tree(session, found.files)
        row.git = msgspec.to_builtins(msgspec.structs.replace(source, commit=found.commit, notes=found.notes))
        if row.wanted_environment.get("from_code") and found.packages is not None:
            row.wanted_environment = {
                "requirements": with_notebook(row.command[0], found.packages.requirements), "constraints": found.packages.constraints,
                "python": found.packages.python, "from_code": True,
            }  # fmt: skip
            if row.environment is not None:
                self._environments.let_go(session, [f"job/{row.id}"])
                row.environment = None

    def _place(self, project: str, source: GitSource) -> GitPlace:
        if not source.secret:
            return GitPlace(url=source.url)
        credential = self._secrets_of(project).get(source.secret)
        if credential is None:
            raise Conflict(
                f"The project {project!r} has no secret {source.secret!r}.",
                hint=f"Set it: unshelf secrets set {source.secret} --project {project}",
            )
        return GitPlace(url=source.url, credential=credential.strip())


def source_of(row: JobRow) -> GitSource | None:
    """Return where a job's code comes from; None: it was uploaded."""
    return None if row.git is None else msgspec.convert(row.git, GitSource)


def lacks_code(row: JobRow) -> bool:
    """Whether a job's code is still to be fetched."""
    return row.git is not None and not row.git.get("commit")
