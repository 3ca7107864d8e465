"""Control put together: every wing answers."""

from tests.support.asgi import AppCaller
from unshelf.contracts.home import Home
from unshelf.server.wiring.control import Control


def test_every_wing_answers(control: Control, home: Home) -> None:
    call = AppCaller(control.app, home.admin_token.read_text().strip())
    for path in (
        "status",
        "keys",
        "audit",
        "environments",
        "models",
        "alerts",
        "audit/chain",
        "monitors",
        "openapi.json",
    ):
        assert call("GET", f"/api/v1/{path}").status_code == 200, path
