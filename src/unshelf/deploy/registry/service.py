"""The door to the registry: what is in it, how versions come in and go out, where aliases point."""

import logging

import msgspec
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from unshelf.contracts.bundle import Checks
from unshelf.contracts.hosting import Replica
from unshelf.contracts.references import ALIAS_RULE, Reference, is_alias
from unshelf.deploy.bundles.service import BundleService
from unshelf.deploy.registry import lookup as lookup
from unshelf.deploy.registry.schemas import ModelDetail, Models
from unshelf.deploy.registry.showing import shown_detail, shown_model, shown_version
from unshelf.deploy.registry.tables import AliasRow
from unshelf.deploy.registry.tables import ModelRow as ModelRow
from unshelf.deploy.registry.tables import VersionRow as VersionRow
from unshelf.develop.environments.service import EnvironmentService
from unshelf.foundation.clock import now
from unshelf.foundation.database import Database
from unshelf.foundation.errors import Conflict, HostFailure, InvalidInput, NotFound, Unavailable
from unshelf.foundation.hostlink import HostLink
from unshelf.foundation.publication import Publisher
from unshelf.manage.access import Principal
from unshelf.manage.audit.service import AuditService
from unshelf.manage.limits import Limits, stored

logger = logging.getLogger(__name__)


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
        host: HostLink,
    ) -> None:
        self._database = database
        self._publisher = publisher
        self._audit = audit
        self._environments = environments
        self._bundles = bundles
        self._host = host

    def list_for(self, principal: Principal) -> Models:
        """The models that the caller may deploy, by name."""
        numbers: dict[str, list[int]] = {}
        aliases: dict[str, dict[str, int]] = {}
        with self._database.read() as session:
            for name, number in session.execute(
                select(VersionRow.model, VersionRow.number).order_by(VersionRow.number)
            ):
                numbers.setdefault(name, []).append(number)
            for alias in session.scalars(select(AliasRow).order_by(AliasRow.alias)):
                aliases.setdefault(alias.model, {})[alias.alias] = alias.version
            rows = session.scalars(select(ModelRow).where(ModelRow.removed_at.is_(None)).order_by(ModelRow.name)).all()
        return Models(
            models=[
                shown_model(row, numbers.get(row.name, []), aliases.get(row.name, {}))
                for row in rows
                if principal.may("deploy", row.name)
            ]
        )

    def count(self) -> tuple[int, int]:
        """How many models and how many versions there are."""
        with self._database.read() as session:
            models = session.scalar(select(func.count()).select_from(ModelRow).where(ModelRow.removed_at.is_(None)))
            versions = session.scalar(select(func.count()).select_from(VersionRow))
        return models or 0, versions or 0

    def maker(self, name: str) -> str | None:
        """Who deployed the latest version of a model; None when it has none."""
        latest = (
            select(VersionRow.created_by).where(VersionRow.model == name).order_by(VersionRow.number.desc()).limit(1)
        )
        with self._database.read() as session:
            return session.scalar(latest)

    def show(self, text: str) -> ModelDetail:
        """The model and the version that a reference names."""
        reference = lookup.reference_from(text)
        with self._database.read() as session:
            model = lookup.find_model(session, reference.name)
            version = lookup.named_version(session, model, reference)
            manifest = self._bundles.manifest(session, version.bundle)
            packages = self._environments.packages(session, version.environment)
            versions = session.scalars(
                select(VersionRow).where(VersionRow.model == model.name).order_by(VersionRow.number)
            ).all()
            aliases = lookup.aliases_of(session, model.name)
        detail = shown_version(version, manifest, packages, self._replicas())
        return shown_detail(model, list(versions), aliases, detail)

    def address(self, text: str) -> tuple[str, int | None]:
        """The model's name and, unless a name alone was given, the version's number; for what outlives them.

        A number is taken as it is: the version may be gone. NotFound for a model there never was and for an unknown alias."""
        reference = lookup.reference_from(text)
        with self._database.read() as session:
            if session.get(ModelRow, reference.name) is None or reference.alias is not None:
                model = lookup.find_model(session, reference.name)
                return model.name, lookup.named_version(session, model, reference).number
        return reference.name, reference.version

    def remove(self, text: str, actor: str) -> None:
        """Remove a model with all that is its own, or one version; a live version only when it is the model's only one."""
        reference = lookup.reference_from(text)
        if reference.alias is not None:
            raise InvalidInput(
                "an alias is no version: name the version to remove",
                hint="an alias alone is removed with DELETE /api/v1/models/NAME/aliases/ALIAS",
            )
        with self._database.transaction() as session:
            model = lookup.find_model(session, reference.name, for_change=True)
            numbers = lookup.version_numbers(session, model.name)
            if reference.version is None or numbers == [reference.version]:
                self._remove_versions(session, model, numbers)
                self._audit.record(session, actor, "model.removed", model.name, {"versions": numbers})
            else:
                lookup.find_version(session, model.name, reference.version)
                if any(share["version"] == reference.version for share in model.release):
                    raise Conflict(
                        f"{reference} is live",
                        hint=f"release another version first: unshelf release {model.name} VERSION",
                    )
                self._remove_versions(session, model, [reference.version])
                self._audit.record(session, actor, "version.removed", str(reference))
        self._publisher.publish()
        self._bundles.tidy()

    def set_alias(self, name: str, alias: str, version: int, actor: str) -> dict[str, int]:
        """Have an alias point at a version; gives all aliases of the model."""
        with self._database.transaction() as session:
            self.point_alias(session, name, alias, version, actor)
            aliases = lookup.aliases_of(session, name)
        self._publisher.publish()
        return aliases

    def remove_alias(self, name: str, alias: str, actor: str) -> None:
        """Remove an alias. The version it points at stays."""
        with self._database.transaction() as session:
            lookup.find_model(session, name, for_change=True)
            row = session.get(AliasRow, (name, alias))
            if row is None:
                raise NotFound(f"{name!r} has no alias {alias[:80]!r}")
            session.delete(row)
            self._audit.record(session, actor, "alias.removed", f"{name}@{alias}", {"version": row.version})
        self._publisher.publish()

    def set_limits(self, name: str, limits: Limits | None, actor: str) -> None:
        """Limit how much may be asked of a model; None: not at all."""
        with self._database.transaction() as session:
            self.limit(session, name, limits, actor)
        self._publisher.publish()

    def limit(self, session: Session, name: str, limits: Limits | None, actor: str) -> None:
        """Limit how much may be asked of a model, in the caller's transaction."""
        model = lookup.find_model(session, name, for_change=True)
        model.limits = stored(limits)
        self._audit.record(session, actor, "model.limited", name, {"limits": model.limits})

    def point_alias(self, session: Session, name: str, alias: str, version: int, actor: str) -> None:
        """Have an alias point at a version, in the caller's transaction."""
        check_alias(alias)
        lookup.find_model(session, name, for_change=True)
        lookup.find_version(session, name, version)
        row = session.get(AliasRow, (name, alias))
        if row is None:
            session.add(AliasRow(model=name, alias=alias, version=version))
        else:
            row.version = version
        session.flush()
        self._audit.record(session, actor, "alias.set", f"{name}@{alias}", {"version": version})

    def register(
        self, session: Session, name: str, *, bundle: str, environment: str, lock: str, checks: Checks, actor: str
    ) -> VersionRow:
        """Add the next version of a model, in the caller's transaction; it holds its bundle and its environment.

        Two at once get different numbers: the model's row is locked, and should a database not do that, the primary key
        lets only one of them commit (IntegrityError: try again)."""
        model = session.get(ModelRow, name, with_for_update=True)
        if model is None:
            model = ModelRow(name=name, last_version=0, release=[], paused=False, created_at=now())
            session.add(model)
        elif model.removed_at is not None:
            model.removed_at = None
            model.created_at = now()
        model.last_version += 1
        holder = str(Reference(name, version=model.last_version))
        self._environments.remember(session, environment, lock=lock, python=checks.python)
        self._environments.hold(session, environment, holder)
        self._bundles.hold(session, bundle, holder)
        row = VersionRow(
            model=name, number=model.last_version, bundle=bundle, environment=environment,
            checks=msgspec.json.encode(checks).decode(), paused=False, created_at=now(), created_by=actor,
        )  # fmt: skip
        session.add(row)
        session.flush()
        self._audit.record(session, actor, "version.registered", holder, {"digest": bundle, "environment": environment})
        return row

    def withdraw(self, session: Session, name: str, number: int, actor: str) -> None:
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
        session.execute(delete(AliasRow).where(AliasRow.model == model.name, AliasRow.version.in_(numbers)))
        session.execute(delete(VersionRow).where(VersionRow.model == model.name, VersionRow.number.in_(numbers)))
        if not lookup.version_numbers(session, model.name):
            model.removed_at = now()
            model.release = []
            model.paused = False
            model.limits = None

    def _replicas(self) -> list[Replica]:
        try:
            return self._host.replicas()
        except (Unavailable, HostFailure) as error:
            logger.warning("host did not say what it runs", extra={"reason": error.detail})
            return []


def check_alias(alias: str) -> None:
    """Raise InvalidInput for a text that may be no alias."""
    if not is_alias(alias):
        raise InvalidInput(f"{alias[:80]!a} may be no alias: {ALIAS_RULE}")
