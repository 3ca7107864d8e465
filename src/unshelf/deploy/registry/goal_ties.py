"""Versions and releases as they are tied to goals, and the values that the checks of tied versions measured."""

from collections.abc import Mapping, Sequence

import msgspec
from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from unshelf.contracts.bundle import Checks
from unshelf.contracts.errors import InvalidInput
from unshelf.contracts.permissions import Permission
from unshelf.contracts.references import parse_reference
from unshelf.deploy.registry import lookup
from unshelf.deploy.registry.tables import VersionRow
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.access.model_scopes import scope_of
from unshelf.manage.goals.goal import GoalValue

MEASURED = ("load_seconds", "predict_seconds", "memory_bytes")
"""Metrics that the check of every version measures."""


def find_version_to_tie(session: Session, actor: Actor, text: str) -> str:
    """Return a version's reference, by number. Raises NotFound, also for a model that the actor may not see."""
    reference = lookup.reference_from(text)
    if reference.version is None and reference.alias is None:
        raise InvalidInput(f"{text[:80]!r} names no version.", hint="Write NAME:3 or NAME@alias.")
    _must_see(session, actor, reference.name)
    model = lookup.find_model(session, reference.name)
    row = lookup.named_version(session, model, reference, [])
    return f"{row.model}:{row.number}"


def find_release_to_tie(session: Session, actor: Actor, text: str) -> str:
    """Return the name of a model, whose releases are meant. Raises NotFound, also for one that the actor may not see."""
    _must_see(session, actor, text)
    return lookup.find_model(session, text).name


def sees_model_of(session: Session, actor: Actor, name: str) -> bool:
    """Whether an actor may see the model of a version or a release that is tied."""
    return actor.may(Permission.MODEL_READ, scope_of(session, name.partition(":")[0]))


def measured_values(session: Session, metric: str, ties: Mapping[str, Sequence[str]]) -> list[GoalValue]:
    """Return what the checks of the tied versions measured of a metric."""
    if metric not in MEASURED:
        return []
    references = [parse_reference(name) for name in ties.get("version", ())]
    keys = [(each.name, each.version) for each in references]
    rows = session.execute(
        select(VersionRow.model, VersionRow.number, VersionRow.checks, VersionRow.created_at).where(
            tuple_(VersionRow.model, VersionRow.number).in_(keys)
        )
    )
    found = []
    for model, number, text, created_at in rows:
        value = getattr(msgspec.json.decode(text, type=Checks), metric)
        if value is not None:
            found.append(GoalValue(value=float(value), source=f"the check of {model}:{number}", at=created_at))
    return found


def _must_see(session: Session, actor: Actor, model: str) -> None:
    scope = scope_of(session, model)
    actor.must_see(scope)
    actor.must(Permission.MODEL_READ, scope)
