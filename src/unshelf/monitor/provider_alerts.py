"""The alert about an identity provider that can't be used: people can't log in with it, and the alert says why."""

from collections.abc import Callable

from unshelf.contracts.errors import Unavailable
from unshelf.foundation.loops.loops import PeriodicLoop
from unshelf.monitor.alerts.alert import OPERATOR, Finding
from unshelf.monitor.alerts.service import AlertService

PROVIDER_UNUSABLE = "provider_unusable"
"""docs/concepts/alerts.md explains it."""
_EVERY_SECONDS = 300.0
_RETRY_SECONDS = 20.0


class ProviderAlerts:
    """Looks at the provider at the start and every five minutes; raises and resolves the alert."""

    def __init__(self, alerts: AlertService, check: Callable[[], None], issuer: str) -> None:
        """`check` raises Unavailable, which says what is wrong."""
        self._alerts = alerts
        self._check = check
        self._issuer = issuer

    def loop(self) -> PeriodicLoop:
        """Describe the loop."""
        return PeriodicLoop(name="identity-provider", act=self.look, every=_EVERY_SECONDS)

    def look(self) -> float:
        """Look once; returns the seconds until the next time."""
        try:
            self._check()
        except Unavailable as error:
            self._alerts.report(
                Finding(
                    kind=PROVIDER_UNUSABLE,
                    severity="warning",
                    summary=error.detail,
                    owner=OPERATOR,
                    evidence={"issuer": self._issuer},
                    action="repair",
                    advice="Nobody can log in with the identity provider until it can be used; sessions and tokens go on. Is it up, "
                    "and is UNSHELF_OIDC_ISSUER the issuer that it calls itself?",
                )
            )
            return _RETRY_SECONDS
        self._alerts.over(PROVIDER_UNUSABLE)
        return _EVERY_SECONDS
