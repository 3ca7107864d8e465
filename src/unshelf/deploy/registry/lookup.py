"""Finds the rows of models and versions, and models as a list shows them, within a session."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from unshelf.contracts.errors import NotFound
from unshelf.contracts.references import InvalidReference, Reference, parse_reference
from unshelf.contracts.routing import Share, main_version
from unshelf.deploy.bundles.tables import BundleRow
from unshelf.deploy.registry.tables import AliasRow, ModelRow, VersionRow
from unshelf.deploy.registry.values import RegisteredModel
from unshelf.foundation.access.actors import unseen
from unshelf.foundation.access.model_scopes import scopes_among
from unshelf.foundation.access.scopes import model_scope


@dataclass(frozen=True, kw_only=True)
class LatestVersion:
    """The latest version of a model."""

    by: str
    """The label of who deployed it."""
    framework: str
    """The kind of its loader."""


class _LoaderKind(msgspec.Struct):
    kind: str


class _LoaderOnly(msgspec.Struct):
    """A manifest of which only the loader's kind is read: it can be long."""

    loader: _LoaderKind


_manifests = msgspec.json.Decoder(_LoaderOnly)


def reference_from(text: str) -> Reference:
    """The reference in a path; NotFound, which says why, for a text that can't name anything."""
    try:
        return parse_reference(text)
    except InvalidReference as error:
        raise NotFound(str(error)) from None


def find_model(session: Session, name: str, *, for_change: bool = False) -> ModelRow:
    """The model, or NotFound. `for_change` keeps others from changing it until the transaction ends."""
    row = session.get(ModelRow, name, with_for_update=for_change or None)
    if row is None or row.removed_at is not None:
        raise unseen(model_scope(name))
    return row


def find_version(session: Session, name: str, number: int) -> VersionRow:
    """The version, or NotFound."""
    row = session.get(VersionRow, (name, number))
    if row is None:
        numbers = ", ".join(map(str, version_numbers(session, name))) or "none"
        raise NotFound(f"{name!r} has no version {number}.", hint=f"Versions that are here: {numbers}.")
    return row


def named_version(session: Session, model: ModelRow, reference: Reference, release: list[Share]) -> VersionRow:
    """The version that the reference names; a name alone means the main version of its release."""
    if reference.version is not None:
        return find_version(session, model.name, reference.version)
    if reference.alias is not None:
        aliases = aliases_of(session, model.name)
        if reference.alias not in aliases:
            known = ", ".join(sorted(aliases)) or "none"
            raise NotFound(f"{model.name!r} has no alias {reference.alias!r}.", hint=f"Aliases that are here: {known}.")
        return find_version(session, model.name, aliases[reference.alias])
    number = main_version(release) or max(version_numbers(session, model.name))
    return find_version(session, model.name, number)


def runs_elsewhere(session: Session, name: str, release: list[Share]) -> bool:
    """Whether the main version of a model's release runs on other infrastructure. Raises NotFound."""
    return named_version(session, find_model(session, name), Reference(name), release).environment is None


def version_numbers(session: Session, name: str) -> list[int]:
    """The numbers of a model's versions, lowest first."""
    return list(session.scalars(select(VersionRow.number).where(VersionRow.model == name).order_by(VersionRow.number)))


def aliases_of(session: Session, name: str) -> dict[str, int]:
    """A model's aliases and the versions they point at."""
    rows = session.scalars(select(AliasRow).where(AliasRow.model == name).order_by(AliasRow.alias))
    return {row.alias: row.version for row in rows}


def models_of(session: Session, rows: Sequence[ModelRow], releases: Mapping[str, list[Share]]) -> list[RegisteredModel]:
    """Return these models, which come in the order of their names; `releases` are the live shares of those that have any."""
    if not rows:
        return []
    # A range, because a list of ten thousand names is more parameters than some databases take.
    first, last = rows[0].name, rows[-1].name
    numbers: dict[str, list[int]] = {}
    versions = select(VersionRow.model, VersionRow.number).where(VersionRow.model.between(first, last))
    for name, number in session.execute(versions.order_by(VersionRow.number)):
        numbers.setdefault(name, []).append(number)
    aliases: dict[str, dict[str, int]] = {}
    named = select(AliasRow).where(AliasRow.model.between(first, last)).order_by(AliasRow.alias)
    for alias in session.scalars(named):
        aliases.setdefault(alias.model, {})[alias.alias] = alias.version
    scopes = scopes_among(session, [row.name for row in rows])
    latest = latest_between(session, first, last)
    return [
        RegisteredModel(
            name=row.name, project=scopes[row.name].project, visibility=scopes[row.name].visibility,
            versions=numbers.get(row.name, []), aliases=aliases.get(row.name, {}),
            release=releases.get(row.name, []), paused=row.paused, created_at=row.created_at,
            latest=max(numbers.get(row.name, []), default=row.last_version),
            latest_by=latest[row.name].by if row.name in latest else "",
            framework=latest[row.name].framework if row.name in latest else "",
        )
        for row in rows
    ]  # fmt: skip


def latest_between(session: Session, first: str, last: str) -> dict[str, LatestVersion]:
    """Return the latest version of each model from one name to another, of those that have any."""
    highest = (
        select(VersionRow.model, func.max(VersionRow.number).label("number"))
        .where(VersionRow.model.between(first, last))
        .group_by(VersionRow.model)
        .subquery()
    )
    query = (
        select(VersionRow.model, VersionRow.created_by, BundleRow.manifest)
        .join(highest, (highest.c.model == VersionRow.model) & (highest.c.number == VersionRow.number))
        .join(BundleRow, BundleRow.digest == VersionRow.bundle)
    )
    return {
        model: LatestVersion(by=by, framework=_manifests.decode(manifest).loader.kind)
        for model, by, manifest in session.execute(query)
    }


def maker_of(session: Session, name: str) -> str | None:
    """Return the label of the actor who deployed a model's latest version; None when it has none."""
    of_model = select(VersionRow.created_by).where(VersionRow.model == name)
    return session.scalar(of_model.order_by(VersionRow.number.desc()).limit(1))
