"""Facts of a version that its maker and its check left: its manifest and its signature, without asking the host."""

from dataclasses import dataclass
from datetime import datetime

import msgspec
from sqlalchemy import select

from unshelf.contracts.bundle import Checks, Manifest
from unshelf.contracts.signature import Signature
from unshelf.deploy.bundles.service import BundleService
from unshelf.deploy.registry import lookup
from unshelf.deploy.registry.tables import VersionRow
from unshelf.foundation.database.engine import Database


@dataclass(frozen=True, kw_only=True)
class VersionFacts:
    """A version as its maker and its check describe it."""

    model: str
    number: int
    manifest: Manifest
    signature: Signature | None
    """None: a check of an earlier release found none."""
    created_at: datetime


class VersionFactsReader:
    """Reads facts of versions."""

    def __init__(self, database: Database, bundles: BundleService) -> None:
        self._database = database
        self._bundles = bundles

    def of(self, model: str, number: int) -> VersionFacts:
        """Return the facts of a version. Raises NotFound."""
        with self._database.read() as session:
            lookup.find_model(session, model)
            row = lookup.find_version(session, model, number)
            manifest = self._bundles.manifest(session, row.bundle)
        checks = msgspec.json.decode(row.checks, type=Checks)
        return VersionFacts(
            model=model, number=number, manifest=manifest, signature=checks.signature or manifest.signature,
            created_at=row.created_at,
        )  # fmt: skip

    def numbers(self, model: str) -> list[int]:
        """Return the numbers of a model's versions, lowest first; empty for a model there is not."""
        numbers = select(VersionRow.number).where(VersionRow.model == model).order_by(VersionRow.number)
        with self._database.read() as session:
            return list(session.scalars(numbers))
