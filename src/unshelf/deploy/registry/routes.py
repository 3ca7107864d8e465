"""Models, versions and aliases over HTTP."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends

from unshelf.deploy.registry.schemas import Aliases, AliasRequest, ModelDetail, Models
from unshelf.deploy.registry.service import RegistryService
from unshelf.manage.access import Principal, principal_of, requires
from unshelf.manage.limits import Limits

Caller = Annotated[Principal, Depends(principal_of)]


def router(registry: RegistryService) -> APIRouter:
    """`/models`, `/models/{ref}` and the aliases."""
    routes = APIRouter(tags=["models"])

    @routes.get("/models", dependencies=[requires("deploy")])
    def list_models(caller: Caller) -> Models:
        """The models that the key is good for."""
        return registry.list_for(caller)

    @routes.get("/models/{ref}", dependencies=[requires("deploy", "ref")])
    def show_model(ref: str) -> ModelDetail:
        """A model and the version that the reference names; a name alone shows the latest live version, or the latest."""
        return registry.show(ref)

    @routes.delete("/models/{ref}", dependencies=[requires("deploy", "ref")], status_code=HTTPStatus.NO_CONTENT)
    def remove_model(ref: str, caller: Caller) -> None:
        """Remove a model with all its versions, or one version that is not live, with all files nobody else needs."""
        registry.remove(ref, caller.label)

    @routes.put("/models/{name}/limits", dependencies=[requires("deploy", "name")])
    def set_limits(name: str, wanted: Limits, caller: Caller) -> Limits:
        """Limit how much may be asked of the model, by all callers together."""
        registry.set_limits(name, wanted, caller.label)
        return wanted

    @routes.delete(
        "/models/{name}/limits", dependencies=[requires("deploy", "name")], status_code=HTTPStatus.NO_CONTENT
    )
    def remove_limits(name: str, caller: Caller) -> None:
        """Have no limits; doing it twice is fine."""
        registry.set_limits(name, None, caller.label)

    @routes.put("/models/{name}/aliases/{alias}", dependencies=[requires("deploy", "name")])
    def set_alias(name: str, alias: str, wanted: AliasRequest, caller: Caller) -> Aliases:
        """Have the alias point at a version."""
        return Aliases(aliases=registry.set_alias(name, alias, wanted.version, caller.label))

    @routes.delete(
        "/models/{name}/aliases/{alias}",
        dependencies=[requires("deploy", "name")],
        status_code=HTTPStatus.NO_CONTENT,
    )
    def remove_alias(name: str, alias: str, caller: Caller) -> None:
        """Remove the alias; the version it points at stays."""
        registry.remove_alias(name, alias, caller.label)

    return routes
