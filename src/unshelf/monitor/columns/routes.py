"""Roles of columns over HTTP."""

from collections.abc import Callable

from unshelf.contracts.permissions import Permission
from unshelf.foundation.web.guard import CurrentActor, requires
from unshelf.foundation.web.problems import problem_answers
from unshelf.foundation.web.routers import ApiRouter
from unshelf.monitor.columns.column_roles import ColumnRoles
from unshelf.monitor.columns.schemas import ColumnRolesChange, ColumnRolesView, MissingRoleView
from unshelf.monitor.columns.service import ColumnRoleService


def router(columns: ColumnRoleService, version_of: Callable[[str], tuple[str, int]]) -> ApiRouter:
    """`/models/{ref}/columns`. `version_of` finds model and version of a reference, and raises NotFound."""
    routes = ApiRouter(tags=["monitoring"])

    def view(model: str, version: int, roles: ColumnRoles) -> ColumnRolesView:
        inputs, outputs = columns.names(model, version)
        return ColumnRolesView(
            name=model, version=version, inputs=inputs, outputs=outputs, sources=dict(roles.sources), **roles.plain(),
            recorded_scores=columns.recorded(model, version),
            missing=[MissingRoleView.model_validate(each) for each in roles.missing],
        )  # fmt: skip

    @routes.get(
        "/models/{ref}/columns",
        responses=problem_answers("not_found"),
        dependencies=[requires(Permission.MODEL_INSPECT, "ref")],
    )
    def show_columns(ref: str, actor: CurrentActor) -> ColumnRolesView:
        """Show which columns of a version are its prediction, scores, label, key, slices and time, and what is missing."""
        model, version = version_of(ref)
        return view(model, version, columns.roles_of(actor, model, version))

    @routes.patch(
        "/models/{ref}/columns",
        responses=problem_answers("not_found"),
        dependencies=[requires(Permission.MODEL_RELEASE, "ref")],
    )
    def change_columns(ref: str, wanted: ColumnRolesChange, actor: CurrentActor) -> ColumnRolesView:
        """Set roles of a version's columns, and of later versions until theirs are set."""
        model, version = version_of(ref)
        roles = {role: getattr(wanted, role) for role in wanted.model_fields_set - {"reason"}}
        return view(model, version, columns.change(actor, model, version, roles, reason=wanted.reason))

    return routes
