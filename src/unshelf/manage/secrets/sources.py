"""Sources of secrets that the operator keeps: files of a folder, as container platforms mount them, and variables of the server.

Their values are read when they are wanted and stand in no row. A row per secret remembers that there is one, where it comes from, and
a keyed hash of its value, so that a change is noticed."""

import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from unshelf.contracts.errors import Conflict, InvalidInput
from unshelf.contracts.references import is_name
from unshelf.contracts.variables import MAX_VALUE_BYTES
from unshelf.foundation.access.actors import SYSTEM
from unshelf.foundation.clock import now
from unshelf.manage.audit.service import AuditService
from unshelf.manage.secrets.owners import Owner, OwnerKind, owner_of
from unshelf.manage.secrets.rules import check_secret
from unshelf.manage.secrets.tables import SecretRow
from unshelf.runtime.sealing import SealBroken, Sealer

logger = logging.getLogger(__name__)

_ENVIRONMENT = "env:"
_BY = "operator"
_MOST_SOURCE = 500


class SourceGone(Exception):
    """A secret's source has no value now; the message says which, and never a value."""


@dataclass(frozen=True)
class SecretSource:
    """The place of one secret's value."""

    file: Path | None
    """None: a variable."""
    variable: str = ""

    def __str__(self) -> str:
        return f"variable {self.variable} of the server" if self.file is None else f"file {self.file}"

    def read(self, environment: Mapping[str, str]) -> str:
        """Return the value, without a newline at its end. Raises SourceGone."""
        if self.file is None:
            value = environment.get(self.variable, "")
        else:
            try:
                with self.file.open("rb") as file:
                    value = file.read(2 * MAX_VALUE_BYTES).decode()  # what is longer is refused by its length
            except OSError as error:
                raise SourceGone(f"the {self} can't be read: {error.strerror}") from None
            except UnicodeDecodeError:
                raise SourceGone(f"the {self} is no UTF-8 text") from None
            value = value.removesuffix("\n").removesuffix("\r")
        if not value:
            raise SourceGone(f"the {self} is empty" if self.file else f"the {self} is not set")
        return value


@dataclass(frozen=True)
class SourceEntry:
    """One entry of UNSHELF_SECRETS_FROM: an owner, and where its secrets, or one of them, come from."""

    owner: Owner
    name: str
    """The secret that it is; empty: all of a folder, or all variables with a prefix."""
    place: str
    """An absolute path, or `env:` with a variable or the beginning of variables."""

    def sources(self, environment: Mapping[str, str]) -> dict[str, SecretSource]:
        """Return name → source of all secrets that it leads to now."""
        variable = self.place.removeprefix(_ENVIRONMENT) if self.place.startswith(_ENVIRONMENT) else None
        if self.name:
            return {self.name: SecretSource(None, variable) if variable is not None else SecretSource(Path(self.place))}
        if variable is not None:
            return {
                name.removeprefix(variable): SecretSource(None, name)
                for name in sorted(environment)
                if name.startswith(variable) and name != variable
            }
        try:
            files = sorted(
                path for path in Path(self.place).iterdir() if not path.name.startswith(".") and path.is_file()
            )
        except OSError:
            return {}
        return {path.name: SecretSource(path) for path in files}


def parse_source(text: str) -> SourceEntry:
    """Read an entry, such as `project/credit=/run/secrets/credit` or `model/assistant/API_KEY=env:ASSISTANT_KEY`. Raises ValueError."""
    owner, equals, place = text.partition("=")
    kind, _, rest = owner.strip().partition("/")
    scope, _, name = rest.partition("/")
    is_place = place.startswith("/") or (place.startswith(_ENVIRONMENT) and len(place) > len(_ENVIRONMENT))
    if (
        not equals
        or kind not in ("project", "model")
        or not is_name(scope)
        or not is_place
        or len(place) > _MOST_SOURCE
    ):
        raise ValueError(
            f"{text[:200]!r} is no source of secrets: write project/NAME=/FOLDER, model/NAME/VARIABLE=/FILE, or =env:VARIABLE"
        )
    return SourceEntry(Owner(cast(OwnerKind, kind), scope), name, place)


class OperatorSecrets:
    """Keeps the rows of secrets in step with the operator's sources."""

    def __init__(
        self, entries: Sequence[str], sealer: Sealer, audit: AuditService, environment: Mapping[str, str] = os.environ
    ) -> None:
        self._entries = [parse_source(entry) for entry in entries]
        self._sealer = sealer
        self._audit = audit
        self._environment = environment
        self._told: set[str] = set()

    def has(self, owner: Owner, name: str) -> bool:
        """Whether a source has a value for this secret now."""
        try:
            self.read(owner, name)
        except SourceGone:
            return False
        return True

    def read(self, owner: Owner, name: str) -> str:
        """Return the value of a secret. Raises SourceGone."""
        places = []
        for entry in self._entries:
            if entry.owner == owner and entry.name in ("", name):
                source = entry.sources(self._environment).get(name)
                if source is not None:
                    return source.read(self._environment)
                places.append(entry.place)
        raise SourceGone(f"the operator's {', '.join(places) or 'UNSHELF_SECRETS_FROM'} has none of this name any more")

    def changes(self, session: Session) -> bool:
        """Whether rows and sources differ."""
        rows = self._rows(session)
        if any(row.source and not self._is_named(row) for row in rows.values()):
            return True
        return any(
            (row := rows.get((owner.kind, owner.name, name))) is None
            or (row.source, row.fingerprint) != (str(source), mark)
            for owner, name, source, mark in self._values()
        )

    def apply(self, session: Session) -> list[Owner]:
        """Bring rows in step with sources, an event each; return the owners whose secrets changed."""
        changed: dict[Owner, None] = {}
        rows = self._rows(session)
        for row in rows.values():
            if row.source and not self._is_named(row):
                owner = owner_of(row)
                subject, before = owner.subject(session), {"name": row.name, "source": row.source}
                session.delete(row)
                self._audit.log(session, SYSTEM, "secret.deleted", subject, before=before)
                changed[owner] = None
        for owner, name, source, mark in self._values():
            known = rows.get((owner.kind, owner.name, name))
            if known is not None and (known.source, known.fingerprint) == (str(source), mark):
                continue
            after = {"name": name, "source": str(source), "replaced": known is not None}
            row = known or SecretRow(scope_kind=owner.kind, scope=owner.name, name=name)
            session.add(row)
            row.key_id, row.sealed, row.revision = "", b"", 0
            row.source, row.fingerprint = str(source), mark
            row.set_at, row.set_by = now(), _BY
            self._audit.log(session, SYSTEM, "secret.set", owner.subject(session), after=after)
            changed[owner] = None
        session.flush()
        return list(changed)

    def _rows(self, session: Session) -> dict[tuple[str, str, str], SecretRow]:
        return {(row.scope_kind, row.scope, row.name): row for row in session.scalars(select(SecretRow))}

    def _is_named(self, row: SecretRow) -> bool:
        """Whether an entry still leads to where the secret is kept, or was."""
        return any(entry.owner == owner_of(row) and entry.name in ("", row.name) for entry in self._entries)

    def _values(self) -> list[tuple[Owner, str, SecretSource, str]]:
        """Return owner, name, source and keyed hash of all secrets that have a value now; the first entry of a name counts."""
        found: dict[tuple[Owner, str], tuple[SecretSource, str]] = {}
        for entry in self._entries:
            for name, source in entry.sources(self._environment).items():
                if (entry.owner, name) in found:
                    continue
                try:
                    value = source.read(self._environment)
                    check_secret(name, value)
                    mark = self._sealer.fingerprint(value.encode(), about=entry.owner.about(name))
                except (SourceGone, InvalidInput, SealBroken) as error:
                    self._tell(f"{name[:80]!r} of {entry.owner.kind} {entry.owner.name}, {source}: {error}")
                    continue
                found[entry.owner, name] = source, mark
        return [(owner, name, source, mark) for (owner, name), (source, mark) in found.items()]

    def _tell(self, reason: str) -> None:
        """Log what is wrong with a source, once."""
        if reason not in self._told:
            self._told.add(reason)
            logger.error("a secret of the operator's can't be used", extra={"reason": reason})


def refuse_operators(row: SecretRow | None) -> None:
    """Raise Conflict for a secret that is the operator's."""
    if row is not None and row.source:
        raise Conflict(
            f"{row.name} of {row.scope} is kept by the operator, in the {row.source}.",
            hint="It is changed there; a change is in force within seconds.",
        )
