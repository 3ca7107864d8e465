"""The arithmetic of shares: a version gets its percentage, the others keep their proportions to each other.

With shares s₁ … sₙ that sum to 100, giving version v the share p leaves 100 - p for the others, and each other version i
gets sᵢ · (100 - p) / Σ sⱼ over all j ≠ v. Shares are kept to a hundredth of a percent; what rounding leaves over goes to the
largest of the others, so that they always sum to 100. A share that becomes 0 drops out."""

from collections.abc import Sequence

from unshelf.contracts.errors import Conflict, InvalidInput
from unshelf.contracts.routing import Share

_HUNDREDTHS = 100
_WHOLE = 100 * _HUNDREDTHS


def with_share(shares: Sequence[Share], version: int, percent: float) -> list[Share]:
    """The shares after `version` was given `percent` (0 to 100) of the traffic; 0 takes it out.

    Raises Conflict when nothing else is live to take the rest."""
    if not 0 <= percent <= 100:
        raise InvalidInput(f"The percentage of a release is a number from 0 to 100, not {percent:g}.")
    own = round(percent * _HUNDREDTHS)
    others = {share.version: share.percent for share in shares if share.version != version and share.percent > 0}
    if own < _WHOLE and not others:
        raise Conflict(
            f"No other version is live to take the other {100 - percent:g} %.",
            hint="Release it with 100 percent, or release another version first.",
        )
    scaled = _scaled(others, _WHOLE - own) | {version: own}
    return [Share(version=one, percent=part / _HUNDREDTHS) for one, part in sorted(scaled.items()) if part]


def _scaled(parts: dict[int, float], whole: int) -> dict[int, int]:
    """The parts in proportion, as whole numbers that sum to `whole`."""
    if not parts:
        return {}
    total = sum(parts.values())
    scaled = {version: int(part * whole / total) for version, part in parts.items()}
    scaled[max(parts, key=lambda version: (parts[version], version))] += whole - sum(scaled.values())
    return scaled
