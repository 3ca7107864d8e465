"""Control put together: every wing answers."""

import pytest

from tests.support.asgi import AppCaller
from unshelf.contracts.home import Home
from unshelf.server.wiring.control import Control


@pytest.mark.parametrize(
    "path", ["status", "keys", "audit", "environments", "models", "alerts", "audit/chain", "openapi.json"]
)
def test_every_wing_answers(control: Control, home: Home, path: str) -> None:
    call = AppCaller(control.app, home.admin_token.read_text().strip())
    assert call("GET", f"/api/v1/{path}").status_code == 200
