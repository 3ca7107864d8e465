"""The job of a metric has no secrets, no network, and the environment of the version."""

from types import SimpleNamespace
from typing import Any

from unshelf.contracts.tiers import Tier
from unshelf.monitor.performance.custom.metric import MetricDefinition
from unshelf.monitor.performance.custom.orders import job_order, plan_of

RUN: Any = SimpleNamespace(id="R", model="iris", version=3, metric="lost", days={"2026-11-02": {}, "2026-11-03": {}})
DEFINITION = MetricDefinition(code="", function="lost", tier="medium")


def test_it_is_the_platforms_own_order_of_use_metric() -> None:
    order = job_order(RUN, DEFINITION, project="default", environment="e" * 64, program=[], files=[])
    assert (order.use, order.model, order.secrets, order.network.access) == ("metric", "iris", (), "none")
    assert (order.environment, order.requirements, order.tier, order.seconds) == ("e" * 64, None, "medium", 120.0)
    assert order.key == "metric/R"


def test_a_version_without_an_environment_gets_one_of_its_own() -> None:
    order = job_order(RUN, DEFINITION, project="default", environment="", program=[], files=[])
    assert (order.environment, order.requirements) == (None, ("numpy", "pandas"))


def test_a_plan_has_the_days_in_order_and_most_of_the_tiers_memory() -> None:
    plan = plan_of(DEFINITION, ["2026-11-03", "2026-11-02"], Tier(cpu=1, memory_bytes=1 << 30, threads=1))
    assert plan == {
        "function": "lost", "days": ["2026-11-02", "2026-11-03"], "seconds": 30.0, "memory_bytes": 3 << 28,
    }  # fmt: skip
