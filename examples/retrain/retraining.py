"""New data → retrain → deploy a candidate → compare on held-out data → release when a person approves."""

from training import LABEL, fit, split, split_seen

import unshelf
from unshelf import steps


@unshelf.pipeline
def retrain(strength: float = 1.0, held_out: float = 0.3) -> None:
    """Retrain the tumour classifier on the newest measurements, and release it when somebody approves."""
    rows = split(held_out=held_out)
    candidate = steps.deploy("tumours", fit(rows["train"], strength=strength))
    judged = steps.compare(candidate, rows["test"], label=LABEL, require="not_worse", tolerance=0.02)
    approved = steps.approval("Release the retrained tumour classifier?", about=candidate, details=judged)
    steps.release(candidate, after=approved)


@unshelf.pipeline
def retrain_on_seen(strength: float = 1.0, held_out: float = 0.3) -> None:
    """Retrain the tumour classifier on what it was asked and what turned out to be true, and release it when somebody approves."""
    rows = split_seen(held_out=held_out)
    candidate = steps.deploy("tumours", fit(rows["train"], strength=strength))
    judged = steps.compare(candidate, rows["test"], label=LABEL, require="not_worse", tolerance=0.02)
    approved = steps.approval(
        "Release the classifier that was retrained on what it saw?", about=candidate, details=judged
    )
    steps.release(candidate, after=approved)
