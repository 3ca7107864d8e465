"""Parts by which people log in with an identity provider."""

from dataclasses import dataclass

from unshelf.foundation.loops.loops import PeriodicLoop
from unshelf.foundation.web.routers import ApiRouter
from unshelf.manage.oidc import routes as oidc_routes
from unshelf.manage.oidc.accounts import ProviderAccounts
from unshelf.manage.oidc.provider import Provider
from unshelf.manage.oidc.rights import ProviderGroups
from unshelf.manage.oidc.service import OidcService
from unshelf.monitor.provider_alerts import ProviderAlerts
from unshelf.runtime.sealing import Sealer
from unshelf.server.wiring.base import BaseParts
from unshelf.server.wiring.people import PeopleParts

_PRUNE_SECONDS = 3600.0


@dataclass(frozen=True, kw_only=True)
class IdentityParts:
    """Parts by which people log in with an identity provider; without one only their routes."""

    loops: list[PeriodicLoop]
    routers: list[ApiRouter]


def build_identity(base: BaseParts, people: PeopleParts) -> IdentityParts:
    """Build these parts."""
    options, mails = base.config.oidc, bool(base.config.smtp.host)
    if not options.issuer:
        return IdentityParts(loops=[], routers=_routers(None, people, password_reset=mails))
    provider = Provider(options)
    accounts = ProviderAccounts(
        options, ProviderGroups(options.groups, people.access.roles), users=people.users, members=people.groups,
        access=people.access,
    )  # fmt: skip
    oidc = OidcService(
        base.database, base.events, base.publisher, provider=provider, accounts=accounts, users=people.users,
        sessions=people.sessions, sealer=Sealer(base.home.secrets_key), public_url=base.config.public_url,
    )  # fmt: skip
    loops = [
        ProviderAlerts(base.alerts, provider.check, options.issuer).loop(),
        PeriodicLoop(name="ended-provider-logins", act=oidc.prune, every=_PRUNE_SECONDS),
    ]
    return IdentityParts(loops=loops, routers=_routers(oidc, people, password_reset=mails))


def _routers(oidc: OidcService | None, people: PeopleParts, *, password_reset: bool) -> list[ApiRouter]:
    return [
        oidc_routes.router(oidc, password_reset=password_reset),
        oidc_routes.logout_router(oidc, people.sessions),
        oidc_routes.link_router(oidc, people.users),
    ]
