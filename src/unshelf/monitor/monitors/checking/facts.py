"""Facts of a model that monitors are held against: from signatures, roles of columns, and what was recorded."""

from collections.abc import Callable, Collection, Sequence

from unshelf.contracts.errors import NotFound
from unshelf.contracts.monitoring.columns import ModelFacts, facts_in
from unshelf.contracts.signature import Signature
from unshelf.monitor.columns.column_roles import ColumnRoles
from unshelf.monitor.windows.kinds import score_columns
from unshelf.monitor.windows.window import INPUT, OUTPUT


def facts_found(signature: Signature) -> ModelFacts:
    """Return what a signature says that a check found: outputs are with all recorded scores."""
    said = facts_in(signature, scores_are_known=True)
    if said.outputs is None:
        return said
    return said._replace(outputs=[*said.outputs, *(name.removeprefix(OUTPUT) for name in score_columns(signature))])


class ModelFactsReader:
    """Reads facts of models."""

    def __init__(
        self, *, signature_of: Callable[[str, int], Signature | None], roles_of: Callable[[str, int], ColumnRoles],
        recorded: Callable[[str, int], Collection[str]], versions_of: Callable[[str], Sequence[int]],
    ) -> None:  # fmt: skip
        """`signature_of`, `roles_of` raise NotFound; `recorded`: the columns of the records of a version, as profiles name them;
        `versions_of`: the numbers of a model's versions, lowest first."""
        self._signature_of = signature_of
        self._roles_of = roles_of
        self._recorded = recorded
        self._versions_of = versions_of

    def of(self, model: str, versions: Sequence[int]) -> ModelFacts:
        """Return what is known of versions together, none: of the last one. What one of them has may be watched."""
        found = []
        for version in versions or self._versions_of(model)[-1:]:
            try:
                found.append(self._of_version(model, version))
            except NotFound:  # removed since
                continue
        tasks = {each.task for each in found}
        return ModelFacts(
            inputs=_together([each.inputs for each in found]), outputs=_together([each.outputs for each in found]),
            task=tasks.pop() if len(tasks) == 1 else None, has_scores=any(each.has_scores for each in found) or not found,
        )  # fmt: skip

    def _of_version(self, model: str, version: int) -> ModelFacts:
        signature, roles = self._signature_of(model, version), self._roles_of(model, version)
        recorded = self._recorded(model, version)
        said = facts_in(signature)
        return ModelFacts(
            inputs=_with(said.inputs, recorded, INPUT), outputs=_with(said.outputs, [*recorded, *score_columns(signature)], OUTPUT),
            task=roles.task, has_scores=roles.scores is not None,
        )  # fmt: skip


def _with(said: Sequence[str] | None, recorded: Collection[str], side: str) -> list[str] | None:
    """Return the names of a side by the signature and the records; None: neither knows any."""
    seen = [name.removeprefix(side) for name in recorded if name.startswith(side)]
    return None if said is None and not seen else list(dict.fromkeys([*(said or ()), *seen]))


def _together(parts: Sequence[Sequence[str] | None]) -> list[str] | None:
    """Return the names that any version has; None: those of one are not known."""
    known = [names for names in parts if names is not None]
    return (
        list(dict.fromkeys(name for names in known for name in names)) if known and len(known) == len(parts) else None
    )
