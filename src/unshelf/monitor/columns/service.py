"""Roles of columns: what is inferred from a version, overridden by what its maker declared, and that by what was set since."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, get_args

from sqlalchemy import select
from sqlalchemy.orm import Session

from unshelf.contracts.errors import InvalidInput
from unshelf.contracts.permissions import Permission
from unshelf.contracts.protocols.profiles import TableProfile
from unshelf.contracts.signature import Signature
from unshelf.deploy.registry.version_facts import VersionFacts
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.access.model_scopes import scope_of
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.manage.audit.service import AuditService
from unshelf.monitor.columns.column_roles import ROLES, ColumnRoles, RoleSource, Task, missing_of
from unshelf.monitor.columns.inference import inferred, inputs_of, outputs_of, recorded_scores
from unshelf.monitor.columns.tables import ColumnRolesRow
from unshelf.records.profiles.storing import UnreadableProfile, unpack

MOST_NAMES = 1000
"""The most classes or slices that are set."""
_OUTPUTS = frozenset({"prediction", "scores"})
_INPUTS = frozenset({"key", "time", "query"})
_LISTS = frozenset({"classes", "slices"})


class ColumnRoleService:
    """Tells which columns have which roles, and changes that."""

    def __init__(
        self,
        database: Database,
        audit: AuditService,
        *,
        facts_of: Callable[[str, int], VersionFacts],
        baseline_of: Callable[[str, int], bytes | None],
    ) -> None:
        """`facts_of` raises NotFound; `baseline_of` returns the stored profile of a version's baseline, None: it has none."""
        self._database = database
        self._audit = audit
        self._facts_of = facts_of
        self._baseline_of = baseline_of
        self._on_change: list[Callable[[str], None]] = []

    def on_change(self, act: Callable[[str], None]) -> None:
        """Have something done with a model after roles of its columns were set. No transaction is open."""
        self._on_change.append(act)

    def roles_of(self, actor: Actor, model: str, version: int) -> ColumnRoles:
        """Return the roles of a version's columns, where each is known from, and what is missing. Raises NotFound and Forbidden."""
        with self._database.read() as session:
            _require(session, actor, Permission.MODEL_INSPECT, model)
        return self.known(model, version)

    def known(self, model: str, version: int) -> ColumnRoles:
        """Return the same for the platform's own work. Raises NotFound."""
        facts = self._facts_of(model, version)
        with self._database.read() as session:
            edited = _edited(session, model, version)
        return self._roles(facts, edited)

    def names(self, model: str, version: int) -> tuple[list[str], list[str]]:
        """Return the names of a version's inputs and of its outputs. Raises NotFound."""
        signature = self._facts_of(model, version).signature
        return inputs_of(signature), outputs_of(signature)

    def recorded(self, model: str, version: int) -> str | None:
        """Return the method whose scores a version records beside its answers; None: it records none. Raises NotFound."""
        return recorded_scores(self._facts_of(model, version).signature)

    def change(
        self, actor: Actor, model: str, version: int, roles: Mapping[str, Any], *, reason: str = ""
    ) -> ColumnRoles:
        """Set roles of a version, and of later ones until theirs are set; None or an empty list takes one away.

        Raises NotFound, Forbidden, and InvalidInput for a role that there is not and for columns that the version has not."""
        facts = self._facts_of(model, version)
        wanted = {role: _checked(facts.signature, role, value) for role, value in roles.items()}
        with self._database.transaction() as session:
            _require(session, actor, Permission.MODEL_RELEASE, model)
            before = _edited(session, model, version)
            after = {**before, **wanted}
            if after != before:
                row = session.get(ColumnRolesRow, (model, version))
                if row is None:
                    row = ColumnRolesRow(model=model, version=version)
                    session.add(row)
                row.roles, row.changed_at, row.changed_by = after, now(), actor.label
                self._audit.record(
                    session, actor, "version.columns_changed", f"{model}:{version}", wanted,
                    before={role: before.get(role) for role in wanted}, reason=reason,
                )  # fmt: skip
        if after != before:
            for act in self._on_change:
                act(model)
        return self._roles(facts, after)

    def _roles(self, facts: VersionFacts, edited: Mapping[str, Any]) -> ColumnRoles:
        found = inferred(facts.manifest, facts.signature, self._baseline(facts.model, facts.number))
        values, sources = found.plain(), dict(found.sources)
        declared = {role: value for role, value in _declared(facts).items() if value}
        later = {role: value for role, value in edited.items() if _fits(facts.signature, role, value)}
        given: tuple[tuple[Mapping[str, Any], RoleSource], ...] = ((declared, "declared"), (later, "edited"))
        for roles, source in given:
            for role, value in roles.items():
                values[role], sources[role] = value, source
        if (declared | later).get("scores") and "task" not in declared | later and values["task"] is None:
            values["task"], sources["task"] = "classification", "inferred"
        return _completed(values, sources)

    def _baseline(self, model: str, version: int) -> TableProfile | None:
        stored = self._baseline_of(model, version)
        try:
            return None if stored is None else unpack(stored)
        except UnreadableProfile:
            return None


def _completed(values: Mapping[str, Any], sources: Mapping[str, RoleSource]) -> ColumnRoles:
    fields: dict[str, Any] = {role: tuple(value or ()) if role in _LISTS else value for role, value in values.items()}
    roles = ColumnRoles(**fields, sources=sources)
    return ColumnRoles(**fields, sources=sources, missing=missing_of(roles))


def _require(session: Session, actor: Actor, permission: Permission, model: str) -> None:
    scope = scope_of(session, model)
    actor.must_see(scope)
    actor.must(permission, scope)


def _edited(session: Session, model: str, version: int) -> dict[str, Any]:
    """Return the roles that were set for a version or, if there are none, for the last one before it."""
    rows = select(ColumnRolesRow).where(ColumnRolesRow.model == model, ColumnRolesRow.version <= version)
    row = session.scalars(rows.order_by(ColumnRolesRow.version.desc()).limit(1)).first()
    return {} if row is None else dict(row.roles)


def _declared(facts: VersionFacts) -> dict[str, Any]:
    monitoring = facts.manifest.monitoring
    return {role: getattr(monitoring, role) for role in ROLES}


def _fits(signature: Signature | None, role: str, value: Any) -> bool:
    """Whether a version has the columns of a role that was set for an earlier one."""
    try:
        _checked(signature, role, value)
    except InvalidInput:
        return False
    return True


def _checked(signature: Signature | None, role: str, value: Any) -> Any:
    """Return the value of a role as it is stored. Raises InvalidInput."""
    if role not in ROLES:
        raise InvalidInput(f"{role[:40]!a} is no role of a column.", hint=f"Roles are {', '.join(ROLES)}.")
    if role in _LISTS:
        return _checked_list(signature, role, value)
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise InvalidInput(f"{role} takes a name, not {value!r}.")
    if role == "task" and value not in get_args(Task):
        raise InvalidInput(f"A model's task is none of {value[:40]!a}.", hint=f"Tasks are {', '.join(get_args(Task))}.")
    if role == "scores" and value == recorded_scores(signature):
        return value
    if role in _OUTPUTS:
        _require_column(role, value, outputs_of(signature), "output")
    elif role in _INPUTS:
        _require_column(role, value, inputs_of(signature), "input")
    return value


def _checked_list(signature: Signature | None, role: str, value: Any) -> list[str]:
    names = list(value or [])
    if (
        len(names) > MOST_NAMES
        or len(set(names)) != len(names)
        or not all(isinstance(each, str) and each for each in names)
    ):
        raise InvalidInput(f"{role} takes at most {MOST_NAMES} names, each once.")
    if role == "slices":
        for name in names:
            _require_column(role, name, inputs_of(signature), "input")
    return names


def _require_column(role: str, name: str, known: Sequence[str], side: str) -> None:
    if name not in known:
        raise InvalidInput(
            f"{role}: the version has no {side} {name[:80]!a}.",
            hint=f"Its {side}s are {', '.join(known)}." if known else f"Its {side}s are not known.",
        )
