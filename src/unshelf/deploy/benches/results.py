"""Results of a tier: what its job left is read as a stranger's, since the model's program shares its place, and gets its price."""

import msgspec

from unshelf.deploy.benches.bench import Measure, TierLine, TierResult
from unshelf.develop.jobs.tables import JobRow
from unshelf.manage.usage.usage import PriceList, UsageAmounts

_THOUSAND = 1000
_GIB = 1 << 30
_MOST_TEXT = 2000


def line_of(line: TierLine, job: JobRow | None, prices: PriceList) -> TierLine:
    """Return a tier whose job has ended, with what was measured, its costs, or why there is nothing."""
    if job is None:
        return msgspec.structs.replace(line, state="failed", reason="Its job is gone.")
    if job.state == "cancelled":
        return msgspec.structs.replace(line, state="cancelled", reason=job.reason)
    left = job.results or {}
    if job.state != "succeeded":
        said = " ".join(str(left[name]) for name in ("failure", "hint") if left.get(name))
        return msgspec.structs.replace(line, state="failed", reason=(said or job.reason)[:_MOST_TEXT])
    try:
        result = msgspec.convert(left, TierResult)
    except msgspec.ValidationError as error:
        reason = f"The job left results that can't be read: {error}."
        return msgspec.structs.replace(line, state="failed", reason=reason[:_MOST_TEXT])
    measures = [
        msgspec.structs.replace(each, cost=cost_of(each, result.memory_bytes, line.tier, prices))
        for each in result.measures
    ]
    result = msgspec.structs.replace(result, measures=measures)
    return msgspec.structs.replace(line, state="measured", reason="", price=prices.tiers.get(line.tier), result=result)


def cost_of(measure: Measure, memory_bytes: int, tier: str, prices: PriceList) -> float | None:
    """Return what 1,000 requests cost at the rate that was measured: the tier's time where it has a price, else what they used of
    resources that have one; None: nothing has a price."""
    if not measure.requests or not measure.requests_a_second:
        return None
    resources = prices.resources
    if tier not in prices.tiers and not any((resources.cpu_hour, resources.memory_gib_hour, resources.gpu_hour)):
        return None
    seconds = _THOUSAND / measure.requests_a_second
    amounts = UsageAmounts(
        cpu_seconds=measure.cpu_seconds * _THOUSAND / measure.requests, memory_gib_seconds=memory_bytes / _GIB * seconds,
        held_seconds=seconds,
    )  # fmt: skip
    return prices.cost(amounts, tier)
