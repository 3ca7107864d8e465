"""Models and versions as they are found by words."""

from collections.abc import Sequence

from sqlalchemy import String, cast, select, tuple_
from sqlalchemy.orm import Session

from unshelf.contracts.bundle import Manifest
from unshelf.contracts.references import InvalidReference, Reference, parse_reference
from unshelf.deploy.bundles.service import BundleService
from unshelf.deploy.registry.tables import ModelRow, VersionRow
from unshelf.foundation.access.model_scopes import scopes_among
from unshelf.foundation.events.event import model_subject
from unshelf.foundation.search import Document, SearchSource


class RegistrySearch:
    """Describes models and versions to the search index."""

    def __init__(self, bundles: BundleService) -> None:
        self._bundles = bundles

    def models(self) -> SearchSource:
        """Models, by name and by what their latest version says."""
        names = select(ModelRow.name).where(ModelRow.removed_at.is_(None))
        return SearchSource(kind="model", names=names, documents=self._model_documents)

    def versions(self) -> SearchSource:
        """Versions, by description, packages and files."""
        names = select(VersionRow.model + ":" + cast(VersionRow.number, String))
        return SearchSource(kind="version", names=names, documents=self._version_documents)

    def _model_documents(self, session: Session, names: Sequence[str]) -> list[Document]:
        found = []
        there = ModelRow.removed_at.is_(None)
        projects = {name: scope.project for name, scope in scopes_among(session, names).items()}
        for row in session.scalars(select(ModelRow).where(ModelRow.name.in_(names), there)):
            latest = session.scalar(
                select(VersionRow).where(VersionRow.model == row.name).order_by(VersionRow.number.desc()).limit(1)
            )
            found.append(
                Document(
                    subject=model_subject("model", row.name, row.name, project=projects.get(row.name, "default")),
                    title=row.name, text="" if latest is None else self._text_of(session, latest),
                    owner="" if latest is None else latest.created_by, created_at=row.created_at,
                    page=f"/models/{row.name}",
                )
            )  # fmt: skip
        return found

    def _version_documents(self, session: Session, names: Sequence[str]) -> list[Document]:
        keys = [key for key in map(_key_of, names) if key is not None]
        projects = {name: scope.project for name, scope in scopes_among(session, {key[0] for key in keys}).items()}
        rows = session.scalars(select(VersionRow).where(tuple_(VersionRow.model, VersionRow.number).in_(keys)))
        return [
            Document(
                subject=model_subject("version", name, row.model, project=projects.get(row.model, "default")),
                title=f"{row.model}, version {row.number}", text=self._text_of(session, row), owner=row.created_by,
                created_at=row.created_at, page=f"/models/{name}",
            )
            for row in rows
            for name in [str(Reference(row.model, version=row.number))]
        ]  # fmt: skip

    def _text_of(self, session: Session, row: VersionRow) -> str:
        manifest: Manifest = self._bundles.manifest(session, row.bundle)
        files = " ".join(file.path for file in manifest.files[:50])
        return f"{manifest.description or ''} {manifest.loader.kind} {' '.join(manifest.requirements)} {files}".strip()


def _key_of(name: str) -> tuple[str, int] | None:
    try:
        reference = parse_reference(name)
    except InvalidReference:
        return None
    return None if reference.version is None else (reference.name, reference.version)
