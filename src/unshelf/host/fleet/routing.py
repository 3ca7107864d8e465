"""The routing state as the host uses it: what may be served, kept in step with what control publishes."""

from collections.abc import Callable
from pathlib import Path

from unshelf.contracts.routing import ModelRoute, VersionRoute
from unshelf.host.launch.replica import VersionKey
from unshelf.runtime.routing_file import RoutingChange, RoutingWatch


class Routing:
    """The last good routing state."""

    def __init__(self, run_folder: Path) -> None:
        self.models: dict[str, ModelRoute] = {}
        self.warm: dict[str, list[str]] = {}
        """Environment → the modules that its warm process imports."""
        self.active: dict[VersionKey, VersionRoute] = {}
        """All versions that may be served: those that run here and are not paused."""
        self.on_change: Callable[[], None] = lambda: None
        """Called when models or the warm list changed."""
        self._watch = RoutingWatch(run_folder, self._apply)

    def load(self) -> None:
        """Read what is there, at the start."""
        self._watch.load()

    async def catch_up(self) -> None:
        """Return when all that was published before is known."""
        await self._watch.catch_up()

    async def watch(self) -> None:
        """Follow what is published, for ever."""
        await self._watch.watch()

    def find(self, model: str, version: int) -> tuple[ModelRoute, VersionRoute] | None:
        """The routes of a version, or None when there is no such version."""
        model_route = self.models.get(model)
        version_route = model_route.versions.get(version) if model_route else None
        return (model_route, version_route) if model_route and version_route else None

    def project_of(self, model: str) -> str:
        """The project that a model belongs to; empty when there is no such model."""
        route = self.models.get(model)
        return "" if route is None else route.project

    def released(self) -> list[tuple[VersionKey, VersionRoute]]:
        """The versions that have a share of some model's traffic."""
        return [
            (VersionKey(model=name, version=share.version), model.versions[share.version])
            for name, model in self.models.items()
            if not model.paused
            for share in model.release
            if share.version in model.versions and not model.versions[share.version].elsewhere
        ]

    def environments(self) -> dict[str, str]:
        """The environments of the versions that may be served, those with traffic first, each with the bundle of one of them."""
        found: dict[str, str] = {}
        for route in (*(route for _, route in self.released()), *self.active.values()):
            found.setdefault(route.environment, route.bundle)
        return found

    def all_versions(self) -> set[tuple[str, int]]:
        """All versions, paused ones too."""
        return {(model, version) for model, route in self.models.items() for version in route.versions}

    def references(self, *, bundle: str = "", environment: str = "") -> bool:
        """Whether a version has this bundle or this environment."""
        return any(
            route.bundle == bundle or route.environment == environment
            for model in self.models.values()
            for route in model.versions.values()
        )

    def _apply(self, change: RoutingChange) -> None:
        for name, model in change.models.items():
            before = self.models.pop(name, None)
            for version in before.versions if before else ():
                self.active.pop(VersionKey(model=name, version=version), None)
            if model is None:
                continue
            self.models[name] = model
            if not model.paused:
                for version, route in model.versions.items():
                    if not route.paused and not route.elsewhere:
                        self.active[VersionKey(model=name, version=version)] = route
        if change.warm is not None:
            self.warm = change.warm
        if change.models or change.warm is not None:
            self.on_change()
