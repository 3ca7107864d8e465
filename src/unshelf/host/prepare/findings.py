"""Findings of a check, in words for the person who deploys."""

from unshelf.contracts.bundle import Checks, Manifest


def summary_of(checks: Checks) -> str:
    """The findings in one line."""
    parts = [f"loads in {checks.load_seconds:.2f} s"]
    if checks.calls:
        parts.append("the model was called once" if checks.calls == 1 else f"the model was called {checks.calls} times")
    if checks.batchable and checks.batch_rows > 1:
        parts.append(f"requests share batches of up to {checks.batch_rows} rows")
    elif not checks.streams:
        parts.append("requests are predicted one by one")
    if checks.signature is not None and checks.signature.parameters:
        parts.append(f"callers may set {', '.join(each.name for each in checks.signature.parameters)}")
    return "; ".join(parts)


def notes_of(checks: Checks, manifest: Manifest) -> list[str]:
    """Warnings that the model raised, and sentences about what the maker asked for and did not get."""
    notes = [f"warning {warning}" for warning in checks.warnings]
    if checks.scores_reason:
        notes.append(f"Scores are recorded beside answers: {checks.scores_reason}.")
    if manifest.batching.share and not checks.batchable:
        notes.append(f"Requests will NOT share batches: {checks.batchable_reason}.")
    elif manifest.batching.wait and not checks.batchable:
        notes.append(f"`[batching] wait` has no effect, for requests share no batches: {checks.batchable_reason}.")
    return notes
