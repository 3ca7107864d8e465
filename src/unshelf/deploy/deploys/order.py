"""The order of a deploy, and the services that it works with."""

from dataclasses import dataclass, field
from typing import Protocol

from sqlalchemy.orm import Session

from unshelf.contracts.bundle import Manifest
from unshelf.contracts.signature import Signature
from unshelf.deploy.bundles.service import BundleService
from unshelf.deploy.data_uses.service import DataUseService
from unshelf.deploy.deploys.schemas import Step
from unshelf.deploy.deploys.uploaded import UploadedFiles
from unshelf.deploy.registry.service import RegistryService
from unshelf.deploy.releases.service import ReleaseService
from unshelf.develop.environments.service import EnvironmentService
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.access.scopes import Scope
from unshelf.foundation.database.engine import Database
from unshelf.foundation.host_client import HostLink
from unshelf.foundation.publication import Publisher
from unshelf.foundation.subjects import Subjects
from unshelf.manage.audit.service import AuditService
from unshelf.manage.egress.networks import VersionNetworks
from unshelf.manage.limits import Limits
from unshelf.manage.projects.service import ProjectService
from unshelf.manage.quotas.service import QuotaService
from unshelf.manage.secrets.service import SecretService
from unshelf.manage.tiers.service import TierService


class DeclaredSettings(Protocol):
    """Settings of a model that its bundle declares, kept by a wing above."""

    def check(self, actor: Actor, scope: Scope, manifest: Manifest) -> None:
        """Raise Forbidden and InvalidInput for what the actor may not set, or can't be. `scope`: of the model, which may be new."""

    def check_found(self, manifest: Manifest, signature: Signature) -> None:
        """Raise InvalidInput for what does not fit the signature, once the check has found it."""

    def apply(self, session: Session, actor: Actor, model: str, manifest: Manifest) -> None:
        """Put them in force in the caller's transaction. What is so already changes nothing."""

    def applied(self) -> None:
        """Do what follows, after the transaction."""


@dataclass(frozen=True, kw_only=True)
class DeployDependencies:
    """Services that a deploy works with."""

    database: Database
    publisher: Publisher
    audit: AuditService
    environments: EnvironmentService
    bundles: BundleService
    registry: RegistryService
    releases: ReleaseService
    secrets: SecretService
    projects: ProjectService
    quotas: QuotaService
    tiers: TierService
    networks: VersionNetworks
    data_uses: DataUseService
    files: UploadedFiles
    subjects: Subjects
    host: HostLink
    declared: list[DeclaredSettings] = field(default_factory=list)
    """Settings that wings above registered."""


@dataclass(frozen=True, kw_only=True)
class DeployOrder:
    """Request for a deploy, and how far another control came with it before it died."""

    id: str
    name: str
    project: str
    bundle: str
    """The digest; empty: the bundle is to be made of uploaded files."""
    release: bool | None
    alias: str | None
    actor: Actor
    limits: Limits | None = None
    dry_run: bool = False
    reached: str | None = None
    """As in DeployRow."""
    version: int | None = None
    step: Step = "lock"
    """The step that was reached."""
