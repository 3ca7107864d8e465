"""Use and prices over HTTP."""

import csv
import io

from tests.support.actors import actor, user
from tests.support.asgi import caller_of
from tests.unit.manage.usage.conftest import Metered, used
from unshelf.manage.usage.prices import PriceService
from unshelf.manage.usage.routes import router
from unshelf.manage.usage.service import UsageService


def test_a_month_is_reported_as_json_as_csv_and_by_day(
    usage: UsageService, prices: PriceService, host: Metered
) -> None:
    call = caller_of(actor("admin"), router(usage, prices))
    assert call("PATCH", "/prices", json={"cpu_hour": 3600.0}).json()["resources"]["cpu_hour"] == 3600.0
    host.give(
        used(2.0, 3.0, kind="job", project="risk", job="=j1", tier="small"), used(1.0, kind="platform", name="host")
    )
    shown = call("GET", "/usage", params={"by": "project", "month": "2026-11"}).json()
    assert [(line["name"], line["amounts"]["cost"]) for line in shown["billed"]] == [("risk", 2.0)]
    assert (shown["total"]["cost"], shown["currency"]) == (3.0, "EUR")
    answer = call("GET", "/usage/csv", params={"by": "job", "month": "2026-11"})
    assert answer.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [(row["job"], row["kind"], row["billed"], row["cost"]) for row in rows] == [
        ("'=j1", "", "yes", "2.0"), ("", "platform: host", "no", "1.0")
    ]  # fmt: skip
    (day,) = call("GET", "/usage/days", params={"month": "2026-11"}).json()["days"]
    assert (day["day"], day["lines"][0]["name"]) == ("2026-11-30", "risk")
    assert call("GET", "/usage/jobs/=j1").json()["amounts"]["cpu_seconds"] == 2.0


def test_bad_questions_are_refused(usage: UsageService, prices: PriceService) -> None:
    call = caller_of(actor("admin"), router(usage, prices))
    assert call("GET", "/usage", params={"by": "shoe-size"}).status_code == 422
    assert call("GET", "/usage", params={"month": "2026-20"}).status_code == 422
    assert call("GET", "/usage", params={"project": "no-such"}).status_code == 404
    assert call("PATCH", "/prices", json={"cpu_hour": -1}).status_code == 422
    assert call("PATCH", "/prices", json={"cpu": 1}).status_code == 422
    eve = caller_of(user("eve", risk="viewer"), router(usage, prices))
    assert eve("PATCH", "/prices", json={"cpu_hour": 1}).status_code == 403
    assert eve("GET", "/prices").status_code == 200
