"""Models whose predictions were recorded: the fact by which a project counts as monitored."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from unshelf.deploy.releases.ledger import ReleaseLedger
from unshelf.manage.projects.project import Stage
from unshelf.records.archive.files import Archive
from unshelf.records.selection import Selection
from unshelf.records.tail import TailReader

_MOST_LOOKED_UP = 5
"""How many models are looked for in segments at a time: each reads them from the end."""


class RecordedModels:
    """Knows models that have records. One that had some is remembered; retention changes nothing of the fact."""

    def __init__(self, archive: Archive, ledger: ReleaseLedger) -> None:
        self._archive = archive
        self._ledger = ledger
        self._recorded: set[str] = set()

    def stages(self, session: Session, projects: Sequence[str]) -> dict[str, Stage]:
        """Say which of these projects have a live model with recorded predictions.

        Of one project, records that are not archived yet are looked for too; of many, that would take too long."""
        live = self._ledger.live_models(session, projects)
        self._recorded.update(self._archive.models())
        if len(projects) == 1:
            for _, model in live[:_MOST_LOOKED_UP]:
                if model not in self._recorded and TailReader(self._archive, Selection(model=model)).newest(1):
                    self._recorded.add(model)
        return {project: "monitor" for project, model in live if model in self._recorded}
