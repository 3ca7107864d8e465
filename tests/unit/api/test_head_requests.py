"""HEAD requests: the head that GET would answer, and no work beyond it."""

import asyncio

from starlette.types import Message, Receive, Scope, Send

from unshelf.api.head_requests import HeadRequests

START: Message = {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"4")]}


class Endless:
    """An app that sends its body for as long as somebody listens."""

    def __init__(self) -> None:
        self.methods: list[str] = []
        self.chunks = 0

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        self.methods.append(scope["method"])
        await send(START)
        for _ in range(3):
            self.chunks += 1
            await send({"type": "http.response.body", "body": b"more", "more_body": True})


def call(app: object, method: str) -> list[Message]:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    asyncio.run(HeadRequests(app)({"type": "http", "method": method}, receive, send))  # type: ignore[arg-type]
    return sent


def test_a_head_gets_the_head_of_get_and_ends_the_work() -> None:
    app = Endless()
    assert call(app, "HEAD") == [START, {"type": "http.response.body", "body": b""}]
    assert (app.methods, app.chunks) == (["GET"], 1)


def test_other_verbs_pass_unchanged() -> None:
    app = Endless()
    assert len(call(app, "GET")) == 4
    assert app.methods == ["GET"]


def test_an_app_that_listens_after_the_head_hears_that_its_caller_left() -> None:
    heard: list[str] = []

    async def app(_scope: Scope, receive: Receive, send: Send) -> None:
        heard.append((await receive())["type"])
        await send(START)
        heard.append((await receive())["type"])

    call(app, "HEAD")
    assert heard == ["http.request", "http.disconnect"]
