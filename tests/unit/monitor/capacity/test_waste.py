"""Waste: what was paid for and brought nothing."""

from datetime import timedelta

from tests.support.actors import actor
from tests.support.jobs import Workshop
from unshelf.contracts.tiers import TIERS
from unshelf.develop.environments.tables import EnvironmentRow, NamedEnvironmentRow, NamedVersionRow
from unshelf.develop.jobs.tables import JobRow
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.clock import now
from unshelf.manage.usage.usage import PriceList, ResourcePrices, UsageAmounts, Use, month_of, parse_month
from unshelf.monitor.capacity.waste import WasteService

HOUR = 3600.0
PRICES = PriceList(currency="EUR", resources=ResourcePrices(disk_gib_month=73.0))


class Used:
    """Use as a test says."""

    def __init__(self, *uses: Use) -> None:
        self._uses = list(uses)

    def uses(self, *_: object, **__: object) -> list[Use]:
        return self._uses


def of_version(
    model: str, what: str, held: float, *, cpu: float = 0.0, predictions: int = 0, tier: str = "small"
) -> Use:
    amounts = UsageAmounts(held_seconds=held, cpu_seconds=cpu, predictions=predictions, cost=held / HOUR)
    return Use(what=what, is_billed=True, project="risk", model=model, version=1, tier=tier, amounts=amounts)


def test_each_kind_of_waste_is_found_and_what_is_used_well_is_not(workshop: Workshop) -> None:
    failed = workshop.queued()
    workshop.turn()
    workshop.end(failed, status=3)
    job = Use(what="jobs", is_billed=True, project="risk", job=failed, amounts=UsageAmounts(cost=0.5, cpu_seconds=9.0))
    usage = Used(
        of_version("forgotten", "kept warm", 10 * HOUR),
        of_version("idle", "kept warm", 9.9 * HOUR, cpu=HOUR), of_version("idle", "predictions", 0.1 * HOUR, cpu=HOUR, predictions=5),
        of_version("busy", "predictions", 10 * HOUR, cpu=9 * HOUR, predictions=10**6),
        of_version("large", "predictions", 10 * HOUR, cpu=HOUR, predictions=10, tier="large"),
        of_version("brief", "kept warm", 60.0),
        job,
    )  # fmt: skip
    service = WasteService(workshop.database, usage, TIERS, prices=lambda: PRICES)  # type: ignore[arg-type]
    found = service.find(actor("admin"), parse_month("2026-11"))
    assert [(waste.kind, waste.subject) for waste in found] == [
        ("never called", "forgotten:1"), ("tier too large", "large:1"), ("mostly idle", "idle:1"), ("failed jobs", "risk")
    ]  # fmt: skip
    assert "the tier small is enough" in found[1].advice
    assert found[2].amounts.held_seconds == 9.9 * HOUR


def test_environments_that_nothing_ran_in_are_waste_of_those_who_have_them(workshop: Workshop) -> None:
    made = now() - timedelta(days=20)
    with workshop.database.transaction() as session:
        for name, project, hash in (("credit", "risk", "e1"), ("science", None, "e2"), ("used", "risk", "e3")):
            session.add(EnvironmentRow(hash=hash, lock="", python="3.12", packages=0, bytes=1 << 30, created_at=made))
            session.add(
                NamedEnvironmentRow(
                    name=name, project=project, notes="", is_default=False, restricted=False, last_version=2, created_at=made,
                    created_by="ana",
                )
            )  # fmt: skip
            session.flush()
            for number, created in ((1, made), (2, now())):
                session.add(
                    NamedVersionRow(
                        name=name, number=number, environment=hash, origin={}, notes="", created_at=created, created_by="ana"
                    )
                )  # fmt: skip
    job = workshop.queued()
    with workshop.database.transaction() as session:
        session.get_one(JobRow, job).environment = "e3"
    service = WasteService(workshop.database, Used(), TIERS, prices=lambda: PRICES)  # type: ignore[arg-type]

    def found(who: Actor, project: str | None = None) -> list[tuple[str, str]]:
        return [(waste.subject, waste.project) for waste in service.find(who, month_of(now()), project)]

    assert found(actor("admin")) == [("credit:1", "risk"), ("science:1", "")]
    assert found(workshop.ana) == [("credit:1", "risk")]
    assert found(workshop.eve) == []
    assert found(actor("admin"), "other") == []
    (waste, _) = service.find(actor("admin"), month_of(now()))
    assert waste.amounts.cost > 0 and "environments delete credit:1" in waste.advice
