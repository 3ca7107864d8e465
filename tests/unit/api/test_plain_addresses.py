"""Addresses that hold the character NUL lead nowhere, and reach no route."""

import pytest
from starlette.responses import PlainTextResponse

from tests.support.asgi import AppCaller
from unshelf.api.plain_addresses import PlainAddresses


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/models/iris", 200), ("/models/%C3%A9%20b?a=%00a"[:19], 200), ("/models/a%00b", 404), ("/%00", 404), ("/models?limit=%00", 422),
        ("/models?a=b&c=d%00", 422), ("/models?a=%2500", 200),
    ],
)  # fmt: skip
def test_only_addresses_without_nul_reach_the_routes(address: str, status: int) -> None:
    answer = AppCaller(PlainAddresses(PlainTextResponse("reached")))("GET", address)
    assert (answer.status_code, answer.text == "reached") == (status, status == 200)
