"""Amounts: summed, compared, and named for people."""

from unshelf.contracts.tiers import TIERS
from unshelf.manage.quotas.resources import QuotaLimits, ResourceAmounts, amount_text, limits_text, of_replicas

GIB = 1 << 30


def test_replicas_take_what_their_tier_says_each() -> None:
    assert of_replicas(TIERS["large"], 2) == ResourceAmounts(cores=8.0, memory_bytes=32 * GIB, replicas=2)
    assert of_replicas(None, 3) == ResourceAmounts(replicas=3), "the tier is gone from the settings"
    both = ResourceAmounts(cores=1, gpus=2).plus(ResourceAmounts(cores=0.5, replicas=1))
    assert both == ResourceAmounts(cores=1.5, gpus=2, replicas=1)
    assert both.at_least(ResourceAmounts(cores=4, gpus=1)) == ResourceAmounts(cores=4, gpus=2, replicas=1)


def test_a_limit_is_exceeded_by_more_than_it_and_more_than_before() -> None:
    limits = QuotaLimits(cores=2, replicas=1)
    assert limits.exceeded(ResourceAmounts(), ResourceAmounts(cores=2, replicas=1, gpus=9)) == []
    assert limits.exceeded(ResourceAmounts(replicas=1), ResourceAmounts(cores=2.5, replicas=2)) == ["cores", "replicas"]
    assert limits.exceeded(ResourceAmounts(replicas=5), ResourceAmounts(replicas=3)) == [], "it becomes less"
    assert limits.exceeded(ResourceAmounts(replicas=3), ResourceAmounts(replicas=3)) == []


def test_zero_is_a_limit() -> None:
    limits = QuotaLimits(gpus=0)
    assert limits.given == {"gpus": 0}
    assert limits.exceeded(ResourceAmounts(), ResourceAmounts(gpus=1)) == ["gpus"]
    assert limits.of_what_runs
    assert not QuotaLimits(disk_bytes=1).of_what_runs


def test_an_increase_raises_what_is_limited_and_lowers_nothing() -> None:
    limits = QuotaLimits(cores=4, replicas=2)
    assert limits.raised_to(QuotaLimits(cores=2, replicas=6, gpus=1)) == QuotaLimits(cores=4, replicas=6)


def test_amounts_are_named_with_their_units() -> None:
    assert [amount_text("replicas", 1), amount_text("replicas", 2), amount_text("cores", 0.5)] == [
        "1 replica", "2 replicas", "0.5 cores",
    ]  # fmt: skip
    assert [amount_text("disk_bytes", size) for size in (12, 2048, 3 << 20)] == [
        "12 B of disk", "2 KiB of disk", "3 MiB of disk",
    ]  # fmt: skip
    assert limits_text(QuotaLimits(memory_bytes=GIB, gpus=1)) == "1 GiB of memory, 1 GPU"
