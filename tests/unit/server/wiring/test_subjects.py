"""What acts on subjects knows the kinds of every wing once control is put together."""

from tests.support.asgi import AppCaller
from unshelf.contracts.home import Home
from unshelf.server.wiring.control import Control


def test_every_wing_has_registered_its_kinds(control: Control, home: Home) -> None:
    admin = AppCaller(control.app, home.admin_token.read_text().strip())
    answer = admin("GET", "/api/v1/subjects/nothing/x")
    assert answer.status_code == 404
    assert {"alert", "model", "project", "version"} <= set(
        answer.json()["hint"].removesuffix(".").replace(",", "").split()
    )
