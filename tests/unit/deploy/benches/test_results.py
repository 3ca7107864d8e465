"""What the job of a tier left: priced where it is whole, refused where it is not, and a reason where there is nothing."""

from types import SimpleNamespace
from typing import Any

import pytest

from unshelf.deploy.benches.bench import TierLine
from unshelf.deploy.benches.results import line_of
from unshelf.manage.usage.usage import PriceList, ResourcePrices

LINE = TierLine(tier="small", state="measuring", job="j1")
FREE = PriceList(currency="EUR")
MEASURE: dict[str, Any] = {
    "callers": 1, "requests": 300, "failed": 0, "problem": "", "seconds": 3.0, "requests_a_second": 100.0, "rows_a_second": 100.0,
    "mean_ms": 10.0, "p50_ms": 9.0, "p95_ms": 12.0, "p99_ms": 15.0, "max_ms": 20.0, "began": 1.7e9, "cpu_seconds": 1.5,
    "callers_cpu_seconds": 0.1, "others_cores": None,
}  # fmt: skip
RESULT: dict[str, Any] = {
    "load_seconds": 0.5, "limits": [], "memory_bytes": 1 << 30, "rows": 1, "warmup_requests": 9, "source": "example", "requests_made": 3,
    "body_bytes": 20, "machine": {"processor": "P", "cores": 2, "memory_bytes": 1 << 33, "kernel": "6"}, "measures": [MEASURE],
}  # fmt: skip


def job(state: str = "succeeded", results: Any = None, reason: str = "") -> Any:
    return SimpleNamespace(state=state, results=results, reason=reason)


def cost(prices: PriceList) -> float | None:
    found = line_of(LINE, job(results=RESULT), prices)
    assert found.state == "measured" and found.result is not None
    return found.result.measures[0].cost


def test_a_tier_with_a_price_costs_its_time() -> None:
    # 100 requests a second: 1,000 take 10 seconds of a tier that costs 3.6 an hour.
    assert cost(PriceList(currency="EUR", tiers={"small": 3.6})) == pytest.approx(0.01)


def test_without_a_price_of_the_tier_what_was_used_has_its_price() -> None:
    prices = ResourcePrices(cpu_hour=3600.0, memory_gib_hour=360.0)
    # 5 ms of CPU each make 5 s; 1 GiB over 10 s.
    assert cost(PriceList(currency="EUR", resources=prices)) == pytest.approx(5 + 1.0)


def test_where_nothing_has_a_price_there_is_no_cost_and_a_stranger_can_not_say_one() -> None:
    forged = RESULT | {"measures": [MEASURE | {"cost": 99.0}]}
    found = line_of(LINE, job(results=forged), FREE)
    assert found.result is not None and found.result.measures[0].cost is None


@pytest.mark.parametrize(
    "change",
    [
        {"load_seconds": -1}, {"measures": []}, {"memory_bytes": "much"}, {"source": "nowhere"}, {"machine": None},
        {"measures": [MEASURE | {"p50_ms": float("inf")}]}, {"limits": ["x" * 3000]},
    ],
)  # fmt: skip
def test_results_that_can_not_be_are_refused(change: dict[str, Any]) -> None:
    found = line_of(LINE, job(results=RESULT | change), FREE)
    assert found.state == "failed" and found.result is None
    assert found.reason.startswith("The job left results that can't be read")


def test_a_job_that_did_not_succeed_says_why() -> None:
    failure = {"failure": "The model ran out of the tier's memory (1 GiB).", "hint": "Choose a larger tier."}
    assert line_of(LINE, job("failed", failure, "status 1"), FREE).reason == " ".join(failure.values())
    assert (
        line_of(LINE, job("timed_out", None, "It was over its time limit."), FREE).reason
        == "It was over its time limit."
    )
    assert line_of(LINE, job("cancelled", None, "It was cancelled by ana."), FREE).state == "cancelled"
    assert line_of(LINE, None, FREE).reason == "Its job is gone."
