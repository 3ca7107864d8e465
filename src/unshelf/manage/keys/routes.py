"""Keys over HTTP."""

from fastapi import APIRouter, Request

from unshelf.manage.access import principal_of, requires
from unshelf.manage.keys.schemas import Caller, Key, KeyCreated, KeyList, KeyRequest
from unshelf.manage.keys.service import KeysService


def router(keys: KeysService) -> APIRouter:
    """`/keys` for administrators, and `GET /whoami` for everyone who has one."""
    routes = APIRouter(tags=["keys"])

    @routes.get("/whoami", dependencies=[requires("predict")])
    def whoami(request: Request) -> Caller:
        """Who the token of this request belongs to, and what it is good for."""
        return Caller.model_validate(principal_of(request))

    @routes.post("/keys", status_code=201, dependencies=[requires("admin")])
    def create_key(wanted: KeyRequest, request: Request) -> KeyCreated:
        """Make a key. The answer is the only place where its token ever appears."""
        row, token = keys.create(
            principal_of(request),
            name=wanted.name,
            role=wanted.role,
            models=wanted.models,
            expires_in_seconds=wanted.expires_in_seconds,
            limits=wanted.limits,
        )
        return KeyCreated(
            id=row.id, name=row.name, role=row.role, models=row.models, expires_at=row.expires_at, limits=wanted.limits,
            token=token,
        )  # fmt: skip

    @routes.get("/keys", dependencies=[requires("admin")])
    def list_keys() -> KeyList:
        """All keys, also the expired and the revoked, without their tokens."""
        return KeyList(keys=[Key.model_validate(row) for row in keys.everything()])

    @routes.delete("/keys/{id}", status_code=204, dependencies=[requires("admin")])
    def revoke_key(id: str, request: Request) -> None:
        """End a key. Gateways refuse it from then on; doing it twice is fine."""
        keys.revoke(principal_of(request), id)

    return routes
