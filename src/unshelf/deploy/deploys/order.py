"""The order of a deploy, and the services that it works with."""

from dataclasses import dataclass

from unshelf.deploy.bundles.service import BundleService
from unshelf.deploy.data_uses.service import DataUseService
from unshelf.deploy.deploys.schemas import Step
from unshelf.deploy.deploys.uploaded import UploadedFiles
from unshelf.deploy.registry.service import RegistryService
from unshelf.deploy.releases.service import ReleaseService
from unshelf.develop.environments.service import EnvironmentService
from unshelf.foundation.access.actors import Actor
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
