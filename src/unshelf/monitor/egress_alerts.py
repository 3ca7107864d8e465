"""The alert about connections that a model is refused: its owner learns which line grants them."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from unshelf.contracts.network.grants import NetworkGrant, line_for, read_grant
from unshelf.contracts.network.reasons import BY_POLICY, NOT_GRANTED
from unshelf.contracts.protocols.host import RefusedConnection
from unshelf.foundation.clock import now
from unshelf.foundation.loops.loops import PeriodicLoop
from unshelf.manage.egress.networks import VersionNetwork
from unshelf.monitor.alerts.alert import OPERATOR, Alert, Finding
from unshelf.monitor.alerts.service import AlertService

EGRESS_REFUSED = "egress_refused"
"""docs/concepts/alerts.md explains it."""
_EVERY_SECONDS = 10.0
_QUIET_LOOK_SECONDS = 600.0
_MOST_PLACES = 20
_MOST_SHOWN = 5


class EgressAlerts:
    """Raises the alert of a model, and resolves it once all is granted, or nothing was refused for a while."""

    def __init__(
        self,
        alerts: AlertService,
        networks_of: Callable[[str], Mapping[int, VersionNetwork]],
        maker: Callable[[str], str | None],
        *,
        quiet: timedelta = timedelta(days=1),
    ) -> None:
        """`networks_of`: what a model's versions may reach now. `maker` names the user responsible for a model."""
        self._alerts = alerts
        self._networks_of = networks_of
        self._maker = maker
        self._quiet = quiet

    def loop(self) -> PeriodicLoop:
        """Describe the loop."""
        return PeriodicLoop(name="egress-alerts", act=self.look, every=_EVERY_SECONDS, after_changes=True)

    def note(self, refused: RefusedConnection) -> None:
        """Take note of a connection that a version was refused. What a check was refused is in the answer to its deploy."""
        if not refused.version or refused.reason not in (NOT_GRANTED, BY_POLICY):
            return
        entry = {"version": refused.version, "place": refused.place, "reason": refused.reason}
        if _place(entry) is None or self._is_over(refused.model, entry):
            return
        open_now = next((alert for alert in self._open() if alert.finding.model == refused.model), None)
        entries = _entries(open_now) if open_now is not None else []
        if entry not in entries:
            entries = [*entries, entry][-_MOST_PLACES:]
        self._alerts.report(self._finding(refused.model, entries))

    def look(self) -> float:
        """See which alerts are over, and which have less to say; returns the seconds until the next look, if nothing is granted before."""
        for alert in self._open():
            model, entries = alert.finding.model or "", _entries(alert)
            left = [entry for entry in entries if not self._is_over(model, entry)]
            if not left or now() - alert.seen_at >= self._quiet:
                self._alerts.over(*alert.key)
            elif left != entries:
                self._alerts.report(self._finding(model, left))
        return _QUIET_LOOK_SECONDS

    def _open(self) -> list[Alert]:
        return self._alerts.open_of(EGRESS_REFUSED)

    def _is_over(self, model: str, entry: Mapping[str, Any]) -> bool:
        """Whether a version may reach the place by now, or is gone. What the operator refuses is granted already, and of no use."""
        network = self._networks_of(model).get(entry["version"])
        if network is None or network.access == "full":
            return True
        place = _place(entry)
        is_granted = place is not None and any(
            read_grant(each).covers(place.host, place.port) for each in network.allow
        )
        return is_granted and entry["reason"] == NOT_GRANTED

    def _finding(self, model: str, entries: list[dict[str, Any]]) -> Finding:
        wanted = list(dict.fromkeys(each["place"] for each in entries if each["reason"] == NOT_GRANTED))
        refused = list(dict.fromkeys(each["place"] for each in entries))
        shown = ", ".join(refused[:_MOST_SHOWN]) + (" …" if len(refused) > _MOST_SHOWN else "")
        evidence: dict[str, Any] = {"refused": entries}
        advice = "Have the operator look at UNSHELF_EGRESS_ALLOW, which bounds what is granted."
        if wanted:
            evidence["line"] = line_for(wanted)
            options = " ".join(f"--allow {place}" for place in wanted)
            advice = (
                f"If its code means to connect there, grant it: `unshelf network {model} {options}`, and {line_for(wanted)} in "
                "unshelf.toml for the versions to come. If it does not, find out what in its code or packages does."
            )
        return Finding(
            kind=EGRESS_REFUSED,
            model=model,
            severity="warning",
            summary=f"Connections of {model} were refused: to {shown}.",
            evidence=evidence,
            action="update",
            advice=advice,
            owner=self._maker(model) or OPERATOR,
        )


def _entries(alert: Alert) -> list[dict[str, Any]]:
    return list(alert.finding.evidence.get("refused", []))


def _place(entry: Mapping[str, Any]) -> NetworkGrant | None:
    """The place of an entry; None for one that stands for several, and for what a program made up."""
    try:
        return read_grant(entry["place"])
    except ValueError:
        return None
