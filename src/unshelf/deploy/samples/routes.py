"""The sample model over HTTP."""

from http import HTTPStatus
from typing import Annotated

from pydantic import Field

from unshelf.contracts.permissions import Permission
from unshelf.deploy.deploys.schemas import DeployAccepted
from unshelf.deploy.samples.service import SampleService
from unshelf.foundation.web.guard import CurrentActor, requires
from unshelf.foundation.web.problems import problem_answers
from unshelf.foundation.web.routers import ApiRouter
from unshelf.foundation.web.schemas import RequestModel


class SampleRequest(RequestModel):
    """The place of the sample model."""

    project: Annotated[str, Field(max_length=64)] | None = None
    """The project that it belongs to; null: `default`."""


def router(samples: SampleService) -> ApiRouter:
    """`POST /deploys/sample`."""
    routes = ApiRouter(tags=["deploys"])

    @routes.post(
        "/deploys/sample",
        responses=problem_answers("conflict"),
        dependencies=[requires(Permission.MODEL_DEPLOY, anywhere=True)],
        status_code=HTTPStatus.ACCEPTED,
    )
    def deploy_sample(wanted: SampleRequest, actor: CurrentActor) -> DeployAccepted:
        """Deploy the sample model, `iris-sample`, which needs no packages: for a first look at the platform."""
        return DeployAccepted(id=samples.begin(actor, project=wanted.project))

    return routes
