"""The routing table as control publishes it: read again when the file changes, the last good one otherwise."""

from collections.abc import Callable
from pathlib import Path

from unshelf.contracts.published import PublishedTable
from unshelf.contracts.routing import ModelRoute, RoutingTable, VersionRoute


class Routing:
    """The last good routing table."""

    def __init__(self, path: Path) -> None:
        self._file = PublishedTable(path)
        self.table: RoutingTable | None = None
        """None until control has published a first one."""

    def refresh(self) -> bool:
        """Read the file if it changed; returns whether there is a new table. A broken file changes nothing."""
        table = self._file.new()
        self.table = table or self.table
        return table is not None

    async def watch(self, changed: Callable[[], None]) -> None:
        """Call `changed` after each new table, for ever."""

        def look() -> None:
            if self.refresh():
                changed()

        await self._file.watch(look)

    def find(self, model: str, version: int) -> tuple[ModelRoute, VersionRoute] | None:
        """The routes of a version, or None when the table does not have it."""
        model_route = self.table.models.get(model) if self.table else None
        version_route = model_route.versions.get(version) if model_route else None
        return (model_route, version_route) if model_route and version_route else None

    def active(self) -> dict[tuple[str, int], VersionRoute]:
        """All versions that may be served: those that are not paused."""
        if self.table is None:
            return {}
        return {
            (model, version): route
            for model, model_route in self.table.models.items()
            if not model_route.paused
            for version, route in model_route.versions.items()
            if not route.paused
        }

    def warm(self) -> dict[str, list[str]]:
        """Environment → the modules that its warm process imports."""
        return self.table.warm if self.table else {}

    def released(self) -> list[VersionRoute]:
        """The versions that have a share of some model's traffic."""
        if self.table is None:
            return []
        return [
            model.versions[share.version]
            for model in self.table.models.values()
            if not model.paused
            for share in model.release
            if share.version in model.versions
        ]

    def all_versions(self) -> set[tuple[str, int]]:
        """All versions of the table, paused ones too."""
        models = self.table.models if self.table else {}
        return {(model, version) for model, route in models.items() for version in route.versions}

    def references(self, *, bundle: str = "", environment: str = "") -> bool:
        """Whether a version of the table has this bundle or this environment."""
        models = self.table.models.values() if self.table else ()
        return any(
            route.bundle == bundle or route.environment == environment
            for model in models
            for route in model.versions.values()
        )
