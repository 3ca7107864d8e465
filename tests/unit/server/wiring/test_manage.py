"""The wing manage, wired: the administrator and the keys."""

from tests.support.asgi import AppCaller
from tests.support.configs import config_of
from unshelf.contracts.configs import ControlConfig
from unshelf.contracts.home import Home
from unshelf.runtime.routing_file import read_routing
from unshelf.server.wiring.control import Control, build_control


def test_the_administrator_s_token_is_good_from_the_start(control: Control, home: Home) -> None:
    token = home.admin_token.read_text().strip()
    assert AppCaller(control.app, token)("GET", "/api/v1/whoami").json()["role"] == "admin"
    assert AppCaller(control.app)("GET", "/api/v1/whoami").status_code == 401
    assert [key.id for key in read_routing(home.run).keys.values()] == ["admin"]


def test_a_control_that_is_built_again_keeps_its_keys(control: Control, home: Home) -> None:
    call = AppCaller(control.app, home.admin_token.read_text().strip())
    token = call("POST", "/api/v1/keys", json={"name": "ci"}).json()["token"]
    again = build_control(config_of(ControlConfig, home.folder, index=1, controls=2))
    again.start()
    assert AppCaller(again.app, token)("GET", "/api/v1/whoami").json()["name"] == "ci"
    again.stop()
