"""Apps over a real model: the answer is the model's own, in words; a token opens one app and nothing else."""

from typing import Any

import httpx
import pytest

from tests.support.accounts import PASSWORD
from tests.support.models import write_model
from tests.support.platform import Platform

CODE = """
def predict(rows):
    return [{"price": row["size"] * 2500.0 + row["rooms"], "city": row["city"]} for row in rows]
"""
DEFINITION: dict[str, Any] = {
    "model": "homes", "title": "What is a house worth?", "hidden": {"city": "Gent"},
    "inputs": [{"name": "size", "label": "Living space", "unit": "m²", "min": 20, "max": 200}, {"name": "rooms"}],
    "answer": {
        "text": "About {price:,.0f} € in {city}: {words}.", "of": "price",
        "words": [{"below": 150000, "text": "a cheap one", "tone": "ok"}, {"text": "not a cheap one"}],
    },
}  # fmt: skip
ROW = {"size": 80.0, "rooms": 3, "city": "Gent"}


@pytest.fixture(scope="module")
def homes(platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> Platform:
    """A model, and an app of it."""
    folder = tmp_path_factory.mktemp("homes")
    platform.cli("deploy", str(write_model(folder, name="homes", code=CODE, example=[ROW])))
    saved = platform.http.put("/api/v1/apps/worth", json=DEFINITION)
    assert saved.status_code == 201, saved.text
    return platform


def app_user(platform: Platform, name: str) -> httpx.Client:
    """Somebody with the role `app-user` on the model, and nothing else, by a personal token."""
    link = platform.http.post("/api/v1/users", json={"name": name}).json()["url"].partition("#")[2]
    browser = platform.client(None)
    assert browser.post("/api/v1/password/link", json={"link": link, "password": PASSWORD}).status_code == 204
    csrf = browser.post("/api/v1/session", json={"name": name, "password": PASSWORD}).json()["csrf_token"]
    made = browser.post("/api/v1/tokens", json={"name": "t"}, headers={"x-unshelf-csrf": csrf})
    client = platform.client(made.json()["token"])
    granted = platform.http.post("/api/v1/models/homes/members", json={"name": name, "role": "app-user"})
    assert granted.status_code == 201, granted.text
    return client


def test_the_answer_is_the_models_own_in_words_for_who_sees_nothing_else(homes: Platform) -> None:
    user = app_user(homes, "uma")
    asked = user.post("/api/v1/apps/worth/ask", json={"inputs": {"size": 70}})
    assert asked.status_code == 200, asked.text
    own = homes.http.post("/models/homes/predict", json={"inputs": [{**ROW, "size": 70}]}).json()["outputs"][0]
    assert asked.json()["output"] == own
    assert asked.json()["text"] == "About 175,003 € in Gent: not a cheap one."
    assert "Gent" not in user.get("/api/v1/apps/worth").text
    assert [each["name"] for each in user.get("/api/v1/apps").json()["apps"]] == ["worth"]
    for path in (
        "/api/v1/models/homes",
        "/api/v1/models/homes/try",
        "/api/v1/models/homes/scenarios",
        "/api/v1/projects/default",
    ):
        assert user.get(path).status_code == 404, path
    for path in ("/api/v1/apps/worth/versions", "/api/v1/apps/worth/tokens"):
        assert user.get(path).status_code == 403, path
    assert user.post("/models/homes/predict", json={"inputs": [ROW]}).status_code == 404
    record = homes.http.get("/api/v1/models/homes/predictions", params={"tail": 50}).text
    assert " via app worth" in record


def test_what_the_app_does_not_take_is_said_at_its_input(homes: Platform) -> None:
    user = app_user(homes, "ugo")
    for inputs, column in (({"size": 10}, "size"), ({"city": "Lille"}, "city"), ({"rooms": "three"}, "rooms")):
        refused = user.post("/api/v1/apps/worth/ask", json={"inputs": inputs})
        assert (refused.status_code, refused.json()["errors"][0]["column"]) == (422, column), refused.text


def test_an_app_token_opens_its_app_and_nothing_else(homes: Platform) -> None:
    made = homes.http.post("/api/v1/apps/worth/tokens", json={"name": "intranet", "a_minute": 3}).json()
    page = homes.client(made["token"])
    assert page.get("/api/v1/embedded-apps/worth").json()["title"] == DEFINITION["title"]
    asked = page.post("/api/v1/embedded-apps/worth/ask", json={"inputs": {}}, headers={"origin": "null"})
    assert asked.json()["text"].startswith("About 200,003 €")
    assert asked.headers["access-control-allow-origin"] == "*"
    document = homes.http.get("/api/v1/openapi.json").json()
    for path in document["paths"]:
        if "embedded-apps" not in path and path.startswith("/api/"):
            for name in ("name", "ref", "model"):
                path = path.replace(f"{{{name}}}", "worth" if "/apps" in path else "homes")
            answer = page.get(path)
            assert answer.status_code == 401 or "session" in path or "device" in path, (path, answer.text)
    assert page.post("/models/homes/predict", json={"inputs": [ROW]}).status_code == 401
    homes.http.put("/api/v1/apps/other", json=DEFINITION)
    assert page.get("/api/v1/embedded-apps/other").status_code == 401
    assert (
        page.post("/api/v1/embedded-apps/worth/ask", json={}, headers={"origin": "https://a.example.org"}).status_code
        == 200
    )
    statuses = [page.post("/api/v1/embedded-apps/worth/ask", json={}).status_code for _ in range(3)]
    assert 429 in statuses, statuses
    homes.http.delete(f"/api/v1/apps/worth/tokens/{made['id']}")
    closed = page.get("/api/v1/embedded-apps/worth")
    assert (closed.status_code, "was revoked" in closed.json()["detail"]) == (401, True)


def test_a_session_opens_no_embedded_app_and_other_origins_nothing_but_them(homes: Platform) -> None:
    assert homes.http.get("/api/v1/embedded-apps/worth").status_code == 401  # the administrator's token
    for path in ("/api/v1/apps/worth", "/api/v1/models", "/api/v1/session"):
        assert homes.http.get(path, headers={"origin": "https://a.example.org"}).status_code == 403, path
