"""Methods for an installation as a file."""

from collections.abc import Iterator
from typing import Any

from unshelf.client.manage.methods import Methods
from unshelf.client.operations.platform.checking import Document, Place, number_of
from unshelf.client.operations.platform.plan import (
    PlannedStep,
    PlatformOutcome,
    carry_out,
    checked,
    exported,
    plan,
)


class PlatformFileMethods(Methods):
    """Plans, applies and exports files that say how an installation should be."""

    def plan_platform(
        self, document: dict[str, Any], *, prune: bool = False, place: Place = number_of
    ) -> list[PlannedStep]:
        """Return what differs between the installation and a document: kind → list of things, as `export_platform` returns it.

        Things that it does not name are left alone; `prune`: of the kinds that it names, they are removed. `place`: takes a kind, an
        index and a field, and says where that is, for messages. Raises UnshelfError for what is no document, before anything is changed."""
        return plan(self._http, checked(document, place), prune=prune, place=place)

    def apply_platform(self, steps: list[PlannedStep]) -> Iterator[PlatformOutcome]:
        """Do the steps of a plan, and yield what came of each; one that fails keeps none of the others back."""
        return carry_out(self._http, steps)

    def export_platform(self, kinds: list[str] | None = None) -> Document:
        """Return the installation as a document, as far as the token may see it; never a secret's value. `kinds`: only these.

        Raises UnshelfError for what is no kind."""
        return exported(self._http, kinds)
