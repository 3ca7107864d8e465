"""The client's methods for apps and scenarios: which address each asks, and names that can't leave their place in it."""

from typing import Any

from unshelf.client.manage.apps import AppMethods


class KeepsRequests:
    """Answers everything alike, and keeps what was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, Any]] = []

    def get(self, path: str, **asked: Any) -> dict[str, Any]:
        self.asked.append(("GET", path, asked))
        return {"apps": [], "versions": [], "scenarios": []}

    def send(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        self.asked.append((method, path, body))
        return {}


class AppClient(AppMethods):
    """The methods alone."""

    def __init__(self) -> None:
        self.requests = KeepsRequests()
        self._http = self.requests  # type: ignore[assignment]


def test_each_method_asks_its_address() -> None:
    client = AppClient()
    client.apps(model="homes")
    client.app("worth")
    client.save_app("a/b", {"title": "t"})
    client.app_versions("worth")
    client.restore_app("worth", 2)
    client.ask_app("worth", size=80)
    client.delete_app("worth")
    client.scenarios("homes")
    client.save_scenario("homes", "A flat", [1.0], shared=True)
    assert client.requests.asked == [
        ("GET", "/api/v1/apps", {"model": "homes"}),
        ("GET", "/api/v1/apps/worth", {}),
        ("PUT", "/api/v1/apps/a%2Fb", {"title": "t"}),
        ("GET", "/api/v1/apps/worth/versions", {}),
        ("POST", "/api/v1/apps/worth/restore", {"version": 2}),
        ("POST", "/api/v1/apps/worth/ask", {"inputs": {"size": 80}}),
        ("DELETE", "/api/v1/apps/worth", None),
        ("GET", "/api/v1/models/homes/scenarios", {}),
        ("POST", "/api/v1/models/homes/scenarios", {"name": "A flat", "inputs": [1.0], "shared": True}),
    ]
