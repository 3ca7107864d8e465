"""Authentication around an app: who gets through, what the others are answered, and who hears of a refusal."""

import anyio
import httpx
import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Message, Receive, Scope, Send

from tests.support.actors import actor
from tests.support.asgi import AppCaller
from unshelf.api import authentication
from unshelf.api.authentication import Authentication
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.web.problems import AnswerCutOff

ANA = actor(id="k1", name="ana")


class Stage:
    """An app behind the authentication; it answers with the label of its actor, and 403 at `/forbidden`."""

    def __init__(self) -> None:
        self.tokens: list[str] = []
        self.refused: list[tuple[Actor | None, str, int]] = []
        self.around = Authentication(self.app, self.authenticate, self.refuse, lambda scope: f"{scope['method']} *")

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await send({"type": "lifespan.startup.complete"})
            return
        status = 403 if scope["path"] == "/forbidden" else 200
        await PlainTextResponse(scope["state"]["actor"].label, status)(scope, receive, send)

    def authenticate(self, token: str) -> Actor | None:
        self.tokens.append(token)
        return ANA if token == "good" else None

    def refuse(self, found: Actor | None, route: str, status: int) -> None:
        self.refused.append((found, route, status))

    def get(self, authorization: str | None, path: str = "/") -> httpx.Response:
        headers = {} if authorization is None else {"authorization": authorization}
        return AppCaller(self.around)("GET", path, headers=headers)

    def exchange(self, kind: str) -> list[Message]:
        """What is sent in a scope of this kind."""
        sent: list[Message] = []

        async def receive() -> Message:
            return {"type": f"{kind}.connect"}

        async def send(message: Message) -> None:
            sent.append(message)

        anyio.run(self.around, {"type": kind}, receive, send)
        return sent


@pytest.mark.parametrize("header", ["Bearer good", "bearer good", "BEARER   good  "])
def test_a_good_token_lets_its_actor_through(header: str) -> None:
    stage = Stage()
    answer = stage.get(header)
    assert (answer.status_code, answer.text) == (200, ANA.label)
    assert stage.refused == []


@pytest.mark.parametrize("header", [None, "", "good", "Basic good", "Bearer", "Bearer " + "x" * 513])
def test_a_request_without_a_token_is_answered_with_how_to_send_one(header: str | None) -> None:
    stage = Stage()
    answer = stage.get(header)
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert "needs a token" in answer.json()["detail"]
    assert stage.tokens == []
    assert stage.refused == [(None, "GET *", 401)]


def test_an_unknown_token_is_refused() -> None:
    stage = Stage()
    answer = stage.get("Bearer " + "x" * 512)
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    assert "not known" in answer.json()["detail"]
    assert stage.tokens == ["x" * 512]


def test_a_refusal_of_the_app_itself_is_reported_with_its_actor() -> None:
    stage = Stage()
    assert stage.get("Bearer good", "/forbidden").status_code == 403
    assert stage.refused == [(ANA, "GET *", 403)]


def test_a_websocket_is_closed_before_it_opens() -> None:
    assert Stage().exchange("websocket") == [{"type": "websocket.close", "code": 1008}]


def test_the_start_of_the_app_needs_no_token() -> None:
    assert Stage().exchange("lifespan") == [{"type": "lifespan.startup.complete"}]


class Following(Stage):
    """An app that answers piece by piece until its caller leaves; the token is good until it is revoked."""

    def __init__(self) -> None:
        self.actor: Actor | None = ANA
        super().__init__()

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        while True:
            await send({"type": "http.response.body", "body": b"more", "more_body": True})
            await anyio.sleep(0.01)

    def authenticate(self, token: str) -> Actor | None:
        self.tokens.append(token)
        return self.actor

    def follow(self, after_looks: int, then: Actor | None) -> None:
        """Follow; what the token is good for changes after so many looks at it."""

        async def send(_message: Message) -> None:
            if len(self.tokens) > after_looks:
                self.actor = then

        async def receive() -> Message:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def call() -> None:
            scope = {"type": "http", "method": "GET", "path": "/", "headers": [(b"authorization", b"Bearer good")]}
            with anyio.fail_after(20):
                await self.around(scope, receive, send)

        anyio.run(call)


@pytest.mark.parametrize("then", [None, actor("predict", ["iris"], id="k1", name="ana")], ids=["revoked", "narrowed"])
def test_a_long_answer_is_cut_off_once_its_token_is_not_good_for_it_any_more(
    then: Actor | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(authentication, "_RECHECK_SECONDS", 0.02)
    stage = Following()
    with pytest.raises(AnswerCutOff):
        stage.follow(after_looks=3, then=then)
    assert len(stage.tokens) >= 4
    assert stage.refused == []


def test_a_caller_who_leaves_is_not_taken_for_one_whose_token_was_revoked() -> None:
    async def call() -> None:
        stage = Following()
        scope = {"type": "http", "method": "GET", "path": "/", "headers": [(b"authorization", b"Bearer good")]}

        async def nothing(*_message: Message) -> Message:
            return {"type": "http.request", "body": b"", "more_body": False}

        with anyio.move_on_after(0.05) as left:
            await stage.around(scope, nothing, nothing)  # type: ignore[arg-type]
        assert left.cancelled_caught

    anyio.run(call)
