"""Reports: for those who may see them, up to this moment."""

import pytest

from tests.support.actors import actor, user
from tests.unit.manage.usage.conftest import HOUR, Metered, Recorded, used
from unshelf.contracts.errors import NotFound
from unshelf.foundation.access.actors import Actor
from unshelf.manage.usage.service import GroupKind, UsageService
from unshelf.manage.usage.sharing import Called
from unshelf.manage.usage.usage import UsageAmounts, UsageReport, parse_month

NOVEMBER = parse_month("2026-11")


def names(report: UsageReport) -> set[str]:
    return {line.name or line.what for line in report.billed}


@pytest.fixture(autouse=True)
def use(host: Metered, records: Recorded) -> None:
    host.give(
        used(10.0, 100.0, kind="worker", project="flowers", model="iris", version=1, tier="small"),
        used(3.0, 3.0, kind="job", project="risk", job="j1", tier="small"),
        used(2.0, kind="platform", name="control"),
    )
    records.called = [
        Called(hour=HOUR, model="iris", version=1, purpose="live", caller="k1", predictions=7, seconds=4.0)
    ]


def test_an_administrator_sees_everything_and_the_platform_itself(usage: UsageService) -> None:
    report = usage.report(actor("admin"), by="project", month=NOVEMBER)
    assert names(report) == {"flowers", "risk"}
    assert [line.what for line in report.unbilled] == ["platform: control"]
    assert report.total.cpu_seconds == pytest.approx(15.0)
    assert report.billed_total.cpu_seconds == pytest.approx(13.0)
    assert names(usage.report(actor("admin"), by="key", month=NOVEMBER)) == {"website", "kept warm", "jobs"}
    assert names(usage.report(actor("admin"), by="person", month=NOVEMBER)) == {"website", "ana", "ben"}
    assert names(usage.report(actor("admin"), by="version", month=NOVEMBER)) == {"iris:1", "jobs"}
    assert not usage.report(actor("admin"), by="project", month=parse_month("2026-10")).billed


def test_a_reader_sees_the_project_and_not_whose_keys_call(usage: UsageService) -> None:
    eve = user("eve", flowers="viewer")
    report = usage.report(eve, by="key", month=NOVEMBER)
    assert names(report) == {"somebody", "kept warm"}
    assert not report.unbilled
    assert names(usage.report(user("olga", flowers="owner"), by="key", month=NOVEMBER)) == {"website", "kept warm"}
    with pytest.raises(NotFound):
        usage.report(eve, by="project", project="risk")
    with pytest.raises(NotFound):
        usage.report(actor("admin"), by="project", project="no-such")
    assert not usage.report(user("nobody"), by="project", month=NOVEMBER).billed


def test_a_job_shows_its_use_to_those_who_see_the_job(usage: UsageService) -> None:
    assert usage.of_job(user("ben", risk="contributor"), "j1").cpu_seconds == pytest.approx(3.0)
    for who, job in ((user("eve", flowers="viewer"), "j1"), (actor("admin"), "no-such"), (actor("admin"), "")):
        with pytest.raises(NotFound):
            usage.of_job(who, job)


def test_a_group_of_jobs_has_the_sum_and_is_hidden_from_those_who_see_none(usage: UsageService) -> None:
    usage.know_group("sweep", lambda _, sweep: {"s1": ("risk", ["j1", "j-unused"]), "s2": ("risk", [])}.get(sweep))
    usage.know_group("copies", lambda _, job: ("risk", ["j1"]) if job == "j0" else None)
    member = user("ben", risk="contributor")
    jobs, amounts = usage.of_group(member, "sweep", "s1")
    assert (jobs, amounts.cpu_seconds) == (2, pytest.approx(3.0))
    assert usage.of_group(member, "sweep", "s2") == usage.of_copies(member, "gone") == (0, UsageAmounts())
    assert usage.of_copies(member, "j0") == (1, usage.of_job(member, "j1"))
    hidden: list[tuple[Actor, GroupKind, str]] = [
        (user("eve", flowers="viewer"), "sweep", "s1"), (member, "sweep", "no-such"), (member, "pipeline run", "r1"),
    ]  # fmt: skip
    for who, kind, id in hidden:
        with pytest.raises(NotFound):
            usage.of_group(who, kind, id)


def test_a_report_by_job_has_their_titles(usage: UsageService) -> None:
    usage.titles_of_jobs = lambda _, jobs: {job: f"Train {job}" for job in jobs}
    report = usage.report(actor("admin"), by="job", month=NOVEMBER)
    assert {(line.name, line.title) for line in report.billed} >= {("j1", "Train j1")}
    assert {line.title for line in report.unbilled} == {""}


def test_days_have_what_is_billed(usage: UsageService) -> None:
    days = usage.by_day(actor("admin"), by="project", month=NOVEMBER)
    assert list(days) == [HOUR // 24]
    assert {line.name for line in days[HOUR // 24]} == {"flowers", "risk"}
