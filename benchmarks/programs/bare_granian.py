"""The ceiling: the HTTP server that our gateway is built on, reading each body and answering the same bytes."""

_HEADERS = [("content-type", "application/json")]
_ANSWER = b'{"predictions":[0]}'


async def app(scope, proto):
    await proto()
    proto.response_bytes(200, _HEADERS, _ANSWER)
