"""Finds the rows that a reference names, within a session: for the registry alone."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from unshelf.contracts.errors import NotFound
from unshelf.contracts.references import InvalidReference, Reference, parse_reference
from unshelf.contracts.routing import Share, main_version
from unshelf.deploy.registry.tables import AliasRow, ModelRow, VersionRow
from unshelf.foundation.access.actors import unseen
from unshelf.foundation.access.scopes import model_scope


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


def version_numbers(session: Session, name: str) -> list[int]:
    """The numbers of a model's versions, lowest first."""
    return list(session.scalars(select(VersionRow.number).where(VersionRow.model == name).order_by(VersionRow.number)))


def aliases_of(session: Session, name: str) -> dict[str, int]:
    """A model's aliases and the versions they point at."""
    rows = session.scalars(select(AliasRow).where(AliasRow.model == name).order_by(AliasRow.alias))
    return {row.alias: row.version for row in rows}
