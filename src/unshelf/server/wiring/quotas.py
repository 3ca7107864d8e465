"""Parts that say how much of the machine may be used, and by whom."""

from dataclasses import dataclass

from unshelf.deploy.bundles.service import BundleService
from unshelf.deploy.bundles.uploads import UploadService
from unshelf.deploy.releases.ledger import ReleaseLedger
from unshelf.deploy.usage.files import VersionFiles
from unshelf.deploy.usage.replicas import ReplicaUsage
from unshelf.foundation.web.routers import ApiRouter
from unshelf.manage.access.holders import Holders
from unshelf.manage.notifications.service import NotificationService
from unshelf.manage.quotas import routes as quotas_routes
from unshelf.manage.quotas.requests import QuotaRequests
from unshelf.manage.quotas.service import QuotaService
from unshelf.manage.requests.service import RequestService
from unshelf.manage.tiers import routes as tiers_routes
from unshelf.manage.tiers.expiry import TierExpiry
from unshelf.manage.tiers.requests import TierRequests
from unshelf.manage.tiers.service import TierService
from unshelf.server.wiring.base import BaseParts
from unshelf.server.wiring.people import PeopleParts


@dataclass(frozen=True, kw_only=True)
class QuotaParts:
    """Parts that say how much of the machine may be used, and by whom."""

    service: QuotaService
    tiers: TierService
    expiry: TierExpiry
    routers: list[ApiRouter]


def build_quotas(
    base: BaseParts,
    people: PeopleParts,
    holders: Holders,
    *,
    requests: RequestService,
    notifications: NotificationService,
) -> QuotaParts:
    """Build quotas and tiers, which people ask for; other wings say what is used."""
    quotas = QuotaService(base.database, base.events, people.access, holders)
    tiers = TierService(
        base.database, base.events, base.config.tiers, holders=holders, roles=people.access.roles,
        groups_of=lambda session, user: people.actors.groups_among(session, [user])[user],
    )  # fmt: skip
    requests.register("quota", QuotaRequests(quotas))
    requests.register("tier", TierRequests(tiers))
    return QuotaParts(
        service=quotas, tiers=tiers, expiry=TierExpiry(base.database, base.events, notifications),
        routers=[quotas_routes.router(quotas), tiers_routes.router(tiers)],
    )  # fmt: skip


def count_deploys(base: BaseParts, quotas: QuotaParts, bundles: BundleService, ledger: ReleaseLedger) -> UploadService:
    """Have versions, deploys and uploads counted; returns what takes uploads."""
    usage = ReplicaUsage(bundles, ledger, base.config.tiers)
    uploads = UploadService(
        base.database, base.blobs, base.uploads, quotas=quotas.service, max_bytes=base.config.max_blob_bytes
    )
    quotas.service.add_usage(usage)
    quotas.service.add_disk(VersionFiles())
    quotas.service.add_disk(uploads)
    quotas.expiry.add_uses(usage)
    return uploads
