"""Disk that is nobody's quota: records of predictions by model, and environments, which all share."""

from collections.abc import Iterator

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from unshelf.develop.environments.tables import EnvironmentRow, NamedEnvironmentRow, NamedVersionRow
from unshelf.foundation.access.scopes import DEFAULT_PROJECT
from unshelf.foundation.access.tables import ModelAccessRow
from unshelf.manage.usage.intake import DiskUse
from unshelf.records.archive.files import Archive

RECORDS = "records of predictions"
ENVIRONMENTS = "environments"


class OtherDisk:
    """Measures it."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    def __call__(self, session: Session) -> Iterator[DiskUse]:
        """Yield what lies there."""
        sizes: dict[str, int] = {}
        for file in self._archive.files():
            model = file.key.partition("/")[0].removeprefix("model=")
            sizes[model] = sizes.get(model, 0) + file.size
        query = select(ModelAccessRow.model, ModelAccessRow.project).where(ModelAccessRow.model.in_(sizes))
        places = {model: project for model, project in session.execute(query)}  # noqa: C416 - a row is no pair to the type checker
        for model, size in sizes.items():
            yield DiskUse(name=RECORDS, project=places.get(model, DEFAULT_PROJECT), model=model, size=size)
        # Those that a project has a name for are the project's.
        named = (
            select(NamedVersionRow.environment)
            .join(NamedEnvironmentRow, NamedEnvironmentRow.name == NamedVersionRow.name)
            .where(NamedEnvironmentRow.project.is_not(None), NamedEnvironmentRow.deleted_at.is_(None))
        )
        others = select(func.sum(EnvironmentRow.bytes)).where(EnvironmentRow.hash.not_in(named))
        shared = session.scalar(others) or 0
        yield DiskUse(name=ENVIRONMENTS, size=int(shared))
