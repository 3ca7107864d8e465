"""Persons who deployed versions, for reports of what these use."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from unshelf.deploy.registry.tables import VersionRow


def makers_of_versions(session: Session, references: Sequence[str]) -> dict[str, str]:
    """Return reference (`iris:3`) → label of who deployed it, for those that there are."""
    named = {reference.rpartition(":")[0] for reference in references}
    query = select(VersionRow.model, VersionRow.number, VersionRow.created_by).where(VersionRow.model.in_(named))
    wanted = set(references)
    return {
        reference: maker
        for model, number, maker in session.execute(query)
        if (reference := f"{model}:{number}") in wanted
    }
