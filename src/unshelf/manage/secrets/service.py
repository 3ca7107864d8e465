"""Secrets: set, list, delete; and the way of their values to the host, which gives them to a model's programs."""

import logging
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime

from sqlalchemy import Select, and_, delete, or_, select
from sqlalchemy.orm import Session

from unshelf.contracts.errors import Conflict, NotFound, Unavailable
from unshelf.contracts.permissions import Permission
from unshelf.contracts.routing import model_part
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.access.filters import in_visible_project, visible
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.host_client import HostLink, HostRequestFailed
from unshelf.foundation.loops.loops import PeriodicLoop
from unshelf.foundation.paging import Page, SortKey, read_page
from unshelf.foundation.publication import Publisher
from unshelf.manage.audit.service import AuditService
from unshelf.manage.projects.lookup import find_project
from unshelf.manage.secrets.owners import (
    Owner,
    all_revisions,
    last_revision,
    models_served_by,
    owner_of,
    project_of,
    revisions_among,
)
from unshelf.manage.secrets.rules import check_model, check_secret, check_size
from unshelf.manage.secrets.secret import Secret
from unshelf.manage.secrets.sources import OperatorSecrets, SourceGone, refuse_operators
from unshelf.manage.secrets.tables import SecretRow
from unshelf.manage.secrets.uses import SecretUse, SecretUses
from unshelf.runtime.sealing import SealBroken, Sealed, Sealer

logger = logging.getLogger(__name__)

_RECONCILE_SECONDS = 2.0
Present = Callable[[Session, Collection[str]], Collection[str]]
"""Return those of these names that are models now."""


class SecretsUnreadable(Exception):
    """Secrets are stored that can't be read; the message names them."""


class SecretService:
    """Keeps secrets sealed, and has the host hold those of each model: its own, and its project's where it has none of that name.

    A change is stored, brought to the host, and published as the model's revision of secrets, in that order. The host starts no
    worker with an older revision than the one that is published, so a worker never has a value that was changed before."""

    def __init__(
        self, database: Database, publisher: Publisher, audit: AuditService, host: HostLink, sealer: Sealer,
        *, sources: Sequence[str] = (),
    ) -> None:  # fmt: skip
        """`sources`: where the operator keeps secrets, as UNSHELF_SECRETS_FROM has them."""
        self._database = database
        self._publisher = publisher
        self._audit = audit
        self._host = host
        self._sealer = sealer
        self._uses = SecretUses(database, audit)
        self._operator = OperatorSecrets(sources, sealer, audit)
        self._present: Present = lambda _session, names: names

    def serve_only(self, present: Present) -> None:
        """Have the host hold a project's secrets for models that there are, not for names of the past."""
        self._present = present

    def set(self, actor: Actor, model: str, name: str, value: str) -> tuple[Secret, int]:
        """Store a model's value; returns the secret and how many workers of the model run, each of which will be replaced."""
        check_model(model)
        return self._set(actor, Owner("model", model), name, value)

    def set_of_project(self, actor: Actor, project: str, name: str, value: str) -> tuple[Secret, int]:
        """Store a project's value, for all its models; returns the secret and how many workers of these run. Raises NotFound."""
        self._find_project(project)
        return self._set(actor, Owner("project", project), name, value)

    def delete(self, actor: Actor, model: str, name: str) -> None:
        """Delete a model's secret; NotFound when there is none of this name."""
        check_model(model)
        self._delete(actor, Owner("model", model), name)

    def delete_of_project(self, actor: Actor, project: str, name: str) -> None:
        """Delete a project's secret; NotFound when there is none of this name."""
        self._find_project(project)
        self._delete(actor, Owner("project", project), name)

    def forget(self, session: Session, model: str, actor: Actor) -> None:
        """Delete all secrets of a model that is removed, in the caller's transaction: a later model of its name must not get
        them."""
        owner = Owner("model", model)
        names = [row.name for row in session.scalars(owner.rows())]
        if names:
            session.execute(delete(SecretRow).where(SecretRow.scope_kind == owner.kind, SecretRow.scope == model))
            self._audit.record(session, actor, "secret.deleted", model, before={"names": sorted(names)})

    def placed(self, session: Session, model: str, *, before: str | None, project: str) -> list[str]:
        """Have a model get the secrets of its new project, in the transaction that puts it there, before its place is changed.

        `before`: the project that it was in; None: the name is new. Returns the models that `put_in_force` is to be called with.
        What the host holds for the name must become older than what is published, or a worker would start with the former project's
        values: so the revision of the model's own secrets grows, or, without any, of the new project's."""
        if (before or project_of(session, model)) == project:
            return []
        own, of_project = Owner("model", model), Owner("project", project)
        owner = own if session.scalar(own.rows().limit(1)) is not None else of_project
        if before is None and owner is of_project:
            return []  # nothing was ever brought for a name without secrets
        self._revise(session, owner)
        served = [*self._served(session, owner), model]
        self._publisher.mark_stale(session, *map(model_part, served))
        return served

    def list_for(self, actor: Actor, *, limit: int, cursor: str | None = None) -> Page[Secret]:
        """List the secrets of the models and projects whose secrets the actor may see, those of models first, by name."""
        permission = Permission.SECRETS_READ
        of_model = and_(SecretRow.scope_kind == "model", visible(SecretRow.scope, actor, permission))
        of_project = and_(SecretRow.scope_kind == "project", in_visible_project(SecretRow.scope, actor, permission))
        return self._list(select(SecretRow).where(or_(of_model, of_project)), limit, cursor)

    def list_of(self, model: str, *, limit: int, cursor: str | None = None) -> Page[Secret]:
        """List the secrets of a model itself, by name."""
        check_model(model)
        return self._list(Owner("model", model).rows().order_by(None), limit, cursor)

    def list_of_project(self, project: str, *, limit: int, cursor: str | None = None) -> Page[Secret]:
        """List the secrets of a project, by name. Raises NotFound."""
        self._find_project(project)
        return self._list(Owner("project", project).rows().order_by(None), limit, cursor)

    def values(self, model: str, project: str | None = None) -> dict[str, str]:
        """Return the values of a model's secrets, for its programs alone. Raises Conflict when one can't be read.

        `project`: the project that the model is about to belong to; None: the one that it is in."""
        try:
            return self._values(model, project)[1]
        except SecretsUnreadable as error:
            raise Conflict(
                f"{error}.",
                hint="Set it again with `unshelf secrets set`, or bring back what is missing: secrets-key, or the operator's file.",
            ) from None

    def has_own(self, session: Session, model: str) -> bool:
        """Whether secrets are kept for this name, which need not be a model yet."""
        return session.scalar(Owner("model", model).rows().limit(1)) is not None

    def note_check(self, model: str, deploy: str, values: Iterable[str]) -> None:
        """Log that the check of a deploy was given these secrets."""
        self._uses.by_check(model, deploy, sorted(values))

    def revisions(self, session: Session, models: Iterable[str]) -> dict[str, int]:
        """The revision of secrets of each of these models that has any."""
        return revisions_among(session, models)

    def reseal(self) -> None:
        """Seal anew what was sealed with a key that is no longer the first one: that key may then be taken out of the file."""
        with self._database.transaction() as session:
            rows = list(session.scalars(select(SecretRow)))
            first = next(iter(self._key_ids()), "")
            for row in rows:
                if row.source or row.key_id == first:
                    continue
                about = owner_of(row).about(row.name)
                try:
                    value = self._sealer.open(Sealed(key_id=row.key_id, content=row.sealed), about=about)
                    sealed = self._sealer.seal(value, about=about)
                except SealBroken as error:
                    fields = {row.scope_kind: row.scope, "secret": row.name, "reason": str(error)}
                    logger.error("a secret can't be read", extra=fields)
                    continue
                row.key_id, row.sealed = sealed.key_id, sealed.content

    def follow_operator(self) -> None:
        """Take over what the operator changed at the sources of secrets: the values themselves stay there."""
        with self._database.read() as session:
            if not self._operator.changes(session):
                return
        served: set[str] = set()
        with self._database.transaction() as session:
            for owner in self._operator.apply(session):
                served.update(self._revised(session, owner))
            self._publisher.mark_stale(session, *map(model_part, sorted(served)))
        self.put_in_force(sorted(served))

    def loop(self) -> PeriodicLoop:
        """Describe the loop that brings the host what it does not hold, such as after it lost its copy."""
        return PeriodicLoop(name="secrets", act=self.reconcile, every=_RECONCILE_SECONDS)

    def reconcile(self) -> None:
        """Have the host hold exactly what is stored, and what the operator keeps. Raises SecretsUnreadable."""
        self.follow_operator()
        try:
            held = self._host.held_secrets()
            with self._database.read() as session:
                stored = self._stored(session)
            different = [name for name in sorted(held.keys() | stored.keys()) if held.get(name) != stored.get(name)]
            unreadable = self._bring(different)
        except (Unavailable, HostRequestFailed):
            return  # the host is away, which others tell; it is tried again soon
        if unreadable:
            raise SecretsUnreadable("; ".join(unreadable))

    def put_in_force(self, models: Sequence[str]) -> None:
        """Bring a change to the host, then publish it. What fails is tried again by the loops."""
        try:
            unreadable = self._bring(models)
            reason = "; ".join(unreadable)
        except (Unavailable, HostRequestFailed) as error:
            reason = str(error)
        if reason:
            logger.warning(
                "the host does not hold these models' secrets yet", extra={"models": list(models)[:5], "reason": reason}
            )
        self._publisher.publish()

    def _set(self, actor: Actor, owner: Owner, name: str, value: str) -> tuple[Secret, int]:
        check_secret(name, value)
        with self._database.read() as session:
            served = self._served(session, owner)
        self._refuse_too_much(owner, served, name, value)
        moment = now()
        try:
            sealed = self._sealer.seal(value.encode(), about=owner.about(name))
        except SealBroken as error:
            raise Conflict(f"Secrets can't be encrypted: {error}.") from None
        with self._database.transaction() as session:
            row = session.get(SecretRow, (owner.kind, owner.name, name))
            known = row is not None
            refuse_operators(row)
            if row is None:
                row = SecretRow(scope_kind=owner.kind, scope=owner.name, name=name)
                session.add(row)
            row.key_id, row.sealed = sealed.key_id, sealed.content
            row.set_at, row.set_by, row.revision = moment, actor.label, 0
            row.source, row.fingerprint = "", ""
            session.flush()
            self._revise(session, owner)
            served = self._served(session, owner)
            self._publisher.mark_stale(session, *map(model_part, served))
            self._audit.log(
                session, actor, "secret.set", owner.subject(session), after={"name": name, "replaced": known}
            )
        self.put_in_force(served)
        secret = self._shown(owner, name, moment, actor.label, readable=True)
        return secret, self._running(served)

    def _delete(self, actor: Actor, owner: Owner, name: str) -> None:
        with self._database.transaction() as session:
            row = session.get(SecretRow, (owner.kind, owner.name, name))
            if row is None:
                raise NotFound(
                    f"{owner.name[:80]!a} has no secret {name[:80]!a}.",
                    hint="`unshelf secrets list` shows what there is.",
                )
            if self._operator.has(owner, name):
                refuse_operators(row)
            session.delete(row)
            session.flush()
            served = self._revised(session, owner)
            self._publisher.mark_stale(session, *map(model_part, served))
            self._audit.log(session, actor, "secret.deleted", owner.subject(session), before={"name": name})
        self.put_in_force(served)

    def _revise(self, session: Session, owner: Owner) -> None:
        """Give all secrets of an owner the same new revision, so that the deletion of one is a change of the others'.

        It is above every earlier one of any owner; the clock tells that also where all secrets were deleted meanwhile."""
        revision = max(last_revision(session) + 1, time.time_ns() // 1_000_000)
        for row in session.scalars(owner.rows()):
            row.revision = revision
        session.flush()

    def _revised(self, session: Session, owner: Owner) -> list[str]:
        """Revise an owner's secrets, of which some may be gone; return the models that are served by them."""
        self._revise(session, owner)
        served = self._served(session, owner)
        if owner.kind == "project":  # the others of a model must not seem newer than what it lost
            for model in self._named(session).intersection(served):
                self._revise(session, Owner("model", model))
        return served

    def _served(self, session: Session, owner: Owner) -> list[str]:
        names = models_served_by(session, owner)
        return names if owner.kind == "model" else self._present_among(session, names)

    def _present_among(self, session: Session, names: Collection[str]) -> list[str]:
        """The models that there are, and the names that have secrets of their own."""
        return sorted({*self._present(session, names), *self._named(session).intersection(names)})

    def _named(self, session: Session) -> frozenset[str]:
        """The names that have secrets of their own."""
        return frozenset(session.scalars(select(SecretRow.scope).where(SecretRow.scope_kind == "model")))

    def _stored(self, session: Session) -> dict[str, int]:
        found = all_revisions(session)
        return {name: found[name] for name in self._present_among(session, found.keys())}

    def _bring(self, models: Sequence[str]) -> list[str]:
        """Bring the host the secrets of these models; returns which can't be read."""
        unreadable, uses = [], []
        with self._database.read() as session:
            served = frozenset(self._present_among(session, models))
        for model in models:
            try:
                revision, values = self._values(model) if model in served else (0, {})
            except SecretsUnreadable as error:
                unreadable.append(str(error))
                continue
            self._host.hold_secrets(model, revision, values)
            if values:
                uses.append(SecretUse(model=model, revision=revision, names=tuple(sorted(values))))
        self._uses.by_workers(uses)
        return unreadable

    def _values(self, model: str, project: str | None = None) -> tuple[int, dict[str, str]]:
        with self._database.read() as session:
            of_project = Owner("project", project or project_of(session, model))
            rows = [*session.scalars(of_project.rows()), *session.scalars(Owner("model", model).rows())]
        values: dict[str, str] = {}
        for row in rows:  # the model's own come last, and win
            values[row.name] = self._open(row)
        return max((row.revision for row in rows), default=0), values

    def _open(self, row: SecretRow) -> str:
        if row.source:
            try:
                return self._operator.read(owner_of(row), row.name)
            except SourceGone as error:
                raise SecretsUnreadable(f"The secret {row.name} of {row.scope} can't be read: {error}") from None
        try:
            about = owner_of(row).about(row.name)
            return self._sealer.open(Sealed(key_id=row.key_id, content=row.sealed), about=about).decode()
        except SealBroken as error:
            raise SecretsUnreadable(f"The secret {row.name} of {row.scope} can't be read: {error}") from None

    def _refuse_too_much(self, owner: Owner, served: Sequence[str], name: str, value: str) -> None:
        """Refuse what would be too much for any model that gets it."""
        with self._database.read() as session:
            own = self._named(session)
        # Models without secrets of their own all get the same.
        tried = [owner.name] if owner.kind == "model" else [*sorted(own.intersection(served)), ""]
        for model in tried:
            try:
                held = self._values(model, owner.name if owner.kind == "project" else None)[1]
            except SecretsUnreadable:  # it may be the one that is set again
                continue
            check_size({**held, name: value})

    def _list(self, query: Select[SecretRow], limit: int, cursor: str | None) -> Page[Secret]:
        keys = [SortKey(SecretRow.scope_kind), SortKey(SecretRow.scope), SortKey(SecretRow.name)]
        with self._database.read() as session:
            page = read_page(session, query, keys, limit=limit, cursor=cursor)
        known = self._key_ids()
        secrets = [
            self._shown(
                owner_of(row),
                row.name,
                row.set_at,
                row.set_by,
                source=row.source,
                readable=self._operator.has(owner_of(row), row.name) if row.source else row.key_id in known,
            )
            for row in page.items
        ]
        return Page(secrets, page.next_cursor)

    def _shown(
        self, owner: Owner, name: str, set_at: datetime, set_by: str, *, readable: bool, source: str = ""
    ) -> Secret:
        model, project = (owner.name, None) if owner.kind == "model" else (None, owner.name)
        return Secret(
            model=model, project=project, name=name, set_at=set_at, set_by=set_by, readable=readable, source=source
        )

    def _key_ids(self) -> Sequence[str]:
        try:
            return self._sealer.key_ids()
        except SealBroken as error:
            logger.error("the key file of secrets can't be used", extra={"reason": str(error)})
            return ()

    def _running(self, models: Collection[str]) -> int:
        try:
            return sum(1 for replica in self._host.replicas() if replica.model in models)
        except (Unavailable, HostRequestFailed):
            return 0

    def _find_project(self, project: str) -> None:
        with self._database.read() as session:
            find_project(session, project)
