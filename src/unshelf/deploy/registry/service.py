"""The registry's service: models and their versions, how they come in and go out, and where aliases point."""

import logging
from collections.abc import Collection, Iterable, Sequence
from typing import Protocol

import msgspec
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from unshelf.contracts.bundle import Checks
from unshelf.contracts.errors import Conflict, InvalidInput, NotFound, RunsElsewhere, Unavailable
from unshelf.contracts.permissions import Permission
from unshelf.contracts.protocols.host import Replica
from unshelf.contracts.references import ALIAS_RULE, Reference, is_alias
from unshelf.contracts.routing import WARM_PART, Share, model_part
from unshelf.deploy.bundles.service import BundleService
from unshelf.deploy.registry import lookup
from unshelf.deploy.registry.tables import AliasRow, ModelRow, VersionRow
from unshelf.deploy.registry.values import InspectedModel, RegisteredModel, RegisteredVersion, VersionEntry
from unshelf.develop.environments.origins import VersionEnvironment
from unshelf.develop.environments.service import EnvironmentService
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.access.filters import visible
from unshelf.foundation.access.model_scopes import models_in, place_model, scope_of, scopes_among
from unshelf.foundation.access.tables import ModelAccessRow
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.host_client import HostLink, HostRequestFailed
from unshelf.foundation.paging import Page, SortKey, read_page
from unshelf.foundation.publication import Publisher
from unshelf.foundation.subjects import Subjects
from unshelf.manage.access.service import AccessService
from unshelf.manage.audit.service import AuditService
from unshelf.manage.egress.networks import VersionNetworks
from unshelf.manage.limits import Limits, stored
from unshelf.manage.projects.project import Stage
from unshelf.manage.secrets.service import SecretService

logger = logging.getLogger(__name__)

_NAMES_A_QUERY = 500


class LiveReleases(Protocol):
    """Live shares as the registry needs them; another capability owns releases."""

    def live(self, session: Session, name: str) -> list[Share]:
        """The live shares of a model; empty: none."""

    def live_among(self, session: Session, names: Iterable[str]) -> dict[str, list[Share]]:
        """The live shares of these models, of those that have any."""

    def end(self, session: Session, name: str) -> None:
        """Have nothing live."""


class RegistryService:
    """Models and their versions."""

    def __init__(
        self,
        *,
        database: Database,
        publisher: Publisher,
        audit: AuditService,
        environments: EnvironmentService,
        bundles: BundleService,
        releases: LiveReleases,
        secrets: SecretService,
        networks: VersionNetworks,
        access: AccessService,
        subjects: Subjects,
        host: HostLink,
    ) -> None:
        self._database = database
        self._publisher = publisher
        self._audit = audit
        self._environments = environments
        self._bundles = bundles
        self._releases = releases
        self._secrets = secrets
        self._networks = networks
        self._access = access
        self._subjects = subjects
        self._host = host

    def list_for(
        self, actor: Actor, *, project: str | None = None, limit: int, cursor: str | None = None
    ) -> Page[RegisteredModel]:
        """List the models that the actor may see, by name: all, or those of one project."""
        may_see = visible(ModelRow.name, actor, Permission.MODEL_READ)
        query = select(ModelRow).where(ModelRow.removed_at.is_(None), may_see)
        if project is not None:
            query = query.where(ModelRow.name.in_(models_in(project)))
        with self._database.read() as session:
            page = read_page(session, query, [SortKey(ModelRow.name)], limit=limit, cursor=cursor)
            names = [row.name for row in page.items]
            releases = self._releases.live_among(session, names) if names else {}
            return Page(lookup.models_of(session, page.items, releases), page.next_cursor)

    def has_model(self, session: Session, name: str) -> bool:
        """Whether there is a model of this name now."""
        model = session.get(ModelRow, name)
        return model is not None and model.removed_at is None

    def present_among(self, session: Session, names: Collection[str]) -> list[str]:
        """Return those of these names that are models now."""
        wanted, found = sorted(names), list[str]()
        for start in range(0, len(wanted), _NAMES_A_QUERY):
            present = select(ModelRow.name).where(ModelRow.removed_at.is_(None))
            found += session.scalars(present.where(ModelRow.name.in_(wanted[start : start + _NAMES_A_QUERY])))
        return found

    def stages(self, session: Session, projects: Sequence[str]) -> dict[str, Stage]:
        """Say which of these projects have versions: that much was developed."""
        having = select(ModelAccessRow.project).join(VersionRow, VersionRow.model == ModelAccessRow.model).distinct()
        return dict.fromkeys(session.scalars(having.where(ModelAccessRow.project.in_(projects))), "develop")

    def count(self) -> tuple[int, int]:
        """How many models and how many versions there are."""
        with self._database.read() as session:
            models = session.scalar(select(func.count()).select_from(ModelRow).where(ModelRow.removed_at.is_(None)))
            versions = session.scalar(select(func.count()).select_from(VersionRow))
        return models or 0, versions or 0

    def maker(self, name: str) -> str | None:
        """Return the label of the actor who deployed a model's latest version; None when it has none."""
        with self._database.read() as session:
            return lookup.maker_of(session, name)

    def environment_of(self, session: Session, actor: Actor, text: str) -> VersionEnvironment:
        """Return the environment of the version that a reference names. Raises NotFound for a model that the actor may not see."""
        reference = lookup.reference_from(text)
        scope = scope_of(session, reference.name)
        actor.must_see(scope)
        actor.must(Permission.ENVIRONMENTS_READ, scope)
        model = lookup.find_model(session, reference.name)
        row = lookup.named_version(session, model, reference, self._releases.live(session, model.name))
        if row.environment is None:
            raise RunsElsewhere(
                f"{model.name}:{row.number} runs elsewhere, so it has no environment here.",
                hint="Name another environment.",
            )
        return VersionEnvironment(str(Reference(model.name, version=row.number)), row.environment)

    def inspect(self, text: str) -> InspectedModel:
        """The model and the version that a reference names, with all that is known of it."""
        reference = lookup.reference_from(text)
        with self._database.read() as session:
            model = lookup.find_model(session, reference.name)
            release = self._releases.live(session, model.name)
            scope = scope_of(session, model.name)
            row = lookup.named_version(session, model, reference, release)
            manifest = self._bundles.manifest(session, row.bundle)
            packages = [] if row.environment is None else self._environments.packages(session, row.environment)
            aliases = lookup.aliases_of(session, model.name)
            live = {share.version: share.percent for share in release}
            versions = [
                VersionEntry(
                    version=one.number, created_at=one.created_at, created_by=one.created_by,
                    live_percent=live.get(one.number, 0.0), paused=one.paused,
                )
                for one in session.scalars(
                    select(VersionRow).where(VersionRow.model == model.name).order_by(VersionRow.number)
                )
            ]  # fmt: skip
        version = RegisteredVersion(
            number=row.number, bundle=row.bundle, environment=row.environment or "", created_at=row.created_at,
            created_by=row.created_by, paused=row.paused, job=row.job, manifest=manifest, packages=packages,
            checks=msgspec.json.decode(row.checks, type=Checks), replicas=self._replicas(row.model, row.number),
        )  # fmt: skip
        return InspectedModel(
            name=model.name, project=scope.project, visibility=scope.visibility, aliases=aliases, release=release,
            paused=model.paused, versions=versions, version=version,
            limits=None if model.limits is None else Limits.model_validate(model.limits),
        )  # fmt: skip

    def address(self, text: str) -> tuple[str, int | None]:
        """The model's name and, unless a name alone was given, the version's number; for what outlives them.

        A number is taken as it is: the version may be gone. NotFound for a model there never was and for an unknown alias."""
        reference = lookup.reference_from(text)
        with self._database.read() as session:
            if session.get(ModelRow, reference.name) is None or reference.alias is not None:
                model = lookup.find_model(session, reference.name)
                return model.name, lookup.named_version(session, model, reference, []).number
        return reference.name, reference.version

    def check_outputs(self, name: str, number: int | None) -> list[tuple[int, str]]:
        """Return the outputs of the checks of a model's versions, or of one version, by number; those that are not empty."""
        query = select(VersionRow.number, VersionRow.checks).where(VersionRow.model == name)
        if number is not None:
            query = query.where(VersionRow.number == number)
        with self._database.read() as session:
            found = [(number, msgspec.json.decode(text, type=Checks).output) for number, text in session.execute(query)]
        return [(number, output) for number, output in found if output]

    def lock_model(self, session: Session, name: str) -> None:
        """Keep others from changing a model until the caller's transaction ends; NotFound when there is none."""
        lookup.find_model(session, name, for_change=True)

    def require_version(self, session: Session, name: str, number: int) -> None:
        """Raise NotFound unless there is this version."""
        lookup.find_version(session, name, number)

    def tier_and_maker(self, session: Session, name: str, number: int) -> tuple[str, str]:
        """Return the tier of a version, and the label of who deployed it. Raises NotFound."""
        row = lookup.find_version(session, name, number)
        return row.tier, row.created_by

    def version_numbers(self, session: Session, name: str) -> list[int]:
        """The numbers of a model's versions, lowest first."""
        return lookup.version_numbers(session, name)

    def remove(self, text: str, actor: Actor) -> None:
        """Remove a model with all that is its own, or one version; a live version only when it is the model's only one."""
        reference = lookup.reference_from(text)
        if reference.alias is not None:
            raise InvalidInput(
                "An alias is no version: name the version to remove.",
                hint="An alias alone is removed with DELETE /api/v1/models/NAME/aliases/ALIAS.",
            )
        with self._database.transaction() as session:
            model = lookup.find_model(session, reference.name, for_change=True)
            numbers = lookup.version_numbers(session, model.name)
            if reference.version is None or numbers == [reference.version]:
                self._remove_versions(session, model, numbers)
                self._secrets.forget(session, model.name, actor)
                self._access.forget_model(session, model.name, actor)
                self._audit.record(session, actor, "model.removed", model.name, before={"versions": numbers})
            else:
                lookup.find_version(session, model.name, reference.version)
                if any(share.version == reference.version for share in self._releases.live(session, model.name)):
                    raise Conflict(
                        f"{reference} is live.",
                        hint=f"Release another version first: unshelf release {model.name} VERSION.",
                    )
                self._remove_versions(session, model, [reference.version])
                self._audit.record(session, actor, "version.removed", str(reference))
        self._publisher.publish()
        self._bundles.collect()

    def set_alias(self, name: str, alias: str, version: int, actor: Actor) -> dict[str, int]:
        """Have an alias point at a version; gives all aliases of the model."""
        with self._database.transaction() as session:
            self.point_alias(session, name, alias, version, actor)
            aliases = lookup.aliases_of(session, name)
        self._publisher.publish()
        return aliases

    def remove_alias(self, name: str, alias: str, actor: Actor) -> None:
        """Remove an alias. The version it points at stays."""
        with self._database.transaction() as session:
            lookup.find_model(session, name, for_change=True)
            row = session.get(AliasRow, (name, alias))
            if row is None:
                raise NotFound(f"{name!r} has no alias {alias[:80]!r}.")
            session.delete(row)
            self._publisher.mark_stale(session, model_part(name))
            self._audit.record(session, actor, "alias.removed", f"{name}@{alias}", before={"version": row.version})
        self._publisher.publish()

    def set_limits(self, name: str, limits: Limits | None, actor: Actor) -> None:
        """Limit how much may be asked of a model; None: not at all."""
        with self._database.transaction() as session:
            self.limit(session, name, limits, actor)
        self._publisher.publish()

    def limit(self, session: Session, name: str, limits: Limits | None, actor: Actor) -> None:
        """Limit how much may be asked of a model, in the caller's transaction."""
        model = lookup.find_model(session, name, for_change=True)
        before = {"limits": model.limits}
        model.limits = stored(limits)
        self._publisher.mark_stale(session, model_part(name))
        self._audit.record(session, actor, "model.limited", name, {"limits": model.limits}, before=before)

    def point_alias(self, session: Session, name: str, alias: str, version: int, actor: Actor) -> None:
        """Have an alias point at a version, in the caller's transaction."""
        check_alias(alias)
        lookup.find_model(session, name, for_change=True)
        lookup.find_version(session, name, version)
        row = session.get(AliasRow, (name, alias))
        before = None if row is None else {"version": row.version}
        if row is None:
            session.add(AliasRow(model=name, alias=alias, version=version))
        else:
            row.version = version
        session.flush()
        self._publisher.mark_stale(session, model_part(name))
        self._audit.record(session, actor, "alias.set", f"{name}@{alias}", {"version": version}, before=before)

    def register(
        self,
        session: Session,
        name: str,
        *,
        project: str,
        bundle: str,
        environment: str | None,
        lock: str = "",
        checks: Checks,
        actor: Actor,
        job: str | None = None,
    ) -> int:
        """Add the next version of a model, in the caller's transaction, and return its number; it holds its bundle and its
        environment; None: it runs elsewhere, and takes nothing of the machine. `job`: the one that left its files.

        Two at once get different numbers: the model's row is locked, and should a database not do that, the primary key
        lets only one of them commit (IntegrityError: try again)."""
        model = session.get(ModelRow, name, with_for_update=True)
        if model is None or model.removed_at is not None:
            self._access.forget_model(session, name, actor)  # of an earlier model that had the name
            before = scopes_among(session, [name]).get(name)
            self._secrets.placed(session, name, before=None if before is None else before.project, project=project)
            place_model(session, name, project)
        if model is None:
            model = ModelRow(name=name, last_version=0, paused=False, created_at=now())
            session.add(model)
        elif model.removed_at is not None:
            model.removed_at = None
            model.created_at = now()
        model.last_version += 1
        holder = str(Reference(name, version=model.last_version))
        if environment is not None:
            self._environments.remember(session, environment, lock=lock, python=checks.python)
            self._environments.hold(session, environment, holder)
        self._bundles.hold(session, bundle, holder)
        number = model.last_version
        manifest = self._bundles.manifest(session, bundle)
        session.add(
            VersionRow(
                model=name, number=number, bundle=bundle, environment=environment,
                checks=msgspec.json.encode(checks).decode(), tier=manifest.resources.tier,
                min_replicas=manifest.scaling.min, max_replicas=0 if manifest.runs_elsewhere else manifest.scaling.max,
                paused=False, job=job, created_at=now(),
                created_by=actor.label,
            )
        )  # fmt: skip
        session.flush()
        self._publisher.mark_stale(session, model_part(name), WARM_PART)
        detail = {"digest": bundle, "environment": environment} | ({} if job is None else {"job": job})
        self._audit.record(session, actor, "version.registered", holder, detail)
        return number

    def withdraw(self, session: Session, name: str, number: int, actor: Actor) -> None:
        """Take back a version whose deploy failed after all, in the caller's transaction. One that is gone is a no-op."""
        model = session.get(ModelRow, name, with_for_update=True)
        if model is None or session.get(VersionRow, (name, number)) is None:
            return
        self._remove_versions(session, model, [number])
        self._audit.record(session, actor, "version.withdrawn", str(Reference(name, version=number)))

    def _remove_versions(self, session: Session, model: ModelRow, numbers: list[int]) -> None:
        """Remove these versions with their aliases and holds; without versions the model's row is only a memory."""
        of_these = [str(Reference(model.name, version=number)) for number in numbers]
        self._environments.let_go(session, of_these)
        self._bundles.let_go(session, of_these)
        self._subjects.removed(session, "version", of_these)
        self._networks.forget(session, model.name, numbers)
        session.execute(delete(AliasRow).where(AliasRow.model == model.name, AliasRow.version.in_(numbers)))
        session.execute(delete(VersionRow).where(VersionRow.model == model.name, VersionRow.number.in_(numbers)))
        self._publisher.mark_stale(session, model_part(model.name), WARM_PART)
        if not lookup.version_numbers(session, model.name):
            model.removed_at = now()
            self._releases.end(session, model.name)
            self._subjects.removed(session, "model", [model.name])
            model.paused = False
            model.limits = None

    def _replicas(self, name: str, number: int) -> list[Replica]:
        try:
            return [one for one in self._host.replicas() if (one.model, one.version) == (name, number)]
        except (Unavailable, HostRequestFailed) as error:
            logger.warning("host did not say what it runs", extra={"reason": error.detail})
            return []


def check_alias(alias: str) -> None:
    """Raise InvalidInput for a text that may be no alias."""
    if not is_alias(alias):
        raise InvalidInput(f"{alias[:80]!a} may be no alias: {ALIAS_RULE}.")
