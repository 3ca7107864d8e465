"""A platform that is filled to look around in: everything in it is real, it has a past, and filling it again adds nothing."""

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from tests.support.long import LONG
from tests.support.platform import Platform, running_platform
from tests.support.waiting import wait_until
from unshelf.cli.demo.full.filling import fill_platform
from unshelf.cli.demo.full.parts import PARTS
from unshelf.client.client import Client


def counts(platform: Platform, client: Client) -> dict[str, int]:
    """How many there are of each kind of thing, once all is found."""

    def look() -> dict[str, int]:
        found = client.search("", limit=1)["facets"]["kind"]
        return {each["value"]: each["count"] for each in found if each["value"] != "alert"}  # they come and go

    counted: dict[str, int] = wait_until(
        lambda: (seen := look()) and seen.items() >= {"request": 2, "deploy": 6, "dataset": 6}.items() and seen,
        what=f"the content of {platform.url} is found",
    )
    notes = sum(len(client.notes(project)) for project in ("credit", "customer-care"))
    comments = sum(len(client.comments(on)) for on in ("credit-default:2", "project/credit", "churn"))
    records = len(list(client.predictions("churn", tail=500)))
    return {**counted, "notes": notes, "comments": comments, "records of churn": records}


@pytest.mark.timeout(900)
@pytest.mark.long
def test_a_platform_is_filled_once_however_often_it_is_asked_for(tmp_path: Path) -> None:
    """Given an empty platform, when it is filled, people, models, four weeks of traffic that monitors have judged, and all the rest are
    there and work; filled again, it is the same."""
    out = Console(file=StringIO())
    with running_platform(tmp_path / "home") as platform, Client(platform.url, platform.token) as client:
        parts: list[dict[str, Any]] = fill_platform(client, out, platform.home)
        assert [each["part"] for each in parts] == list(PARTS)
        first = counts(platform, client)
        assert first.items() >= {
            "user": 5, "group": 2, "project": 4, "goal": 4, "model": 5, "version": 7, "deploy": 6, "dataset": 6,
            "request": 2, "environment": 1, "curated_environment": 1, "key": 4, "notes": 2, "comments": 4,
            "sweep": 1, "schedule": 1, "pipeline": 1, "pipeline_run": 1, "scoring": 1, "bench": 1,
            "app": 1, "scenario": 3, "monitor": 5,
        }.items()  # fmt: skip
        assert first["records of churn"] >= 124
        assert {"succeeded", "failed"} == {job["state"] for job in client.jobs.recent(limit=100)}
        (bench,) = client.benches()
        assert [line["state"] for line in bench["tiers"]] == ["measured", "measured"]
        results = client.monitor_results("credit-default", "good-enough", version=1)
        judged = {each["columns"][0]["measure"] for each in results if each["columns"]}
        assert judged == {"accuracy", "estimated_accuracy"}, results
        assert "inputs_drifted" in {each["kind"] for each in client.alerts(model="diabetes-progression")}
        shown = client.show("credit-default")
        assert {"champion": 1, "challenger": 2}.items() <= dict(shown["aliases"]).items()
        row = {"income": 30_000.0, "age": 40.0, "amount": 5_000.0, "term_months": 24.0, "late_payments": 0.0}
        assert client.predict("credit-default@challenger", [row]) in ([0], [1])
        if LONG:
            fill_platform(client, out)  # as a platform of somebody's own: its past is written once
            assert counts(platform, client) == first
