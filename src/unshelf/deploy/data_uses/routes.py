"""The data of versions over HTTP."""

from collections.abc import Callable

from unshelf.contracts.permissions import Permission
from unshelf.deploy.data_uses.schemas import DataUsed, VersionData
from unshelf.deploy.data_uses.service import DataUseService, shown
from unshelf.foundation.web.guard import requires
from unshelf.foundation.web.problems import problem_answers
from unshelf.foundation.web.routers import ApiRouter


def router(uses: DataUseService, version_of: Callable[[str], tuple[str, int]]) -> ApiRouter:
    """`GET /models/{ref}/data`. `version_of` finds model and version of a reference, and raises NotFound."""
    routes = ApiRouter(tags=["models"])

    @routes.get(
        "/models/{ref}/data",
        responses=problem_answers("not_found"),
        dependencies=[requires(Permission.DATA_READ, model_from="ref")],
    )
    def show_version_data(ref: str) -> VersionData:
        """The data that a version was made with: the profile of its baseline, and the datasets that baseline and example are."""
        model, number = version_of(ref)
        data = [DataUsed(**shown(each)) for each in uses.of_version(model, number)]
        return VersionData(version=number, data=data)

    return routes
