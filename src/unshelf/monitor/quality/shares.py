"""Shares of rows held against those of a reference: how much larger one is, and whether that is more than chance."""

from dataclasses import dataclass

from unshelf.monitor.drift.special import special_functions

_LIMIT = 0.001
"""The chance that the true share of the reference is above the limit that it is taken to have."""


@dataclass(frozen=True)
class RowShare:
    """Some of a number of rows."""

    count: int
    rows: int

    @property
    def value(self) -> float:
        """The share, 0 to 1; 0 of no rows."""
        return self.count / self.rows if self.rows else 0.0


def upper_limit(share: RowShare) -> float:
    """Return the share that the true one is at most, with a confidence of 99.9 %.

    Source: C. Clopper, E. Pearson, "The use of confidence or fiducial limits illustrated in the case of the binomial",
    Biometrika 26, 1934."""
    if share.count >= share.rows:
        return 1.0
    return float(special_functions().betaincinv(share.count + 1, share.rows - share.count, 1 - _LIMIT))


def chance_of_more(share: RowShare, expected: float) -> float:
    """Return the chance of a share as great as this, or greater, where the true one is `expected`: the binomial tail."""
    if share.count <= 0 or expected >= 1.0:
        return 1.0
    return float(special_functions().bdtrc(share.count - 1, share.rows, expected))


def chance_of_excess(before: RowShare, after: RowShare) -> float:
    """Return the chance of `after` where the true share is that of the reference, as large as `before` lets it be."""
    return chance_of_more(after, upper_limit(before))
