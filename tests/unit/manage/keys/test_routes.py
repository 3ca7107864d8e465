"""Keys over HTTP: made, listed without their tokens, revoked; and who one is."""

import pytest

from tests.support.actors import actor
from tests.support.asgi import caller_of
from unshelf.manage.keys.routes import router
from unshelf.manage.keys.service import KeysService

ADMIN = actor(id="admin", name="admin")


def test_a_token_is_in_the_answer_to_its_making_alone(keys: KeysService) -> None:
    call = caller_of(ADMIN, router(keys))
    made = call("POST", "/keys", json={"name": "ci", "role": "deploy", "models": ["iris"], "limits": {"rate": 5}})
    assert made.status_code == 201
    found = keys.authenticate(made.json()["token"])
    assert found is not None
    assert found.id == made.json()["id"]
    listed = call("GET", "/keys")
    assert [(key["name"], key["models"], key["limits"]["rate"]) for key in listed.json()["keys"]] == [
        ("ci", ["iris"], 5)
    ]
    assert made.json()["token"] not in listed.text


def test_a_key_is_revoked_as_often_as_one_likes(keys: KeysService) -> None:
    call = caller_of(ADMIN, router(keys))
    made = call("POST", "/keys", json={"name": "ci"}).json()
    assert [call("DELETE", f"/keys/{made['id']}").status_code for _ in range(2)] == [204, 204]
    assert keys.authenticate(made["token"]) is None
    assert call("DELETE", "/keys/nothing").status_code == 404


@pytest.mark.parametrize(
    "body", [{}, {"name": ""}, {"name": "ci", "role": "king"}, {"name": "ci", "expires_in_seconds": 0}]
)
def test_a_key_that_can_not_be_is_refused(keys: KeysService, body: dict[str, object]) -> None:
    assert caller_of(ADMIN, router(keys))("POST", "/keys", json=body).status_code == 422
    assert keys.list_for(ADMIN, limit=9).items == []


def test_only_administrators_manage_keys(keys: KeysService) -> None:
    call = caller_of(actor("deploy"), router(keys))
    assert [call(*request).status_code for request in (("GET", "/keys"), ("DELETE", "/keys/x"))] == [403, 403]
    assert call("POST", "/keys", json={"name": "ci"}).status_code == 403
