"""Secrets over HTTP."""

from unshelf.contracts.permissions import Permission
from unshelf.foundation.web.guard import CurrentActor, requires
from unshelf.foundation.web.paging import Cursor, Limit
from unshelf.foundation.web.problems import HIDES_INPUT, problem_answers
from unshelf.foundation.web.routers import ApiRouter
from unshelf.manage.secrets.schemas import SecretList, SecretRequest, SecretSet, SecretSummary
from unshelf.manage.secrets.secret import Secret
from unshelf.manage.secrets.service import SecretService


def router(secrets: SecretService) -> ApiRouter:
    """`/secrets`, and those of each model and project."""
    routes = ApiRouter(tags=["secrets"])

    @routes.get("/secrets", dependencies=[requires(Permission.SECRETS_READ, anywhere=True)])
    def list_secrets(actor: CurrentActor, limit: Limit = 1000, cursor: Cursor = None) -> SecretList:
        """List the secrets of all models and projects whose secrets the actor may see, without their values."""
        page = secrets.list_for(actor, limit=limit, cursor=cursor)
        return SecretList(secrets=page.map(SecretSummary.model_validate), next_cursor=page.next_cursor)

    @routes.get(
        "/models/{model}/secrets",
        responses=problem_answers("not_found"),
        dependencies=[requires(Permission.SECRETS_READ, model_from="model")],
    )
    def list_model_secrets(model: str, limit: Limit = 1000, cursor: Cursor = None) -> SecretList:
        """List the secrets of a model, without their values; the model need not exist yet."""
        page = secrets.list_of(model, limit=limit, cursor=cursor)
        return SecretList(secrets=page.map(SecretSummary.model_validate), next_cursor=page.next_cursor)

    @routes.put(
        "/models/{model}/secrets/{name}",
        responses=problem_answers("not_found", "conflict"),
        dependencies=[requires(Permission.SECRETS_MANAGE, model_from="model")],
        openapi_extra={HIDES_INPUT: True},
    )
    def set_secret(model: str, name: str, wanted: SecretRequest, actor: CurrentActor) -> SecretSet:
        """Set a secret of a model, which need not exist yet. Workers that start from now on have it as an environment variable;
        those that run are replaced one after the other."""
        return _set_view(*secrets.set(actor, model, name, wanted.value))

    @routes.delete(
        "/models/{model}/secrets/{name}",
        responses=problem_answers("not_found"),
        status_code=204,
        dependencies=[requires(Permission.SECRETS_MANAGE, model_from="model")],
    )
    def delete_secret(model: str, name: str, actor: CurrentActor) -> None:
        """Delete a secret of a model. Running workers are replaced by such that do not have it."""
        secrets.delete(actor, model, name)

    _add_projects(routes, secrets)
    return routes


def _add_projects(routes: ApiRouter, secrets: SecretService) -> None:
    may_manage = [requires(Permission.SECRETS_MANAGE, project_from="project")]

    @routes.get(
        "/projects/{project}/secrets",
        responses=problem_answers("not_found"),
        dependencies=[requires(Permission.SECRETS_READ, project_from="project")],
    )
    def list_project_secrets(project: str, limit: Limit = 1000, cursor: Cursor = None) -> SecretList:
        """List the secrets of a project, without their values."""
        page = secrets.list_of_project(project, limit=limit, cursor=cursor)
        return SecretList(secrets=page.map(SecretSummary.model_validate), next_cursor=page.next_cursor)

    @routes.put(
        "/projects/{project}/secrets/{name}",
        responses=problem_answers("not_found", "conflict"),
        dependencies=may_manage,
        openapi_extra={HIDES_INPUT: True},
    )
    def set_project_secret(project: str, name: str, wanted: SecretRequest, actor: CurrentActor) -> SecretSet:
        """Set a secret of a project: the programs of all its models get it, where the model has none of its own of that name."""
        return _set_view(*secrets.set_of_project(actor, project, name, wanted.value))

    @routes.delete(
        "/projects/{project}/secrets/{name}",
        responses=problem_answers("not_found"),
        status_code=204,
        dependencies=may_manage,
    )
    def delete_project_secret(project: str, name: str, actor: CurrentActor) -> None:
        """Delete a secret of a project. Running workers are replaced by such that do not have it."""
        secrets.delete_of_project(actor, project, name)


def _set_view(secret: Secret, replicas: int) -> SecretSet:
    return SecretSet(
        model=secret.model, project=secret.project, name=secret.name, set_at=secret.set_at, set_by=secret.set_by,
        readable=secret.readable, source=secret.source, replicas=replicas,
    )  # fmt: skip
