"""The alert about an identity provider that can't be used."""

from unshelf.contracts.errors import Unavailable
from unshelf.monitor.alerts.service import AlertService
from unshelf.monitor.provider_alerts import PROVIDER_UNUSABLE, ProviderAlerts


def test_the_alert_says_why_and_is_over_by_itself(alerts: AlertService) -> None:
    reasons = ["it does not answer.", "it calls itself 'x'."]

    def check() -> None:
        if reasons:
            raise Unavailable(f"The identity provider https://id can't be used: {reasons[0]}")

    watch = ProviderAlerts(alerts, check, "https://id")
    assert watch.look() < watch.loop().every
    (alert,) = alerts.open_of(PROVIDER_UNUSABLE)
    assert "does not answer" in alert.finding.summary and alert.finding.evidence == {"issuer": "https://id"}
    reasons.pop(0)
    watch.look()
    (alert,) = alerts.open_of(PROVIDER_UNUSABLE)
    assert "calls itself" in alert.finding.summary
    reasons.clear()
    assert watch.look() == watch.loop().every
    assert alerts.open_of(PROVIDER_UNUSABLE) == []
