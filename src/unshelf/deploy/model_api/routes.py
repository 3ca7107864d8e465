"""The OpenAPI document of a model over HTTP."""

from collections.abc import Callable
from typing import Any

from fastapi import Request

from unshelf.contracts.errors import NotFound
from unshelf.contracts.permissions import Permission
from unshelf.deploy.model_api.document import describe_model
from unshelf.deploy.trying.service import VersionInputs
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.web.guard import CurrentActor, requires
from unshelf.foundation.web.problems import problem_answers
from unshelf.foundation.web.routers import ApiRouter


def router(inputs_of: Callable[[Actor, str], VersionInputs]) -> ApiRouter:
    """`/models/{ref}/openapi.json`, which gateways serve without the API's prefix, too."""
    routes = ApiRouter(tags=["models"])

    @routes.get(
        "/models/{ref}/openapi.json",
        responses=problem_answers("not_found"),
        dependencies=[requires(Permission.MODEL_PREDICT, "ref")],
    )
    def describe_model_api(ref: str, actor: CurrentActor, request: Request) -> dict[str, Any]:
        """Describe how the model is called, as an OpenAPI document: its inputs and outputs as JSON Schemas, an example, its refusals."""
        found = inputs_of(actor, ref)
        if found.signature is None:
            raise NotFound(f"{found.model}:{found.version} was registered before versions had a signature.")
        return describe_model(
            model=found.model, version=found.version, ref=ref, signature=found.signature, inputs=found.inputs,
            server=request.app.state.public_url,
        )  # fmt: skip

    return routes
