"""The refusal of what goes beyond a quota: what is used, what is allowed, and who can raise it."""

from collections.abc import Sequence

from unshelf.contracts.errors import Forbidden
from unshelf.manage.quotas.accounts import Account
from unshelf.manage.quotas.resources import QuotaLimits, ResourceAmounts, amount_text

_NAMED = 3


def refusal(
    account: Account,
    limits: QuotaLimits,
    *,
    before: ResourceAmounts,
    after: ResourceAmounts,
    administrators: Sequence[str],
) -> Forbidden:
    """Return the refusal of a change that goes beyond these limits of an account."""
    names = limits.exceeded(before, after)
    parts = [
        f"{amount_text(name, getattr(before, name))} of {amount_text(name, limits.given[name])} in use, and this takes "
        f"{amount_text(name, getattr(after, name) - getattr(before, name))} more"
        for name in names
    ]
    detail = f"The quota of {account.title} does not allow it: {'; '.join(parts)}."
    ask = f" Ask: unshelf requests quota {account.name} --reason TEXT." if account.kind == "project" else ""
    return Forbidden(detail, hint=f"{who_can(administrators)} can raise it.{ask}", code="quota_exceeded")


def who_can(administrators: Sequence[str]) -> str:
    """Name those who can change quotas and tiers, at the beginning of a sentence."""
    if not administrators:
        return "An administrator"
    named = ", ".join(administrators[:_NAMED])
    more = len(administrators) - _NAMED
    return f"{named} and {more} more" if more > 0 else " or ".join(administrators)
