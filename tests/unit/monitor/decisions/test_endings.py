"""An alert of a monitor about one version ends when a release takes the traffic from it."""

from datetime import datetime, timedelta

from tests.support.alerting import ROOT, AlertWorld, drift
from unshelf.contracts.routing import Share
from unshelf.foundation.clock import now
from unshelf.monitor.decisions.endings import VersionEndings


class Release:
    """The release of churn."""

    def __init__(self, world: AlertWorld) -> None:
        self.live, self.changed = [Share(version=2, percent=100.0)], now() - timedelta(hours=1)
        self.endings = VersionEndings(
            world.database, world.alerts, live_among=lambda _session, models: dict.fromkeys(models, self.live),
            changed_at=self.changed_at,
        )  # fmt: skip

    def changed_at(self, _session: object, _model: str) -> datetime | None:
        return self.changed


def test_it_ends_once_the_version_is_not_live(world: AlertWorld) -> None:
    release, id = Release(world), world.raise_("errors_high", evidence=drift())
    release.endings.look()
    assert world.found(id).resolved_at is None
    release.live, release.changed = [Share(version=1, percent=100.0)], now()
    release.endings.look()
    assert world.found(id).resolved_because == "Version 2 gets no traffic any more."


def test_one_that_was_seen_since_the_release_stays_open(world: AlertWorld) -> None:
    release, id = Release(world), world.raise_("errors_high", evidence=drift())
    release.live = [Share(version=1, percent=100.0)]
    release.endings.look()
    assert world.found(id).resolved_at is None


def test_others_are_left_to_their_watchers(world: AlertWorld) -> None:
    release = Release(world)
    for kind, model, evidence in (
        ("a", "churn", {"version": 2}),
        ("b", None, drift()),
        ("c", "churn", drift(version=True)),
    ):
        world.raise_(kind, model, evidence=evidence)
    release.live, release.changed = [], now()
    release.endings.look()
    assert len(world.ids(ROOT)) == 3
