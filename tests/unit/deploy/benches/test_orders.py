"""The plan of a bench configures the worker as that of a replica is, and says which tiers can't be tried."""

from types import SimpleNamespace
from typing import Any

import pytest

from tests.unit.deploy.benches.conftest import BenchShop
from unshelf.contracts.bundle import Batching
from unshelf.contracts.tiers import Tier
from unshelf.deploy.benches.orders import plan_of, unfit_reason
from unshelf.manage.egress.networks import VersionNetwork

ROW: Any = SimpleNamespace(
    model="credit", version=3, options={"rows": 5, "callers": 1, "seconds": 2.0, "warmup": 0.5, "params": {"k": 1}}
)


@pytest.mark.parametrize(
    ("tier", "reason"),
    [
        (Tier(cpu=4.0, memory_bytes=1 << 30, threads=1), "2 of the tier's 4 cores"),
        (Tier(cpu=1.0, memory_bytes=16 << 30, threads=1), "8 GiB of memory, less than the tier's 16 GiB"),
        (Tier(cpu=1.0, memory_bytes=1 << 30, threads=1, gpu=2), "0 of the tier's 2 GPUs"),
        (Tier(cpu=1.0, memory_bytes=1 << 28, threads=1), "Too little memory"),
    ],
)
def test_a_tier_that_can_not_be_tried_says_why(shop: BenchShop, tier: Tier, reason: str) -> None:
    assert reason in unfit_reason(tier, shop.version.version.checks, shop.machine)


def test_the_worker_batches_as_far_as_was_proved_and_polls_where_a_core_is_spare(shop: BenchShop) -> None:
    checks = shop.version.version.checks
    shop.version.version.checks = type(checks)(
        python="3.12", load_seconds=0.1, memory_bytes=1, signature=checks.signature, batchable=True, batch_rows=64
    )
    network, tier = VersionNetwork(access="full", allow=()), Tier(cpu=1.0, memory_bytes=1 << 30, threads=1)
    plan = plan_of(ROW, shop.version, tier, machine=shop.machine, network=network, secrets=[], table=None)
    config = plan["config"]
    assert (config["batchable"], config["max_batch_rows"], config["busy_poll"], config["granted"]) == (
        True,
        64,
        True,
        None,
    )
    assert config["batch_wait_seconds"] == Batching().wait
    assert (plan["rows"], plan["callers"], plan["params"]) == (5, [1], {"k": 1})
