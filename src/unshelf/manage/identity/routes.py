"""`GET /whoami`: whom a request comes from."""

from unshelf.contracts.errors import Unauthenticated
from unshelf.contracts.permissions import Permission
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.web.guard import CurrentActor, requires_token
from unshelf.foundation.web.routers import ApiRouter
from unshelf.manage.access.service import AccessService, GrantedRole
from unshelf.manage.groups.service import GroupService
from unshelf.manage.identity.schemas import Identity, IdentityRole
from unshelf.manage.keys.service import KeysService
from unshelf.manage.users.service import UserService


def router(keys: KeysService, users: UserService, groups: GroupService, access: AccessService) -> ApiRouter:
    """`GET /whoami`, for every actor."""
    routes = ApiRouter(tags=["identity"])

    @routes.get("/whoami", dependencies=[requires_token()])
    def whoami(actor: CurrentActor) -> Identity:
        """Show the actor that this request's token or session belongs to, and its permissions."""
        if actor.kind == "user":
            return _user(actor)
        key = keys.find(actor.id)
        if key is None:
            raise Unauthenticated
        return Identity(
            id=key.id, name=key.name, kind=actor.kind, role=key.role, project=key.project, models=key.models,
            permissions=_permissions(actor), full_name="", groups=[], roles=[],
        )  # fmt: skip

    def _user(actor: Actor) -> Identity:
        user = users.find_by_id(actor.id)
        if user is None:
            raise Unauthenticated
        theirs = groups.groups_of(user.id)
        roles = [_role(granted, None) for granted in access.granted_to("user", user.id)]
        roles += [_role(granted, group.name) for group in theirs for granted in access.granted_to("group", group.id)]
        return Identity(
            id=user.id, name=user.name, kind="user", role="", project=None, models=None, permissions=_permissions(actor),
            full_name=user.full_name, groups=[group.name for group in theirs], roles=roles,
        )  # fmt: skip

    return routes


def _permissions(actor: Actor) -> list[str]:
    return sorted(permission for permission in Permission if actor.may_somewhere(permission))


def _role(granted: GrantedRole, group: str | None) -> IdentityRole:
    return IdentityRole(role=granted.role, scope_kind=granted.scope_kind, scope=granted.scope, group=group)
