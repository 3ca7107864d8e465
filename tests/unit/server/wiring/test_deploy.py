"""The wing deploy, wired: what the settings say of blobs."""

from tests.support.asgi import AppCaller
from unshelf.contracts.home import Home
from unshelf.server.wiring.control import Control


def test_a_blob_is_held_to_the_limit_of_the_settings(control: Control, home: Home) -> None:
    call = AppCaller(control.app, home.admin_token.read_text().strip())
    assert call("PUT", f"/api/v1/blobs/{'0' * 64}", content=b"x" * 11).status_code == 413
