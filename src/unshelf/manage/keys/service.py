"""The keys' door: create, revoke, recognise; and their section of the routing table."""

import re
from datetime import timedelta
from typing import cast

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from unshelf.contracts.routing import KeyRoute, Limits
from unshelf.foundation.clock import now
from unshelf.foundation.database import Database
from unshelf.foundation.errors import Conflict, InvalidInput, NotFound
from unshelf.foundation.ids import new_id
from unshelf.foundation.publication import Publisher
from unshelf.manage.access import Principal, Role
from unshelf.manage.audit.service import SYSTEM, AuditService
from unshelf.manage.keys.tables import KeyRow
from unshelf.manage.keys.tokens import new_token, token_hash
from unshelf.manage.limits import Limits as WantedLimits
from unshelf.manage.limits import stored

ADMIN = "admin"
"""The id and the name of the key that is there from the first start."""

_NAME = re.compile(r"[^\x00-\x1f\x7f]{1,100}")
_PATTERN = re.compile(r"[a-z0-9._*?\[\]!-]{1,128}")


class KeysService:
    """Keeps the keys, and tells gateways about each change at once."""

    def __init__(self, database: Database, publisher: Publisher, audit: AuditService) -> None:
        self._database = database
        self._publisher = publisher
        self._audit = audit
        publisher.contribute("keys", active_keys)

    def ensure_admin(self, token: str) -> None:
        """Make the administrator's key good for this token. Another token than last time replaces it: that is its rotation."""
        hashed = token_hash(token)
        with self._database.transaction() as session:
            row = session.get(KeyRow, ADMIN)
            if row is not None and row.token_sha256 == hashed:
                return
            if row is None:
                session.add(
                    KeyRow(
                        id=ADMIN, name=ADMIN, role="admin", models=None, token_sha256=hashed, created_at=now(),
                        created_by=SYSTEM, expires_at=None, revoked_at=None,
                    )
                )  # fmt: skip
                self._audit.record(session, SYSTEM, "key.created", ADMIN, {"role": "admin"})
            else:
                row.token_sha256 = hashed
                self._audit.record(session, SYSTEM, "key.rotated", ADMIN)

    def create(
        self,
        by: Principal,
        *,
        name: str,
        role: Role,
        models: list[str] | None,
        expires_in_seconds: float | None,
        limits: WantedLimits | None = None,
    ) -> tuple[KeyRow, str]:
        """A new key and its token, which exists nowhere else from here on."""
        _check(name, role, models)
        token, moment = new_token(), now()
        row = KeyRow(
            id=new_id(), name=name, role=role, models=models, token_sha256=token_hash(token), created_at=moment,
            created_by=by.label, revoked_at=None,
            expires_at=None if expires_in_seconds is None else moment + timedelta(seconds=expires_in_seconds),
            limits=stored(limits),
        )  # fmt: skip
        with self._database.transaction() as session:
            session.add(row)
            detail = {"name": name, "role": role, "models": models, "limits": row.limits}
            self._audit.record(session, by.label, "key.created", row.id, detail)
        self._publisher.publish()
        return row, token

    def revoke(self, by: Principal, key_id: str) -> None:
        """End a key, everywhere and for good. Revoking a revoked key is a no-op; an unknown one raises NotFound."""
        if key_id == ADMIN:
            raise Conflict(
                "the administrator's key can't be revoked",
                hint="to replace it, stop the server, delete admin-token in its home folder and start it again",
            )
        with self._database.transaction() as session:
            row = session.get(KeyRow, key_id)
            if row is None:
                raise NotFound(f"there is no key {key_id!r}", hint="unshelf keys list shows their ids")
            if row.revoked_at is None:
                row.revoked_at = now()
                self._audit.record(session, by.label, "key.revoked", key_id, {"name": row.name})
        self._publisher.publish()

    def everything(self) -> list[KeyRow]:
        """All keys that ever were, oldest first."""
        with self._database.read() as session:
            return list(session.scalars(select(KeyRow).order_by(KeyRow.created_at, KeyRow.id)))

    def authenticate(self, token: str) -> Principal | None:
        """Who holds this token; None when it was never given, has expired or was revoked."""
        with self._database.read() as session:
            row = session.scalar(select(KeyRow).where(KeyRow.token_sha256 == token_hash(token)))
        if row is None or row.revoked_at is not None or (row.expires_at is not None and row.expires_at <= now()):
            return None
        models = None if row.models is None else tuple(row.models)
        return Principal(id=row.id, name=row.name, role=cast(Role, row.role), models=models)


def active_keys(session: Session) -> dict[str, KeyRoute]:
    """The routing table's section: every key that is neither revoked nor expired, under the SHA-256 of its token."""
    moment = now()
    rows = session.scalars(select(KeyRow).where(KeyRow.revoked_at.is_(None)))
    return {
        row.token_sha256: KeyRoute(
            id=row.id, name=row.name, role=row.role, models=row.models,
            expires_at=None if row.expires_at is None else row.expires_at.timestamp(),
            limits=None if row.limits is None else msgspec.convert(row.limits, Limits),
        )
        for row in rows
        if row.expires_at is None or row.expires_at > moment
    }  # fmt: skip


def _check(name: str, role: Role, models: list[str] | None) -> None:
    if _NAME.fullmatch(name) is None:
        raise InvalidInput("a key's name is 1 to 100 printable characters")
    if name == ADMIN:
        raise InvalidInput(f"the name {ADMIN!r} belongs to the key that is there from the first start")
    if models is None:
        return
    if role == "admin":
        raise InvalidInput("an administrator's key is good for everything; leave its models out")
    if not models:
        raise InvalidInput("a key for no model at all is of no use", hint="leave models out for a key to every model")
    for pattern in models:
        if _PATTERN.fullmatch(pattern) is None:
            raise InvalidInput(
                f"{pattern[:128]!a} matches no model name", hint="use letters, digits, - _ . and the wildcards * ? [ ]"
            )
