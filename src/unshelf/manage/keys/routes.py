"""Keys over HTTP."""

from unshelf.contracts.permissions import Permission
from unshelf.foundation.web.guard import CurrentActor, requires
from unshelf.foundation.web.paging import Cursor, Limit
from unshelf.foundation.web.problems import problem_answers
from unshelf.foundation.web.routers import ApiRouter
from unshelf.manage.keys.schemas import Key, KeyCreated, KeyList, KeyRequest
from unshelf.manage.keys.service import KeysService


def router(keys: KeysService) -> ApiRouter:
    """`/keys`."""
    routes = ApiRouter(tags=["keys"])

    @routes.post("/keys", status_code=201, dependencies=[requires(Permission.KEYS_MANAGE, anywhere=True)])
    def create_key(wanted: KeyRequest, actor: CurrentActor) -> KeyCreated:
        """Create a key. The answer is the only place where its token ever appears."""
        key, token = keys.create(
            actor,
            name=wanted.name,
            role=wanted.role,
            models=wanted.models,
            project=wanted.project,
            expires_in_seconds=wanted.expires_in_seconds,
            limits=wanted.limits,
        )
        return KeyCreated(
            id=key.id, name=key.name, role=key.role, project=key.project, models=key.models, expires_at=key.expires_at, limits=key.limits,
            token=token,
        )  # fmt: skip

    @routes.get("/keys", dependencies=[requires(Permission.KEYS_READ, anywhere=True)])
    def list_keys(actor: CurrentActor, limit: Limit = 1000, cursor: Cursor = None) -> KeyList:
        """List the keys that the actor may see, oldest first, also the expired and the revoked, without their tokens."""
        page = keys.list_for(actor, limit=limit, cursor=cursor)
        return KeyList(keys=page.map(Key.model_validate), next_cursor=page.next_cursor)

    @routes.delete(
        "/keys/{id}",
        responses=problem_answers("not_found", "conflict"),
        status_code=204,
        dependencies=[requires(Permission.KEYS_MANAGE, anywhere=True)],
    )
    def revoke_key(id: str, actor: CurrentActor) -> None:
        """Revoke a key. Gateways refuse it from then on; doing it twice is fine."""
        keys.revoke(actor, id)

    return routes
